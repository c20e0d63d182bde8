"""L-BFGS beyond its path: the pairs that it keeps, run by run, and when it rests."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from experiments import run
from experiments.loop import walk
from landscapes import SURFACES
from optimizers import OPTIMIZERS

LBFGS = OPTIMIZERS["lbfgs"]

pytestmark = pytest.mark.usefixtures("shapes_unchecked")


def pairs_kept(optimizer: Any, visits: list[Any]) -> np.ndarray:
    return np.array([optimizer.state_numbers(visit.state)["pairs kept"][..., 0] for visit in visits])


def test_the_first_step_is_shortened_by_the_l1_norm() -> None:
    ravine = SURFACES["ravine"]()
    for theta, norm in (((1.0, 0.5), 100.5), ((0.001, 0.02), 1.0)):
        step, _ = LBFGS(lr=0.7).update(ravine.at(np.array(theta)), LBFGS().init(np.array(theta)))
        np.testing.assert_allclose(step, -0.7 * np.array([100.0, 1.0]) * theta / norm, rtol=1e-12)


@pytest.mark.parametrize("curvature", [1.0, 40.0])
def test_along_one_curvature_the_second_step_is_newtons(curvature: float) -> None:
    t = run(LBFGS(), SURFACES["ravine"](condition=curvature), (1.0, 0.0), 2)
    np.testing.assert_allclose(t.theta[2], 0, atol=1e-12)


def test_with_two_pairs_it_is_bfgs() -> None:
    """Against the inverse BFGS matrix, built by its own update from the scaled identity."""
    rosenbrock, optimizer = SURFACES["rosenbrock"](b=20.0), LBFGS(lr=0.5, tolerance_grad=0.0, tolerance_change=0.0)
    visits = list(walk(optimizer, rosenbrock, rosenbrock.start, 7))
    for k in range(1, 7):
        theta = np.array([visit.theta for visit in visits[: k + 1]])
        s, y = np.diff(theta, axis=0), np.diff(rosenbrock.gradient(theta), axis=0)
        fit = (s * y).sum(-1) > 1e-10
        last = s[fit][-1] @ y[fit][-1] / (y[fit][-1] @ y[fit][-1])
        b = last * np.eye(2)
        for one, other in zip(s[fit], y[fit]):
            rho = 1 / (one @ other)
            left = np.eye(2) - rho * np.outer(one, other)
            b = left @ b @ left.T + rho * np.outer(one, one)
        step, _ = optimizer.update(visits[k].oracle, visits[k].state)
        np.testing.assert_allclose(step, -0.5 * b @ rosenbrock.gradient(theta[-1]), rtol=1e-9)


def test_where_it_curves_down_no_pair_is_kept() -> None:
    """On the descending axis of a saddle it stays gradient descent, and doubles the distance at lr 1 each step."""
    saddle = SURFACES["saddle"]()
    start = (0.0, 1e-3)
    visits = list(walk(LBFGS(tolerance_grad=0.0, tolerance_change=0.0), saddle, start, 10))
    assert not pairs_kept(LBFGS(), visits).any()
    factor = 1 - saddle.hessian(np.array(start))[1, 1]
    np.testing.assert_allclose([visit.theta[1] for visit in visits], 1e-3 * factor ** np.arange(11), rtol=1e-9)


SIZES = np.array([[3.0], [1.0], [100.0], [5.0]])
STARTS = np.array([[0.8, 0.0], [0.0, 0.3], [0.5, 0.4], [-0.9, 1e-4]])


@pytest.mark.parametrize(("key", "lr"), [("saddle", 0.4), ("rosenbrock", 0.3), ("two_layer_neuron", 0.6)])
def test_runs_with_different_memories_never_mix(key: str, lr: float) -> None:
    """Each accepts and forgets pairs of its own, and some rest before others: to the bit what each does alone."""
    surface = SURFACES[key]()
    with np.errstate(all="ignore"):
        together = list(walk(LBFGS(lr=lr, history_size=SIZES), surface, STARTS, 40))
        kept = pairs_kept(LBFGS(), together)
        for i, start in enumerate(STARTS):
            alone = list(walk(LBFGS(lr=lr, history_size=float(SIZES[i, 0])), surface, start, 40))
            np.testing.assert_array_equal(np.array([v.theta[i] for v in together]), np.array([v.theta for v in alone]))
            np.testing.assert_array_equal(kept[:, i], pairs_kept(LBFGS(), alone))
    assert (kept <= SIZES[:, 0]).all()
    assert len({tuple(column) for column in kept.T}) > 2
    assert len(together[-1].state[0]) <= kept[-1].sum()


def test_it_rests_where_the_gradient_or_the_progress_is_small() -> None:
    ravine = SURFACES["ravine"](condition=3.0)
    t = run(LBFGS(tolerance_grad=0.1), ravine, (1.0, 1.0), 60)
    rest = int((np.diff(t.theta, axis=0) == 0).all(-1).argmax())
    gradients = abs(ravine.gradient(t.theta)).max(-1)
    assert (gradients[:rest] > 0.1).all() and (gradients[rest:] <= 0.1).all()
    assert (t.theta[rest:] == t.theta[rest]).all()
    coarse = run(LBFGS(tolerance_change=0.5, tolerance_grad=0.0), ravine, (1.0, 1.0), 60).theta
    assert (coarse[-1] == coarse[-2]).all() and abs(ravine.gradient(coarse[-1])).max() > 0.1


def steps_for(optimizer: Any, gradients: np.ndarray) -> np.ndarray:
    """The steps that a sequence of gradients `(steps, *runs, 2)` leads to, wherever they come from (noise, batches)."""
    bowl = SURFACES["ravine"](condition=1.0)  # whose gradient at theta is theta
    state, steps = optimizer.init(gradients[0]), []
    for g in gradients:
        step, state = optimizer.update(bowl.at(g), state)
        steps.append(step)
    return np.array(steps)


def test_a_rest_leaves_no_trace() -> None:
    """A gradient below the tolerance is passed over as if it had not been seen, by each run for itself."""
    seen = np.random.default_rng(0).normal([2.0, 0.0], size=(7, 2))
    optimizer = LBFGS(tolerance_grad=1e-3, lr=0.5)
    expected = steps_for(optimizer, seen)
    assert (abs(expected) > 0).all()
    paused = [np.insert(seen, place, 1e-4, axis=0) for place in (0, 2, 4, 6)]
    for place, gradients in zip((0, 2, 4, 6), paused):
        steps = steps_for(optimizer, gradients)
        np.testing.assert_array_equal(steps[place], 0)
        np.testing.assert_array_equal(np.delete(steps, place, axis=0), expected)
    together = steps_for(optimizer, np.stack(paused, axis=1))
    for i, gradients in enumerate(paused):
        np.testing.assert_array_equal(together[:, i], steps_for(optimizer, gradients))
