"""Modifiers around every surface: derivatives, places, inputs, formulas, and how walks turn with their surface."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from itertools import product
from typing import Any

import numpy as np
import pytest
import torch

from experiments import run
from landscapes import MODIFIERS, SURFACES, TYPED
from landscapes.landscape import Draw
from landscapes.surfaces.expression import symbolic
from landscapes.surfaces.neurons import INPUTS, TEACHER
from landscapes.surfaces.surface import surface
from optimizers import OPTIMIZERS
from optimizers.optimizer import INPUTS as ASKS_INPUTS
from tests.cases import some_points
from tests.landscapes.changed import NESTS, SURFACE_KEYS, around, matrix_of, on, possible, with_every_nest
from tests.linear_neuron import LinearNeuron

unchecked = pytest.mark.usefixtures("shapes_unchecked")
LINEAR = [key for key in SURFACES if SURFACES[key]().linear_samples]
TURNS = [nest for nest in NESTS if "noise" not in [key for key, _ in nest]]


def moved(inner: Any, a: np.ndarray, shape: tuple[int, ...] = (12,)) -> np.ndarray:
    """Points whose images under A lie in inner's domain."""
    return some_points(inner, shape) @ np.linalg.inv(a).T


@with_every_nest
def test_derivatives_are_those_of_the_chain_rule(inner: Any, changed: Any, a: np.ndarray) -> None:
    theta = moved(inner, a)
    before = theta @ a.T
    h = inner.hessian(before)
    bend = abs(h).max() + 1
    np.testing.assert_allclose(changed.loss(theta), inner.loss(before), rtol=1e-10, atol=1e-12 * bend)
    g = inner.gradient(before) @ a
    np.testing.assert_allclose(changed.gradient(theta), g, rtol=1e-10, atol=1e-13 * bend * abs(a).max())
    np.testing.assert_allclose(changed.hessian(theta), a.T @ h @ a, rtol=1e-10, atol=1e-12 * bend * abs(a).max() ** 2)
    assert np.array_equal(changed.hessian(theta), changed.hessian(theta).swapaxes(-1, -2))
    vector = np.ones(inner.dim)
    product_ = (a.T @ h @ a @ vector) + 0 * theta
    np.testing.assert_allclose(changed.hvp(theta, vector + 0 * theta), product_, atol=1e-12 * bend * abs(a).max() ** 2)


@with_every_nest
def test_derivatives_agree_with_torch_autograd(inner: Any, changed: Any, a: np.ndarray) -> None:
    points = moved(inner, a, (5,))
    theta = torch.tensor(points, requires_grad=True)
    (g,) = torch.autograd.grad(changed.loss(theta).sum(), theta, create_graph=True)
    rows = [
        torch.autograd.grad(g[:, i].sum(), theta, retain_graph=True)[0] if g.requires_grad else 0 * theta
        for i in range(inner.dim)
    ]
    h = torch.stack(rows, dim=-1).detach().numpy()
    scale = abs(h).max() + 1
    np.testing.assert_allclose(changed.gradient(points), g.detach().numpy(), rtol=1e-10, atol=1e-12 * scale)
    np.testing.assert_allclose(changed.hessian(points), h, rtol=1e-10, atol=1e-12 * scale)
    np.testing.assert_allclose(changed.gradient(theta.detach()), g.detach(), rtol=1e-10, atol=1e-12 * scale)
    np.testing.assert_allclose(changed.hessian(theta.detach()), h, rtol=1e-10, atol=1e-12 * scale)


@with_every_nest
def test_runs_do_not_mix(inner: Any, changed: Any, a: np.ndarray) -> None:
    """To the bit, also where plain numbers raise and arrays overflow."""
    theta = moved(inner, a, (2, 3))
    theta[1, 1], theta[1, 2] = 1e200, 0
    with np.errstate(all="ignore"):
        for evaluate in (changed.loss, changed.gradient, changed.hessian):
            together = evaluate(theta)
            assert together.shape[:2] == (2, 3)
            for i in np.ndindex(2, 3):
                assert np.array_equal(together[i], evaluate(theta[i]), equal_nan=True)
                assert isinstance(evaluate(theta[i]), (np.ndarray, np.float64))


def test_a_point_alone_is_infinite_where_it_is_among_many() -> None:
    """Plain numbers raise when they are divided by 0."""
    pole = MODIFIERS["rotated"](TYPED(formula="x^2 + 1/y^2"), angle=90.0)
    theta = np.array([0.0, 0.5])
    with np.errstate(all="ignore"):
        assert pole.loss(theta) == np.inf
        assert np.array_equal(pole.gradient(theta), pole.gradient(theta[None])[0], equal_nan=True)
        assert np.array_equal(pole.hessian(theta), pole.hessian(theta[None])[0], equal_nan=True)


@with_every_nest
def test_places_move_with_the_surface(inner: Any, changed: Any, a: np.ndarray) -> None:
    for name in ("minima", "saddles"):
        for place, before in zip(getattr(changed, name), getattr(inner, name), strict=True):
            theta = np.array(place)
            bend = 1 + abs(inner.hessian(np.array(before))).max()
            np.testing.assert_allclose(a @ theta, before, rtol=1e-13, atol=1e-13)
            assert changed.loss(theta) == pytest.approx(inner.loss(np.array(before)), rel=1e-12, abs=1e-12 * bend)
            pull = inner.gradient(np.array(before)) @ a  # not 0 where a wall holds
            assert abs(changed.gradient(theta) - pull).max() <= 1e-11 * bend * max(1, abs(a).max())
            assert inner.bounds or abs(pull).max() <= 1e-11 * bend * max(1, abs(a).max())
    np.testing.assert_allclose(a @ np.array(changed.start), inner.start, rtol=1e-13, atol=1e-13)
    corners = np.array(list(product(*inner.domain))) @ np.linalg.inv(a).T
    np.testing.assert_allclose(changed.domain, np.stack([corners.min(0), corners.max(0)], -1), rtol=1e-12, atol=1e-12)
    assert changed.dim == inner.dim and changed.coordinates == inner.coordinates


@with_every_nest
def test_losses_that_take_turns_are_moved_too(inner: Any, changed: Any, a: np.ndarray) -> None:
    theta = moved(inner, a, (4,))
    if not inner.family.rounds:
        assert inner.drawn(Draw(0, 2)) is inner
        assert "noise" in changed.name or changed.drawn(Draw(0, 2)) is changed
        return
    for step in range(4 if "noise" not in changed.name else 0):
        g = inner.drawn(Draw(0, step)).gradient(theta @ a.T) @ a
        np.testing.assert_allclose(changed.drawn(Draw(0, step)).gradient(theta), g, rtol=1e-13)


# There and back again.


@pytest.mark.parametrize("key", SURFACE_KEYS)
def test_what_undoes_a_modifier_gives_the_surface_back(key: str) -> None:
    inner = on(key)
    theta = some_points(inner, (8,))
    backs = [[("scaled", {"x": 4.0, "y": 0.5}), ("scaled", {"x": 0.25, "y": 2.0})]]
    if inner.dim == 2:
        quarter = ("rotated", {"angle": 90.0})
        backs += [[quarter] * 4, [quarter, ("rotated", {"angle": -90.0})], [("rotated", {"angle": 0.0})]]
        backs += [[("rotated", {"angle": 180.0}), ("rotated", {"angle": -180.0})], [("rotated", {"angle": 360.0})]]
    for nest in backs:
        whole = around(inner, nest)
        assert np.array_equal(whole.loss(theta), inner.loss(theta))  # powers of two and right angles do not round
        assert np.array_equal(whole.gradient(theta), inner.gradient(theta))
        assert np.array_equal(whole.hessian(theta), inner.hessian(theta))
        assert whole.start == pytest.approx(inner.start, abs=0)
    if inner.dim == 2:
        whole = around(inner, [("rotated", {"angle": 37.0}), ("rotated", {"angle": -37.0})])
        np.testing.assert_allclose(whole.loss(theta), inner.loss(theta), rtol=1e-11, atol=1e-11)
        np.testing.assert_allclose(whole.gradient(theta), inner.gradient(theta), rtol=1e-10, atol=1e-10)


def test_a_turn_is_counterclockwise_and_a_stretch_is_one() -> None:
    """A minimum on the first axis goes to the second; the floor of a ravine three times as long is nine times as flat."""
    well = SURFACES["double_well"]()
    (right,) = [place for place in well.minima if place[0] > 0]
    assert MODIFIERS["rotated"](well, angle=90.0).minima[list(well.minima).index(right)] == pytest.approx((0, right[0]), abs=0)
    ravine = MODIFIERS["scaled"](SURFACES["ravine"](condition=50.0), x=2.0, y=3.0)
    np.testing.assert_allclose(ravine.hessian(np.zeros(2)), np.diag([50 / 4, 1 / 9]), rtol=1e-15)
    assert MODIFIERS["rotated"](SURFACES["ravine"]()).hessian(np.zeros(2)) == pytest.approx(
        SURFACES["ravine"](angle=30.0).hessian(np.zeros(2)), rel=1e-12
    )


# Walks.

RULES: Mapping[str, tuple[Mapping[str, float], bool]] = {  # settings on Rosenbrock, and whether the rule turns with the surface
    "sgd": ({"lr": 0.001}, True),
    "momentum": ({"lr": 0.0005}, True),
    "nesterov": ({"lr": 0.0005}, True),
    "newton": ({"lr": 0.3}, True),
    "saddle_free_newton": ({"lr": 0.3}, True),
    "nsgd_l2": ({"lr": 0.05}, True),
    "adam": ({"lr": 0.02}, False),
    "rmsprop": ({"lr": 0.01}, False),
    "adagrad": ({"lr": 0.1}, False),
    "lion": ({"lr": 0.01}, False),
    "nsgd_l1": ({"lr": 0.05}, False),
}


@unchecked
@pytest.mark.parametrize("key", RULES)
def test_walks_turn_with_the_surface_where_the_rule_does(key: str) -> None:
    given, turns = RULES[key]
    inner, nest = SURFACES["rosenbrock"](), [("rotated", {"angle": 40.0})]
    turned = around(inner, nest)
    before = run(OPTIMIZERS[key](**given), inner, inner.start, 60).theta
    after = run(OPTIMIZERS[key](**given), turned, turned.start, 60).theta @ matrix_of(nest).T
    gap = abs(after - before).max()
    assert gap < 1e-9 if turns else gap > 1e-2


@unchecked
def test_newtons_walk_is_the_same_in_any_coordinates() -> None:
    inner = SURFACES["booth"]()
    for nest in TURNS:
        changed, a = around(inner, nest), matrix_of(nest)
        path = run(OPTIMIZERS["newton"](lr=0.5, damping=0.0), changed, changed.start, 12).theta
        np.testing.assert_allclose(path @ a.T, run(OPTIMIZERS["newton"](lr=0.5, damping=0.0), inner, inner.start, 12).theta,
                                   rtol=1e-9, atol=1e-9)  # fmt: skip


@unchecked
@pytest.mark.parametrize("key", ["sgd", "adam", "newton", "nsgd_l2"])
@pytest.mark.parametrize("surface_key", ["linear_neuron", "rosenbrock", "typed"])
def test_many_walks_at_once_are_the_single_walks(key: str, surface_key: str) -> None:
    """Of noise, row i is run i's: see test_noise."""
    inner, optimizer = on(surface_key), OPTIMIZERS[key](lr=0.002)
    for nest in TURNS:
        changed = around(inner, nest)
        if optimizer.disabled_because(changed):
            continue
        starts = np.array(changed.start) * [[1.0], [0.4], [-0.6]]
        together = run(optimizer, changed, starts, 6).theta
        for i, start in enumerate(starts):
            path = run(optimizer, changed, start, 6).theta
            assert np.array_equal(together[:, i], path, equal_nan=True) or (
                key == "newton" and np.allclose(together[:, i], path, rtol=1e-9)  # LAPACK
            )


# Inputs.

SIZES: Mapping[str, Callable[[np.ndarray], np.ndarray]] = {
    "l2": lambda x: (x**2).sum(-1),
    "l1": lambda x: abs(x).sum(-1),
}


@unchecked
@pytest.mark.parametrize("nest", TURNS)
@pytest.mark.parametrize("rule", ["nsgd_l2", "nsgd_l1", "insgd"])
def test_a_neuron_in_other_coordinates_is_a_neuron_with_moved_inputs(rule: str, nest: Any) -> None:
    a = matrix_of(nest)
    changed = around(SURFACES["linear_neuron"](), nest)
    hand = LinearNeuron(np.array(INPUTS) @ a, np.array(INPUTS) @ np.array(TEACHER), bias=False)
    optimizer = OPTIMIZERS[rule](lr=0.1)
    ours, theirs = (run(optimizer, landscape, changed.start, 25).theta for landscape in (changed, hand))
    np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-10)
    assert optimizer.disabled_because(changed) is None


@with_every_nest
def test_input_power_by_hand(inner: Any, changed: Any, a: np.ndarray) -> None:
    theta = moved(inner, a, (3,))
    for norm in ("l2", "l1"):
        if changed.input_reason is not None:
            for asked in (changed.input_power, changed.input_terms):
                with pytest.raises(ValueError):
                    asked(theta, norm)
            continue
        terms, power = terms_by_hand(inner, a, theta @ a.T, SIZES[norm])
        ours = changed.input_terms(theta, norm)
        np.testing.assert_allclose(ours[0], terms, rtol=1e-10, atol=1e-9)
        np.testing.assert_allclose(ours[1], power, rtol=1e-10)
        np.testing.assert_allclose(changed.input_power(theta, norm), power.mean(-2), rtol=1e-10)
        for i in range(3):
            assert np.array_equal(changed.input_terms(theta[i], norm)[1], ours[1][i])
        assert (changed.divided == inner.divided).all() and changed.input_note


def terms_by_hand(inner: Any, a: np.ndarray, before: np.ndarray, size: Any) -> tuple[np.ndarray, np.ndarray]:
    """What NSGD divides, and by what, where A does not mix layers."""
    if inner.has_residuals:
        residuals, rows = inner.residual_rows(before)
        return residuals[..., None] * (rows @ a), size(rows @ a)[..., None] * np.ones(2)
    vectors = inner.input_vectors(before)
    own = [vectors[0] @ a] * 2 if len(vectors) == 1 else [x * a[i, i] for i, x in enumerate(vectors)]
    return (inner.gradient(before) @ a)[..., None, :], np.stack([size(x).mean(-1) for x in own], -1)[..., None, :]


def test_mixed_layers_have_no_inputs_and_say_so() -> None:
    neuron = SURFACES["two_layer_neuron"]()
    for angle in (30.0, -90.0, 90.0):
        mixed = MODIFIERS["rotated"](neuron, angle=angle)
        assert mixed.input_reason.startswith(f"{mixed.name}: weights of several layers turn into one another")
        assert not mixed.has_input.any() and [block.name for block in mixed.blocks] == ["theta"]
        for key in OPTIMIZERS:
            rule = OPTIMIZERS[key]()
            if ASKS_INPUTS in rule.needs:
                assert rule.disabled_because(mixed) == mixed.input_reason
    for nest in ([("scaled", {"x": 0.5, "y": 2.0})], [("rotated", {"angle": 180.0})]):
        changed = around(neuron, nest)
        assert changed.input_reason is None and changed.blocks == neuron.blocks
    assert "bare formula" in MODIFIERS["rotated"](SURFACES["saddle"]()).input_reason


# Feasible sets.


@surface(title="Boxed", domain=((-2, 2), (-2, 2)), start=(1.0, 1.0), reference="", bounds=((-1.0, 1.0), (0.0, 2.0)))
def boxed(x: Any, y: Any) -> Any:
    """A plane that goes down for ever, with walls."""
    return symbolic.sin(x) + x - 2 * y


@pytest.mark.parametrize("nest", TURNS)
def test_walls_move_with_the_surface(nest: Any) -> None:
    inner, a = boxed(), matrix_of(nest)
    changed, back = around(inner, nest), np.linalg.inv(a).T
    theta = np.random.default_rng(3).uniform(-3, 3, (40, 2)) @ back
    ours = changed.feasible(theta)
    np.testing.assert_allclose(ours, np.clip(theta @ a.T, [-1, 0], [1, 2]) @ back, atol=1e-14)
    free = ((theta @ a.T > [-1, 0]) & (theta @ a.T < [1, 2])).all(-1)
    assert free.sum() > 2 and np.array_equal(ours[free], theta[free])  # what is feasible is not touched
    for i in range(40):
        assert np.array_equal(changed.feasible(theta[i]), ours[i])
    upright = (abs(a).min(0) < 1e-15).all()
    assert (changed.bounds is not None) == upright
    if upright:
        np.testing.assert_allclose(changed.bounds, np.sort(np.array([[-1, 0], [1, 2]]) @ back, axis=0).T, rtol=1e-14)


def test_a_turned_wall_gives_the_nearest_point() -> None:
    turned = MODIFIERS["rotated"](boxed(), angle=25.0)
    cells = np.stack(np.meshgrid(np.linspace(-1, 1, 401), np.linspace(0, 2, 401)), -1).reshape(-1, 2)
    inside = cells @ np.linalg.inv(matrix_of([("rotated", {"angle": 25.0})])).T
    for theta in ((3.0, 1.0), (-2.0, -0.5), (0.4, 4.0), (2.0, -2.0)):
        gap = np.linalg.norm(turned.feasible(np.array(theta)) - theta)
        assert gap == pytest.approx(np.linalg.norm(inside - theta, axis=1).min(), abs=2e-5)


def test_surfaces_without_walls_have_none() -> None:
    for nest in NESTS:
        changed = around(SURFACES["rosenbrock"](), nest)
        theta = np.array([1e300, -3.0])
        assert changed.feasible(theta) is theta and changed.bounds is None


# What the page prints, and what is refused.


@with_every_nest
def test_formulas_are_printed_once_more_for_each_map(inner: Any, changed: Any, a: np.ndarray) -> None:
    assert changed.latex.count("{") == changed.latex.count("}")
    assert changed.latex.startswith(r"\begin{aligned}") and changed.latex.endswith(r"\end{aligned}")
    assert changed.latex.count(r"\begin") == changed.latex.count(r"\end") == 1
    body = inner.latex.removeprefix(r"\begin{aligned}").removesuffix(r"\end{aligned}")
    assert body in changed.latex and changed.latex.count("&=") > inner.latex.count("&=")
    assert changed.name.startswith(f"{inner.name}, ") and changed.description.startswith(inner.description)
    assert "e-0" not in changed.latex


def test_the_printed_formulas() -> None:
    nest = [("rotated", {"angle": -30.0}), ("scaled", {"x": 0.001, "y": 2.5}), ("noise", {"sigma": 1e-5}), ("noise", {})]
    changed = around(SURFACES["two_layer_neuron"](), nest)
    lines = changed.latex.removeprefix(r"\begin{aligned}").removesuffix(r"\end{aligned}").split(r" \\ ")
    assert lines == [
        r"h(w_1, w_2) &= g(w_1 / 0.001, w_2 / 2.5)",
        r"g(w_1, w_2) &= f(\cos(-30^{\circ})\,w_1 + \sin(-30^{\circ})\,w_2, \cos(-30^{\circ})\,w_2 - \sin(-30^{\circ})\,w_1)",
        r"f(w_1, w_2) &= 0.5\,\left(w_2\,w_1\,x - y\right)^{2}",
        r"\widehat{\nabla h}_t &= \nabla h + 1\,\xi_t, \quad \xi_t \sim \mathcal{N}(0, I)",
    ]
    assert changed.name == (
        "Saddle (two-layer neuron), turned by -30°, stretched by 0.001 and 2.5, gradient noise 1e-05, gradient noise 1"
    )
    curve = around(SURFACES["parabola"](), [("scaled", {"x": 2.0})])
    assert curve.name.endswith("stretched by 2") and "g(w) &= f(w / 2)" in curve.latex


@pytest.mark.parametrize("key", MODIFIERS)
def test_parameters_are_validated(key: str) -> None:
    entry, inner = MODIFIERS[key], SURFACES["ravine"]()
    assert entry.name and entry.description and set(entry.defaults) == set(entry.ranges)
    with pytest.raises(TypeError, match=r"no parameter 'nonsense'.*it has"):
        entry(inner, nonsense=1.0)
    for name, allowed in entry.ranges.items():
        for bad in (np.nan, np.inf, -np.inf, "two", None, True, allowed.high * 2, np.array([1.0, 2.0])):
            with pytest.raises(ValueError, match=rf"{key}\.{name} must be"):
                entry(inner, **{name: bad})
        for value in (*allowed.control, entry.defaults[name]):
            assert allowed.holds(value)
            entry(inner, **{name: value})


def test_what_cannot_be_moved_says_why() -> None:
    with pytest.raises(ValueError, match="Parabola has 1 coordinate; two can be turned"):
        MODIFIERS["rotated"](SURFACES["parabola"]())
    deep = LinearNeuron(np.ones((2, 4)), np.ones(2))
    with pytest.raises(ValueError, match="has 5 coordinates; two can be turned"):
        MODIFIERS["rotated"](deep)
    with pytest.raises(ValueError, match="has 5 coordinates; one or two can be stretched"):
        MODIFIERS["scaled"](deep)


@with_every_nest
def test_copies_are_what_they_copy(inner: Any, changed: Any, a: np.ndarray) -> None:
    theta = moved(inner, a, (3,))
    assert np.array_equal(copy.deepcopy(changed).hessian(theta), changed.hessian(theta))


@pytest.mark.parametrize("key", LINEAR)
@pytest.mark.parametrize("nest", TURNS)
def test_sample_lines_move_with_the_surface(key: str, nest: Any) -> None:
    inner, a = SURFACES[key](), matrix_of(nest)
    if not possible(nest, inner):
        return
    changed = around(inner, nest)
    normals, offsets = changed.sample_lines(np.array(changed.start))
    rows, targets = inner.sample_lines(np.array(inner.start))
    np.testing.assert_allclose(normals, rows @ a, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(offsets, targets, rtol=1e-12, atol=1e-11)
    assert changed.samples == inner.samples and changed.linear_samples
