"""Typed formulas: what is read is what is meant, what is not read is refused at the right place, and nothing is executed."""

from __future__ import annotations

import math
import pickle
import random
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from landscapes import TYPED, ExpressionError, parse
from landscapes.surfaces import expression, typed
from landscapes.surfaces.expression import ordered
from landscapes.surfaces.formula_text import LONGEST, MOST_OPERATIONS
from landscapes.surfaces.formula_tokens import COORDINATES, FUNCTIONS, OF_SEVERAL
from landscapes.surfaces.surface import Surface

Tree = Any  # "x", "y", "pi", "e", a number, or (operation, tree, ...)

leaves = st.sampled_from(["x", "y", "x", "y", "pi", "e"]) | st.floats(0.01, 99).map(lambda v: float(f"{v:.3g}"))
trees = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.tuples(st.sampled_from(["+", "-", "*", "/", "^", "min", "max"]), inner, inner),
        st.tuples(st.just("^"), inner, st.sampled_from([2.0, 3.0, 0.5])),
        st.tuples(st.sampled_from([*FUNCTIONS, "relu"]), inner),
        st.tuples(st.just("neg"), inner),
    ),
    max_leaves=7,
)
BY_HAND: dict[str, Callable[..., float]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "^": lambda a, b: a**b,
    "neg": lambda a: -a,
    "relu": lambda a: max(a, 0.0),
    "min": min,
    "max": max,
    "abs": abs,
    "ln": math.log,
    "√": math.sqrt,
    "sigmoid": lambda a: 1 / (1 + math.exp(-a)),
    "sign": lambda a: (a > 0) - (a < 0),
    "arcsin": math.asin,
    "arccos": math.acos,
    "arctan": math.atan,
}
LEVEL = {"+": 1, "-": 1, "*": 2, "/": 2, "neg": 3, "^": 4}  # the order in which operations bind


class Wild(Exception):
    """No tame number: outside a function's domain, huge, or where rounding decides."""


def value(tree: Tree, x: float, y: float) -> float:
    """The tree by Python's own floats."""
    if not isinstance(tree, tuple):
        return {"x": x, "y": y, "pi": math.pi, "e": math.e}.get(tree, tree)
    name, *rest = tree
    arguments = [value(part, x, y) for part in rest]
    if name == "^" and arguments[0] <= 0:
        raise Wild
    if (name == "sign" and abs(arguments[0]) < 1e-6) or (name == "tan" and abs(math.cos(arguments[0])) < 1e-3):
        raise Wild
    try:
        made = BY_HAND[name](*arguments) if name in BY_HAND else getattr(math, name)(*arguments)
    except (ValueError, ZeroDivisionError, OverflowError):
        raise Wild from None
    if not 1e-9 < abs(made) < 1e9 and made != 0:
        raise Wild
    return float(made)


def written(tree: Tree, style: random.Random, outer: int = 0) -> str:
    """The tree as somebody might type it: with the brackets it needs, and some that it does not."""
    gap = style.choice(["", "", " "])
    if not isinstance(tree, tuple):
        return style.choice(["pi", "π"]) if tree == "pi" else f"{tree:g}" if isinstance(tree, float) else tree
    name, *rest = tree
    level = LEVEL.get(name, 9)
    if name in ("+", "-", "*", "/"):
        a, b = written(rest[0], style, level), written(rest[1], style, level + 1)
        sign = style.choice({"+": "+", "-": "-−–", "*": "*·×", "/": "/÷"}[name])
        text = f"{a}{gap}{sign}{gap}{b}"
        if name == "*" and isinstance(rest[0], float) and b[0] in "xy(aclmnst√" and style.random() < 0.5:
            text = f"{a}{gap}{b}"  # 2x, 3 (x + 1), 4 sin(x)
    elif name == "^":
        a, b = written(rest[0], style, 5), written(rest[1], style, 3)
        text = f"{a}²" if rest[1] == 2.0 and style.random() < 0.5 else f"{a}{gap}{style.choice(['^', '**'])}{gap}{b}"
    elif name == "neg":
        text = style.choice("-−") + written(rest[0], style, 3)
    else:
        text = f"{name}{gap}({f',{gap}'.join(written(part, style) for part in rest)})"
    return f"({text})" if level < outer or style.random() < 0.1 else text


def read_or_skip(text: str) -> Surface:
    """The surface; examples that happen to be constant or nowhere finite are no examples."""
    try:
        return parse(text)
    except ExpressionError as error:
        assume(not re.search("everywhere|nowhere|whatever x and y are", error.message))
        raise


@settings(max_examples=120)
@given(trees, st.integers(0, 10**6), st.floats(0.1, 2), st.floats(0.1, 2))
def test_what_is_typed_is_what_is_evaluated(tree: Tree, style: int, x: float, y: float) -> None:
    try:
        expected = value(tree, x, y)
    except Wild:
        assume(False)
    text = written(tree, random.Random(style))
    assume(any(name in text for name in "xy") and len(text) <= LONGEST)
    surface = read_or_skip(text)
    theta = np.array([x, y][: surface.dim])
    assert surface.dim == 2 or "y" not in text
    np.testing.assert_allclose(surface.loss(theta), expected, rtol=1e-9, atol=1e-9)
    assert surface.loss(np.stack([theta] * 3)).shape == (3,)
    assert surface.latex.count("{") == surface.latex.count("}")


PRECEDENCE = [
    ("-x^2", lambda x, y: -(x**2)),
    ("2^3^x", lambda x, y: 2 ** (3**x)),
    ("2^-x*y", lambda x, y: 2 ** (-x) * y),
    ("x-y-1", lambda x, y: (x - y) - 1),
    ("x/y/2", lambda x, y: x / y / 2),
    ("x/y*2", lambda x, y: x / y * 2),
    ("2x/3", lambda x, y: 2 * x / 3),
    ("-2x^2 y", lambda x, y: -2 * x**2 * y),
    ("3(x+1)(y-2)", lambda x, y: 3 * (x + 1) * (y - 2)),
    ("x(y+1)", lambda x, y: x * (y + 1)),
    ("2 sin(x) cos(y)", lambda x, y: 2 * math.sin(x) * math.cos(y)),
    ("e^-x² + y⁻¹", lambda x, y: math.exp(-(x**2)) + 1 / y),
    ("+".join(["(x)", "(y)"] * 25), lambda x, y: 25 * (x + y)),
    ("--x +- y", lambda x, y: x - y),
    ("max(x, y, 0.8) min(x, 1, y, 2)", lambda x, y: max(x, y, 0.8) * min(x, y, 1)),
    ("1.5e1x + 2e + .5y + 1.", lambda x, y: 15 * x + 2 * math.e + 0.5 * y + 1),
    ("relu(x-y) + ln(x) + √(y) + asin(x/2)", lambda x, y: max(x - y, 0) + math.log(x) + math.sqrt(y) + math.asin(x / 2)),
]


@pytest.mark.parametrize(("text", "by_hand"), PRECEDENCE)
def test_operations_bind_as_in_mathematics(text: str, by_hand: Callable[..., float]) -> None:
    for x, y in ((0.7, 1.3), (1.9, 0.4)):
        assert parse(text).loss(np.array([x, y])[: parse(text).dim]) == pytest.approx(by_hand(x, y), rel=1e-13)


WRONG = [
    ("", 0, "type a formula of x and y"),
    ("   ", 0, "type a formula"),
    ("sine(x)", 0, "I know no function 'sine'; did you mean 'sin'?"),
    ("x + Cos(y)", 4, "did you mean 'cos'?"),
    ("foo(x)", 0, "there are: sin, cos"),
    ("z^2", 0, "I know no name 'z'; there are x, y, pi, e"),
    ("x + xy", 4, "write x*y instead of xy"),
    ("sinx", 0, "write sin(x) instead of sinx"),
    ("sin x", 0, "sin needs brackets"),
    ("sin^2(x)", 0, "sin needs brackets"),
    ("sin()", 3, "sin needs something between its brackets"),
    ("sin(x, y)", 5, "sin is of one number"),
    ("min(x)", 0, "min is of two numbers or more"),
    ("|x|", 0, "write abs(...)"),
    ("f = x", 2, "without an equals sign"),
    ("[x]", 0, "only round brackets"),
    ("1,5*x", 1, "decimals are written with a point"),
    ("2*(x + 1", 2, "never closed"),
    ("x + 1)", 5, "never opened"),
    ("(x+)", 3, "something is missing after '+'"),
    ("()x", 0, "nothing between these brackets"),
    ("x +", 3, "breaks off after '+'"),
    ("* x", 0, "'*' cannot stand at the start"),
    ("x * / y", 4, "'/' cannot stand after '*'"),
    ("x 2", 2, "a sign is missing after 'x'"),
    ("1/2x", 3, "after a division"),
    ("x/y(2)", 3, "after a division"),
    ("e^2x", 3, "after a power"),
    ("x^-2y", 4, "after a power"),
    ("x²^2", 2, "two powers in a row"),
    ("x + 1e999", 4, "beyond the largest"),
    ("x + 1e-999", 4, "below the smallest"),
    ("x + 9**9**9**9", 8, "infinite, whatever x and y are"),
    ("x * sqrt(-1)", 4, "not a real number"),
    ("x * log(0)", 4, "infinite"),
    ("x + 1/0", 5, "infinite"),
    ("3", 0, "this is 3 everywhere"),
    ("0*x + pi", 0, r"this is \pi everywhere"),
    ("log(-1 - x^2)", 0, "nowhere on a grid"),
    ("х^2", 0, "(cyrillic small letter ha)"),
    ("x + ｘ", 4, "(fullwidth latin small letter x)"),
    ("x\x00", 1, r"'\x00'"),
    ("x; y", 1, "a formula has no ';'"),
    ("(" * 60 + "x" + ")" * 60, 40, "nest 40 deep at most"),
    ("-" * 60 + "x", 40, "nest 40 deep at most"),
    ("x" + "+x" * 199, 301, f"{MOST_OPERATIONS} operations at most"),
    ("x" * 401, 400, "400 characters at most, this one has 401"),
]


@pytest.mark.parametrize(("text", "position", "said"), WRONG, ids=[repr(w[0])[:30] for w in WRONG])
def test_what_is_wrong_is_said_where_it_is(text: str, position: int, said: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse(text)
    assert said in caught.value.message == str(caught.value)
    assert caught.value.position == position
    again = pickle.loads(pickle.dumps(caught.value))
    assert (again.message, again.position) == (caught.value.message, position)


HOSTILE = [
    "__import__('os').system('id')", "().__class__.__bases__[0].__subclasses__()", "x.__class__", "x.real", "lambda: x",
    "[x for x in (1,2)]", "{x: y}", "(y := x)", "f'{x}'", "'a'*9", '"""', "x if y else 1", "x and y", "not x", "x < y",
    "x == y", "exec(x)", "eval(x)", "open(x)", "globals()", "print(x)", "formula(x)", "t0", "arrays", "power(x, y)",
    "select(x, y, 1)", "inf*x", "nan", "x@y", "x//y", "x%y", "x<<999999", "~x", "x!", "0xffffffff*x", "0b1*x", "1_000*x",
    "2j*x", "True", "None", "9**9**9**9*x", "9^9^9^9^9^9^9^9^9x", "1e308*10*x", "x**1e308", "x^x^x^x^x^x^x^x^x^x^x^x^x",
    "exp(" * 39 + "x" + ")" * 39, "(" * 600, ")" * 600, "(" * 600 + "x" + ")" * 600, "-" * 400 + "x", "~" * 400, "\x00",
    "x\n\n+\ty", "\ud800", "x\u202ey", "x\u200b", "＿＿import＿＿", "𝑥", "ｓｉｎ(x)", "ⅇ", "x" * 10_000, "9" * 10_000,
    "9" * 399, "." * 400, "e" * 400, "1e" * 200, "sin(" * 100, "*".join(["tan(x)", "tan(y)"] * 28),
    "/".join("xy" * 75), "*".join("xy" * 75), "+".join(f"sin(1e{k}0*x)" for k in range(29)), "%s%n%x", "${x}", "'; DROP TABLE",
    "<script>alert(1)</script>", "\\frac{x}{y}", "x²²²²²²²²", "x^²", "⁻x", "√", "√√x", "πππx", "max(,)",
]  # fmt: skip


def outcome(text: str) -> Surface | ExpressionError:
    """What parsing gives; anything but a surface or an ExpressionError with a position in the text is a fault."""
    try:
        surface = parse(text)
    except ExpressionError as error:
        assert 0 <= error.position <= len(text)
        assert error.message
        assert str(error).isprintable() or not text.isprintable()
        return error
    assert len(ordered(surface.formula.hessian_graphs)) <= typed.MOST_NODES
    with np.errstate(all="ignore"):
        assert np.isfinite(surface.loss(np.array(surface.start)))
    return surface


@pytest.mark.timeout(20)
@pytest.mark.parametrize("text", HOSTILE, ids=[ascii(text)[:30] for text in HOSTILE])
def test_hostile_texts_end_in_a_surface_or_a_sentence(text: str) -> None:
    made = outcome(text)
    if isinstance(made, Surface):  # not only read, but used: none of it may stall or raise
        theta = np.array([made.start] * 3)
        with np.errstate(all="ignore"):
            assert made.hessian(theta).shape == (3, made.dim, made.dim)
            assert made.gradient(theta).shape == theta.shape
        assert isinstance(made.minima, list)


pieces = [
    *"xy+-*/^(),. ²πe0123456789\n−×",
    "**",
    "sin(",
    "tan(",
    "max(",
    "log(",
    "__",
    "1e9",
    "é",
    "x)",
    "^y",
    ")",
    "\x00",
    "'",
    "[",
    ":",
    "х",
]


@settings(max_examples=300)
@given(st.lists(st.sampled_from(pieces), max_size=40).map("".join) | st.text(max_size=30))
def test_any_text_ends_in_a_surface_or_a_sentence(text: str) -> None:
    outcome(text)


@settings(max_examples=150)
@given(trees, st.integers(0, 10**6))
def test_mutated_formulas_end_in_a_surface_or_a_sentence(tree: Tree, seed: int) -> None:
    style = random.Random(seed)
    text = written(tree, style)
    for _ in range(style.randint(1, 4)):
        at = style.randrange(len(text) + 1)
        text = text[:at] + style.choice(["", *pieces]) + text[at + style.randint(0, 2) :]
    outcome(text)


@settings(max_examples=40)
@given(trees, st.integers(0, 10**6))
def test_nothing_of_the_text_reaches_the_compiler(tree: Tree, seed: int) -> None:
    """The source that is compiled consists of numbers, the engine's own names and x and y, whatever was typed."""
    sources: list[str] = []

    def spy(source: str, scope: dict[str, Any]) -> None:
        sources.append(source)
        exec(source, scope)

    known = {
        *COORDINATES,
        *FUNCTIONS.values(),
        *OF_SEVERAL.values(),
        "select",
        "power",
        "def",
        "formula",
        "return",
        "inf",
        "nan",
    }
    expression.exec = spy  # type: ignore[attr-defined]  # found before the builtin
    try:
        typed._formula.cache_clear()
        typed._surface.cache_clear()
        surface = read_or_skip(written(tree, random.Random(seed)))
        assert surface.formula.hessian
    finally:
        del expression.exec  # type: ignore[attr-defined]
    assert len(sources) == 3  # loss, gradient, Hessian
    for source in sources:
        left = re.sub(r"\b\d+(\.\d*)?(e[-+]?\d+)?\b|\bt\d+\b", "", source)
        assert set(re.findall(r"[^\W\d]\w*", left)) <= known
        assert not re.sub(r"[\w\s=(),:*/+.-]", "", source)


def test_a_hessian_that_would_be_too_long_is_refused() -> None:
    text = "x"
    while len(text) < 190:
        text = f"({text})^x^y" if text.count("^") % 4 else f"({text})^y"
    text = f"{text}*{text}"
    with pytest.raises(ExpressionError, match="second derivatives of this formula are too long"):
        parse(text[:LONGEST])


FORMULAS = [
    "x^2 + 3*y^2", "(1-x)^2 + 100(y-x²)²", "exp(-x² - y²) sin(3x)", "max(x, y)^2 + abs(x y)", "x^y",
    "sigmoid(3x) tanh(y) + cosh(x)", "log(1 + (x+y)²)", "atan(x y) / (2 + sin(x))", "x^4 - 3x^2 + x",
]  # fmt: skip


@pytest.mark.parametrize("text", FORMULAS)
def test_derivatives_agree_with_torch_autograd(text: str) -> None:
    surface = parse(text, ((0.2, 2.0), (0.1, 1.7)))
    low, high = np.array(surface.domain).T
    theta = low + (high - low) * np.random.default_rng(0).random((20, surface.dim))
    tensors = torch.tensor(theta)
    gradient = torch.func.vmap(torch.func.grad(surface.loss))(tensors).numpy()
    hessian = torch.func.vmap(torch.func.hessian(surface.loss))(tensors).numpy()
    np.testing.assert_allclose(surface.gradient(theta), gradient, rtol=1e-10, atol=1e-12 * abs(gradient).max())
    np.testing.assert_allclose(surface.hessian(theta), hessian, rtol=1e-10, atol=1e-12 * abs(hessian).max())


def test_a_formula_of_x_is_a_curve_and_of_y_a_surface() -> None:
    assert (parse("x^2").dim, parse("x^2").coordinates, len(parse("x^2").domain)) == (1, ("x",), 1)
    assert parse("y^2").dim == parse("x^2 + 0*y").dim == 2
    assert parse("x^2 + 0*y").loss(np.zeros((4, 2))).shape == (4,)
    assert parse("x^2").latex == r"\begin{aligned}f(x) &= x^{2}\end{aligned}"
    assert parse("2pi x/3 - -y").latex == r"\begin{aligned}f(x, y) &= \frac{2\,\pi\,x}{3} - \left(-y\right)\end{aligned}"


MINIMA = [
    ("(x^2+y-11)^2 + (x+y^2-7)^2", 5, [(3, 2), (3.584428, -1.848127), (-3.779310, -3.283186), (-2.805118, 3.131313)]),
    ("20 + x² + y² - 10(cos(2π x) + cos(2π y))", 0.9, [(0, 0)]),
    ("(1-x)^2 + 100(y-x^2)^2", 2, [(1, 1)]),
    ("sin(x)", 5, [(-math.pi / 2,), (3 * math.pi / 2,)]),
    ("x^4", 2, []),  # its curvature is 0
    ("(x y - 1)^2", 2, []),  # a valley: no minimum is isolated
    ("abs(x) + abs(y)", 2, []),  # a kink
    ("x^2 - y^2", 2, []),
    ("(x-3)^2 + y^2", 2, []),  # outside
    ("1/(x^2 + y^2)", 2, []),
    ("log(x) x", 2, [(1 / math.e,)]),  # NaN on half of the domain
]


@pytest.mark.parametrize(("text", "wide", "expected"), MINIMA, ids=[m[0] for m in MINIMA])
def test_minima_are_found_and_only_declared_where_verified(text: str, wide: float, expected: list[tuple[float, ...]]) -> None:
    surface = parse(text, ((-wide, wide), (-wide, wide)))
    assert len(surface.minima) == len(expected)
    for place in expected:
        assert min(np.abs(np.array(place) - found).max() for found in surface.minima) < 1e-5
    losses = [float(surface.loss(np.array(place))) for place in surface.minima]
    assert losses == sorted(losses)
    for place in surface.minima:
        hessian = surface.hessian(np.array(place))
        assert np.abs(surface.gradient(np.array(place))).max() <= 1e-10 * max(1, np.abs(hessian).max())
        assert np.linalg.eigvalsh(hessian).min() > 0


@pytest.mark.parametrize("text", [*FORMULAS, "sqrt(x - 1.9)", "1/x + 0*y", "log(x y)", "min(x, -1)", "sign(x) + 0*y"])
def test_the_start_is_finite_inside_and_sloping_where_anything_slopes(text: str) -> None:
    surface = parse(text)
    theta = np.array(surface.start)
    assert all(low <= value <= high for value, (low, high) in zip(theta, surface.domain, strict=True))
    assert np.isfinite(surface.loss(theta))
    assert (np.abs(surface.gradient(theta)).max() > 0) == ("sign" not in text)
    typed._surface.cache_clear()
    assert parse(text).start == surface.start


def test_typed_is_a_family_of_surfaces() -> None:
    assert set(TYPED.ranges) == set(TYPED.defaults)
    assert all(TYPED.ranges[name].holds(value) for name, value in TYPED.defaults.items())
    surface = TYPED(formula="x^2 + 3*y^2", x_low=-1.0, y_high=5.0)
    assert surface.domain == ((-1.0, 2.0), (-2.0, 5.0))
    assert surface.parameters == {"formula": "x^2 + 3*y^2", "x_low": -1.0, "x_high": 2.0, "y_low": -2.0, "y_high": 5.0}
    assert surface is TYPED(formula="x^2 + 3*y^2", x_low=-1.0, y_high=5.0)
    assert surface.family.key == TYPED.key == "typed"
    assert "no input enters" in str(surface.input_reason)
    formula = TYPED.ranges["formula"]
    assert formula.holds("x") and not any(formula.holds(bad) for bad in ("sine(x)", "", 3.0, None))
    with pytest.raises(ExpressionError, match="did you mean 'sin'"):
        formula.check("typed.formula", "sine(x)")
    with pytest.raises(ValueError, match=r"typed\.formula must be a formula of at most 400 characters, got 3\.0"):
        TYPED(formula=3.0)
    with pytest.raises(TypeError, match="no parameter 'z_low'"):
        TYPED(z_low=1.0)
    with pytest.raises(ValueError, match=r"typed\.x_low must be a number"):
        TYPED(x_low=math.nan)


@pytest.mark.parametrize(("ends", "said"), [
    ({"x_low": 2.0, "x_high": 1.0}, "x_low must be below x_high, got 2 and 1"),
    ({"y_low": 1.0, "y_high": 1.0}, "y_low must be below y_high"),
    ({"x_low": 1.0, "x_high": 1.0 + 1e-12}, "x_low and x_high are too close"),
])  # fmt: skip
def test_ends_that_are_no_interval_are_refused(ends: dict[str, float], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        TYPED(**ends)
