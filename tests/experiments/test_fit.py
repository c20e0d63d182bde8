"""Trainings made to fit: any network on any of its data, as little changed as needed; and the race that a plane opens with."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from experiments import downloads
from experiments.fit import fitted
from experiments.plane_race import FEWEST, PASSES, SECONDS, plane_race
from experiments.presets import DIGITS, DIGITS_SLICE, TRAININGS
from experiments.requests import Cancelled
from experiments.spec import ExperimentError
from experiments.training_plan import pass_seconds, plan_of
from landscapes import NETWORKS
from landscapes.networks.datasets import DATASETS
from tests.landscapes.data_files import SAMPLES, write_cifar10, write_mnist

PAIRS = [(key, data) for key in NETWORKS if "data" in NETWORKS[key].ranges for data in NETWORKS[key].ranges["data"].values]


@pytest.mark.parametrize("key", NETWORKS)
def test_every_network_opens_with_a_training_a_visitor_can_wait_for(key: str) -> None:
    opening = TRAININGS[key]
    assert opening.landscape.key == key and plan_of(opening).interactive and fitted(opening, opening.landscape) == opening


@pytest.mark.parametrize(("key", "data"), PAIRS)
def test_every_data_set_fits_and_no_more_is_changed_than_needed(key: str, data: str) -> None:
    opening = TRAININGS[key]
    moved = fitted(replace(opening, batch_size=10**6), opening.landscape.with_parameters(data=data, samples=60_000))
    task = NETWORKS[key].task(**moved.landscape.parameters)
    assert task.data == data and task.samples == min(60_000, DATASETS[data].ranges["samples"].high) == moved.batch_size
    kept = {n for n, v in moved.landscape.parameters.items() if v == opening.landscape.parameters[n]}
    assert set(moved.landscape.parameters) - kept <= {"data", "samples", "criterion"}
    assert ("criterion" in kept or "criterion" not in moved.landscape.parameters) == (key != "mlp" or task.dataset.classes)


def test_weights_stay_while_they_fit() -> None:
    given = replace(DIGITS, weights="0" * 64)
    assert fitted(given, given.landscape.with_parameters(activation="relu")).weights == given.weights
    assert fitted(given, given.landscape.with_parameters(width=3)).weights is None


def test_what_cannot_be_made_to_fit_is_said() -> None:
    with pytest.raises(ExperimentError, match="width must be a whole number"):
        fitted(DIGITS, DIGITS.landscape.with_parameters(width=-1))


@pytest.mark.parametrize("key", NETWORKS)
def test_the_race_in_a_plane_is_one_that_a_visitor_can_wait_for(key: str) -> None:
    training = TRAININGS[key]
    race, task = plane_race(training), NETWORKS[key].task(**training.landscape.parameters)
    if task.perceptron is not None:
        assert race == replace(DIGITS_SLICE, training=training)
    elif race is None:
        assert pass_seconds(task, FEWEST) * PASSES * 3 * 60 > SECONDS
    else:
        samples = race.landscape.parameters.get("samples", task.samples)
        assert min(FEWEST, task.samples) <= samples <= task.samples and race.training == training
        assert len(race.optimizers) * race.steps * PASSES * pass_seconds(task, samples) <= SECONDS


def test_missing_files_are_noticed_without_reading_any(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAVINE_DATA", str(tmp_path))
    for key in DATASETS:
        missing = DATASETS[key].missing()
        assert (f"python -m landscapes.networks.datasets {key}" in missing) == bool(DATASETS[key].remotes)
        assert bool(missing) == bool(DATASETS[key].remotes)
    write_mnist(tmp_path / "mnist")
    write_cifar10(tmp_path)
    assert not any(DATASETS[key].missing() for key in DATASETS)
    (tmp_path / "mnist" / "t10k-labels-idx1-ubyte.gz").unlink()
    assert "t10k-labels-idx1-ubyte.gz is not in" in DATASETS["mnist"].missing()


def test_a_download_reports_ends_where_it_is_cancelled_and_says_how_much_there_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAVINE_DATA", str(tmp_path))
    write_mnist(tmp_path / "mnist")
    told: list[object] = []
    answer = downloads.fetch({"data": "mnist"}, lambda meta, arrays: told.append(meta["file"]), lambda: False)
    assert answer == ({"samples": SAMPLES}, {}) and told == [remote.name for remote in DATASETS["mnist"].remotes]
    with pytest.raises(Cancelled):
        downloads.fetch({"data": "mnist"}, lambda meta, arrays: None, lambda: True)
