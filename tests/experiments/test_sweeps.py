"""Sweeps: every cell is its own single run, whatever is varied; fates; coarse to fine; sizes that are refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from experiments import Experiment, execute
from experiments.spec import Choice
from experiments.sweeps.axis import Axis, axes_of, axis
from experiments.sweeps.compute import compute
from experiments.sweeps.result import Fate, SweepResult
from experiments.sweeps.sweep import Sweep, basin_map, cell, line_sweep
from experiments.trajectory import Trajectory
from landscapes import SURFACES
from optimizers import WRAPPERS
from tests.cases import PAIRS

pytestmark = pytest.mark.usefixtures("shapes_unchecked")


def whole(sweep: Sweep) -> SweepResult:
    return list(compute(sweep))[-1]


def of_a_single_run(experiment: Experiment, tolerance: float) -> Mapping[str, Any]:
    """What a sweep says of a cell, from the recorded path of its single run, written down again from the definitions."""
    t: Trajectory = execute(experiment)[0]
    surface: Any = experiment.make_landscape()
    minima, steps = np.array(surface.minima).reshape(-1, surface.dim), t.steps
    alive, end = bool(t.finite[-1]), t.theta[-1]
    with np.errstate(all="ignore"):
        heights = np.array([surface.loss(m) for m in minima])
        apart = np.hypot.reduce(minima - end, axis=-1)
        moves = np.diff(t.theta[: int(t.last_finite) + 1], axis=0)
        back = (moves[1:] * moves[:-1]).sum(-1) < 0
        near = int(np.argmin(np.nan_to_num(apart, nan=np.inf))) if len(minima) else -1
        base = heights[near] if len(minima) else 0.0
        window = max(1, steps // 4)
        loss = abs(t.loss - base)
        quarters = [loss[max(0, steps - (i + 1) * window + 1) : max(0, steps - i * window + 1)] for i in (2, 1, 0)]
        second, third, last = (np.fmax.reduce(q, initial=-np.inf) for q in quarters)
        there = alive and near >= 0 and loss[-1] <= tolerance
        legs = np.abs(np.diff(t.theta[steps - window :], axis=0)).sum()
        across = np.abs(end - t.theta[steps - window]).sum()
        pixel = max(high - low for low, high in surface.domain) / 1000
        grown = second < third < last and last > 4 * second and last > loss[0]
    if not alive or (grown and not there):
        fate = Fate.DIVERGED
    elif there:
        fate = Fate.CONVERGED
    elif legs < pixel and not (near >= 0 and apart[near] <= pixel):
        fate = Fate.STUCK
    else:
        fate = Fate.CYCLING if last > third / 2 and legs > 2 * across else Fate.UNDERWAY
    return {
        "fate": fate,
        "steps": int(t.steps_to(base + tolerance)),
        "final": t.loss[-1],
        "best": np.fmin.reduce(t.loss),
        "distance": apart[near] if near >= 0 else np.nan,
        "oscillation": back.sum() / max(len(moves) - 1, 1),
        "minimum": near if there else -1,
    }


def assert_cells_are_single_runs(sweep: Sweep, cells: Any = None, rtol: float = 0.0) -> SweepResult:
    result = whole(sweep)
    every = [(r, c) for r in range(sweep.rows) for c in range(sweep.columns)]
    for index in range(len(sweep.experiment.optimizers)):
        for row, column in every if cells is None else cells:
            alone = of_a_single_run(cell(sweep, index, row, column), sweep.tolerance)
            for name, value in alone.items():
                ours = getattr(result, name)[index, row, column]
                told = f"{name} of {sweep.experiment.optimizers[index].key} at {row}, {column}: {ours} is not {value}"
                if name in ("distance", "oscillation"):  # summed in another order by the reference
                    assert np.isclose(ours, value, rtol=max(rtol, 1e-12), atol=1e-14, equal_nan=True), told
                elif name in ("final", "best") and rtol:
                    assert np.isclose(ours, value, rtol=rtol, atol=1e-300, equal_nan=True), told
                else:
                    assert ours == value or (np.isnan(ours) and np.isnan(value)), told
    return result


LAPACK = {"newton_eigen", "saddle_free_newton", "newton", "lbfgs", "newton_cg", "newton_scalar"}  # and sums in another order


def closeness(key: str, *names: str) -> float:
    """How far a cell may be from its single run: not at all, save for rounding in LAPACK and in powers of a varied number."""
    powers = key in ("adam", "adamw", "amsgrad", "radam", "nadam") and any(name.startswith("beta") for name in names)
    return 1e-6 if key in LAPACK else 1e-9 if powers else 0.0


@pytest.mark.parametrize(("key", "surface"), PAIRS)
def test_every_cell_is_its_single_run(key: str, surface: str) -> None:
    experiment = Experiment(Choice(surface), (Choice(key),), steps=21)
    second = next(name for name in axes_of(experiment) if name != "lr")
    sweep = Sweep(experiment, Axis("lr", 1e-3, 1.0, 3, "log"), axis(experiment, second, 2))
    assert_cells_are_single_runs(sweep, rtol=closeness(key, second))


@pytest.mark.parametrize("key", SURFACES)
def test_parameters_of_every_surface_are_axes(key: str) -> None:
    experiment = Experiment(Choice(key), (Choice("momentum", {"lr": 0.003}),), steps=16)
    names = [name for name in axes_of(experiment) if name.startswith("on.")]
    for name in names:
        assert_cells_are_single_runs(Sweep(experiment, axis(experiment, name, 3), axis(experiment, "start0", 2)))
    if len(names) > 1:
        assert_cells_are_single_runs(Sweep(experiment, axis(experiment, names[0], 3), axis(experiment, names[1], 3)))
    assert_cells_are_single_runs(basin_map(experiment, 3))


@pytest.mark.parametrize("wrapper", WRAPPERS)
def test_parameters_of_every_wrapper_are_axes(wrapper: str) -> None:
    """Of the second one of a kind too."""
    experiment = Experiment(Choice("ravine"), (Choice("sgd", wrappers=(Choice(wrapper), Choice(wrapper))),), steps=12)
    names = [name for name in axes_of(experiment) if name.startswith(wrapper)]
    assert any(name.startswith(f"{wrapper}2.") for name in names)
    for name in names:
        allowed = axes_of(experiment)[name]
        low, high = (1, 30) if allowed.whole else (0.1, 0.9)
        assert_cells_are_single_runs(Sweep(experiment, Axis(name, low, high, 3), axis(experiment, "lr", 2)), rtol=1e-12)


@pytest.mark.parametrize("optimizer", ["adam", "nsgd_l2"])
@pytest.mark.parametrize("name", ["mod.rotated.angle", "mod.scaled.x", "mod.rotated2.angle", "mod.noise.sigma"])
def test_parameters_of_modifiers_are_axes(name: str, optimizer: str) -> None:
    modifiers = (Choice("rotated"), Choice("scaled"), Choice("noise"), Choice("rotated", {"angle": 7.0}))
    experiment = Experiment(Choice("ravine"), (Choice(optimizer),), steps=12, modifiers=modifiers)
    assert_cells_are_single_runs(Sweep(experiment, axis(experiment, name, 3), Axis("on.condition", 1, 50, 2)), rtol=1e-12)
    fixed = Experiment(Choice("ravine"), (Choice(optimizer),), start=(0.5, 0.25), steps=12, modifiers=modifiers)
    assert_cells_are_single_runs(Sweep(fixed, axis(fixed, name, 2), Axis("start1", -1, 1, 2)), rtol=1e-12)


def test_seeds_draw_their_own_noise_and_batches() -> None:
    noisy = Experiment(Choice("ravine"), (Choice("sgd"), Choice("adam")), steps=10, seed=5, modifiers=(Choice("noise"),))
    batches = Experiment(Choice("linear_neuron"), (Choice("sgd"),), steps=10, batch_size=1)
    for experiment in (noisy, batches):
        sweep = line_sweep(experiment, Axis("lr", 1e-3, 1e-1, 3, "log"), seeds=3)
        result = assert_cells_are_single_runs(sweep)
        assert len(set(result.final[0, :, 2])) == 3
        assert result.y.tolist() == [experiment.seed + i for i in range(3)]
    band = whole(line_sweep(noisy, Axis("lr", 1e-3, 1e-1, 3, "log"), seeds=5)).band("final", (0.0, 0.5, 1.0))
    assert band.shape == (2, 3, 3)
    assert (np.diff(band, axis=1) >= 0).all()


def test_a_line_on_one_coordinate_and_a_typed_surface() -> None:
    parabola = Experiment(Choice("parabola"), (Choice("momentum", {"lr": 0.5}),), steps=40)
    assert_cells_are_single_runs(Sweep(parabola, axis(parabola, "on.curvature", 5)))
    assert_cells_are_single_runs(basin_map(parabola, 4))
    reddi = Experiment(Choice("reddi"), (Choice("adam", {"lr": 0.1}),), steps=40)
    assert_cells_are_single_runs(Sweep(reddi, axis(reddi, "on.C", 3), axis(reddi, "start0", 3)))
    typed = Experiment(Choice("typed", {"formula": "(x^2-1)^2 + y^2"}), (Choice("momentum", {"lr": 0.02}),), steps=200)
    result = assert_cells_are_single_runs(basin_map(typed, 4))
    assert set(result.minimum.ravel()) == {0, 1}


def test_a_budget_of_calls_ends_each_method_where_it_has_spent_it() -> None:
    experiment = Experiment(Choice("rosenbrock"), (Choice("sgd"), Choice("newton")), steps=30, budget="calls")
    assert_cells_are_single_runs(Sweep(experiment, Axis("lr", 1e-4, 1e-3, 3)), rtol=1e-9)
