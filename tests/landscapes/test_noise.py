"""Noise in the gradient: its statistics, what it depends on, and what it leaves exact."""

from __future__ import annotations

import copy
import math
import pickle
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from experiments import run
from landscapes import MODIFIERS, SURFACES
from landscapes.landscape import Draw
from landscapes.noise import GradientNoise, normals
from optimizers import OPTIMIZERS
from tests.cases import OnTorch, some_points
from tests.landscapes.changed import SURFACE_KEYS, on
from tests.linear_neuron import LinearNeuron

noise = MODIFIERS["noise"]
unchecked = pytest.mark.usefixtures("shapes_unchecked")
MANY = 40_000
FAR = 5.0  # standard errors
GOLDEN = [
    [-0.3330179731511552, 1.0285416424511773, -0.9974090401002584],
    [-1.1287782018998727, -1.1326681503672171, 2.114733987425899],
]


def correlation(a: np.ndarray, b: np.ndarray) -> float:
    """In standard errors."""
    return float(np.corrcoef(a, b)[0, 1]) * math.sqrt(len(a))


# The numbers.


@pytest.mark.parametrize("dim", [1, 2, 3, 4, 7])
def test_they_are_standard_normal(dim: int) -> None:
    drawn = normals(Draw(5, 3), 0, MANY, dim)
    assert drawn.shape == (MANY, dim)
    for column in drawn.T:
        assert abs(column.mean()) < FAR / math.sqrt(MANY)
        assert abs(column.var() - 1) < FAR * math.sqrt(2 / MANY)
        assert abs((column**3).mean()) < FAR * math.sqrt(15 / MANY)
        assert abs((column**4).mean() - 3) < FAR * math.sqrt(96 / MANY)
        below = [(1 + math.erf(value / math.sqrt(2))) / 2 for value in np.sort(column)]
        gap = abs(np.array(below) - np.arange(1, MANY + 1) / MANY).max()
        assert gap < 2.0 / math.sqrt(MANY)  # Kolmogorov and Smirnov: passed by all but 0.07 %


def test_coordinates_runs_steps_seeds_and_streams_are_independent() -> None:
    drawn = normals(Draw(5, 3), 0, MANY, 4)
    for i in range(4):
        assert abs(correlation(drawn[1:, i], drawn[:-1, i])) < FAR
        for j in range(i):
            assert abs(correlation(drawn[:, i], drawn[:, j])) < FAR
            assert abs(correlation(drawn[:, i] ** 2, drawn[:, j] ** 2)) < FAR
            assert abs(correlation(drawn[1:, i], drawn[:-1, j])) < FAR
    for other in (normals(Draw(5, 4), 0, MANY, 4), normals(Draw(6, 3), 0, MANY, 4), normals(Draw(5, 3), 0, MANY, 4, stream=2)):
        assert abs(correlation(drawn.ravel(), other.ravel())) < FAR
    walk = np.array([normals(Draw(5, step), 0, 1, 2)[0] for step in range(1500)])
    assert abs(walk.mean(0)).max() < FAR / math.sqrt(1500)
    assert abs(correlation(walk[1:, 0], walk[:-1, 0])) < FAR
    assert abs(correlation(walk[1:, 0], walk[:-1, 1])) < FAR


@pytest.mark.parametrize("dim", [1, 2, 3, 5, 8])
def test_a_runs_numbers_do_not_depend_on_the_other_runs(dim: int) -> None:
    together = normals(Draw(1, 9), 0, 7, dim)
    for first, count in ((0, 1), (3, 1), (6, 1), (2, 4)):
        assert np.array_equal(normals(Draw(1, 9), first, count, dim), together[first : first + count])
    assert len(np.unique(together)) == together.size


def test_the_numbers_of_a_seed_stay_what_they_are() -> None:
    """Links and files of earlier versions must give the same walks."""
    np.testing.assert_allclose(normals(Draw(1, 2), 0, 2, 3), GOLDEN, rtol=1e-14)


# The landscape.


@pytest.mark.parametrize("key", SURFACE_KEYS)
@unchecked
def test_only_the_gradient_that_optimizers_see_is_noisy(key: str) -> None:
    inner = on(key)
    noisy = noise(inner, sigma=0.7)
    theta = some_points(inner, (2, 3))
    seen = noisy.drawn(Draw(4, 11))
    for landscape, exactly in ((noisy, inner), (noisy.drawn(None), inner), (seen, inner.drawn(Draw(4, 11)))):
        assert np.array_equal(landscape.loss(theta), exactly.loss(theta))
        assert np.array_equal(landscape.hessian(theta), exactly.hessian(theta))
        assert np.array_equal(landscape.hvp(theta, theta), exactly.hvp(theta, theta))
    assert np.array_equal(noisy.gradient(theta), inner.gradient(theta))
    assert np.array_equal(noisy.drawn(None).gradient(theta), inner.gradient(theta))
    exact = inner.drawn(Draw(4, 11)).gradient(theta)
    added = 0.7 * normals(Draw(4, 11), 0, 6, inner.dim).reshape(theta.shape)
    assert np.array_equal(seen.gradient(theta), exact + added)
    assert np.array_equal(seen.gradient(theta + 1), inner.drawn(Draw(4, 11)).gradient(theta + 1) + added)  # wherever it is
    assert np.array_equal(noise(inner, sigma=0.0).drawn(Draw(4, 11)).gradient(theta), exact)
    assert (noisy.minima, noisy.saddles, noisy.domain, noisy.start) == (inner.minima, inner.saddles, inner.domain, inner.start)


def test_at_infinity_nothing_is_added_without_a_draw() -> None:
    noisy = noise(SURFACES["bowl"]())
    assert np.array_equal(noisy.gradient(np.array([np.inf, 1.0])), [np.inf, 1.0])


def test_one_oracle_and_what_is_asked_nearby_have_the_same_noise() -> None:
    noisy, theta = noise(SURFACES["bowl"](), sigma=2.0), np.array([1.0, -1.0])
    oracle = noisy.at(theta, Draw(1, 2))
    there = oracle.at(theta + 0.5)
    np.testing.assert_allclose(there.grad - oracle.grad, [0.5, 0.5], rtol=1e-12)
    assert np.array_equal(noisy.at(theta, Draw(1, 2)).grad, oracle.grad)
    assert not np.array_equal(noisy.at(theta, Draw(1, 3)).grad, oracle.grad)
    assert not np.array_equal(noisy.at(theta, Draw(2, 2)).grad, oracle.grad)


@unchecked
def test_each_run_has_noise_of_its_own_and_alone_it_walks_the_same() -> None:
    inner, optimizer = SURFACES["himmelblau"](), OPTIMIZERS["momentum"](lr=0.003)
    noisy = noise(inner, sigma=5.0)
    starts = np.array(inner.start) + np.zeros((4, 1))
    together = run(optimizer, noisy, starts, 20, seed=6).theta
    for i in range(4):
        alone = run(optimizer, GradientNoise(inner, 5.0, run=i), inner.start, 20, seed=6)
        assert np.array_equal(together[:, i], alone.theta)
        assert np.array_equal(alone.loss, inner.loss(alone.theta))  # what is drawn is the exact loss
    for i, j in pairwise(range(4)):
        assert not np.array_equal(together[:, i], together[:, j])
    assert np.array_equal(run(optimizer, noisy, starts[:2], 20, seed=6).theta, together[:, :2])
    assert not np.array_equal(run(optimizer, noisy, starts, 20, seed=7).theta, together)
    square = run(optimizer, noisy, starts.reshape(2, 2, 2), 20, seed=6).theta
    assert np.array_equal(square.reshape(together.shape), together)


@unchecked
def test_the_spread_that_noise_leaves_is_that_of_theory() -> None:
    """Gradient descent on curvature 1 with noise sigma: a stationary variance of lr sigma^2 / (2 - lr) (Mandt et al. 2017)."""
    path = run(OPTIMIZERS["sgd"](lr=0.5), noise(SURFACES["bowl"](), sigma=3.0), np.zeros((4000, 2)), 40).theta
    variance = path[-1].var(0)
    np.testing.assert_allclose(variance, 0.5 * 9 / 1.5, rtol=FAR * math.sqrt(2 / 4000))
    assert abs(path[-1].mean(0)).max() < FAR * math.sqrt(3 / 4000)
    assert abs(correlation(path[-1][:, 0], path[-1][:, 1])) < FAR


def test_turned_noise_is_turned_and_stretched_noise_is_stretched() -> None:
    """The gradient's noise follows the chain rule where the surface is moved after it, and not before."""
    ravine, theta, draw = SURFACES["ravine"](), np.array([0.3, -0.2]), Draw(0, 5)
    xi = normals(draw, 0, 1, 2)[0]
    for key, given, a in (
        ("scaled", {"x": 4.0, "y": 0.5}, np.diag([0.25, 2.0])),
        ("rotated", {"angle": 90.0}, np.array([[0.0, 1.0], [-1.0, 0.0]])),
    ):
        after = MODIFIERS[key](noise(ravine, sigma=2.0), **given)
        before = noise(MODIFIERS[key](ravine, **given), sigma=2.0)
        exact = before.gradient(theta)
        np.testing.assert_allclose(after.drawn(draw).gradient(theta) - exact, 2 * xi @ a, rtol=1e-12)
        np.testing.assert_allclose(before.drawn(draw).gradient(theta) - exact, 2 * xi, rtol=1e-12)
        assert np.array_equal(after.gradient(theta), exact)


def test_noise_upon_noise_is_independent() -> None:
    twice = noise(MODIFIERS["rotated"](noise(SURFACES["bowl"](), sigma=3.0), angle=90.0), sigma=4.0)
    theta, draw = np.zeros((MANY, 2)), Draw(2, 1)
    added = twice.drawn(draw).gradient(theta)
    first = twice.inner.drawn(draw).gradient(theta)
    np.testing.assert_allclose(added.var(0), 25.0, rtol=FAR * math.sqrt(2 / MANY))
    for i in range(2):
        for j in range(2):
            assert abs(correlation(first[:, i], (added - first)[:, j])) < FAR
    assert r"\nabla f + 5\,\xi_t" in noise(noise(SURFACES["bowl"](), sigma=3.0), sigma=4.0).latex


def test_input_normalisation_divides_the_noise_too() -> None:
    inner = SURFACES["linear_neuron"]()
    noisy, theta, draw = noise(inner, sigma=2.0), np.array([0.5, 0.25]), Draw(3, 8)
    rule = OPTIMIZERS["nsgd_l2"](lr=0.1, eps=0.5)
    step, _ = rule.update(noisy.at(theta, draw), rule.init(theta))
    power = (1 + 1 + 1 + 4 + 4 + 9) / 4
    expected = -0.1 * (inner.gradient(theta) + 2 * normals(draw, 0, 1, 2)[0]) / (0.5 + power)
    np.testing.assert_allclose(step, expected, rtol=1e-13)


def test_where_residuals_are_divided_one_by_one_noise_has_no_place() -> None:
    for surface in (noise(SURFACES["rosenbrock"]()), MODIFIERS["rotated"](noise(SURFACES["beale"]()))):
        assert "the noise is of the whole gradient" in surface.input_reason
        assert OPTIMIZERS["nsgd_l2"]().disabled_because(surface) == surface.input_reason
    assert "bare formula" in noise(SURFACES["saddle"]()).input_reason
    assert noise(SURFACES["two_layer_neuron"]()).input_reason is None


def test_torch_tensors_get_the_same_noise() -> None:
    inner = SURFACES["himmelblau"]()
    theta = some_points(inner, (3,))
    torch_side: Any = noise(OnTorch(inner), sigma=0.5)
    seen = torch_side.drawn(Draw(1, 1)).gradient(torch_side.point(theta))
    np.testing.assert_allclose(seen.numpy(), noise(inner, sigma=0.5).drawn(Draw(1, 1)).gradient(theta), rtol=1e-13)


def test_it_says_what_it_does() -> None:
    noisy = noise(SURFACES["bowl"](), sigma=0.25)
    assert noisy.name == "Bowl, gradient noise 0.25"
    assert "standard deviation 0.25 in every coordinate" in noisy.description
    assert noisy.latex.endswith(
        r"\widehat{\nabla f}_t &= \nabla f + 0.25\,\xi_t, \quad \xi_t \sim \mathcal{N}(0, I)\end{aligned}"
    )
    with pytest.raises(ValueError, match=r"noise\.sigma must be a number in \[0, 1e\+06\], got -1"):
        noise(SURFACES["bowl"](), sigma=-1.0)


def test_it_is_pickled_and_copied() -> None:
    noisy = noise(LinearNeuron([[1.0, 2.0]], [3.0]), sigma=0.5)
    theta = np.array([1.0, 2.0, 3.0])
    for again in (pickle.loads(pickle.dumps(noisy)), copy.deepcopy(noisy), copy.copy(noisy)):
        assert np.array_equal(again.drawn(Draw(1, 1)).gradient(theta), noisy.drawn(Draw(1, 1)).gradient(theta))
    with pytest.raises(AttributeError):
        _ = noisy.nonsense
