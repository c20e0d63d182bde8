"""Training: everyone gets the same weights and batches, stopping loses nothing, and what is reported is what happened."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
import torch

from experiments import execute, slices
from experiments.presets import DIGITS, DIGITS_SLICE
from experiments.recorded_weights import RecordedWeights
from experiments.spec import Choice, Experiment
from experiments.training import train
from experiments.training_result import Progress, TrainingResult
from landscapes import NETWORKS
from optimizers import OPTIMIZERS
from tests.some import some

SMALL = Choice("digits_mlp", {"width": 3, "seed": 2})
RATES = {"adam": 0.05, "rmsprop": 0.02, "newton": 0.5, "newton_cg": 0.5, "newton_eigen": 0.5, "newton_scalar": 0.5}


def choices(*keys: str) -> tuple[Choice, ...]:
    damped = {"newton", "newton_cg"}
    return tuple(Choice(k, {"lr": RATES.get(k, 0.1), **({"damping": 1.0} if k in damped else {})}) for k in keys)


FEW = Experiment(SMALL, choices("sgd", "adam", "newton", "nsgd_l2"), steps=6, batch_size=200)


@pytest.fixture(scope="module", autouse=True)
def coarse() -> Iterator[None]:
    """Height maps of 15 by 15: what is tested does not depend on their resolution, and the time does."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("landscapes.networks.plan.PlaneMLP.cells", 15)
        yield


@pytest.fixture(scope="module")
def result(coarse: None) -> TrainingResult:
    return train(FEW)


def test_it_does_what_each_optimizer_does_alone(result: TrainingResult) -> None:
    """Going in step changes nothing but the last bit, which a stacked product rounds otherwise: same start, batches, paths."""
    assert result.theta is not None and result.complete
    for i, trajectory in enumerate(execute(FEW)):
        np.testing.assert_allclose(result.theta[i], trajectory.theta, rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(result.loss[i], trajectory.loss, rtol=1e-5)
        np.testing.assert_allclose(result.grad_norm[i], trajectory.grad_norm, rtol=1e-4)
        for kind, count in trajectory.calls.items():
            np.testing.assert_array_equal(result.calls[kind][i], count)
    assert result.steps.tolist() == list(range(7))
    assert result.titles == tuple(FEW.optimizer(i).title for i in range(4))


def test_the_batches_are_the_same_for_all() -> None:
    twins = train(replace(FEW, optimizers=choices("sgd", "adam", "sgd")))
    assert twins.theta is not None
    np.testing.assert_array_equal(twins.theta[0], twins.theta[2])
    np.testing.assert_array_equal(twins.batch_loss[0], twins.batch_loss[2])
    assert not np.array_equal(twins.batch_loss[0], twins.loss[0])
    network = NETWORKS["digits_mlp"](width=3, seed=2)
    batches = network.on_batches(200)
    from landscapes.landscape import Draw

    for step in (0, 3, 6):
        seen = network.chosen(batches.indices(Draw(FEW.seed, step)))
        expected = float(seen.loss(network.point(twins.theta[1, step])))
        assert twins.batch_loss[1, step] == pytest.approx(expected, rel=1e-6)


def test_the_plane_states_its_errors(result: TrainingResult) -> None:
    """Points are projection + what lies off the plane; real loss and plane loss are the network's at the two places."""
    assert result.theta is not None
    network = NETWORKS["digits_mlp"](width=3, seed=2).to(torch.float64)
    theta = result.theta.astype(np.float64)
    np.testing.assert_allclose(result.directions @ result.directions.T, np.eye(2), atol=1e-12)
    np.testing.assert_allclose(result.origin, theta.reshape(-1, network.dim).mean(0), atol=1e-12)
    projected = result.origin + result.coordinates @ result.directions
    np.testing.assert_allclose(np.linalg.norm(theta - projected, axis=-1), result.off_plane, atol=1e-9)
    np.testing.assert_allclose(network.loss(network.point(projected)), result.plane_loss, rtol=1e-5)
    np.testing.assert_allclose(network.loss(network.point(theta)), result.loss, rtol=1e-5)
    spread = theta.reshape(-1, network.dim) - result.origin
    inside = (result.coordinates**2).sum() / (spread**2).sum()
    assert result.explained[:2].sum() == pytest.approx(inside, rel=1e-9)
    i, j = 4, 11
    corner = network.point(result.origin + np.array([result.x[j], result.y[i]]) @ result.directions)
    assert result.heights[i, j] == pytest.approx(float(network.loss(corner)), rel=1e-5)
    low, high = result.coordinates.min((0, 1)), result.coordinates.max((0, 1))
    np.testing.assert_allclose(np.array(result.domain).T, [low - 0.3 * (high - low), high + 0.3 * (high - low)], rtol=1e-12)


def test_curvature_at_the_ends_is_exact(result: TrainingResult) -> None:
    assert result.theta is not None and result.spectrum_kind == "exact"
    np.testing.assert_array_equal(result.ends, result.theta[:, -1])
    network = NETWORKS["digits_mlp"](width=3, seed=2).to(torch.float64)
    hessian = replace(network, plan=None).hessian(network.point(result.ends[1])).numpy()
    np.testing.assert_allclose(result.eigenvalues[1], np.linalg.eigvalsh(hessian), atol=1e-9)
    assert result.sharpness[1] == pytest.approx(np.linalg.norm(hessian, 2), rel=1e-9)
    np.testing.assert_allclose(result.trace, result.eigenvalues.sum(1))
    assert (result.trace_error == 0).all()


def test_accuracy_is_on_test_digits(result: TrainingResult) -> None:
    assert result.theta is not None
    network = NETWORKS["digits_mlp"](width=3, seed=2)
    np.testing.assert_allclose(result.test_accuracy, network.accuracy(network.point(result.theta)), atol=1e-7)
    np.testing.assert_allclose(result.test_loss, network.test_loss(network.point(result.theta)), rtol=1e-6)
    assert not np.allclose(result.test_loss, result.loss, rtol=1e-3)


def test_progress_is_told_step_by_step() -> None:
    heard: list[Progress] = []
    done = train(FEW, on_progress=heard.append)
    trained = [p for p in heard if p.stage == "training"]
    assert [p.step for p in trained] == list(range(7)) and all(p.steps == 6 for p in heard)
    np.testing.assert_array_equal(np.array([p.loss for p in trained]).T, done.loss)
    np.testing.assert_array_equal(np.array([p.test_loss for p in trained]).T, done.test_loss)
    np.testing.assert_array_equal(np.array([p.test_accuracy for p in trained]).T, done.test_accuracy)
    fractions = [p.fraction for p in heard]
    assert fractions == sorted(fractions) and fractions[-1] == pytest.approx(1.0)
    odd = replace(trained[0], loss=(float("nan"), 1.0, float("inf"), 2.0))
    assert json.loads(json.dumps(odd.as_json(), allow_nan=False))["loss"] == [None, 1.0, None, 2.0]


@pytest.mark.parametrize("after", [1, 7, 14])
def test_a_cancelled_training_is_what_there_is(after: int, result: TrainingResult) -> None:
    asked = 0

    def cancelled() -> bool:
        nonlocal asked
        asked += 1
        return asked >= after

    partial = train(FEW, cancelled=cancelled)
    done = (after - 1) // 4  # four updates a step; the step that was broken off is undone for all
    assert partial.steps.tolist() == list(range(done + 1)) and not partial.complete
    np.testing.assert_array_equal(partial.loss, result.loss[:, : done + 1])
    assert partial.coordinates.shape == (4, done + 1, 2) and np.isfinite(partial.heights).all()
    assert partial.spectrum_kind == "none" and np.isnan(partial.eigenvalues).all()
    with pytest.raises(ValueError, match="cancelled"):
        slices.keep(partial)


def same(a: TrainingResult, b: TrainingResult) -> None:
    """Equal in everything but time, bit by bit."""
    assert a.experiment.key == b.experiment.key and a.calls.keys() == b.calls.keys()
    for kind in a.calls:
        np.testing.assert_array_equal(a.calls[kind], b.calls[kind])
    for field in fields(a):
        if field.name not in ("experiment", "calls", "seconds"):
            np.testing.assert_array_equal(getattr(a, field.name), getattr(b, field.name), err_msg=field.name)


@pytest.mark.parametrize("key", some(OPTIMIZERS, ("momentum", "adam", "insgd", "lbfgs")))
def test_a_resumed_training_is_the_uninterrupted_one(key: str, tmp_path: Path) -> None:
    """For every optimizer's kind of state: stop in the middle, go on in a new call."""
    experiment = Experiment(Choice("digits_mlp", {"width": 2}), choices(key, "momentum"), steps=4, batch_size=300)
    asked = 0

    def cancelled() -> bool:
        nonlocal asked
        asked += 1
        return asked >= 6

    partial = train(experiment, cancelled=cancelled, checkpoint=tmp_path)
    assert partial.steps[-1] == 2 and (tmp_path / "training.safetensors").exists()
    heard: list[Progress] = []
    resumed = train(experiment, on_progress=heard.append, checkpoint=tmp_path)
    assert [p.step for p in heard if p.stage == "training"] == [3, 4]
    same(resumed, train(experiment))


@pytest.mark.slow
def test_a_training_that_had_only_the_analysis_left(result: TrainingResult, tmp_path: Path) -> None:
    first = train(FEW, checkpoint=tmp_path)
    same(first, result)
    same(train(FEW, checkpoint=tmp_path), result)


def test_recorded_weights_are_on_the_disk_as_they_come(tmp_path: Path) -> None:
    """And a training that goes on from an older checkpoint writes over what was recorded after it."""
    experiment = replace(FEW, optimizers=choices("sgd", "adam"), steps=5)
    row, sizes = 4 * 2 * experiment.make_landscape().dim, []

    def heard(progress: Progress) -> None:
        sizes.append((tmp_path / "weights.f32").stat().st_size / row)

    asked = iter(range(100))
    train(experiment, heard, lambda: next(asked) >= 6, tmp_path)
    assert sizes[:-1] == [1, 2, 3, 4]
    with (tmp_path / "weights.f32").open("ab") as file:  # as when it was killed between a record and a checkpoint
        file.write(b"\xff" * (row + 8))
    same(train(experiment, checkpoint=tmp_path), train(experiment))


def test_a_checkpoint_without_its_weights_is_refused(tmp_path: Path) -> None:
    experiment = replace(FEW, steps=1)
    train(experiment, checkpoint=tmp_path)
    weights = tmp_path / "weights.f32"
    weights.write_bytes(weights.read_bytes()[:-1])
    with pytest.raises(ValueError, match="lacks its recorded weights: delete it"):
        train(experiment, checkpoint=tmp_path)


def test_a_full_disk_is_an_error_at_the_row_that_does_not_fit() -> None:
    recorded = RecordedWeights(2, 3, Path("/dev/full"))
    with pytest.raises(OSError, match="No space left"):
        recorded.put(0, np.zeros((2, 3)))


def test_a_checkpoint_of_something_else_is_refused(tmp_path: Path) -> None:
    train(replace(FEW, steps=1), checkpoint=tmp_path)
    with pytest.raises(ValueError, match="belongs to another experiment"):
        train(FEW, checkpoint=tmp_path)
    file = tmp_path / "training.safetensors"
    file.write_bytes(file.read_bytes()[:500])
    with pytest.raises(ValueError, match="not a checkpoint that can be read"):
        train(replace(FEW, steps=1), checkpoint=tmp_path)


def test_a_diverging_optimizer_is_data_and_leaves_its_neighbours_alone() -> None:
    wild = replace(FEW, optimizers=(*choices("sgd"), Choice("momentum", {"lr": 1e38}), *choices("adam")))
    got, calm = train(wild), train(replace(FEW, optimizers=choices("sgd", "adam")))
    assert got.complete and not got.finite[1, -1] and got.finite[[0, 2]].all()
    last = int(got.last_finite[1])
    assert got.theta is not None and calm.theta is not None
    assert np.isfinite(got.theta[1, : last + 1]).all() and np.isnan(got.theta[1, last + 1 :]).all()
    assert np.isnan(got.coordinates[1, last + 1 :]).all() and np.isnan(got.off_plane[1, last + 1 :]).all()
    np.testing.assert_array_equal(got.theta[[0, 2]], calm.theta)
    np.testing.assert_array_equal(got.ends[1], got.theta[1, last])
    np.testing.assert_array_equal(got.eigenvalues[[0, 2]], calm.eigenvalues)


def test_only_networks_can_be_trained_and_only_by_what_runs_there() -> None:
    with pytest.raises(ValueError, match="ravine is not a network"):
        train(Experiment(Choice("ravine"), choices("sgd")))
    with pytest.raises(ValueError, match="a batch has 1 to 1500 samples"):
        train(replace(FEW, batch_size=2000))


def test_full_batch_and_no_steps() -> None:
    nothing = train(replace(FEW, steps=0, batch_size=None))
    assert nothing.steps.tolist() == [0] and nothing.complete
    np.testing.assert_allclose(nothing.batch_loss, nothing.loss, rtol=1e-6)
    assert np.isfinite(nothing.heights).all()


def test_long_trainings_record_a_schedule(result: TrainingResult, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("experiments.training_plan.MOST_POINTS", 4)
    few = train(replace(FEW, steps=7))
    assert few.steps.tolist() == [0, 3, 6, 7]
    np.testing.assert_array_equal(few.loss[:, :3], result.loss[:, [0, 3, 6]])


def test_save_and_load(result: TrainingResult, tmp_path: Path) -> None:
    path = tmp_path / "new" / "result.npz"
    result.save(path)
    same(TrainingResult.load(path), result)
    result.save(path, weights=False)
    light = TrainingResult.load(path)
    assert light.theta is None
    same(replace(light, theta=result.theta), result)
    assert [p.name for p in path.parent.iterdir()] == ["result.npz"]


def test_a_file_from_before_test_losses_were_recorded_opens(result: TrainingResult, tmp_path: Path) -> None:
    path = tmp_path / "result.npz"
    result.save(path)
    with np.load(path) as file:
        np.savez(path, **{name: file[name] for name in file.files if name != "test_loss"})
    old = TrainingResult.load(path)
    assert old.test_loss.shape == old.loss.shape and np.isnan(old.test_loss).all()
    same(replace(old, test_loss=result.test_loss), result)


def test_broken_files_raise_value_errors(result: TrainingResult, tmp_path: Path) -> None:
    path = tmp_path / "result.npz"
    result.save(path, weights=False)
    whole = path.read_bytes()
    damaged = bytearray(whole)
    damaged[len(whole) // 2] ^= 0xFF
    for content in (b"", b"nonsense", whole[: len(whole) // 2], bytes(damaged)):
        path.write_bytes(content)
        with pytest.raises(ValueError, match=r"result\.npz is not a training result"):
            TrainingResult.load(path)
    np.savez(path, format=1, loss=np.zeros(3))
    with pytest.raises(ValueError, match="is not a training result"):
        TrainingResult.load(path)


@pytest.mark.slow
def test_the_shipped_result_is_this_preset_and_can_be_made_again() -> None:
    """Its first ten steps, retrained: relative 2e-3, since float32 sums differ from processor to processor and then grow."""
    shipped = slices.stored(DIGITS)
    assert shipped is not None and shipped.experiment.key == DIGITS.key and shipped.complete
    path = slices.SHIPPED / f"{DIGITS.key}.npz"
    assert path.exists() and path.stat().st_size < 500_000
    assert (shipped.loss[:, -1] < 0.6 * shipped.loss[:, 0]).all() and (shipped.test_accuracy[:, -1] > 0.8).all()
    steps: list[int] = []
    again = train(DIGITS, on_progress=lambda p: steps.append(p.step), cancelled=lambda: steps[-1:] == [10])
    np.testing.assert_allclose(again.loss, shipped.loss[:, :11], rtol=2e-3)
    np.testing.assert_allclose(again.batch_loss, shipped.batch_loss[:, :11], rtol=2e-3)


@pytest.mark.slow
def test_the_shipped_spectra_are_those_of_its_ends() -> None:
    shipped = slices.stored(DIGITS)
    assert shipped is not None
    network = DIGITS.make_landscape().to(torch.float64)  # type: ignore[attr-defined]
    hessian = network.hessian(network.point(shipped.ends[3])).numpy()
    np.testing.assert_allclose(shipped.eigenvalues[3], np.linalg.eigvalsh(hessian), atol=1e-7)
    np.testing.assert_allclose(network.loss(network.point(shipped.ends)), shipped.loss[:, -1], rtol=1e-5)


def test_the_slice_is_the_results_plane() -> None:
    shipped = slices.stored(DIGITS)
    assert shipped is not None
    plane = slices.slice_of(DIGITS)
    np.testing.assert_allclose(plane.loss(shipped.coordinates), shipped.plane_loss, rtol=1e-5)
    assert plane.start == shipped.start and plane.domain == shipped.domain
    assert plane.input_reason is None and "Our extension" in plane.input_note
    paths = execute(replace(DIGITS_SLICE, landscape=Choice("slice", {"samples": 128}), steps=40))
    for trajectory in paths:
        assert trajectory.finite.all() and np.ptp(trajectory.theta, axis=0).min() > 0.05


def test_kept_results_are_found(result: TrainingResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAVINE_RESULTS", str(tmp_path))
    assert slices.stored(FEW) is None
    path = slices.keep(result)
    found = slices.stored(FEW)
    assert path.parent == tmp_path and found is not None
    same(found, result)
    path.write_bytes(b"broken")
    assert slices.stored(FEW) is None
