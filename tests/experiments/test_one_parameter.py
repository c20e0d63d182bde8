"""Losses of a single parameter: the same program with a last axis of length one."""

import numpy as np
import pytest

from experiments import Experiment, run
from experiments.race import Entrant, enter, height_map
from experiments.spec import Choice, ExperimentError
from landscapes import SURFACES
from landscapes.arrays import eigh
from optimizers import OPTIMIZERS

LINES = [key for key in SURFACES if SURFACES[key]().dim == 1]


def test_there_are_some() -> None:
    assert LINES == ["parabola", "flat_and_sharp", "reddi"]


@pytest.mark.usefixtures("shapes_unchecked")
@pytest.mark.parametrize("surface_key", LINES)
@pytest.mark.parametrize("key", OPTIMIZERS)
def test_many_runs_are_the_single_runs_and_a_sweep_its_settings(key: str, surface_key: str) -> None:
    surface, optimizer = SURFACES[surface_key](), OPTIMIZERS[key]()
    if optimizer.disabled_because(surface):
        pytest.skip("has no inputs")
    starts = np.array([[-0.9], [0.1], [0.7]])
    together = run(optimizer, surface, starts, 12)
    assert together.theta.shape == (13, 3, 1)
    for i, start in enumerate(starts):
        np.testing.assert_allclose(together.theta[:, i], run(optimizer, surface, start, 12).theta, rtol=1e-9, atol=1e-12)
    if "lr" in optimizer.ranges:
        rates = np.array([[0.01], [0.02]])
        sweep = run(optimizer.with_hyperparameters(lr=rates), surface, surface.start, 12).theta
        alone = run(optimizer.with_hyperparameters(lr=0.02), surface, surface.start, 12).theta
        np.testing.assert_allclose(sweep[:, 1], alone, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("surface_key", LINES)
def test_an_entrant_knows_its_curvature(surface_key: str) -> None:
    experiment = Experiment(Choice(surface_key), (Choice("sgd", {"lr": 0.01}),), steps=20)
    entrant = enter(experiment)
    surface = experiment.make_landscape()
    np.testing.assert_array_equal(entrant.eigenvalues, surface.hessian(entrant.trajectory.theta)[..., 0])
    assert entrant.ending.lambda_max == entrant.ending.lambda_min == entrant.ending.trace == entrant.eigenvalues[-1, 0]
    again = Entrant.from_arrays(entrant.as_arrays())
    assert np.array_equal(again.trajectory.theta, entrant.trajectory.theta)
    assert again.ending.place == entrant.ending.place


def test_newton_is_there_in_one_step_and_saddle_free_rules_hold() -> None:
    parabola = SURFACES["parabola"](curvature=8.0)
    for key in ("newton", "newton_scalar", "newton_eigen", "newton_cg"):
        assert run(OPTIMIZERS[key](), parabola, parabola.start, 1).theta[1] == pytest.approx(parabola.minima[0])
    values, vectors = eigh(np.array([[[-3.0]], [[np.nan]]]))
    np.testing.assert_array_equal(values, [[-3.0], [np.nan]])
    assert abs(vectors[0, 0, 0]) == 1


def test_a_map_of_one_coordinate_is_the_curve() -> None:
    surface = SURFACES["flat_and_sharp"]()
    curve = height_map(surface, surface.domain, 501)
    assert curve.shape == (501,)
    x = np.linspace(*surface.domain[0], 501)
    np.testing.assert_array_equal(curve, surface.loss(x[:, None]).astype(np.float32))


def test_starts_have_one_number() -> None:
    assert Experiment(Choice("parabola"), (Choice("sgd"),), start=(1.0,)).start == (1.0,)
    with pytest.raises(ExperimentError, match="start must be 1 finite number"):
        Experiment(Choice("parabola"), (Choice("sgd"),), start=(1.0, 2.0))
