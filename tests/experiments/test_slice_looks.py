"""What stands beside a slice: lines, paths projected on it, what the network does at a point, what fits the time there is."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from experiments.grids import requests
from experiments.grids.cells import Cells
from experiments.grids.compute import Ready, computed, ready, trusted
from experiments.grids.cost import SIDES, refusal, seconds
from experiments.grids.grid import blank
from experiments.grids.look import Decisions, Fit, Look, Mistakes, chosen, looked
from experiments.grids.paths import projected
from experiments.grids.spec import START, SliceSpec
from experiments.grids.store import GridStore
from experiments.presets import DIGITS
from experiments.requests import Cancelled
from experiments.slices import keep
from experiments.spec import Choice, Experiment, ExperimentError
from experiments.training import train
from landscapes import NETWORKS
from landscapes.directions import DIRECTIONS, Line, line_along
from landscapes.networks.task import LOGISTIC

SMALL = SliceSpec(DIGITS, 1, directions=Choice("random", {"seed": 4}), cells=(13, 12), samples=60)
LINE = replace(SMALL, axes="first", cells=(13, 1))
KINDS = [key for key in DIRECTIONS if key != "given"]


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAVINE_RESULTS", str(tmp_path))


def training(steps: int = 4, **parameters: Any) -> Experiment:
    """A short one of a small perceptron with two optimizers, kept with its weights."""
    choice = Choice("mlp", {**NETWORKS["mlp"].defaults, "data": "moons", "samples": 40, "width": 3, **parameters})
    made = Experiment(landscape=choice, optimizers=(Choice("momentum", {"lr": 0.1}), Choice("adam")), steps=steps)
    keep(train(made))
    return made


def test_a_line_is_the_plane_along_one_axis() -> None:
    for axes, at in (("first", 0), ("second", 1)):
        made = ready(replace(LINE, axes=axes))
        *_, grid = computed(made)
        both = ready(SMALL)
        assert isinstance(made.plane, Line) and grid.shape == (1, 13) and grid.complete
        np.testing.assert_array_equal(made.plane.directions[0], both.plane.directions[at])
        points = np.zeros((13, 2))
        points[:, at] = grid.x
        expected = both.network.loss(both.network.point(both.plane.points(points)))
        np.testing.assert_allclose(grid.values["loss"][0], expected, rtol=1e-4)


def test_the_line_through_two_ends_has_them_at_0_and_1() -> None:
    made = ready(replace(LINE, directions=Choice("through"), towards=(2,)))
    np.testing.assert_allclose(made.plane.points([[0.0], [1.0]]), made.result.ends[[1, 2]], atol=1e-6)
    assert made.grid.x[0] < 0 and made.grid.x[-1] > 1
    back = ready(replace(LINE, directions=Choice("through"), towards=(START,)))
    np.testing.assert_allclose(back.plane.points([[1.0]])[0], made.network.start, atol=1e-6)
    with pytest.raises(ExperimentError, match="differ"):
        ready(SliceSpec(training(steps=0), 0, directions=Choice("through"), towards=(1,), axes="first", cells=(5, 1)))


@pytest.mark.parametrize("key", KINDS)
def test_paths_are_projected_on_every_kind(key: str) -> None:
    made = ready(SliceSpec(training(), 0, directions=Choice(key), cells=(5, 5)))
    theta = np.asarray(made.result.theta, dtype=float)
    for i, path in enumerate(projected(made)):
        assert path.whole and len(path.steps) == len(path.loss) == theta.shape[1]
        shadow = made.plane.points(path.coordinates)
        np.testing.assert_allclose(np.linalg.norm(theta[i] - shadow, axis=1), path.off, atol=1e-9)
        np.testing.assert_allclose((theta[i] - shadow) @ made.plane.directions.T, 0, atol=1e-5 * made.plane.lengths.max())
        true = made.network.loss(made.network.point(theta[i]))
        np.testing.assert_allclose(path.loss, true, rtol=1e-4)


def test_of_a_training_without_weights_ends_are_shown_and_paths_on_their_own_plane() -> None:
    made = ready(replace(SMALL, directions=Choice("through")))
    assert made.result.theta is None
    ends = projected(made)
    assert [path.whole for path in ends] == [False] * len(made.result.ends)
    np.testing.assert_allclose([path.off[0] for path in ends[:3]], 0, atol=1e-6)
    np.testing.assert_allclose(ends[1].coordinates[0], 0, atol=1e-6)
    principal = ready(replace(SMALL, directions=Choice("principal")))
    np.testing.assert_array_equal(projected(principal)[2].coordinates, principal.result.coordinates[2])
    along = projected(ready(replace(LINE, directions=Choice("principal"), axes="second")))[2]
    np.testing.assert_allclose(along.coordinates[:, 0], principal.result.coordinates[2][:, 1])
    away = np.hypot(principal.result.off_plane[2], principal.result.coordinates[2][:, 0])
    np.testing.assert_allclose(along.off, away, rtol=1e-6)


def test_weights_that_were_trained_here_stand_in_for_those_left_out() -> None:
    shipped = ready(SMALL).result
    assert shipped.theta is None
    part = np.linspace(0, 1, len(shipped.steps))[None, :, None]
    keep(replace(shipped, theta=((1 - part) * shipped.origin + part * shipped.ends[:, None]).astype(np.float32)))
    made = ready(replace(SMALL, directions=Choice("gradient")))
    assert len(made.place.paths) == len(shipped.ends) and made.place.momentum is not None
    assert all(path.whole for path in projected(ready(SMALL)))


@pytest.mark.parametrize("key", KINDS)
def test_lines_have_numbers_to_be_trusted_by(key: str) -> None:
    made = ready(SliceSpec(training(), 0, directions=Choice(key), cells=(5, 1), axes="first"))
    found = trusted(made)
    assert np.isnan(found.angle) and len(found.lengths) == 1 and found.rounding < 1e-3 and len(found.paths) == 2
    assert (
        "1 of" in found.cannot[0]
        and any("away from the line" in said for said in found.cannot)
        and found.loss == pytest.approx(float(made.network.loss(made.network.point(made.plane.origin))))
    )
    assert (found.seeds is not None) == (key == "random")
    if found.seeds is not None:
        assert found.seeds.y is None and found.seeds.loss.shape == (5, 1, 9)


def at_the_end(made: Ready, look: Look) -> None:
    """The numbers at the origin are those of the end itself."""
    theta = made.network.point(made.place.theta)
    assert look.numbers["loss"] == pytest.approx(float(made.network.loss(theta)), rel=1e-4)
    assert look.numbers["test_loss"] == pytest.approx(float(made.network.test_loss(theta)), rel=1e-4)
    if "test_accuracy" in look.numbers:
        assert look.numbers["test_accuracy"] == pytest.approx(float(made.network.accuracy(theta)))


def test_images_that_are_wrong() -> None:
    made = ready(SMALL)
    look = looked(made, [0.0, 0.0])
    at_the_end(made, look)
    picture = look.picture
    assert isinstance(picture, Mistakes) and picture.images.shape[1:] == (1, 8, 8)
    assert picture.wrong == round((1 - look.numbers["test_accuracy"]) * picture.of) and (picture.guess != picture.labels).all()
    _, test = NETWORKS["digits_mlp"].task(**DIGITS.landscape.parameters).load()
    same = (test.inputs.reshape(-1, 1, 8, 8) == picture.images[0]).all(axis=(1, 2, 3))
    assert same.any() and picture.labels[0] in test.labels[same]
    assert (picture.probability > 0.1).all() and (picture.probability <= 1).all()


@pytest.mark.parametrize("criterion", ["cross-entropy", pytest.param("mse", marks=pytest.mark.slow)])
def test_decisions_over_a_plane_of_inputs(criterion: str) -> None:
    made = ready(SliceSpec(training(criterion=criterion), 0, cells=(5, 5)))
    look = looked(made, [0.3, -0.2])
    picture = look.picture
    assert isinstance(picture, Decisions) and set(np.unique(picture.guess)) <= {0, 1}
    theta = made.network.point(made.plane.points([0.3, -0.2]))
    outputs = made.network.predictions(theta, torch.tensor([[picture.x[7], picture.y[60]]], dtype=torch.float32))
    assert picture.guess[60, 7] == int(outputs[0].argmax())
    right = made.network.predictions(theta, torch.tensor(picture.points)).argmax(dim=1).numpy() == picture.labels
    assert right.mean() == pytest.approx(look.numbers["test_accuracy"])


def test_a_curve_for_one_input() -> None:
    made = ready(SliceSpec(training(data="chebyshev", criterion="mse"), 0, cells=(5, 5)))
    look = looked(made, [0.0, 0.0])
    at_the_end(made, look)
    assert isinstance(look.picture, Fit) and look.picture.outputs.shape == (len(look.picture.x), 1)
    assert "accuracy" not in look.numbers
    with pytest.raises(ValueError, match="2 finite"):
        looked(made, [0.0])


def test_what_a_network_chooses() -> None:
    task = NETWORKS["digits_mlp"].task(**DIGITS.landscape.parameters)
    guess, probability = chosen(np.array([[0.0, np.log(3.0)], [1000.0, 0.0], [np.nan, 1.0]]), task)
    assert list(guess) == [1, 0, -1]
    np.testing.assert_allclose(probability[:2], [0.75, 1.0])
    lone = next(task for task in (family.task() for family in NETWORKS.values()) if task.criterion == LOGISTIC)
    guess, probability = chosen(np.array([[np.log(3.0)], [-np.log(4.0)]]), lone)
    assert list(guess) == [1, 0]
    np.testing.assert_allclose(probability, [0.75, 0.8])


def test_what_takes_too_long_is_refused_with_what_fits() -> None:
    assert refusal(SMALL) == ""
    dear = replace(SMALL, quantities=("largest", "smallest"), cells=(129, 129), samples=None)
    said = refusal(dear)
    side = int(said.rpartition(". ")[2].split(" x ")[0])
    assert side in SIDES and refusal(replace(dear, cells=(side, side))) == ""
    larger = SIDES[SIDES.index(side) + 1]
    assert refusal(replace(dear, cells=(larger, larger))) != ""
    fewer = refusal(dear, most=seconds(replace(dear, cells=(13, 13))) * 0.8)
    assert "training samples would fit" in fewer
    count = int(fewer.partition(" on ")[2].split(" of ")[0].replace(",", ""))
    assert count == 750
    assert "Nothing" in refusal(dear, most=1e-12)
    assert seconds(replace(SMALL, quantities=("test_loss",))) > 0


def test_cells_travel_without_weights() -> None:
    plane = ready(SMALL).plane
    grid = replace(
        blank(plane, [0.0, 1.0], [2.0, 3.0, 5.0], ("loss", "accuracy")), values={"loss": np.arange(6.0).reshape(3, 2)}
    )
    cells = Cells.of(grid, 2.5)
    back = Cells.from_arrays(cells.as_arrays())
    assert (
        back.window == ((0.0, 1.0), (2.0, 5.0))
        and back.chance == 2.5
        and back.labels == plane.labels
        and back.made == plane.made
    )
    np.testing.assert_array_equal(back.values["loss"], grid.values["loss"])
    assert sum(array.nbytes for array in cells.as_arrays().values()) < 2000 < plane.directions.nbytes
    line = Cells.of(blank(line_along(np.zeros(3), np.ones(3)), [0.0, 1.0]), None)
    assert Cells.from_arrays(line.as_arrays()).y is None


def test_the_worker_sends_coarse_maps_once_and_answers_beside_them(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("REPORT", "CALL"):  # seconds: short calls, and a report after every one
        monkeypatch.setattr(sys.modules["experiments.grids.fill"], name, 0.0)
    heard: list[Any] = []
    asked = {"slice": replace(SMALL, cells=(97, 97), samples=20).as_json()}
    requests.slice_map(asked, lambda m, a: heard.append(type("P", (), {"meta": m, "arrays": a})), lambda: False)
    shapes = [Cells.from_arrays(report.arrays).shape for report in heard if report.arrays]
    assert shapes == [(13, 13), (25, 25), (49, 49)] and len(heard) > 3
    found, share = requests.cells_so_far(heard)
    assert found is not None and found.shape == (49, 49) and 0 < share < 1
    assert requests.cells_so_far([]) == (None, 0.0)
    for function, record in ((requests.slice_paths, tuple), (requests.slice_look, Look)):
        answer = function({**asked, "at": [0.0, 0.5]}, lambda m, a: None, lambda: False)
        assert isinstance(requests.record_from(*answer), record)
    with pytest.raises(Cancelled):
        requests.slice_trust(asked, lambda m, a: None, lambda: True)


def test_kept_grids_make_room(tmp_path: Path) -> None:
    grid = blank(line_along(np.zeros(3), np.ones(3)), np.arange(2000.0))
    size = len(_saved(tmp_path / "one", grid))
    store = GridStore(tmp_path / "many", most_bytes=int(2.5 * size))
    for number in range(5):
        store.save(f"{number}", grid)
        os.utime(store.path(f"{number}"), (number, number))
    store.save("last", grid)
    assert sorted(path.stem for path in store.folder.glob("*.npz")) == ["4", "last"]
    GridStore(tmp_path / "many", most_bytes=1).save("huge", grid)
    assert [path.stem for path in store.folder.glob("*.npz")] == ["huge"]


def _saved(folder: Path, grid: Any) -> bytes:
    GridStore(folder).save("one", grid)
    return GridStore(folder).path("one").read_bytes()
