"""The formula engine against torch: random formulas, their values, and their first and second derivatives."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from landscapes.surfaces.expression import (
    FUNCTIONS,
    Expression,
    apply,
    compile_function,
    derivative,
    latex,
    lift,
    raise_to,
    symbol,
    symbolic,
)

SMOOTH = tuple(name for name in FUNCTIONS if name != "sign")
TORCH: dict[str, Callable[[Any], Any]] = {n: getattr(torch, {"length": "sqrt"}.get(n, n)) for n in SMOOTH}
POWERS = (-3, -1, -0.5, 0.5, 1, 1.5, 2, 3, 4, 7, 16, 17)

leaves = st.one_of(
    st.sampled_from(["x", "y"]), st.floats(-3, 3).map(lambda v: round(v, 3)), st.sampled_from([0.0, 1.0, -1.0, 2.0])
)
trees = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.tuples(st.sampled_from(["+", "-", "*", "/", "^", "max", "min"]), inner, inner),
        st.tuples(st.sampled_from(SMOOTH), inner),
        st.tuples(st.just("neg"), inner),
        st.tuples(st.just("pow"), inner, st.sampled_from(POWERS)),
        inner.map(lambda tree: ("*", tree, tree)),  # a shared subexpression
    ),
    max_leaves=8,
)
coordinates = st.floats(0.1, 2).map(lambda v: round(v, 3)) | st.floats(-2, -0.1).map(lambda v: round(v, 3))


def traced(tree: Any) -> Expression:
    """The tree as the engine sees it: built with ordinary operators."""
    if isinstance(tree, str):
        return symbol(tree)
    if isinstance(tree, float):
        return lift(tree)
    head, *rest = tree
    if head == "pow":
        return traced(rest[0]) ** rest[1]
    parts = [traced(part) for part in rest]
    if head == "neg":
        return -parts[0]
    if head in SMOOTH:
        return apply(head, parts[0])
    a, b = parts
    return {
        "+": lambda: a + b,
        "-": lambda: a - b,
        "*": lambda: a * b,
        "/": lambda: a / b,
        "^": lambda: a**b,
        "max": lambda: symbolic.maximum(a, b),
        "min": lambda: symbolic.minimum(a, b),
    }[head]()


class Wild(Exception):
    """An intermediate value near a pole, a kink or an overflow, where rounding decides."""


def direct(tree: Any, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """The tree evaluated by torch, node by node."""
    if isinstance(tree, str):
        return {"x": x, "y": y}[tree]
    if isinstance(tree, float):
        return torch.tensor(tree, dtype=torch.float64)
    head, *rest = tree
    a = direct(rest[0], x, y)
    touchy = head in ("sqrt", "log", "absolute", "length", "reciprocal", "^") or (head == "pow" and rest[1] < 4)
    if touchy and (abs(a) < 0.05 or (a < 0 and head != "absolute" and (head != "pow" or rest[1] != int(rest[1])))):
        raise Wild
    if (head in ("arcsin", "arccos") and abs(a) > 0.95) or (head == "tan" and abs(torch.cos(a)) < 0.1):
        raise Wild
    if head == "pow":
        value = a ** rest[1]
    elif head == "neg":
        value = -a
    elif head in SMOOTH:
        value = TORCH[head](a)
    else:
        b = direct(rest[1], x, y)
        if (head == "/" and abs(b) < 0.05) or (head in ("max", "min") and abs(a - b) < 1e-6):
            raise Wild
        value = {
            "+": lambda: a + b,
            "-": lambda: a - b,
            "*": lambda: a * b,
            "/": lambda: a / b,
            "^": lambda: a**b,
            "max": lambda: torch.maximum(a, b),
            "min": lambda: torch.minimum(a, b),
        }[head]()
    if not abs(value) < 50:
        raise Wild
    return value


@settings(max_examples=150)
@given(trees, coordinates, coordinates)
def test_values_and_derivatives_are_those_of_torch(tree: Any, x: float, y: float) -> None:
    tensors = torch.tensor([x, y], dtype=torch.float64)
    try:
        value = direct(tree, *tensors)
    except Wild:
        assume(False)
    graph = traced(tree)
    first = [derivative(graph, name) for name in "xy"]
    second = [derivative(g, name) for g in first for name in "xy"]
    compiled = compile_function([graph, *first, *second], ["x", "y"])

    def of(point: torch.Tensor) -> torch.Tensor:
        return direct(tree, point[0], point[1]) + 0 * point.sum()  # constants have no graph of their own

    gradient = torch.autograd.functional.jacobian(of, tensors)
    hessian = torch.autograd.functional.hessian(of, tensors)
    expected = np.concatenate([[float(value)], gradient.numpy(), hessian.numpy().ravel()])
    scale = 1e-8 * max(1.0, abs(expected).max())
    for argument in ((x, y), (np.float64(x), np.float64(y)), (np.array([x, x]), np.array([y, y])), tuple(tensors)):
        with np.errstate(all="ignore"):
            outputs = compiled(*argument)
        got = [float(np.ravel(np.asarray(v))[0]) for v in outputs]
        np.testing.assert_allclose(got, expected, rtol=1e-8, atol=scale)


@pytest.mark.parametrize(
    "rule",
    [*((name,) for name in SMOOTH), *(("pow", p) for p in POWERS), "*", "/", "+", "-", "^", "max", "min", "neg"],
    ids=str,
)
def test_every_rule_of_calculus_is_that_of_torch(rule: Any) -> None:
    """Each once by itself, inside and outside of others: random formulas may leave one out."""
    inner = ("+", ("*", "x", 0.3), ("*", 0.8, ("*", "y", "y")))
    tree = (rule[0], inner, *rule[1:]) if isinstance(rule, tuple) else (rule, inner) if rule == "neg" else (rule, inner, "x")
    graph = traced(("*", tree, "x"))
    first = [derivative(graph, name) for name in "xy"]
    outputs = [graph, *first, *(derivative(g, name) for g in first for name in "xy")]
    for x, y in ((0.3, 0.5), (1.3, -0.6), (1.9, 0.4)):
        point = torch.tensor([x, y], dtype=torch.float64)

        def of(p: torch.Tensor) -> torch.Tensor:
            return direct(("*", tree, "x"), p[0], p[1])

        expected = [of(point)[None], torch.func.grad(of)(point), torch.func.hessian(of)(point).ravel()]
        got = [float(v) for v in compile_function(outputs, ["x", "y"])(x, y)]
        np.testing.assert_allclose(got, torch.cat(expected).numpy(), rtol=1e-11, atol=1e-13)


@given(trees, coordinates, coordinates)
def test_compiled_code_is_the_formula_on_floats(tree: Any, x: float, y: float) -> None:
    """With no torch between: the same operations in the same order give the same bits, up to whole powers and x / 1."""
    graph = traced(tree)
    with np.errstate(all="ignore"):
        on_numbers = compile_function([graph], ["x", "y"])(np.float64(x), np.float64(y))[0]
        on_arrays = compile_function([graph], ["x", "y"])(np.array([x]), np.array([y]))[0]
    assert np.allclose(on_numbers, np.ravel(np.asarray(on_arrays))[0], rtol=1e-12, equal_nan=True)


@given(trees)
def test_every_formula_prints(tree: Any) -> None:
    text = latex(traced(tree))
    assert text
    assert text.count("{") == text.count("}")
    assert text.count(r"\left") == text.count(r"\right")


@pytest.mark.parametrize(
    ("build", "expected"),
    [
        (lambda: apply("log", -1.0), math.nan),
        (lambda: apply("log", 0.0), -math.inf),
        (lambda: apply("exp", 1000.0), math.inf),
        (lambda: lift(1) / lift(0), math.inf),
        (lambda: lift(-2) ** 0.5, math.nan),
        (lambda: lift(0) ** -1, math.inf),
        (lambda: lift(10) ** 400, math.inf),
        (lambda: apply("absolute", -3.0), 3.0),
        (lambda: apply("sign", -3.0), -1.0),
    ],
)
def test_constants_fold_as_arrays_compute(build: Callable[[], Expression], expected: float) -> None:
    graph = build()
    assert graph.op == "number"
    assert graph.args[0] == expected or (math.isnan(graph.args[0]) and math.isnan(expected))
    x = np.array([1.5])
    with np.errstate(all="ignore"):
        (value,) = compile_function([graph + symbol("x")], ["x"])(x)
    assert np.array_equal(value, x + expected, equal_nan=True)


def test_whole_powers_are_products() -> None:
    """`x**2` on a float overflows with an exception; a product gives infinity, as arrays do."""
    square, cube = compile_function([symbol("x") ** 2, symbol("x") ** -3], ["x"])(1e200)
    assert square == math.inf
    assert cube == 0.0
    for exponent in range(2, 20):
        (value,) = compile_function([symbol("x") ** exponent], ["x"])(np.array([1.1]))
        np.testing.assert_allclose(value, [1.1**exponent], rtol=1e-14)


def test_shared_subexpressions_are_computed_once() -> None:
    """Sixty squarings: as a tree this has 2^60 leaves."""
    graph = symbol("x")
    for _ in range(60):
        graph = graph * graph
    slope = derivative(graph, "x")
    value, dx = compile_function([graph, slope], ["x"])(np.array([1.0]))
    assert value == [1.0]
    assert dx == [2.0**60]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_exist_for_both_libraries(name: str) -> None:
    compiled = compile_function([apply(name, symbol("x"))], ["x"])
    x = np.array([0.25, 0.75])
    np.testing.assert_allclose(compiled(torch.tensor(x))[0].numpy(), compiled(x)[0], rtol=1e-15)
    assert compiled(0.25)[0] == pytest.approx(compiled(x)[0][0], rel=1e-15)


@pytest.mark.parametrize(
    "build", [symbolic.maximum, symbolic.minimum, lambda a, b: lift(2) ** (a - b), lambda a, b: (a * b) ** a]
)
def test_operations_of_two_exist_for_both_libraries_and_for_numbers(build: Callable[..., Expression]) -> None:
    x, y = np.array([0.5, 1.5, 0.7]), np.array([0.6, 0.3, 0.7])
    outputs = [build(symbol("x"), symbol("y")), build(lift(0.7), symbol("x")), build(symbol("x"), lift(0.7))]
    outputs += [derivative(output, "x") for output in outputs]
    compiled = compile_function(outputs, ["x", "y"])
    for ours, theirs, *single in zip(compiled(x, y), compiled(torch.tensor(x), torch.tensor(y)), compiled(0.5, 0.6)):
        np.testing.assert_allclose(theirs.numpy(), ours, rtol=1e-15)
        assert isinstance(single[0], float)
        assert single[0] == pytest.approx(ours[0], rel=1e-15)


def test_half_of_both_slopes_at_a_tie_and_none_that_is_not_taken() -> None:
    """As torch has it; and where a pole is cut off, the slope of what cuts it off."""
    x = np.array([-1.0, 0.0, 2.0])
    rectified = compile_function([derivative(symbolic.maximum(0, symbol("x")), "x")], ["x"])
    np.testing.assert_array_equal(rectified(x)[0], [0, 0.5, 1])
    assert [rectified(value)[0] for value in x.tolist()] == [0, 0.5, 1]
    with np.errstate(all="ignore"):
        cut = compile_function([derivative(symbolic.minimum(1 / symbol("x") ** 2, 5), "x")], ["x"])
        np.testing.assert_array_equal(cut(x)[0], [2, 0, -0.25])


def test_the_kink_of_the_absolute_value_has_slope_zero() -> None:
    slope = derivative(symbolic.absolute(symbol("x")), "x")
    np.testing.assert_array_equal(compile_function([slope], ["x"])(np.array([-2.0, 0.0, 2.0]))[0], [-1, 0, 1])


def test_deep_graphs_cost_what_they_have_nodes() -> None:
    """Two thousand levels deep, beyond Python's own recursion; equal parts that are not the same objects."""
    chains = []
    for _ in range(2):
        chain = symbol("x")
        for _ in range(2000):
            chain = symbolic.sin(chain) + chain
        chains.append(chain)
    slope = derivative(chains[0] - chains[1], "x")
    value, dx = compile_function([chains[0] - chains[1], slope], ["x"])(0.1)
    assert value == dx == 0
    nested = symbol("x")
    for _ in range(60):
        nested = 1 / symbolic.sqrt(nested)
    assert latex(nested).count(r"\frac") == 60


@pytest.mark.parametrize(
    ("build", "expected"),
    [
        (lambda x: symbolic.maximum(1, x), r"\max\left(x, 1\right)"),
        (lambda x: symbolic.arctan(x) ** x, r"\arctan\left(x\right)^{x}"),
        (lambda x: symbolic.cos(2 * math.pi * x), r"\cos\left(2\pi\,x\right)"),
        (lambda x: x + lift(-2), r"x + \left(-2\right)"),
        (lambda x: x - 2.5e-7 * x, r"x - 2.5 \cdot 10^{-7}\,x"),
        (lambda x: lift(1.23456789) * x, r"1.23456789\,x"),
        (lambda x: symbolic.sigmoid(x) * symbolic.sign(x), r"\sigma\left(x\right)\,\operatorname{sign}\left(x\right)"),
        (lambda x: lift(math.e) ** (-x), "e^{-x}"),
    ],
)
def test_formulas_print_as_they_are_written(build: Callable[[Expression], Expression], expected: str) -> None:
    assert latex(build(symbol("x"))) == expected


def test_the_tip_of_a_cone_has_slope_and_curvature_zero() -> None:
    """Elsewhere `length` is the square root, derivatives and all."""
    x, y = symbol("x"), symbol("y")
    cone, root = symbolic.length(x**2 + y**2), symbolic.sqrt(x**2 + y**2)
    functions = []
    for e in (cone, root):
        slope = derivative(e, "x")
        functions.append(compile_function([e, slope, derivative(slope, "x"), derivative(slope, "y")], ["x", "y"]))
    smooth = [f(np.array([3.0, -1.0]), np.array([4.0, 0.5])) for f in functions]
    np.testing.assert_allclose(*smooth, rtol=1e-14)
    assert [float(v) for v in functions[0](0.0, 0.0)] == [0, 0, 0, 0]
    assert not np.array(functions[0](np.zeros(2), np.zeros(2))).any()
    assert not any(v.any() for v in functions[0](torch.zeros(2), torch.zeros(2)))


def test_zero_and_one_simplify_away() -> None:
    x = symbol("x")
    assert x + 0 == 0 + x == x - 0 == x * 1 == 1 * x == x / 1 == x**1 == 0 - (0 - x) == x
    assert 0 * x == x * 0 == lift(0)
    assert raise_to(x, 0) == lift(1)
    assert derivative(lift(3) * symbol("y"), "x") == lift(0)
    assert 2 * (3 * x) == 6 * x
