"""Slices of finished trainings as data: what they are of, where they look, what is kept."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from experiments.grids import limits
from experiments.grids.compute import computed, place_of, ready, recorded_paths, store, trusted
from experiments.grids.requests import REQUESTS, conformance, slice_map, slice_trust
from experiments.grids.spec import SliceSpec
from experiments.presets import DIGITS
from experiments.requests import Cancelled
from experiments.slices import stored
from experiments.spec import Choice, ExperimentError
from landscapes import NETWORKS
from landscapes.directions import DIRECTIONS

SMALL = SliceSpec(DIGITS, 1, directions=Choice("random", {"seed": 4}), cells=(13, 12), quantities=("loss",), samples=60)


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAVINE_RESULTS", str(tmp_path))


def last(spec: SliceSpec) -> Any:
    *_, grid = computed(ready(spec))
    return grid


@pytest.mark.parametrize("key", [key for key in DIRECTIONS if key not in ("gradient", "given")])
def test_a_slice_of_the_shipped_training(key: str) -> None:
    spec = replace(SMALL, directions=Choice(key), quantities=("loss", "test_accuracy", "spread"))
    made = ready(spec)
    grid = last(spec)
    assert grid.complete and grid.shape == (12, 13) and grid.facts["samples"] == 60 and grid.facts["of"] == 1500
    middle = made.network.loss(made.network.point(made.plane.points([grid.x[3], grid.y[5]])))
    assert grid.values["loss"][5, 3] == pytest.approx(float(middle), rel=1e-5)
    assert made.chance == pytest.approx(np.log(10)) and ready(spec).grid.complete


def test_the_windows_hold_what_they_are_about() -> None:
    result = stored(DIGITS)
    assert result is not None
    principal = ready(replace(SMALL, directions=Choice("principal")))
    x, y = principal.grid.x, np.asarray(principal.grid.y)
    c = result.coordinates[result.finite]
    assert x[0] < c[:, 0].min() and c[:, 0].max() < x[-1] and y[0] < c[:, 1].min() and c[:, 1].max() < y[-1]
    through = ready(replace(SMALL, directions=Choice("through")))
    corners = through.plane.coordinates(result.ends[[1, 0, 2]])
    assert through.grid.x[0] < corners[:, 0].min() and corners[:, 0].max() < through.grid.x[-1]
    np.testing.assert_allclose(through.plane.distance(result.ends[[1, 0, 2]]), 0, atol=1e-6)
    given = ready(replace(SMALL, window=((-0.5, 2.0), (0.0, 1.0))))
    assert (given.grid.x[0], given.grid.x[-1], np.asarray(given.grid.y)[0]) == (-0.5, 2.0, 0.0)


def test_a_slice_at_the_end_of_one_that_diverged_says_so(tmp_path: Path) -> None:
    result = stored(DIGITS)
    assert result is not None
    finite = result.finite.copy()
    finite[1, 70:] = False
    training = replace(DIGITS, seed=DIGITS.seed + 1)
    replace(result, experiment=training, finite=finite).save(tmp_path / f"{training.key}.npz")
    spec = replace(SMALL, training=training, samples=10)
    names = {"end": spec, "start": replace(spec, place="start"), "other": replace(spec, optimizer=0)}
    names["through"] = replace(names["other"], directions=Choice("through"), towards=(1,), axes="first", cells=(13, 1))
    said = {name: [s for s in trusted(ready(one)).cannot if "diverged" in s] for name, one in names.items()}
    assert said["end"] == said["through"] and "of step 69" in said["end"][0] and result.titles[1] in said["end"][0]
    assert not said["start"] and not said["other"]


def test_what_cannot_be_compared_is_said_in_words() -> None:
    assert "nan" not in limits.off_plane(3.0, float("nan")) and "0.25" in limits.off_plane(3.0, 0.25)


def test_a_place_knows_what_the_training_recorded() -> None:
    result = stored(DIGITS)
    assert result is not None
    network = NETWORKS["digits_mlp"](**DIGITS.landscape.parameters)
    theta = np.linspace(0, 1, 3 * 4 * network.dim, dtype=np.float32).reshape(3, 4, network.dim)
    known = replace(result, theta=theta, finite=np.array([[1, 1, 1, 1], [1, 1, 1, 0], [1, 0, 0, 0]], bool), ends=theta[:, 2])
    here = place_of(SMALL, network, known)
    np.testing.assert_allclose(here.momentum, theta[1, 2] - theta[1, 1], rtol=1e-5)
    assert len(here.paths) == 3 and len(here.checkpoints) == 2
    np.testing.assert_array_equal(here.checkpoints[1], theta[2, 2])
    assert place_of(replace(SMALL, optimizer=2), network, known).momentum is None
    start = place_of(replace(SMALL, place="start"), network, known)
    np.testing.assert_array_equal(start.theta, np.asarray(network.start))
    assert start.momentum is None
    with pytest.raises(ExperimentError, match=r"No momentum.*no weights along"):
        ready(replace(SMALL, directions=Choice("gradient")))


def test_trust_of_paths_whose_weights_were_left_out() -> None:
    result = stored(DIGITS)
    assert result is not None and result.theta is None
    found = trusted(ready(replace(SMALL, directions=Choice("principal"))))
    assert found.captured == pytest.approx(float(result.explained[:2].sum())) and len(found.paths) == len(result.ends)
    np.testing.assert_allclose(recorded_paths(result)[0].off_plane, result.off_plane[0])
    assert any("away from the plane" in said for said in found.cannot) and found.rounding < 1e-4
    seeds = trusted(ready(SMALL)).seeds
    assert seeds is not None and seeds.seeds == (4, 5, 6, 7, 8)


def test_curvature_is_one_more_quantity() -> None:
    grid = last(replace(SMALL, cells=(2, 2), quantities=("largest", "loss", "smallest", "residual")))
    assert grid.quantities == ("largest", "loss", "smallest", "residual")
    assert (grid.values["largest"] > grid.values["smallest"]).all()
    assert (grid.values["residual"] <= 1e-3 * np.abs(grid.values["largest"])).all()


def test_specifications_are_json_and_every_field_changes_the_key() -> None:
    changed = [
        replace(SMALL, optimizer=0), replace(SMALL, place="start"), replace(SMALL, directions=Choice("random", {"seed": 5})),
        replace(SMALL, window=((-1.0, 1.0), (-1.0, 2.0))), replace(SMALL, cells=(12, 13)), replace(SMALL, samples=None),
        replace(SMALL, quantities=("loss", "accuracy")), replace(SMALL, statistics="recomputed"),
        replace(SMALL, training=replace(DIGITS, seed=DIGITS.seed + 1)), replace(SMALL, axes="first", cells=(13, 1)),
        replace(SMALL, towards=(0, -1)),
    ]  # fmt: skip
    assert len(changed) == len(fields(SliceSpec))
    for spec in (SMALL, *changed):
        assert SliceSpec.from_json(spec.as_json()) == spec and SliceSpec.from_json(spec.as_json()).key == spec.key
    assert len({spec.key for spec in (SMALL, *changed)}) == len(changed) + 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("optimizer", 99), ("optimizer", True), ("place", "middle"), ("window", [[0, 1]]), ("window", [[1, 0], [0, 1]]),
        ("window", [["a", 1], [0, 1]]), ("cells", [0, 5]), ("cells", [9, 10**6]), ("cells", 5), ("quantities", []),
        ("quantities", ["loss", "loss"]), ("quantities", ["height"]), ("samples", 0), ("statistics", "none"),
        ("axes", "third"), ("towards", [1]), ("towards", [0, 0]), ("towards", [99]), ("towards", [[0]]),
        ("towards", [0, 2, -1]), ("towards", 0),
        ("directions", {"key": "up"}), ("directions", {"key": "random", "seed": -1}), ("directions", {"key": "random", "x": 1}),
        ("version", 2), ("height", 1),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_by_name(field: str, value: Any) -> None:
    with pytest.raises(ExperimentError, match=field):
        SliceSpec.from_json({**SMALL.as_json(), field: value})


def test_only_finished_trainings_of_networks_have_slices() -> None:
    with pytest.raises(ExperimentError, match="not been trained"):
        ready(replace(SMALL, training=replace(DIGITS, seed=99)))
    with pytest.raises(ExperimentError, match="must be of a network"):
        replace(SMALL, training=replace(DIGITS, landscape=Choice("ravine"), batch_size=None))


def test_the_worker_answers() -> None:
    heard: list[Any] = []
    meta, arrays = slice_map({"slice": SMALL.as_json()}, lambda m, a: heard.append((m, a)), lambda: False)
    grid, chance = REQUESTS["slice"].decode(meta, arrays)
    assert grid.complete and chance == pytest.approx(np.log(10)) and meta["share"] == 1
    assert all(meta["share"] < 1 for meta, _ in heard)
    found = REQUESTS["trust"].decode(*slice_trust({"slice": SMALL.as_json()}, lambda m, a: None, lambda: False))
    assert found.facts == grid.facts
    with pytest.raises(Cancelled):
        slice_map({"slice": replace(SMALL, cells=(40, 40)).as_json()}, lambda m, a: None, lambda: True)
    assert len(list(store().folder.glob("*.npz"))) == 1


def test_a_visitor_can_run_the_checks() -> None:
    heard: list[Any] = []
    meta, arrays = conformance({}, lambda m, a: heard.append(m), lambda: False)
    outcomes = REQUESTS["conformance"].decode(meta, arrays)
    assert outcomes == heard and all(outcome["passed"] for outcome in outcomes)
