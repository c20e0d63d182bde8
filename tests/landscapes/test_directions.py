"""Every way to choose a plane, on surfaces and small networks: what it promises, and what it refuses."""

from __future__ import annotations

import importlib
import re
from dataclasses import fields
from itertools import pairwise, product

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from landscapes import SURFACES
from landscapes.curvature.extremes import extremes
from landscapes.directions import DIRECTIONS, Line, Plane, Span, line_along, line_between, principal_plane
from landscapes.directions.kind import Directions, Place
from landscapes.directions.scaling import NORMALISATIONS, VECTORS, groups, is_vector
from landscapes.landscape import Block, Landscape
from landscapes.networks.network import Network
from landscapes.ranges import options_of
from tests.test_architecture import modules_in


def small(kind: str = "conv") -> Network:
    """A network whose filters have very different lengths; in float64."""
    torch.manual_seed(5)
    layers: dict[str, list[nn.Module]] = {
        "conv": [nn.Conv2d(1, 3, 2), nn.BatchNorm2d(3), nn.ReLU(), nn.Flatten(), nn.Linear(12, 4)],
        "mlp": [nn.Flatten(), nn.Linear(9, 5), nn.Tanh(), nn.Linear(5, 4)],
    }
    module = nn.Sequential(*layers[kind]).double()
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.mul_(torch.logspace(-2, 2, len(parameter)).reshape(-1, *[1] * (parameter.ndim - 1)))
    inputs = torch.randn(20, 1, 3, 3, dtype=torch.float64)
    return Network.of(module, nn.functional.cross_entropy, (inputs, torch.arange(20) % 4))


def place(landscape: Landscape, seed: int = 0) -> Place:
    """Everything that a plane may ask for."""
    rng = np.random.default_rng(seed)
    made = Place.of(landscape)
    dim = len(made.theta)
    around = made.theta + 0.1 * rng.normal(size=(12, dim))
    return Place.of(
        landscape,
        paths=(around[:5], np.vstack([around[5:10], np.full(dim, np.nan)])),
        checkpoints=tuple(around[10:]),
        momentum=rng.normal(size=dim),
        given=rng.normal(size=(2, dim)),
    )


PLACES = {"conv": lambda: small("conv"), "mlp": lambda: small("mlp"), "rosenbrock": SURFACES["rosenbrock"]}


@pytest.mark.parametrize("where", PLACES)
@pytest.mark.parametrize("key", DIRECTIONS)
def test_every_plane_goes_through_its_place_and_says_what_it_is(key: str, where: str) -> None:
    here = place(PLACES[where]())
    for options in product(*(values.values for values in options_of(DIRECTIONS[key]).values())):
        kind = DIRECTIONS[key](**dict(zip(options_of(DIRECTIONS[key]), options)))
        if reason := kind.disabled_because(here):
            assert where == "rosenbrock" and key == "random" and reason.endswith(".")
            with pytest.raises(ValueError, match=re.escape(reason)):
                kind.plane(here)
            continue
        plane, again = kind.plane(here), kind.plane(here)
        assert plane.made and len(plane.labels) == 2 and plane.directions.dtype == np.float64
        np.testing.assert_array_equal(plane.directions, again.directions)
        middle = here.recorded.mean(0) if key == "principal" else here.theta
        np.testing.assert_allclose(plane.origin, middle)
        if key not in ("given", "random"):
            np.testing.assert_allclose(plane.directions @ plane.directions.T, np.eye(2), atol=1e-9)
        for axis in (0, 1):
            line = kind.line(here, axis)
            np.testing.assert_array_equal(line.directions[0], plane.directions[axis])


@pytest.mark.parametrize("key", DIRECTIONS)
def test_options_are_checked(key: str) -> None:
    kind = DIRECTIONS[key]
    assert issubclass(kind, Directions) and kind.key == key and kind.title and kind.__doc__
    for field in fields(kind):
        with pytest.raises(ValueError, match=f"{key}.{field.name} must be"):
            kind(**{field.name: "nonsense"})


def test_every_way_is_on_the_menu() -> None:
    defined = {
        value
        for stem in modules_in("landscapes/directions")
        for value in vars(importlib.import_module(f"landscapes.directions.{stem}")).values()
        if isinstance(value, type) and issubclass(value, Directions) and value is not Directions
    }
    assert defined == {DIRECTIONS[key] for key in DIRECTIONS}


def rows(block: Block, values: np.ndarray, normalisation: str) -> np.ndarray:
    """A block's groups, one per row, told apart here by shape alone."""
    return values.reshape(block.shape[0] if normalisation == "filter" and len(block.shape) > 1 else 1, -1)


@pytest.mark.parametrize("vectors", VECTORS)
@pytest.mark.parametrize("normalisation", ["filter", "layer"])
@pytest.mark.parametrize("where", ["conv", "mlp"])
def test_each_group_is_as_long_as_its_weights_and_the_axes_are_orthogonal(where: str, normalisation: str, vectors: str) -> None:
    """Filters of lengths from 0.07 to 700, which per-tensor scaling would get wrong by four decades."""
    here = place(small(where))
    plane = DIRECTIONS["random"](normalisation=normalisation, vectors=vectors).plane(here)
    theta, directions = (here.landscape.split(np.asarray(a)) for a in (here.theta, plane.directions))
    for block in here.landscape.blocks:
        weights = np.linalg.norm(rows(block, theta[block.name], normalisation), axis=1)
        for direction in directions[block.name]:
            lengths = np.linalg.norm(rows(block, direction, normalisation), axis=1)
            if len(block.shape) > 1 or vectors == "kept":
                np.testing.assert_allclose(lengths, weights, rtol=1e-12)
            elif vectors == "zeroed":
                assert not lengths.any()
            else:
                assert 0.1 < lengths / np.sqrt(block.size) < 3  # the draw's own length
        if vectors != "ignored":
            first, second = (rows(block, d, normalisation) for d in directions[block.name])
            np.testing.assert_allclose((first * second).sum(1), 0, atol=1e-9 * weights.max() ** 2)
    assert plane.angle == pytest.approx(90, abs=1e-9)


def test_weight_normalisation_is_proportional_to_each_weight_and_none_is_the_draw() -> None:
    here = place(small())
    draw = np.random.default_rng(7).normal(size=(2, len(here.theta)))
    plain = DIRECTIONS["random"](normalisation="none", vectors="kept", seed=7).plane(here)
    by_weight = DIRECTIONS["random"](normalisation="weight", vectors="kept", seed=7).plane(here)
    np.testing.assert_allclose(plain.directions[0], draw[0])
    np.testing.assert_allclose(by_weight.directions[0], draw[0] * np.abs(here.theta))
    for plane in (plain, by_weight):
        assert plane.angle == pytest.approx(90, abs=1e-9)


def test_seeds_differ_and_directions_are_random() -> None:
    here = place(small("mlp"))
    planes = [DIRECTIONS["random"](seed=seed).plane(here).directions for seed in range(40)]
    between = [abs(a[0] @ b[0]) / (a[0] @ a[0]) for a, b in pairwise(planes)]
    assert min(between) > 0 and max(between) < 0.99
    signs = np.sign(np.stack(planes)[:, 0]).mean(axis=0)
    assert np.abs(signs[np.any(planes[0], axis=0)]).max() < 0.7  # no direction prefers a quadrant


def test_directions_without_anything_to_move_are_refused() -> None:
    network = small("mlp")
    still = Place(network, np.zeros(network.dim))
    assert "All weights" in str(DIRECTIONS["random"]().disabled_because(still))
    assert DIRECTIONS["random"](normalisation="none").disabled_because(still) is None
    for key in ("principal", "gradient", "through", "given"):
        with pytest.raises(ValueError, match=r"need|momentum|goes through"):
            DIRECTIONS[key]().plane(still)
    far = place(network)
    twice = Place(network, far.theta, checkpoints=(far.theta + 1, far.theta + 2))
    assert "one line" in str(DIRECTIONS["through"]().disabled_because(twice))
    along = Place(network, far.theta, momentum=-3 * far.gradient)
    assert "a line, not a plane" in str(DIRECTIONS["gradient"]().disabled_because(along))


def test_what_a_vector_is() -> None:
    assert is_vector(Block("bias", (4,))) and is_vector(Block("scale", ())) and is_vector(Block("gain", (4, 1), inputs=False))
    assert not is_vector(Block("weight", (4, 1))) and not is_vector(Block("table", (4, 3), inputs=False))
    blocks = (Block("w", (2, 3)), Block("b", (2,), inputs=False))
    assert [groups(blocks, name).tolist() for name in ("filter", "layer", "none")] == [
        [0, 0, 0, 1, 1, 1, 2, 2], [0] * 6 + [1] * 2, [0] * 8,
    ]  # fmt: skip
    assert groups(blocks, "weight").tolist() == list(range(8)) and set(NORMALISATIONS) == {"filter", "layer", "weight", "none"}


def test_the_checkpoints_lie_where_the_plane_puts_them() -> None:
    here = place(small("mlp"))
    plane = DIRECTIONS["through"]().plane(here)
    c = plane.coordinates(np.stack([here.theta, *here.checkpoints]))
    np.testing.assert_allclose(plane.points(c), np.stack([here.theta, *here.checkpoints]), atol=1e-12)
    np.testing.assert_allclose(c[0], 0, atol=1e-12)
    assert abs(c[1, 1]) < 1e-12 and c[1, 0] > 0 and c[2, 1] > 0
    alone = DIRECTIONS["through"]().plane(Place(here.landscape, here.theta, checkpoints=here.checkpoints[:1]))
    np.testing.assert_allclose(alone.distance(np.stack([here.theta, here.checkpoints[0]])), 0, atol=1e-12)


def test_the_gradient_and_the_momentum_lie_in_their_plane() -> None:
    here = place(small("conv"))
    plane = DIRECTIONS["gradient"]().plane(here)
    np.testing.assert_allclose(plane.distance(here.theta + np.stack([here.gradient, np.asarray(here.momentum)])), 0, atol=1e-9)
    assert plane.directions[0] @ here.gradient < 0


@pytest.mark.parametrize("which", ["largest two", "largest and smallest"])
def test_the_eigenvectors_are_the_dense_hessians(which: str) -> None:
    here = place(small("mlp"))
    theta = here.landscape.point(here.theta)
    values, vectors = np.linalg.eigh(here.landscape.hessian(theta).numpy())
    plane = DIRECTIONS["eigenvectors"](which=which).plane(here)
    for found, index in zip(plane.directions, (-1, -2 if which == "largest two" else 0)):
        assert abs(found @ vectors[:, index]) == pytest.approx(1, abs=1e-4)
    assert f"{values[-1]:.5g}"[:4] in plane.made


@settings(max_examples=25, deadline=None)
@given(st.integers(2, 30), st.integers(1, 3), st.integers(0, 3), st.integers(0, 1000))
def test_extremes_are_the_ends_of_the_spectrum(dim: int, largest: int, smallest: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    matrix = rng.normal(size=(dim, dim))
    matrix = matrix + matrix.T
    every = np.linalg.eigvalsh(matrix)
    found = extremes(lambda v: matrix @ v, rng.normal(size=dim), largest, smallest, tolerance=1e-9)
    wanted = every if largest + smallest >= dim else np.r_[every[:smallest], every[dim - largest :]]
    if largest + smallest < dim:
        np.testing.assert_allclose(found.values, wanted, atol=1e-7 * np.abs(every).max())
    for value, residual, vector in zip(found.values, found.residuals, found.vectors):
        assert np.linalg.norm(matrix @ vector - value * vector) <= residual + 1e-9 * np.abs(every).max()
        assert np.abs(every - value).min() <= residual + 1e-9 * np.abs(every).max()
    assert found.products <= dim


def test_extremes_of_what_is_not_finite_or_has_one_eigenvalue() -> None:
    assert np.isnan(extremes(lambda v: v * np.nan, np.ones(3)).values).all()
    lone = extremes(lambda v: 2 * v, np.ones(3))
    np.testing.assert_allclose(lone.values, [2.0])
    zero = extremes(lambda v: 0 * v, np.ones(3))
    np.testing.assert_allclose(zero.values, [0.0])


@settings(max_examples=30, deadline=None)
@given(st.integers(2, 8), st.integers(0, 1000))
def test_coordinates_are_the_nearest_points(dim: int, seed: int) -> None:
    """Also for axes that are neither orthogonal nor of length one: against least squares."""
    rng = np.random.default_rng(seed)
    plane = Plane(rng.normal(size=dim), rng.normal(size=(2, dim)))
    points = rng.normal(size=(5, dim))
    best, *_ = np.linalg.lstsq(plane.directions.T, (points - plane.origin).T, rcond=None)
    np.testing.assert_allclose(plane.coordinates(points), best.T, atol=1e-8)
    np.testing.assert_allclose(plane.coordinates(plane.points(best.T)), best.T, atol=1e-8)
    np.testing.assert_allclose(plane.distance(plane.points(best.T)), 0, atol=1e-9)
    assert plane.captured(plane.points(best.T)) == pytest.approx(1)
    away = points - points.mean(axis=0)
    along = away @ np.linalg.svd(plane.directions, full_matrices=False)[2].T
    assert plane.captured(points) == pytest.approx(float((along**2).sum() / (away**2).sum()))


def test_what_is_no_plane_is_refused() -> None:
    zero, axes = np.zeros(3), np.eye(3)
    for wrong, reason in (
        (lambda: Plane(zero, axes), "two directions"),
        (lambda: Plane(zero, np.stack([axes[0], -2 * axes[0]])), "parallel"),
        (lambda: Plane(zero, np.stack([axes[0], zero])), "length 0"),
        (lambda: Plane(zero + np.nan, axes[:2]), "finite"),
        (lambda: Span(zero, np.eye(2)), "do not fit"),
        (lambda: Line(zero, axes[:2]), "one direction"),
        (lambda: line_between(zero, zero), "length 0"),
    ):
        with pytest.raises(ValueError, match=reason):
            wrong()
    skew = Plane(zero, np.array([[1.0, 0, 0], [1.0, 1.0, 0]]))
    assert skew.angle == pytest.approx(45) and skew.lengths.tolist() == [1, pytest.approx(2**0.5)]


def test_lines_have_their_ends_at_0_and_1() -> None:
    a, b = np.random.default_rng(1).normal(size=(2, 6))
    line = line_between(a, b)
    np.testing.assert_allclose(line.points(np.array([[0.0], [1.0], [0.5]])), [a, b, (a + b) / 2])
    np.testing.assert_allclose(line.coordinates(b), [1.0])
    np.testing.assert_allclose(line_along(a, b).points([2.0]), a + 2 * b)


def test_the_joint_plane_shows_as_much_as_it_says() -> None:
    here = place(small("mlp"))
    plane = DIRECTIONS["principal"]().plane(here)
    assert plane.captured(here.recorded) == pytest.approx(float(plane.explained[:2].sum()))
    assert principal_plane(here.recorded).captured(here.recorded) == pytest.approx(float(plane.explained[:2].sum()))
