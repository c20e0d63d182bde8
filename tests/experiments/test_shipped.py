"""The trainings that ship finished: pairs that can be compared, files that are theirs, numbers that can be measured again."""

import json
from dataclasses import replace
from itertools import zip_longest
from pathlib import Path

import numpy as np
import pytest
import torch

from experiments import Experiment, link, slices
from experiments.jobs.runner import run_folder
from experiments.presets import DIGITS
from experiments.presets import TRAININGS as OPENINGS
from experiments.shipped import files
from experiments.shipped.__main__ import main
from experiments.shipped.trainings import PAIRS, TRAININGS, Pair, Training
from experiments.training import train
from experiments.training_result import TrainingResult
from landscapes.networks.network import Network

RUN = [training for training in TRAININGS.values() if training.run]
ON_DIGITS = [training for training in RUN if training.experiment.landscape.parameters["data"] == "digits"]
LARGEST, LARGEST_TOGETHER = 420_000, 3_000_000  # bytes


def network_of(training: Training) -> Network:
    made: Network = training.experiment.make_landscape()  # type: ignore[assignment]
    return made


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.title)
def test_one_switch_is_all_that_differs_in_a_pair(pair: Pair) -> None:
    off, on = (TRAININGS[name].experiment for name in (pair.off, pair.on))
    a, b = off.landscape.parameters, on.landscape.parameters
    assert len({name for name in a if a[name] != b[name]}) == 1 and a["seed"] == b["seed"]
    assert replace(off, landscape=on.landscape) == on
    assert replace(TRAININGS[pair.off], name="", title="", experiment=on) == replace(TRAININGS[pair.on], name="", title="")


@pytest.mark.parametrize("training", TRAININGS.values(), ids=lambda training: training.name)
def test_links_and_plans_hold_the_whole_training(training: Training) -> None:
    assert link.decode(link.encode(training.experiment), OPENINGS) == (training.experiment, [])
    schedule, steps = training.plan.schedule, training.experiment.steps
    assert schedule[0] == 0 and schedule[-1] == steps and len(np.unique(np.diff(schedule[:-1]))) == 1
    assert training.points is None or (len(schedule) == training.points and steps % (training.points - 1) == 0)


@pytest.mark.parametrize("training", RUN, ids=lambda training: training.name)
def test_each_file_is_its_trainings(training: Training) -> None:
    result, making = files.result_of(training), files.makings()[training.name]
    n, p = len(training.experiment.optimizers), len(result.steps)
    assert result.experiment == training.experiment and result.experiment.key in files.path_of(training).name
    np.testing.assert_array_equal(result.steps, training.plan.schedule[:p])
    assert result.complete is bool(p == len(training.plan.schedule))
    assert result.loss.shape == result.test_accuracy.shape == (n, p) and result.coordinates.shape == (n, p, 2)
    assert np.isfinite(result.loss[result.finite]).all() and np.isfinite(result.heights).all()
    np.testing.assert_array_equal(result.loss[:, 0], result.loss[0, 0])  # all from the same weights
    np.testing.assert_array_equal(result.batch_loss[:, 0], result.batch_loss[0, 0])  # on the same batch
    assert result.pictured is not training.weights and result.theta is None
    assert making.minutes > 0 and making.machine and making.torch
    if training.plan.spectrum != "none" and result.complete:
        assert (result.residuals[:, -1] <= 1.01 * training.plan.tolerance * np.abs(result.sharpness)).all()
        assert np.isfinite(result.trace).all()
    assert files.path_of(training).stat().st_size < LARGEST


def test_all_files_are_small_together_and_none_is_left_over() -> None:
    here = set(slices.SHIPPED.glob("*.npz"))
    assert sum(path.stat().st_size for path in here) < LARGEST_TOGETHER
    named = {files.path_of(training) for training in RUN}
    assert {path for path in here if path.name.endswith(f".{files.PICTURE}.npz")} == {
        t for t in named if files.PICTURE in t.name
    }
    assert named <= here and set(files.makings()) == {training.name for training in RUN}


def test_a_picture_is_for_looking_only() -> None:
    shown = [training for training in RUN if not training.weights]
    for training in shown:
        found = files.pictured(training.experiment)
        assert found is not None and found.pictured and found.ends.size == found.origin.size == found.directions.size == 0
        assert not slices.is_stored(training.experiment)  # so that nobody slices or races on it
    assert shown and all(files.pictured(training.experiment) is None for training in RUN if training.weights)


def test_pairs_start_from_weights_that_are_drawn_alike() -> None:
    """Digits alone: BatchNorm adds a scale and a shift to each hidden layer, and all other weights are the same to the bit."""
    plain, normed, skipping = (network_of(TRAININGS[f"digits-mlp-{name}"]) for name in ("plain", "batchnorm", "skips"))
    np.testing.assert_array_equal(plain.start, skipping.start)
    own = [p for _, p in plain.module.named_parameters()]
    others = [p for _, p in normed.module.named_parameters() if not (p.ndim == 1 and set(p.tolist()) <= {0.0, 1.0})]
    assert all(torch.equal(a, b) for a, b in zip_longest(own, others))


@pytest.mark.parametrize("training", ON_DIGITS, ids=lambda training: training.name)
def test_losses_at_the_ends_and_on_the_plane_are_the_networks(training: Training) -> None:
    """float32 losses again on this processor; the plane's axes were rounded to float32."""
    result, network = files.result_of(training), network_of(training)
    last = result.loss[np.arange(len(result.loss)), result.last_finite]
    np.testing.assert_allclose(network.loss(network.point(result.ends)), last, rtol=2e-5)
    plane = slices.plane_of(result)
    np.testing.assert_allclose(plane.loss(result.coordinates[:, ::50]), result.plane_loss[:, ::50], rtol=2e-4)
    y, x = np.meshgrid(result.y[::40], result.x[::40], indexing="ij")
    np.testing.assert_allclose(plane.loss(np.stack([x, y], -1)), result.heights[::40, ::40], rtol=2e-4)


@pytest.mark.slow
@pytest.mark.parametrize("training", ON_DIGITS, ids=lambda training: training.name)
def test_the_first_steps_can_be_made_again(training: Training) -> None:
    """Relative 2e-3, since float32 sums differ from processor to processor and then grow; without Newton, for its time."""
    result, experiment = files.result_of(training), training.experiment
    kept = [i for i, choice in enumerate(experiment.optimizers) if choice.key != "newton"]
    first = replace(experiment, steps=8, optimizers=tuple(experiment.optimizers[i] for i in kept))
    again = train(first, plan=replace(training.plan, schedule=np.arange(9), cells=2, spectrum="none"))
    for name in ("loss", "batch_loss", "test_loss", "grad_norm"):
        np.testing.assert_allclose(getattr(again, name), getattr(result, name)[kept, :9], rtol=2e-3)


@pytest.mark.slow
def test_sharpness_is_the_largest_eigenvalue_at_the_end() -> None:
    for training in ON_DIGITS:
        network = network_of(training).to(torch.float64)
        result = files.result_of(training)
        hessian = network.hessian(network.point(result.ends[0])).numpy()
        np.testing.assert_allclose(result.sharpness[0], np.linalg.eigvalsh(hessian)[-1], rtol=1e-6)


def test_what_is_left_out_is_left_out_and_the_rest_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = slices.stored(DIGITS)
    assert whole is not None
    monkeypatch.setattr(files, "SHIPPED", tmp_path)
    monkeypatch.setattr(files, "LEDGER", tmp_path / "made.json")
    making = files.Making(1.5, None, "a machine", "1.0", "a note")
    for weights in (True, False):
        training = Training("digits-mlp-plain", "It", DIGITS, weights=weights)
        files.keep(training, whole, making)
        read = files.result_of(training)
        for name in ("loss", "coordinates", "heights", "eigenvalues", "off_plane", "x"):
            np.testing.assert_array_equal(getattr(read, name), getattr(whole, name))
        assert read.pictured is not weights
        if weights:
            np.testing.assert_array_equal(read.ends, whole.ends)
            np.testing.assert_array_equal(read.origin, whole.origin.astype(np.float32))
            np.testing.assert_array_equal(read.directions, whole.directions.astype(np.float32))
            assert read.directions.dtype == read.origin.dtype == np.float64
    assert files.makings() == {"digits-mlp-plain": making}
    with pytest.raises(ValueError, match="another experiment"):
        files.keep(TRAININGS["digits-mlp-plain"], whole, making)


@pytest.mark.parametrize("name", TRAININGS)
def test_the_command_prints_the_training(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    main(["--spec", name])
    assert Experiment.from_json(json.loads(capsys.readouterr().out)) == TRAININGS[name].experiment
    assert name in TRAININGS[name].command and (TRAININGS[name].run or "experiments run -" in TRAININGS[name].command)


@pytest.mark.slow
def test_the_command_makes_files_and_takes_those_of_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAVINE_RESULTS", str(tmp_path / "results"))
    monkeypatch.setattr(files, "SHIPPED", tmp_path)
    monkeypatch.setattr(files, "LEDGER", tmp_path / "made.json")
    small = replace(DIGITS, steps=4, optimizers=DIGITS.optimizers[:2])
    monkeypatch.setitem(TRAININGS, "digits-mlp-plain", Training("digits-mlp-plain", "Small", small, points=3, cells=5))
    main(["digits-mlp-plain", "--work", str(tmp_path / "work")])
    made = TrainingResult.load(tmp_path / f"{small.key}.npz")
    assert list(made.steps) == [0, 2, 4] and made.heights.shape == (5, 5) and made.complete
    assert files.makings()["digits-mlp-plain"].processor_minutes is not None
    spec = tmp_path / "spec.json"
    spec.write_text(json.dumps(small.as_json()))
    assert run_folder(spec, tmp_path / "run") == 0
    main(["digits-mlp-plain", "--result", str(tmp_path / "run"), "--note", "Said."])
    taken = TrainingResult.load(tmp_path / f"{small.key}.npz")
    np.testing.assert_array_equal(taken.loss[:, ::2], made.loss)  # to the bit: one thread, the same batches
    assert files.makings()["digits-mlp-plain"].note == "Said." and len(taken.steps) == 5
