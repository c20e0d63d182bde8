"""Formulas: written once with ordinary operators, differentiated exactly, compiled to straight-line code.

A surface's formula is traced with symbols into a small expression graph. Its gradient and Hessian follow by the rules of
calculus, and all of them become plain Python functions with shared subexpressions, which run on floats, NumPy arrays and
torch tensors alike. Nothing is approximated and no text is ever evaluated: the compiled code is generated from the graph,
whose nodes come from the fixed tables below.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from landscapes import arrays

FUNCTIONS = (
    "sqrt", "exp", "log", "sin", "cos", "tan", "arcsin", "arccos", "arctan", "sinh", "cosh", "tanh",
    "sigmoid", "absolute", "sign", "length", "reciprocal",
)  # fmt: skip
OF_SEVERAL = ("maximum", "minimum", "select", "power")


@dataclass(frozen=True)
class Expression:
    """A node of an expression graph: an operation and its arguments; a number or a name at the leaves."""

    op: str
    args: tuple[Any, ...]
    _hash: int = field(default=0, compare=False, repr=False)

    def __post_init__(self) -> None:
        # The hash is kept: recomputing it walks the whole tree, which is exponential for shared subexpressions.
        object.__setattr__(self, "_hash", hash((self.op, self.args)))

    def __hash__(self) -> int:
        return self._hash

    def __add__(self, other: Any) -> Expression:
        return add(self, lift(other))

    def __radd__(self, other: Any) -> Expression:
        return add(lift(other), self)

    def __sub__(self, other: Any) -> Expression:
        return subtract(self, lift(other))

    def __rsub__(self, other: Any) -> Expression:
        return subtract(lift(other), self)

    def __mul__(self, other: Any) -> Expression:
        return multiply(self, lift(other))

    def __rmul__(self, other: Any) -> Expression:
        return multiply(lift(other), self)

    def __truediv__(self, other: Any) -> Expression:
        return divide(self, lift(other))

    def __rtruediv__(self, other: Any) -> Expression:
        return divide(lift(other), self)

    def __pow__(self, exponent: Any) -> Expression:
        return raise_to(self, exponent)

    def __neg__(self) -> Expression:
        return negate(self)


def symbol(name: str) -> Expression:
    return Expression("symbol", (name,))


def lift(value: Any) -> Expression:
    """A number as an expression; expressions pass through."""
    if isinstance(value, Expression):
        return value
    return Expression("number", (float(value),))


def number_of(e: Expression) -> float | None:
    """The value of a number node, else None."""
    return e.args[0] if e.op == "number" else None


ZERO, ONE = lift(0), lift(1)


def _folded(function: Callable[..., Any], *values: float) -> Expression:
    """A number by IEEE arithmetic, as arrays have it: log(-1) is NaN and 1/0 infinity, where plain floats would raise."""
    with np.errstate(all="ignore"):
        return lift(function(*(np.float64(value) for value in values)))


def add(a: Expression, b: Expression) -> Expression:
    if a.op == b.op == "number":
        return lift(a.args[0] + b.args[0])
    if number_of(a) == 0:
        return b
    if number_of(b) == 0:
        return a
    if b.op == "negate":
        return subtract(a, b.args[0])
    return Expression("add", (a, b))


def subtract(a: Expression, b: Expression) -> Expression:
    if a.op == b.op == "number":
        return lift(a.args[0] - b.args[0])
    if number_of(b) == 0:
        return a
    if number_of(a) == 0:
        return negate(b)
    return Expression("subtract", (a, b))


def negate(a: Expression) -> Expression:
    if a.op == "number":
        return lift(-a.args[0])
    return a.args[0] if a.op == "negate" else Expression("negate", (a,))


def multiply(a: Expression, b: Expression) -> Expression:
    if a.op == b.op == "number":
        return lift(a.args[0] * b.args[0])
    for one, other in ((a, b), (b, a)):
        if number_of(one) == 0:
            return ZERO
        if number_of(one) == 1:
            return other
        if number_of(one) == -1:
            return negate(other)
    if a.op == "negate":
        return negate(multiply(a.args[0], b))
    if b.op == "negate":
        return negate(multiply(a, b.args[0]))
    if b.op == "number":
        a, b = b, a
    if a.op == "number" and b.op == "multiply" and b.args[0].op == "number":
        return multiply(lift(a.args[0] * b.args[0].args[0]), b.args[1])
    return Expression("multiply", (a, b))


def divide(a: Expression, b: Expression) -> Expression:
    if a.op == b.op == "number":
        return _folded(np.divide, a.args[0], b.args[0])
    if number_of(a) == 0:
        return ZERO
    return a if number_of(b) == 1 else Expression("divide", (a, b))


def raise_to(a: Expression, exponent: Any) -> Expression:
    """A power. Whole constant ones become products: `x**2` raises OverflowError on floats where `x*x` gives infinity."""
    if isinstance(exponent, Expression) and exponent.op != "number":
        return Expression("power", (a, exponent))
    exponent = lift(exponent).args[0]
    if exponent == 0:
        return ONE
    if exponent == 1:
        return a
    if a.op == "number":
        return _folded(np.power, a.args[0], exponent)
    return Expression("power", (a, exponent))


def maximum(a: Any, b: Any) -> Expression:
    """The larger of two; a number goes second, where both array libraries take one."""
    return _either("maximum", np.maximum, lift(a), lift(b))


def minimum(a: Any, b: Any) -> Expression:
    """The smaller of two; a number goes second."""
    return _either("minimum", np.minimum, lift(a), lift(b))


def _either(name: str, function: Callable[..., Any], a: Expression, b: Expression) -> Expression:
    if a.op == b.op == "number":
        return _folded(function, a.args[0], b.args[0])
    return Expression(name, (b, a) if a.op == "number" else (a, b))


def select(test: Expression, above: Expression, below: Expression) -> Expression:
    """`above` where test > 0, `below` where test < 0, and their mean where it is 0."""
    same = number_of(above) is not None and above == below
    return above if same else Expression("select", (test, above, below))


def apply(name: str, a: Any) -> Expression:
    """One of FUNCTIONS of an expression."""
    a = lift(a)
    if a.op == "number":
        return _folded(getattr(arrays, name), a.args[0])
    return Expression(name, (a,))


class symbolic:
    """The functions that formulas use; named after those in `arrays`."""

    sqrt = staticmethod(lambda a: apply("sqrt", a))
    exp = staticmethod(lambda a: apply("exp", a))
    log = staticmethod(lambda a: apply("log", a))
    sin = staticmethod(lambda a: apply("sin", a))
    cos = staticmethod(lambda a: apply("cos", a))
    tan = staticmethod(lambda a: apply("tan", a))
    arcsin = staticmethod(lambda a: apply("arcsin", a))
    arccos = staticmethod(lambda a: apply("arccos", a))
    arctan = staticmethod(lambda a: apply("arctan", a))
    sinh = staticmethod(lambda a: apply("sinh", a))
    cosh = staticmethod(lambda a: apply("cosh", a))
    tanh = staticmethod(lambda a: apply("tanh", a))
    sigmoid = staticmethod(lambda a: apply("sigmoid", a))
    absolute = staticmethod(lambda a: apply("absolute", a))
    length = staticmethod(lambda square: apply("length", square))
    sign = staticmethod(lambda a: apply("sign", a))
    maximum = staticmethod(maximum)
    minimum = staticmethod(minimum)


_OUTER_DERIVATIVE: Mapping[str, Callable[[Expression], Expression]] = {
    "sqrt": lambda a: 0.5 / apply("sqrt", a),
    "exp": lambda a: apply("exp", a),
    "log": lambda a: 1 / a,
    "sin": lambda a: apply("cos", a),
    "cos": lambda a: -apply("sin", a),
    "tan": lambda a: 1 + apply("tan", a) ** 2,
    "arcsin": lambda a: 1 / apply("sqrt", 1 - a * a),
    "arccos": lambda a: -1 / apply("sqrt", 1 - a * a),
    "arctan": lambda a: 1 / (1 + a * a),
    "sinh": lambda a: apply("cosh", a),
    "cosh": lambda a: apply("sinh", a),
    "tanh": lambda a: 1 - apply("tanh", a) ** 2,
    "sigmoid": lambda a: apply("sigmoid", a) * apply("sigmoid", -a),
    "absolute": lambda a: apply("sign", a),  # 0 at the kink, as torch has it
    "sign": lambda a: ZERO,
    "length": lambda a: 0.5 * apply("reciprocal", apply("length", a)),  # 0 at the tip of a cone, as torch has it for norms
    "reciprocal": lambda a: -(apply("reciprocal", a) ** 2),
}


def ordered(outputs: Iterable[Expression]) -> list[Expression]:
    """Every node under `outputs` once, arguments before what uses them.

    Nodes are told apart by identity, and nothing here recurses: deep graphs, and shared ones, cost what they have nodes.
    """
    found: dict[int, Expression] = {}
    stack = [(e, False) for e in reversed(list(outputs))]
    while stack:
        e, arguments_done = stack.pop()
        if arguments_done:
            found.setdefault(id(e), e)
        elif id(e) not in found:
            stack.append((e, True))
            stack += [(a, False) for a in reversed(e.args) if isinstance(a, Expression)]
    return list(found.values())


def derivative(e: Expression, name: str) -> Expression:
    """The exact derivative of `e` with respect to the symbol `name`."""
    known: dict[int, Expression] = {}
    for node in ordered([e]):
        known[id(node)] = _rule(node, name, [known[id(a)] for a in node.args if isinstance(a, Expression)])
    return known[id(e)]


def _rule(e: Expression, name: str, slopes: Sequence[Expression]) -> Expression:
    """The derivative of one node, given those of its arguments."""
    if e.op == "number":
        return ZERO
    if e.op == "symbol":
        return ONE if e.args[0] == name else ZERO
    if all(slope == ZERO for slope in slopes):
        return ZERO
    a, da = e.args[0], slopes[0]
    if e.op == "negate":
        return -da
    if e.op in _OUTER_DERIVATIVE:
        return _OUTER_DERIVATIVE[e.op](a) * da
    if e.op == "select":  # the places where it changes over have no derivative
        return select(a, *slopes[1:])
    b, db = e.args[1], slopes[-1]
    if e.op == "power" and (len(slopes) == 1 or db == ZERO):
        return b * a ** (b - 1) * da
    if e.op == "power":
        return b * a ** (b - 1) * da + e * apply("log", a) * db
    if e.op == "maximum":  # half of both slopes at a tie, as torch has it
        return select(a - b, da, db)
    if e.op == "minimum":
        return select(b - a, da, db)
    if e.op == "add":
        return da + db
    if e.op == "subtract":
        return da - db
    if e.op == "multiply":
        return da * b + a * db
    if e.op == "divide":
        return da / b if db == ZERO else (da - e * db) / b
    raise AssertionError(f"no derivative for {e.op}")


def named(label: str, e: Expression) -> Expression:
    """The same expression under a name that the printed formula uses and then explains."""
    return Expression("named", (e, label))


def unnamed(e: Expression) -> Expression:
    """The expression without names, as it is evaluated and differentiated."""
    if e.op == "named":
        return unnamed(e.args[0])
    return Expression(e.op, tuple(unnamed(a) if isinstance(a, Expression) else a for a in e.args))


def names_in(e: Expression) -> dict[str, Expression]:
    """The named expressions inside, each once, in the order of the formula."""
    if e.op == "named":
        return {e.args[1]: e.args[0]}
    return {label: inner for a in e.args if isinstance(a, Expression) for label, inner in names_in(a).items()}


_INFIX = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/"}


def compile_function(
    outputs: Sequence[Expression], arguments: Sequence[str], constants: Iterable[str] = ()
) -> Callable[..., Any]:
    """A function of `arguments` then `constants` that returns the values of `outputs` as a tuple, sharing subexpressions."""
    lines: dict[str, str] = {}  # code -> the name of its value: equal code is written once
    names: dict[int, str] = {}

    def emit(code: str) -> str:
        return lines.setdefault(code, f"t{len(lines)}")

    def whole_power(base: str, exponent: int) -> str:
        """Repeated squaring."""
        result = None
        while exponent:
            if exponent & 1:
                result = base if result is None else emit(f"{result} * {base}")
            exponent >>= 1
            if exponent:
                base = emit(f"{base} * {base}")
        assert result is not None
        return result

    def code_of(e: Expression) -> str:
        if e.op == "number":
            return repr(e.args[0])
        if e.op == "symbol":
            return str(e.args[0])
        inner = [names[id(a)] if isinstance(a, Expression) else repr(a) for a in e.args]
        if e.op in _INFIX:
            return emit(f"{inner[0]} {_INFIX[e.op]} {inner[1]}")
        if e.op == "negate":
            return emit(f"-{inner[0]}")
        if e.op == "power" and not isinstance(e.args[1], Expression):
            exponent = e.args[1]
            if exponent == int(exponent) and 2 <= abs(exponent) <= 64:
                product = whole_power(inner[0], int(abs(exponent)))
                return product if exponent > 0 else emit(f"1.0 / {product}")
            if exponent == -1:
                return emit(f"1.0 / {inner[0]}")
        return emit(f"{e.op}({', '.join(inner)})")

    for e in ordered(outputs):
        names[id(e)] = code_of(e)
    results = "".join(f"{names[id(e)]}, " for e in outputs)
    head = f"def formula({', '.join([*arguments, *constants])}):"
    scope: dict[str, Any] = {name: getattr(arrays, name) for name in (*FUNCTIONS, *OF_SEVERAL)}
    scope |= {"inf": math.inf, "nan": math.nan}  # as numbers print themselves
    body = [f"    {name} = {code}" for code, name in lines.items()]
    exec("\n".join([head, *body, f"    return ({results})"]), scope)  # the graph's own code, never a visitor's text
    function: Callable[..., Any] = scope["formula"]
    return function


_PRECEDENCE = {"add": 1, "subtract": 1, "negate": 1, "multiply": 2, "divide": 3, "power": 4}
_LATEX_NAMES = {
    "w1": "w_1", "w2": "w_2", "condition": r"\kappa", "angle": r"\varphi", "curvature": r"\kappa", "scale": "c",
    "noise": r"\nu", "tilt": r"\tau", "steepness": "k", "width": r"\sigma", "amplitude": "A", "slope": "b",
}  # fmt: skip
_LATEX_FUNCTIONS = {
    "maximum": r"\max",
    "minimum": r"\min",
    "sigmoid": r"\sigma",
    "sign": r"\operatorname{sign}",
    "select": r"\operatorname{select}",
}


def latex(e: Expression, outer: int = 0) -> str:
    """The formula as LaTeX, printed from the same graph that is evaluated."""
    own = _PRECEDENCE.get(e.op, 5)
    if e.op == "number":
        text = _digits(e.args[0])
        return rf"\left({text}\right)" if (outer > 1 and text[0] == "-") or (outer > 2 and r"\cdot" in text) else text
    if e.op == "symbol":
        return _LATEX_NAMES.get(e.args[0], e.args[0])
    if e.op == "named":
        return str(e.args[1])
    a = e.args[0]
    if e.op in ("add", "subtract"):
        b = e.args[1]
        signed = b.op == "negate" or (b.op == "number" and b.args[0] < 0)
        text = f"{latex(a, own)} {_INFIX[e.op]} {latex(b, own + (e.op == 'subtract' or signed))}"
    elif e.op == "negate":
        text = f"-{latex(a, 2)}"
    elif e.op == "multiply" and number_of(a) == math.pi / 180:
        return rf"{latex(e.args[1], own)}^{{\circ}}"
    elif e.op == "multiply":
        left, right = latex(a, own), latex(e.args[1], own)
        text = rf"{left} \cdot {right}" if right[:1].isdigit() else rf"{left}\,{right}"
    elif e.op == "divide":
        return rf"\frac{{{latex(a)}}}{{{latex(e.args[1])}}}"
    elif e.op == "power":
        exponent = e.args[1]
        text = rf"{latex(a, 5)}^{{{latex(exponent) if isinstance(exponent, Expression) else _digits(exponent)}}}"
    elif e.op in ("sqrt", "length"):
        return rf"\sqrt{{{latex(a)}}}"
    elif e.op == "absolute":
        return rf"\left|{latex(a)}\right|"
    else:
        arguments = ", ".join(latex(argument) for argument in e.args)
        text = _LATEX_FUNCTIONS.get(e.op, "\\" + e.op) + rf"\left({arguments}\right)"
    return rf"\left({text}\right)" if own < outer else text


def _digits(value: float) -> str:
    """A number to ten digits, with powers of ten and multiples of pi written out."""
    if math.isnan(value):
        return r"\mathrm{NaN}"
    sign, size = "-" if value < 0 else "", abs(value)
    if size == math.inf:
        return rf"{sign}\infty"
    if size == math.e:
        return f"{sign}e"
    if size in [k * math.pi for k in range(1, 11)]:
        return sign + (f"{size / math.pi:g}" if size > math.pi else "") + r"\pi"
    mantissa, _, exponent = f"{size:.10g}".partition("e")
    return sign + (mantissa if not exponent else rf"{mantissa} \cdot 10^{{{int(exponent)}}}")
