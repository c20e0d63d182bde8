"""How far an end moves with its start: exact where theory is, growing like e^(λt) where a run is chaotic."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from experiments.loop import run
from experiments.sensitivity import MOVED, PIXELS, entrant_sensitivity, sensitivity
from experiments.spec import Choice, Experiment
from landscapes import MODIFIERS, SURFACES
from landscapes.surfaces.expression import Expression
from landscapes.surfaces.surface import surface
from optimizers import OPTIMIZERS, WRAPPERS

pytestmark = pytest.mark.usefixtures("shapes_unchecked")

RAVINE = SURFACES["ravine"](condition=100.0, angle=30.0)


@surface(title="Double well", domain=((-2.0, 2.0),), start=(0.3,), minima=[(-1.0,), (1.0,)], reference="Test 2026")
def quartic(x: Expression) -> Expression:
    """Gradient descent with lr 2 is x ← 3x - 2x³: with x = √2 sin φ it is φ ← 3φ, chaotic with λ = ln 3."""
    return 0.25 * x**4 - 0.5 * x**2


def slopes(path: np.ndarray, lr: float) -> np.ndarray:
    """What each step multiplies a small error by: 1 - lr f''."""
    return 1 - lr * (3 * path[:-1] ** 2 - 1)


@pytest.mark.parametrize(("lr", "steps"), [(0.0192, 25), (0.005, 40), (0.019, 7)])
def test_on_a_quadratic_it_is_the_product_of_the_factors(lr: float, steps: int) -> None:
    """Turned by 30 degrees, the coordinates mix the two eigendirections in known shares."""
    q = np.array([[np.cos(np.pi / 6), -np.sin(np.pi / 6)], [np.sin(np.pi / 6), np.cos(np.pi / 6)]])
    power = q @ np.diag((1 - lr * np.array([100.0, 1.0])) ** steps) @ q.T
    got = sensitivity(OPTIMIZERS["sgd"](lr=lr), RAVINE, (1.0, 1.0), steps)
    expected = np.linalg.norm(power, axis=0)
    np.testing.assert_allclose(got.amplifications, [*expected, *expected], rtol=1e-6)
    assert got.amplification == got.amplifications.max()
    assert got.reproducible
    assert not got.saturated


def test_momentum_amplifies_as_its_matrix_does() -> None:
    matrix, lr, beta = np.eye(2), 0.01, 0.9
    for _ in range(30):  # (e, b): b' = beta b + 100 e, e' = e - lr b'
        matrix = np.array([[1 - lr * 100, -lr * beta], [100.0, beta]]) @ matrix
    got = sensitivity(OPTIMIZERS["momentum"](lr=lr, momentum=beta), SURFACES["ravine"](), (1.0, 0.0), 30)
    assert got.amplifications[0] == pytest.approx(abs(matrix[0, 0]), rel=1e-6)


@pytest.mark.parametrize("start", [0.3, -1.1, 0.731])
def test_a_chaotic_run_amplifies_by_the_product_of_its_slopes(start: float) -> None:
    sgd = OPTIMIZERS["sgd"](lr=2.0)
    for steps in (5, 10):
        path = run(sgd, quartic(), (start,), steps).theta[:, 0]
        got = sensitivity(sgd, quartic(), (start,), steps)
        assert got.amplification == pytest.approx(abs(np.prod(slopes(path, 2.0))), rel=2e-2)
        np.testing.assert_allclose(
            path, np.sqrt(2) * np.sin(3.0 ** np.arange(steps + 1) * np.arcsin(start / np.sqrt(2))), atol=1e-9
        )


def test_chaos_grows_like_e_to_the_lambda_t() -> None:
    """λ = ln 3 a step, on average over starts; and after enough steps no caption reproduces the picture."""
    starts = np.sqrt(2) * np.sin(np.random.default_rng(0).random((4000, 1)) * 2 * np.pi)
    path = run(OPTIMIZERS["sgd"](lr=2.0), quartic(), starts, 30).theta[..., 0]
    rates = np.log(abs(slopes(path, 2.0)))
    assert rates.mean() == pytest.approx(np.log(3), rel=0.01)
    for steps, decimals in ((4, 5), (12, 9), (60, None)):
        got = sensitivity(OPTIMIZERS["sgd"](lr=2.0), quartic(), (0.3,), steps)
        assert got.decimals == (None if decimals is None else pytest.approx(decimals, abs=1.5))
        assert got.reproducible == (decimals is not None)
    assert got.saturated
    calm = sensitivity(OPTIMIZERS["sgd"](lr=0.2), quartic(), (0.3,), 60)
    assert calm.reproducible
    assert calm.amplification < 1e-3


CASES = [
    ("sgd", 0.01, "himmelblau", 30),
    ("momentum", 0.001, "rosenbrock", 12),
    ("adam", 0.1, "ackley", 40),
    ("sgd", 0.02, "saddle", 60),
]


@pytest.mark.parametrize(("key", "lr", "surface_key", "steps"), CASES)
def test_a_caption_with_these_decimals_draws_the_same_picture(key: str, lr: float, surface_key: str, steps: int) -> None:
    landscape, optimizer = SURFACES[surface_key](), OPTIMIZERS[key](lr=lr)
    start = np.array(landscape.start) + np.array([0.123456789012345, -0.098765432109876])
    got = sensitivity(optimizer, landscape, start, steps)
    assert got.decimals is not None
    path = run(optimizer, landscape, start, steps).theta
    size = np.maximum(got.pixel, np.linalg.norm(path, axis=-1) / PIXELS)

    def furthest(decimals: int) -> float:
        """In pixels, over the worst errors along a coordinate that rounding to these decimals can make."""
        moves = 0.5 * 10.0**-decimals * np.concatenate([np.eye(2), -np.eye(2)])
        return max(
            float((np.linalg.norm(run(optimizer, landscape, start + m, steps).theta - path, axis=-1) / size).max())
            for m in moves
        )

    assert got.pixel == max(high - low for low, high in landscape.domain) / 1000
    assert furthest(got.decimals) <= 1
    assert furthest(got.decimals - 1) > 1
    rounded = run(optimizer, landscape, np.round(start, got.decimals + 1), steps).theta
    assert (np.linalg.norm(rounded - path, axis=-1) <= 2 * size).all()


def test_a_caption_is_told_whether_it_is_enough() -> None:
    """The saddle multiplies the start's small coordinate by 1.4 a step: what a caption leaves out of it is seen."""
    sgd, saddle = OPTIMIZERS["sgd"](lr=0.2), SURFACES["saddle"]()
    for start, digits, enough in (((1.0, 0.001), 1, True), ((1.0, 0.00123456), 3, False), ((1.0, 0.00123456), 6, True)):
        got = sensitivity(sgd, saddle, start, 60)
        written = [float(f"{v:.{digits}g}") for v in start]
        path, again = (run(sgd, saddle, s, 60).theta for s in (start, written))
        same = np.allclose(path, again, rtol=1 / PIXELS, atol=got.pixel)
        assert got.told_by(start, digits) == enough == same
        assert ("is enough" in got.sentence(start, digits)) == enough


def test_another_rounding_draws_another_picture_though_the_start_is_forgotten() -> None:
    """40 steps multiply an error by 0.01 each, so that no start is remembered; then 1.9 each, from nothing but rounding."""
    parabola = SURFACES["parabola"](curvature=1.0)
    forgetful = WRAPPERS["change"](OPTIMIZERS["sgd"](lr=0.99), of="lr", at=40, value=2.9)
    got = {steps: sensitivity(forgetful, parabola, (1.23,), steps) for steps in (40, 160)}
    assert got[40].reproducible
    assert got[160].rounding > 1
    assert not got[160].reproducible
    assert not got[160].told_by((1.23,))
    assert "No caption" in got[160].sentence((1.23,))


def test_an_entrant_walks_within_its_budget() -> None:
    """Newton asks for a gradient and a Hessian of two columns a step: 10 calls are three steps of it, and ten of SGD."""
    race = Experiment(Choice("saddle"), (Choice("sgd"), Choice("newton")), start=(0.3, 0.1), steps=10, budget="calls")
    landscape = race.seen_landscape()
    for index, steps in ((0, 10), (1, 3)):
        got = entrant_sensitivity(race, landscape, index)
        alone = sensitivity(race.optimizer(index), landscape, (0.3, 0.1), steps)
        np.testing.assert_array_equal(got.amplifications, alone.amplifications)


def test_noise_is_the_same_for_every_start() -> None:
    """A linear map with noise added amplifies as without: only if all the runs are pushed alike."""
    noisy = MODIFIERS["noise"](RAVINE, sigma=3.0)
    for key in ("sgd", "momentum"):
        plain, pushed = (sensitivity(OPTIMIZERS[key](lr=0.005), landscape, (1.0, 1.0), 10, 5) for landscape in (RAVINE, noisy))
        np.testing.assert_allclose(pushed.amplifications, plain.amplifications, rtol=1e-6)


def test_runs_that_diverge_have_no_end() -> None:
    flown = sensitivity(OPTIMIZERS["sgd"](lr=1.0), RAVINE, (1.0, 0.3), 400)
    assert np.isnan(flown.amplification)
    assert flown.reproducible
    edge = float(np.nextafter(0.0, 1.0))
    both: Any = sensitivity(OPTIMIZERS["sgd"](lr=0.5), SURFACES["saddle"](), (0.1, edge), 1020)
    assert both.amplification == np.inf


def test_the_start_is_one_point() -> None:
    for bad in (np.ones((3, 2)), (1.0,), 1.0):
        with pytest.raises(ValueError, match="one point of 2 numbers"):
            sensitivity(OPTIMIZERS["sgd"](), RAVINE, bad, 3)
    assert MOVED == 1e-8
