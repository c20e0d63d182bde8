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

FUNCTIONS = ("sqrt", "exp", "log", "sin", "cos", "tanh", "absolute", "sign")


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

    def __pow__(self, exponent: float) -> Expression:
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


def raise_to(a: Expression, exponent: float) -> Expression:
    """A constant power. Whole powers become products: `x**2` raises OverflowError on floats where `x*x` gives infinity."""
    if exponent == 0:
        return ONE
    if exponent == 1:
        return a
    if a.op == "number":
        return _folded(np.power, a.args[0], exponent)
    return Expression("power", (a, float(exponent)))


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
    tanh = staticmethod(lambda a: apply("tanh", a))
    absolute = staticmethod(lambda a: apply("absolute", a))


_OUTER_DERIVATIVE: Mapping[str, Callable[[Expression], Expression]] = {
    "sqrt": lambda a: 0.5 / apply("sqrt", a),
    "exp": lambda a: apply("exp", a),
    "log": lambda a: 1 / a,
    "sin": lambda a: apply("cos", a),
    "cos": lambda a: -apply("sin", a),
    "tanh": lambda a: 1 - apply("tanh", a) ** 2,
    "absolute": lambda a: apply("sign", a),  # 0 at the kink, as torch has it
    "sign": lambda a: ZERO,
}


def derivative(e: Expression, name: str, known: dict[Expression, Expression] | None = None) -> Expression:
    """The exact derivative of `e` with respect to the symbol `name`."""
    known = {} if known is None else known
    if e not in known:
        known[e] = _derivative(e, name, known)
    return known[e]


def _derivative(e: Expression, name: str, known: dict[Expression, Expression]) -> Expression:
    if e.op == "number":
        return ZERO
    if e.op == "symbol":
        return ONE if e.args[0] == name else ZERO
    a = e.args[0]
    da = derivative(a, name, known)
    if e.op == "negate":
        return -da
    if e.op == "power":
        return e.args[1] * a ** (e.args[1] - 1) * da
    if e.op in _OUTER_DERIVATIVE:
        return ZERO if da == ZERO else _OUTER_DERIVATIVE[e.op](a) * da
    b = e.args[1]
    db = derivative(b, name, known)
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
    lines: list[str] = []
    names: dict[Expression, str] = {}

    def emit(code: str) -> str:
        lines.append(f"    t{len(lines)} = {code}")
        return f"t{len(lines) - 1}"

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

    def place(e: Expression) -> str:
        if e not in names:
            names[e] = code_of(e)
        return names[e]

    def code_of(e: Expression) -> str:
        if e.op == "number":
            return repr(e.args[0])
        if e.op == "symbol":
            return str(e.args[0])
        if e.op in _INFIX:
            left, right = place(e.args[0]), place(e.args[1])
            return emit(f"{left} {_INFIX[e.op]} {right}")
        inner = place(e.args[0])
        if e.op == "negate":
            return emit(f"-{inner}")
        if e.op == "power":
            exponent = e.args[1]
            if exponent == int(exponent) and 2 <= abs(exponent) <= 16:
                product = whole_power(inner, int(abs(exponent)))
                return product if exponent > 0 else emit(f"1.0 / {product}")
            return emit(f"1.0 / {inner}" if exponent == -1 else f"power({inner}, {exponent!r})")
        return emit(f"{e.op}({inner})")

    results = "".join(f"{place(e)}, " for e in outputs)
    head = f"def formula({', '.join([*arguments, *constants])}):"
    scope: dict[str, Any] = {name: getattr(arrays, name) for name in (*FUNCTIONS, "power")}
    scope |= {"inf": math.inf, "nan": math.nan}  # as numbers print themselves
    exec("\n".join([head, *lines, f"    return ({results})"]), scope)  # the graph's own code, never a visitor's text
    function: Callable[..., Any] = scope["formula"]
    return function


_PRECEDENCE = {"add": 1, "subtract": 1, "negate": 1, "multiply": 2, "divide": 3, "power": 4}
_LATEX_NAMES = {"w1": "w_1", "w2": "w_2", "condition": r"\kappa", "angle": r"\varphi"}


def latex(e: Expression, outer: int = 0) -> str:
    """The formula as LaTeX, printed from the same graph that is evaluated."""
    own = _PRECEDENCE.get(e.op, 5)
    if e.op == "number":
        value = e.args[0]
        return f"{value:g}" if value >= 0 or outer <= 1 else rf"\left({value:g}\right)"
    if e.op == "symbol":
        return _LATEX_NAMES.get(e.args[0], e.args[0])
    if e.op == "named":
        return str(e.args[1])
    inner = [latex(arg, own) for arg in e.args if isinstance(arg, Expression)]
    if e.op == "add":
        text = f"{inner[0]} + {inner[1]}"
    elif e.op == "subtract":
        text = f"{inner[0]} - {latex(e.args[1], own + 1)}"
    elif e.op == "negate":
        text = f"-{latex(e.args[0], 2)}"
    elif e.op == "multiply" and number_of(e.args[0]) == math.pi / 180:
        return rf"{inner[1]}^{{\circ}}"
    elif e.op == "multiply":
        both_numbers = inner[1][:1].isdigit()
        text = rf"{inner[0]} \cdot {inner[1]}" if both_numbers else rf"{inner[0]}\,{inner[1]}"
    elif e.op == "divide":
        return rf"\frac{{{latex(e.args[0])}}}{{{latex(e.args[1])}}}"
    elif e.op == "power":
        text = rf"{latex(e.args[0], 5)}^{{{e.args[1]:g}}}"
    elif e.op == "sqrt":
        return rf"\sqrt{{{latex(e.args[0])}}}"
    elif e.op == "absolute":
        return rf"\left|{latex(e.args[0])}\right|"
    else:
        text = rf"\{e.op}\left({latex(e.args[0])}\right)"
    return rf"\left({text}\right)" if own < outer else text
