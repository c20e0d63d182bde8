"""Maps of trainings: every run is the training that its cell stands for; equal sweeps are equal JSON; stopping loses no row."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from experiments import Experiment
from experiments.requests import Cancelled
from experiments.spec import Choice, ExperimentError, execute
from experiments.sweeps.axis import Axis
from experiments.sweeps.network_findings import tolerances
from experiments.sweeps.network_presets import SHIPPED, stored
from experiments.sweeps.network_requests import REQUESTS
from experiments.sweeps.network_training import train_map
from experiments.sweeps.networks import NetworkMap, NetworkSweep, cell
from landscapes import NETWORKS
from landscapes.curvature.stacked import largest_eigenvalues
from landscapes.networks.perceptron_runs import PerceptronRuns, side_by_side

pytestmark = pytest.mark.usefixtures("shapes_unchecked")

BASE = Experiment(
    Choice("digits_mlp", {"width": 2}), (Choice("adam", {"lr": 0.1}), Choice("nsgd_l2", {"lr": 0.1})), steps=3, batch_size=20
)
BATCH = NetworkSweep(BASE, Axis("lr", 0.01, 1.0, 2, "log"), Axis("batch", 10, 40, 2, "log"), seeds=2)
ON = replace(BASE, landscape=Choice("mlp", {"width": 2, "depth": 1, "samples": 60}), optimizers=(Choice("sgd"),))
SCALE = NetworkSweep(ON, Axis("lr", 0.01, 1.0, 2, "log"), Axis("on.scale", 0.5, 2.0, 2, "log"), seeds=2)


@pytest.mark.parametrize("sweep", [BATCH, SCALE], ids=["batch", "scale"])
def test_a_map_is_made_of_its_single_trainings(sweep: NetworkSweep) -> None:
    found = train_map(sweep)
    assert found.complete
    assert len(np.unique(found.final)) == sweep.runs
    for place in ((0, 0, 0, 0), (0, 1, 1, 1), (sweep.shape[0] - 1, 0, 1, 1)):
        experiment = cell(sweep, *place)
        alone, network = execute(experiment)[0], experiment.make_landscape()
        end = network.point(alone.theta[-1])
        assert found.final[place] == pytest.approx(alone.loss[-1], rel=1e-4)
        assert found.accuracy[place] == pytest.approx(float(network.accuracy(end)), abs=2 / 297)
        sharpest = float(torch.linalg.eigvalsh(network.hessian(end))[-1])
        assert abs(found.sharpness[place] - sharpest) <= found.sharpness_error[place] + 1e-3 * sharpest


@pytest.mark.parametrize(("depth", "activation"), [(0, "tanh"), (1, "tanh"), (2, "sigmoid"), (2, "relu")])
def test_side_by_side_equals_the_network(depth: int, activation: str) -> None:
    network = NETWORKS["digits_mlp"](width=3, depth=depth, activation=activation).to(torch.float64)
    network = network.chosen(np.arange(30))
    runs = side_by_side(network)
    assert isinstance(runs, PerceptronRuns)
    theta = torch.randn(2, 2, network.dim, dtype=torch.float64)
    direction = torch.randn_like(theta)
    torch.testing.assert_close(runs.loss(theta), network.loss(theta))
    torch.testing.assert_close(runs.gradient(theta), network.gradient(theta))
    torch.testing.assert_close(runs.hvp(theta, direction), network.hvp(theta, direction))
    torch.testing.assert_close(runs.accuracy(theta), network.accuracy(theta))
    for norm in ("l1", "l2"):
        torch.testing.assert_close(runs.input_terms(theta, norm), network.input_terms(theta, norm))
        torch.testing.assert_close(runs.input_power(theta, norm), network.input_power(theta, norm))
    assert torch.isnan(runs.accuracy(theta * float("inf"))).all()


def test_the_largest_eigenvalues_of_many_matrices() -> None:
    rng = np.random.default_rng(0)
    matrices = rng.standard_normal((5, 12, 12))
    matrices = matrices + matrices.swapaxes(1, 2)
    matrices[3] = -np.eye(12)  # its space ends at once
    start = rng.standard_normal((5, 12))

    def product(v: np.ndarray) -> np.ndarray:
        return np.einsum("rij,rj->ri", matrices, v)

    exact = np.linalg.eigvalsh(matrices)
    values, residuals = largest_eigenvalues(product, start, 12)
    np.testing.assert_allclose(values, exact[:, -1], atol=1e-9)
    values, residuals = largest_eigenvalues(product, start, 5)
    assert (np.abs(exact - values[:, None]).min(1) <= residuals + 1e-9).all()
    matrices[1, 0, 0] = np.nan
    assert np.isnan(largest_eigenvalues(product, start, 5)[0]).tolist() == [False, True, False, False, False]


def test_sweeps_are_json_and_keep_their_key() -> None:
    for sweep in (BATCH, SCALE):
        assert NetworkSweep.from_json(json.loads(json.dumps(sweep.as_json()))) == sweep
    others = [replace(BATCH, seeds=3), replace(BATCH, y=Axis("batch", 10, 41, 2, "log")), SCALE]
    assert len({s.key for s in (BATCH, *others)}) == 4


def test_a_cell_is_the_experiment_with_its_values_and_a_seed_of_both() -> None:
    made = cell(BATCH, 1, 1, 0, seed=2)
    landscape = BASE.landscape.with_parameters(seed=2)
    choice = BASE.optimizers[1].with_parameters(lr=0.01)
    assert made == replace(BASE, optimizers=(choice,), landscape=landscape, batch_size=40, seed=2)
    assert cell(SCALE, 0, 1, 1).landscape.parameters["scale"] == 2.0


def test_stopping_loses_no_row_and_the_rest_is_the_same(tmp_path: Path) -> None:
    whole = train_map(SCALE)

    def keep(found: NetworkMap) -> None:
        found.save(tmp_path / "rows.npz")

    with pytest.raises(Cancelled):
        train_map(SCALE, keep, cancelled=(tmp_path / "rows.npz").exists)
    since = NetworkMap.load(tmp_path / "rows.npz")
    assert since.done.sum() == 1
    shares: list[float] = []
    again = train_map(SCALE, on_progress=shares.append, since=since)
    assert shares == sorted(shares)
    assert shares[0] == 0.5 and shares[-1] == 1.0
    assert since.done.sum() == 1
    for name, values in whole.as_arrays().items():
        np.testing.assert_array_equal(getattr(again, name), values)
    with pytest.raises(ValueError, match="another sweep"):
        train_map(BATCH, since=since)


def test_who_diverges_is_marked_and_in_no_mean() -> None:
    wild = replace(SCALE, x=Axis("lr", 0.1, 1e6, 2, "log"), seeds=2)
    found = train_map(wild)
    assert found.diverged[..., 1, :].all()
    assert not found.diverged[..., 0, :].any()
    assert np.isnan(found.mean("final")[..., 1]).all()
    assert (found.spread("final")[..., 0] > 0).all()
    assert found.best_rates(0).tolist() == [0, 0]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda: replace(BATCH, experiment=Experiment(Choice("saddle"), (Choice("sgd"),))), "not on saddle"),
        (lambda: replace(BATCH, x=Axis("momentum", 0.1, 0.2, 2)), "axis x must be 'lr'"),
        (lambda: replace(BATCH, y=Axis("on.scale", 0.1, 0.2, 2)), "axis y must be one of: batch, on.width, on.depth"),
        (lambda: replace(BATCH, y=Axis("batch", 1, 1501, 2)), "1500 samples at most"),
        (lambda: replace(BATCH, seeds=0), "seeds must be"),
        (lambda: NetworkSweep.from_json({**BATCH.as_json(), "version": 2}), "version must be 1"),
    ],
)
def test_what_cannot_be_is_refused(change: object, told: str) -> None:
    with pytest.raises(ExperimentError, match=told):
        change()  # type: ignore[operator]


def test_what_one_rate_for_all_rows_costs() -> None:
    sweep = replace(SCALE, x=Axis("lr", 0.01, 1.0, 3, "log"), seeds=1)
    losses = np.array([[0.5, 0.2, 0.9], [0.4, 0.3, 0.1]])
    empty = NetworkMap.empty(sweep)
    found = replace(empty, final=losses[None, :, :, None], done=np.ones_like(empty.done))
    (told,) = tolerances(found)
    # 0.5 x 0.4, 0.2 x 0.3 and 0.9 x 0.1: the middle rate; on its own each row would have 0.2 and 0.1
    assert told == pytest.approx((0.1, (0.2 * 0.3 / (0.2 * 0.1)) ** 0.5, 0.2, 0.3))
    assert told.grows == pytest.approx(1.5)
    (told,) = tolerances(replace(found, diverged=np.array([[[0, 1, 0], [0, 0, 0]]], bool)[..., None]))
    assert told == pytest.approx((1.0, (0.9 / 0.5) ** 0.5, 0.1, 0.9))
    (told,) = tolerances(replace(found, diverged=np.array([[[0, 1, 1], [1, 0, 0]]], bool)[..., None]))
    assert np.isnan(told.rate)
    with pytest.raises(ValueError, match="not complete"):
        tolerances(empty)


def test_the_worker_answers_with_the_map_and_keeps_its_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAVINE_RESULTS", str(tmp_path))
    reports: list[float] = []
    request = REQUESTS["network_sweep"]
    meta, arrays = request.answer({"sweep": SCALE.as_json()}, lambda meta, rows: reports.append(meta["share"]), lambda: False)
    found = request.decode(meta, arrays)
    assert found.sweep == SCALE and found.complete
    assert reports == [0.5, 1.0]
    kept = stored(SCALE)
    assert kept is not None
    np.testing.assert_array_equal(kept.final, found.final)


@pytest.mark.parametrize("name", SHIPPED)
def test_the_shipped_maps_are_whole(name: str) -> None:
    found = stored(SHIPPED[name])
    assert found is not None and found.complete
    assert found.sweep == SHIPPED[name]
    assert found.final.shape == SHIPPED[name].shape
    assert np.isfinite(found.final[~found.diverged]).all()
    assert (found.sharpness_error[~found.diverged] < 0.05 * found.sharpness[~found.diverged].max()).all()
