"""Text that a visitor types, read into an expression graph by a grammar of five rules; or what is wrong, in plain words.

Nothing of the text is ever evaluated or handed to Python's own parser. What comes out is made of numbers, the coordinates and
the functions of `formula_tokens`; everything else is refused, with the index of the character at fault.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

from landscapes.surfaces import expression
from landscapes.surfaces.expression import Expression, apply, lift, ordered, raise_to, symbol
from landscapes.surfaces.formula_tokens import (
    CONSTANTS,
    COORDINATES,
    FUNCTIONS,
    OF_SEVERAL,
    SUPERSCRIPTS,
    ExpressionError,
    Token,
    tokens,
    unknown,
)

LONGEST, MOST_OPERATIONS, DEEPEST = 400, 150, 40
EXAMPLE = "x^2 + 3*y^2"


class _Parser:
    """Recursive descent: sum, product, signed, power, atom. `positions` says where in the text a node comes from."""

    def __init__(self, text: str) -> None:
        self.tokens = tokens(text)
        self.at = self.depth = self.operations = 0
        self.positions: dict[int, int] = {}

    @property
    def next(self) -> Token:
        return self.tokens[self.at]

    def take(self, *kinds: str) -> Token | None:
        """The next token if it is one of these kinds, and move on."""
        token = self.next
        if token.kind not in kinds:
            return None
        self.at += 1
        return token

    def node(self, e: Expression, position: int) -> Expression:
        """A node of the graph; operations are counted."""
        self.operations += e.op not in ("number", "symbol")
        if self.operations > MOST_OPERATIONS:
            raise ExpressionError(f"a formula has {MOST_OPERATIONS} operations at most, and here is one more", position)
        self.positions[id(e)] = position
        return e

    def deeper(self, rule: Callable[[], Expression], position: int) -> Expression:
        self.depth += 1
        if self.depth > DEEPEST:
            raise ExpressionError(f"brackets, signs and powers nest {DEEPEST} deep at most", position)
        inner = rule()
        self.depth -= 1
        return inner

    def whole(self) -> Expression:
        if self.next.kind == "end":
            raise ExpressionError(f"type a formula of x and y, such as {EXAMPLE}", 0)
        e = self.sum()
        if self.next.kind != "end":
            self.unexpected()
        return e

    def sum(self) -> Expression:
        e = self.product()
        while sign := self.take("+", "-"):
            right = self.product()
            e = self.node(Expression("add" if sign.kind == "+" else "subtract", (e, right)), sign.position)
        return e

    def product(self) -> Expression:
        e, divided = self.signed(), False
        while True:
            sign = self.take("*", "/")
            if sign is None:
                if self.next.kind not in ("name", "("):
                    return e
                self.check_implied(divided)
            divided = sign is not None and sign.kind == "/"
            position = self.next.position if sign is None else sign.position
            right = self.signed()
            e = self.node(Expression("divide" if divided else "multiply", (e, right)), position)

    def check_implied(self, divided: bool) -> None:
        """Refuse an omitted times sign where it could be read in two ways."""
        before, after = self.tokens[self.at - 1], self.next
        if divided:
            raise ExpressionError(
                "after a division, write the times sign or brackets: 1/2x could be (1/2)*x or 1/(2*x)", after.position
            )
        power = self.at >= 2 and "^" in (self.tokens[self.at - 2].kind, self.tokens[max(0, self.at - 3)].kind)
        if power and after.touching and before.kind in ("number", "name"):
            raise ExpressionError(
                "after a power, write the times sign or brackets: e^2x could be e^2*x or e^(2*x)", after.position
            )

    def signed(self) -> Expression:
        sign = self.take("-", "+")
        if sign is None:
            return self.power()
        e = self.deeper(self.signed, sign.position)
        return e if sign.kind == "+" else self.node(Expression("negate", (e,)), sign.position)

    def power(self) -> Expression:
        e = self.atom()
        raised = self.take("superscript")
        if raised:
            e = self.node(Expression("power", (e, float(raised.text.translate(SUPERSCRIPTS)))), raised.position)
        sign = self.take("^")
        if sign is None:
            return e
        if raised:
            raise ExpressionError("two powers in a row need brackets", sign.position)
        exponent = self.deeper(self.signed, sign.position)
        return self.node(Expression("power", (e, exponent)), sign.position)

    def atom(self) -> Expression:
        token = self.next
        if self.take("number"):
            return self.number(token)
        if self.take("name"):
            return self.named(token)
        if self.take("("):
            if self.next.kind == ")":
                raise ExpressionError("there is nothing between these brackets", token.position)
            e = self.deeper(self.sum, token.position)
            self.close(token)
            return e
        self.unexpected()

    def close(self, opening: Token) -> None:
        if self.take(")"):
            return
        if self.next.kind == "end":
            raise ExpressionError("this bracket is never closed", opening.position)
        self.unexpected()

    def number(self, token: Token) -> Expression:
        value = float(token.text)
        if math.isinf(value):
            raise ExpressionError("this number is beyond the largest there is, 1.8e308", token.position)
        if value == 0 and re.search("[1-9]", re.split("[eE]", token.text)[0]):
            raise ExpressionError("this number is below the smallest there is, 4.9e-324", token.position)
        return self.node(lift(value), token.position)

    def named(self, token: Token) -> Expression:
        name = token.text
        if name in COORDINATES:
            return self.node(symbol(name), token.position)
        if name in CONSTANTS:
            return self.node(lift(CONSTANTS[name]), token.position)
        if name != "relu" and name not in FUNCTIONS and name not in OF_SEVERAL:
            raise ExpressionError(unknown(name, self.next.kind == "("), token.position)
        opening = self.take("(")
        if opening is None:
            raise ExpressionError(f"{name} needs brackets around what it is taken of: {name}(...)", token.position)
        if self.next.kind == ")":
            raise ExpressionError(f"{name} needs something between its brackets", opening.position)
        arguments = [self.deeper(self.sum, opening.position)]
        while self.next.kind == "," and name in OF_SEVERAL:
            self.take(",")
            arguments.append(self.deeper(self.sum, opening.position))
        if self.next.kind == ",":
            raise ExpressionError(f"{name} is of one number; decimals are written with a point", self.next.position)
        self.close(opening)
        if name == "relu":
            return self.node(Expression("maximum", (arguments[0], self.node(lift(0), token.position))), token.position)
        if name in FUNCTIONS:
            return self.node(Expression(FUNCTIONS[name], (arguments[0],)), token.position)
        if len(arguments) == 1:
            raise ExpressionError(f"{name} is of two numbers or more: {name}(x, y)", token.position)
        e = arguments[0]
        for other in arguments[1:]:
            e = self.node(Expression(OF_SEVERAL[name], (e, other)), token.position)
        return e

    def unexpected(self) -> NoReturn:
        """Say why the next token cannot stand where it does."""
        token, before = self.next, self.tokens[self.at - 1] if self.at else None
        after = f"after {before.text!r}" if before else "at the start"
        complete = before is not None and before.kind in ("number", "name", "superscript", ")")
        if token.kind == "end":
            message = f"the formula breaks off {after}: a number, x, y or a bracket must follow"
        elif token.kind == ")":
            message = "this bracket was never opened" if complete else f"something is missing {after}, before this bracket"
        elif token.kind == ",":
            message = "a comma stands only between the numbers of min and max; decimals are written with a point"
        elif complete:
            message = f"a sign is missing {after}: write + - * / or ^"
        else:
            message = f"{token.text!r} cannot stand {after}: a number, x, y or a bracket must come first"
        raise ExpressionError(message, token.position)


def read(text: str) -> tuple[Expression, Expression]:
    """The formula as it is typed, for printing, and as it is evaluated, with its constant parts computed.

    Raises ExpressionError for whatever is no formula, and for constant parts that are no finite numbers.
    """
    if len(text) > LONGEST:
        raise ExpressionError(f"a formula has {LONGEST} characters at most, this one has {len(text)}", LONGEST)
    parser = _Parser(text)
    typed = parser.whole()
    made: dict[int, Expression] = {}
    for e in ordered([typed]):
        made[id(e)] = _evaluated(e, [made[id(a)] if isinstance(a, Expression) else a for a in e.args])
        value = expression.number_of(made[id(e)])
        if value is not None and not math.isfinite(value):
            what = "not a real number" if math.isnan(value) else "infinite"
            raise ExpressionError(f"this part of the formula is {what}, whatever x and y are", parser.positions[id(e)])
    return typed, made[id(typed)]


_BUILT: Mapping[str, Callable[..., Expression]] = {
    "add": expression.add,
    "subtract": expression.subtract,
    "multiply": expression.multiply,
    "divide": expression.divide,
    "negate": expression.negate,
    "maximum": expression.maximum,
    "minimum": expression.minimum,
}


def _evaluated(e: Expression, arguments: Sequence[Any]) -> Expression:
    if e.op in ("number", "symbol"):
        return e
    if e.op == "power":
        base, exponent = arguments
        return apply("exp", exponent) if expression.number_of(base) == math.e else raise_to(base, exponent)
    return _BUILT[e.op](*arguments) if e.op in _BUILT else apply(e.op, arguments[0])
