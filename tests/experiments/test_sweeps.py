"""Sweeps: every cell is its own single run, whatever is varied; fates; coarse to fine; sizes that are refused."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from experiments import Experiment, execute
from experiments.spec import Choice, ExperimentError
from experiments.sweeps import compute as computing
from experiments.sweeps import sweep as sweeping
from experiments.sweeps.axis import Axis, axes_of, axis
from experiments.sweeps.batch import batch_of
from experiments.sweeps.cloud import Cloud
from experiments.sweeps.compute import compute
from experiments.sweeps.drift import drift
from experiments.sweeps.requests import TABLE, sweep_so_far
from experiments.sweeps.result import Fate, SweepResult
from experiments.sweeps.sweep import Sweep, basin_map, cell, line_sweep
from experiments.trajectory import Trajectory
from experiments.worker import Progress, RequestError, Workers
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
    alive, end = bool(t.finite[-1] and np.isfinite(t.loss[-1])), t.theta[-1]
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
        legs = np.abs(np.diff(t.theta[steps - window :], axis=0)).sum()
        across = np.abs(end - t.theta[steps - window]).sum()
        pixel = max(high - low for low, high in surface.domain) / 1000
        cycling = last > tolerance and last > third / 2 and legs > 2 * across
        there = alive and near >= 0 and loss[-1] <= tolerance and not cycling
        grown = second < third < last and last > 4 * second and last > loss[0]
    if not alive or (grown and not there):
        fate = Fate.DIVERGED
    elif there:
        fate = Fate.CONVERGED
    elif legs < pixel and not (near >= 0 and apart[near] <= pixel):
        fate = Fate.STUCK
    else:
        fate = Fate.CYCLING if cycling else Fate.UNDERWAY
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
    sweep = Sweep(experiment, Axis("lr", 1e-3, 0.1, 3, "log"), axis(experiment, second, 2))
    assert_cells_are_single_runs(sweep, rtol=closeness(key, second))


@pytest.mark.parametrize("key", ["momentum", "adam", "nsgd_l2"])
def test_cells_that_are_left_behind_are_single_runs_too(key: str) -> None:
    noise = (Choice("noise", {"sigma": 40.0}),) * (key != "nsgd_l2")  # which then has no inputs
    experiment = Experiment(Choice("rosenbrock"), (Choice(key),), steps=40, modifiers=noise)
    sweep = Sweep(experiment, Axis("start0", -9.0, 9.0, 6), Axis("lr", 1e-6, 1e2, 7, "log"), tolerance=1e2)
    result = assert_cells_are_single_runs(sweep, rtol=closeness(key))
    if key == "momentum":
        lived = [execute(cell(sweep, 0, row, column))[0].last_finite for row in range(7) for column in range(6)]
        assert 42 * 0.3 < np.sum(np.less(lived, 8)) < 42 * 0.7, "some left early enough to be left behind"
        assert (result.steps[0] >= 0).any() and (result.steps[0] < 0).any()


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


@pytest.mark.slow
@pytest.mark.parametrize("optimizer", ["adam", "nsgd_l2"])
@pytest.mark.parametrize("name", ["mod.rotated.angle", "mod.scaled.x", "mod.rotated2.angle", "mod.noise.sigma"])
def test_parameters_of_modifiers_are_axes(name: str, optimizer: str) -> None:
    modifiers = (Choice("rotated"), Choice("scaled"), Choice("noise"), Choice("rotated", {"angle": 7.0}))
    experiment = Experiment(Choice("ravine"), (Choice(optimizer),), steps=12, modifiers=modifiers)
    assert_cells_are_single_runs(Sweep(experiment, axis(experiment, name, 2), Axis("on.condition", 1, 50, 2)), rtol=1e-12)
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


MAP = Sweep(
    Experiment(Choice("himmelblau"), (Choice("momentum"), Choice("adam", {"lr": 0.1})), steps=60),
    Axis("start0", -5, 5, 40),
    Axis("start1", -5, 5, 70),
)


def test_coarse_maps_are_the_fine_one_with_cells_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """And no cell is walked twice."""
    walked: list[int] = []
    monkeypatch.setattr(sweeping, "AT_ONCE", 1000)
    monkeypatch.setattr(computing, "batch_of", lambda e, values: walked.append(len(values["start0"])) or batch_of(e, values))
    results = list(compute(MAP))
    assert [result.stride for result in results] == list(MAP.strides) == [2, 1]
    assert sum(walked) == 2 * 40 * 70
    for result in results:
        assert result.complete == (result.stride == 1)
        row, column = result.best_cell(0)
        assert results[-1].final[0, row, column] in result.final[0]
        assert result.x.tolist() == MAP.x.values[:: result.stride].tolist()
        assert result.y.tolist() == MAP.y.values[:: result.stride].tolist()
        for name, array in result.as_arrays().items():
            assert array.shape == (2, len(result.y), len(result.x))
            fine = getattr(results[-1], name)[:, :: result.stride, :: result.stride]
            assert np.array_equal(array, fine, equal_nan=True)


def test_progress_is_told_and_stops_a_sweep() -> None:
    heard: list[float] = []
    list(compute(replace(MAP, experiment=replace(MAP.experiment, steps=200)), heard.append))
    assert heard == sorted(heard)
    assert heard[0] == 0
    assert 0.5 < heard[-1] <= 1

    def stop(share: float) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        next(compute(MAP, stop))


def test_a_worker_answers_with_coarse_maps_first_and_can_be_stopped() -> None:
    workers = Workers(TABLE)
    try:
        large = replace(MAP, experiment=replace(MAP.experiment, steps=900))
        call = workers.submit("sweep", {"sweep": large.as_json()})
        result = call.result(60)
        here = list(compute(large))
        assert result.sweep == large
        for name, array in here[-1].as_arrays().items():
            assert np.array_equal(getattr(result, name), array, equal_nan=True)
        so_far, share = sweep_so_far(large, call.progress)
        assert 0 <= share <= 1
        assert so_far.stride == 2
        assert np.array_equal(so_far.final, here[0].final, equal_nan=True)
        assert sweep_so_far(MAP, ()) == (None, 0.0)
        noisy = replace(MAP.experiment, modifiers=(Choice("noise"),), steps=20)
        cloud = Cloud(noisy, runs=20, cells=16)
        assert np.array_equal(workers.submit("cloud", {"cloud": cloud.as_json()}).result(60).density, drift(cloud).density)
        long = replace(MAP, experiment=replace(MAP.experiment.solo(1), steps=80_000))
        stopped = workers.submit("sweep", {"sweep": long.as_json()})
        pid = workers.pids()["sweeps"]
        next(iter(stopped.updates()))
        stopped.cancel()
        assert workers.submit("sweep", {"sweep": MAP.as_json()}).result(60).complete
        assert workers.pids()["sweeps"] == pid
        with pytest.raises(RequestError, match="do not fit"):
            workers.submit("sweep", {"sweep": {**MAP.as_json(), "x": Axis("lr", 1, 2, 999).as_json()}}).result(60)
    finally:
        workers.close()


def test_sweeps_are_json_and_keep_their_key() -> None:
    assert Sweep.from_json(json.loads(json.dumps(MAP.as_json()))) == MAP
    alone = replace(MAP, y=None)
    assert Sweep.from_json(alone.as_json()) == alone
    others = [
        MAP.solo(0), MAP.solo(1), alone, replace(MAP, tolerance=1e-5), replace(MAP, x=MAP.y, y=MAP.x),
        replace(MAP, x=replace(MAP.x, low=-4.0)), replace(MAP, x=replace(MAP.x, cells=41)),
    ]  # fmt: skip
    assert len({sweep.key for sweep in (MAP, *others)}) == 8


SGD = Experiment(Choice("ravine"), (Choice("sgd"),), steps=100)
BOTH = Experiment(Choice("ravine"), (Choice("momentum"), Choice("sgd")), steps=100)


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: Sweep(SGD, Axis("momentum", 0, 0.9)), "there is no 'momentum' to vary here; there are: lr, on.condition"),
        (lambda: Sweep(BOTH, Axis("momentum", 0, 0.9)), "sgd has no 'momentum'"),
        (lambda: Sweep(SGD, Axis("lr", 0, 1)), r"axis x: lr must be a number in \(0, inf\)"),
        (lambda: Sweep(SGD, Axis("lr", 1, 2), Axis("lr", 1, 3)), "different numbers"),
        (lambda: Sweep(SGD, Axis("lr", 1, 2), tolerance=0.0), "tolerance must be a number above 0"),
        (lambda: Axis("lr", 2, 1), "must go upwards"),
        (lambda: Axis("lr", 1, 1), "must go upwards"),
        (lambda: Axis("lr", 0, 1, scale="log"), "begins above 0"),
        (lambda: Axis("lr", 0, float("inf")), "finite"),
        (lambda: Axis("lr", 0, 1, 0), "at least 1 cell"),
        (lambda: Axis("lr", 0, 1, 3, "cubic"), "linear or log"),
        (lambda: Sweep(Experiment(Choice("digits_mlp"), (Choice("sgd"),)), Axis("lr", 1, 2)), "sweeps are of surfaces"),
        (lambda: line_sweep(SGD, Axis("lr", 1, 2), seeds=0), "at least 1 seed"),
        (lambda: Sweep.from_json([]), "a sweep is an object"),
        (lambda: Sweep.from_json({**MAP.as_json(), "version": 7}), "version must be 1"),
        (lambda: Sweep.from_json({**MAP.as_json(), "z": 7}), "unknown field 'z'"),
        (lambda: Sweep.from_json({**MAP.as_json(), "x": {"low": 7}}), "x must be an object"),
        (lambda: list(compute(Sweep(Experiment(Choice("saddle"), (Choice("nsgd_l2"),)), Axis("lr", 1, 2)))), "cannot run here"),
        (
            lambda: list(compute(Sweep(Experiment(Choice("bowl"), (Choice("newton_cg"),), budget="calls"), Axis("lr", 1, 2)))),
            "budget of steps",
        ),
    ],
)
def test_what_cannot_be_swept_is_refused(make: Any, told: str) -> None:
    with pytest.raises(ExperimentError, match=told):
        make()


@pytest.mark.parametrize(
    ("experiment", "cells"),
    [
        (SGD, 513),
        (replace(SGD, optimizers=(Choice("sgd"),) * 9), 500),
        (replace(SGD, steps=9000), 300),
        (replace(SGD, optimizers=(Choice("newton"),)), 512),
    ],
)
def test_the_size_that_is_offered_fits_and_the_next_does_not(experiment: Experiment, cells: int) -> None:
    with pytest.raises(ExperimentError) as refused:
        basin_map(experiment, cells)
    fits = int(str(refused.value).split("; ")[1].split()[0])
    assert 100 < fits < cells
    assert basin_map(experiment, fits).cells == fits**2
    with pytest.raises(ExperimentError):
        basin_map(experiment, fits + 1)


def test_the_best_cell_has_the_fewest_steps_and_then_the_smallest_loss() -> None:
    result = list(compute(MAP))[-1]
    for index in range(2):
        row, column = result.best_cell(index)
        steps = result.steps[index]
        assert steps[row, column] == steps[steps >= 0].min()
        shares = result.shares(index)
        assert sum(shares[fate.name.lower()] for fate in Fate) == pytest.approx(1)
        assert sum(v for k, v in shares.items() if k.startswith("minimum")) == pytest.approx(shares["converged"])
    hopeless = Sweep(replace(SGD, steps=900), Axis("lr", 10, 20, 3))
    assert list(compute(hopeless))[-1].best_cell(0) is None
    short = list(compute(Sweep(replace(SGD, steps=2), Axis("lr", 1e-4, 1e-3, 5))))[-1]
    assert short.best_cell(0) == (0, int(short.final[0, 0].argmin()))


def test_fates_are_what_they_are_called() -> None:
    """One run for each, known by its nature."""

    def fate(surface: Choice, rule: Choice, start: tuple[float, ...], steps: int = 400) -> Fate:
        made = Experiment(surface, (rule,), start, steps)
        return Fate(whole(Sweep(made, Axis("start0", start[0], start[0], 1))).fate[0, 0, 0])

    ravine, sgd = Choice("ravine", {"condition": 10.0}), Choice("sgd", {"lr": 0.1})
    assert fate(ravine, sgd, (1.0, 1.0)) == Fate.CONVERGED
    assert fate(ravine, Choice("sgd", {"lr": 0.3}), (1.0, 1.0), 40) == Fate.DIVERGED
    assert fate(ravine, Choice("sgd", {"lr": 0.3}), (1.0, 1.0), 4000) == Fate.DIVERGED
    assert fate(ravine, Choice("sgd", {"lr": 0.2}), (1.0, 0.0)) == Fate.CYCLING
    assert fate(ravine, Choice("lion", {"lr": 0.05}), (1.0, 1.0)) == Fate.CYCLING
    assert fate(ravine, Choice("sgd", {"lr": 1e-3}), (0.0, 1.0)) == Fate.UNDERWAY
    assert fate(Choice("saddle"), sgd, (1.0, 0.0)) == Fate.STUCK
    assert fate(Choice("saddle"), sgd, (1.0, 1e-3)) == Fate.DIVERGED
    assert fate(Choice("saddle"), sgd, (0.0, 0.0)) == Fate.STUCK
    assert fate(Choice("typed", {"formula": "x"}), sgd, (-1.0,)) == Fate.UNDERWAY  # downhill for ever, ever as fast
    assert fate(ravine, Choice("lion", {"lr": 1e-5}), (3e-5, 0.0)) == Fate.CONVERGED  # it bounces within the tolerance


def test_a_run_that_leaves_along_its_last_coordinate_is_gone() -> None:
    saddle = Experiment(Choice("saddle"), (Choice("sgd"), Choice("lbfgs")), (0.5, 0.5), steps=900)
    result = assert_cells_are_single_runs(Sweep(saddle, Axis("lr", 0.6, 0.8, 2)), rtol=1e-6)
    assert not np.isfinite(result.final[0]).any()


def test_a_log_axis_has_equal_ratios_and_its_ends_exactly() -> None:
    values = Axis("lr", 0.1, 3.0, 5, "log").values
    assert values[0] == 0.1
    assert values[-1] == 3.0
    np.testing.assert_allclose(values[1:] / values[:-1], 30**0.25, rtol=1e-12)
    np.testing.assert_array_equal(Axis("lr", 0.0, 1.0, 5).values, [0, 0.25, 0.5, 0.75, 1])
    experiment = Experiment(Choice("ravine"), (Choice("sgd", wrappers=(Choice("lookahead"),)),))
    assert Sweep(experiment, Axis("lookahead.k", 1, 4, 7)).x.values.tolist() == [1, 2, 2, 2, 3, 4, 4]


def test_a_long_run_is_counted_to_its_end() -> None:
    """More steps than fit a byte, most of which turn back."""
    slow = Experiment(Choice("ravine"), (Choice("sgd", {"lr": 0.0195}),), steps=1100)
    assert_cells_are_single_runs(Sweep(slow, Axis("lr", 0.0195, 0.01999, 3)))


def test_so_far_is_the_finest_map_that_was_reported() -> None:
    results = list(compute(replace(MAP, experiment=replace(MAP.experiment, steps=900))))
    reports = [Progress({"share": 0.1}, {}), Progress({"stride": 4}, results[0].as_arrays())]
    reports += [Progress({"stride": 2}, results[0].as_arrays()), Progress({"share": 0.7}, {})]
    found, share = sweep_so_far(MAP, reports)
    assert found.stride == 2
    assert share == 0.7
