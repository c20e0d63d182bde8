"""Slices drawn: curves along lines, decisions over inputs, what a slice can be trusted for; and planes as scenes."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from experiments.grids.cells import Cells
from experiments.grids.look import Decisions, Fit
from experiments.grids.paths import ProjectedPath
from experiments.grids.shown_slice import ShownSlice, opening, other, with_axes, with_kind, with_shown
from experiments.grids.trust import PathTrust, SeedTrust
from experiments.presets import DIGITS
from figures import sliced, theme
from figures.decisions import decisions_figure, fit_figure
from figures.pixels import address, grey_or_colour, png
from figures.plain import log_axis
from figures.slice_line import slice_line_figure
from figures.sliced import Along, Mark
from figures.trusted import path_losses_figure, seeds_figure
from pages import network_slices_view as formats

FACTS = {"samples": 60, "of": 1500, "precision": "float32", "statistics": "none"}


def cells(chance: float | None = 2.3) -> Cells:
    x, y = np.linspace(-1, 1, 5), np.linspace(-2, 2, 3)
    loss = 1 + x[None] ** 2 + y[:, None] ** 2
    values = {"loss": loss, "accuracy": loss / 10}
    return Cells(x, y, values, "two directions", ("u", "v"), np.array([1.0, 2.0]), FACTS, chance)


def test_a_line_keeps_its_numbers_and_leaves_gaps_where_a_log_axis_cannot_show_them() -> None:
    places, values = np.arange(4.0), np.array([1.0, 0.0, np.inf, 100.0])
    curves = [Along("Training", places, values), Along("Test", places, values, test=True, slice=1)]
    drawn = slice_line_figure(curves, "light", "Loss", "t", log=True, level=(10.0, "chance 10"), marks=[Mark("here", 1.0)])
    np.testing.assert_array_equal(drawn.data[0].y, [1.0, np.nan, np.nan, 100.0])
    assert [trace.line.dash for trace in drawn.data] == ["solid", "dash"] and drawn.data[0].line.color != drawn.data[
        1
    ].line.color
    assert drawn.layout.yaxis.type == "log" and {note.text: note.y for note in drawn.layout.annotations}["chance 10"] == 1.0
    assert {(shape.x0, shape.y0) for shape in drawn.layout.shapes} == {(1.0, 0), (0, 10.0)}
    plain = slice_line_figure(curves[:1], "dark", "Accuracy", "t", chosen=2.5)
    np.testing.assert_array_equal(plain.data[0].y, [1.0, 0.0, np.nan, 100.0])
    assert plain.layout.yaxis.type is None and [shape.x0 for shape in plain.layout.shapes] == [2.5]


def test_log_axes_label_few_decades_finely() -> None:
    assert log_axis("Loss", np.array([1.0, 20.0, np.nan]))["dtick"] == "D2"
    assert "dtick" not in log_axis("Loss", np.array([1e-3, 20.0]))
    assert log_axis("Loss")["type"] == log_axis("Loss", np.array([-1.0]))["type"] == "log"


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_decisions_are_coloured_by_class_and_paler_where_unsure(mode: theme.Mode) -> None:
    guess = np.array([[0, 0, 1], [0, 1, -1]])
    probability = np.array([[1.0, 0.5, 1.0], [np.nan, 0.9, 1.0]])
    axes = np.array([0.0, 1.0, 2.0]), np.array([5.0, 6.0])
    found = Decisions(*axes, guess, probability, np.array([[0.0, 5.0], [2.0, 6.0]]), np.array([0, 1]))
    drawn = decisions_figure(found, mode)
    z, scale = drawn.data[0].z, dict(drawn.data[0].colorscale[2:]) | dict(drawn.data[0].colorscale[:2])
    np.testing.assert_array_equal(np.floor(z), [[0, 0, 1], [0, 1, np.nan]])
    assert z[0, 1] == 0 and 0 < z[1, 0] < z[0, 0] < 1 and z[0, 2] < 2 and (drawn.data[0].zmin, drawn.data[0].zmax) == (0, 2)
    paper, hue = (_rgb(colour) for colour in (theme.GROUNDS[mode].paper, theme.MINIMA[mode][0]))
    pale, full = (np.linalg.norm(_rgb(colour) - paper) for colour in (scale[0.0], drawn.data[0].colorscale[1][1]))
    assert 0 < pale < full < np.linalg.norm(hue - paper)
    np.testing.assert_array_equal(drawn.data[0].x, axes[0])
    for trace, label in zip(drawn.data[1:], (0, 1)):
        np.testing.assert_array_equal(np.stack([trace.x, trace.y], axis=-1), found.points[found.labels == label])


def _rgb(colour: str) -> np.ndarray:
    return np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)])


@pytest.mark.parametrize("shape", [(5, 7), (4, 3, 3)])
def test_pixels_come_back_from_their_file(shape: tuple[int, ...]) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    np.testing.assert_array_equal(np.asarray(Image.open(BytesIO(png(pixels)))), pixels)
    image = pixels[None] / 255 if len(shape) == 2 else pixels.transpose(2, 0, 1) / 255
    np.testing.assert_array_equal(grey_or_colour(image), pixels)
    assert grey_or_colour(np.array([[[-1.0, 3.0]]])).tolist() == [[0, 255]]
    assert address(pixels).startswith("data:image/png;base64,iVBOR")


def test_a_fit_is_the_outputs_over_the_input() -> None:
    found = Fit(np.arange(3.0), np.arange(6.0).reshape(3, 2), np.array([1.0]), np.array([[2.0, 3.0]]))
    drawn = fit_figure(found, "light")
    np.testing.assert_array_equal(drawn.data[2].y, [1.0, 3.0, 5.0])
    np.testing.assert_array_equal(drawn.data[3].y, [3.0])


def test_paths_are_drawn_as_they_are_and_as_the_slice_shows_them() -> None:
    path = PathTrust(np.zeros((2, 2)), np.zeros(2), np.array([2.0, 1.0]), np.array([3.0, np.nan]))
    drawn = path_losses_figure([path], ["adam"], ["Adam"], np.array([0, 7]), "light")
    np.testing.assert_array_equal(drawn.data[0].y, [2.0, 1.0])
    np.testing.assert_array_equal(drawn.data[1].y, [3.0, np.nan])
    assert (drawn.data[0].line.dash, drawn.data[1].line.dash) == ("solid", "dot") and list(drawn.data[1].x) == [0, 7]
    seeds = SeedTrust((4, 5), np.arange(3.0), np.arange(3.0), np.arange(18.0).reshape(2, 3, 3) + 1)
    drawn = seeds_figure(seeds, "dark", "u")
    np.testing.assert_array_equal(drawn.data[1].y, seeds.loss[1, 1])
    assert drawn.data[1].name == "seed 5"


def test_a_plane_becomes_a_scene_of_what_is_named() -> None:
    view, known = opening(DIGITS), cells()
    path = ProjectedPath(np.array([0, 3]), np.array([[0.1, 0.2], [0.3, 0.4]]), np.array([1.0, 2.5]), np.array([3.0, 2.0]), True)
    scene = formats.scene(view, view.spec, known, [path], (1.0, 6.0), point=(0.5, 0.5), note=sliced.paths_note([path]))
    np.testing.assert_array_equal(scene.height.values, known.values["loss"])
    assert scene.height.level == (2.3, "chance 2.3") and scene.height.range == (1.0, 6.0) and scene.height.log  # type: ignore[union-attr]
    assert scene.start == (0.5, 0.5) and scene.live and scene.home == ((-1.0, 1.0), (-2.0, 2.0))
    np.testing.assert_array_equal(scene.runners[0].path, path.coordinates)
    np.testing.assert_array_equal(scene.runners[0].loss, path.loss)
    assert "up to 2.5 away" in scene.note and "SGD’s end" in scene.title
    beyond = formats.scene(view, view.spec, known, [], (1.0, 2.0), point=None)
    assert beyond.height.level is None and not beyond.live and beyond.start == (0.0, 0.0)  # type: ignore[union-attr]
    accuracy = formats.scene(with_shown(view, "accuracy"), view.spec, known, [], None, point=None)
    assert accuracy.height.key != scene.height.key and accuracy.height.name == "accuracy"  # type: ignore[union-attr]
    assert accuracy.height.level is None and not accuracy.height.log  # type: ignore[union-attr]
    ends = sliced.paths_note([replace(path, whole=False)])
    assert "only their ends" in ends and sliced.paths_note([]) == ""


def test_words_about_a_slice_have_its_numbers() -> None:
    view, known = opening(DIGITS), cells()
    rows = dict(formats.facts_rows(known))
    assert rows["Training samples"] == "60 of 1,500" and rows["One unit"] == "1 and 2 in parameter space"
    assert formats.summary(known, view) == "From 1 to 6 over 15 cells."
    known.values["loss"][0, 0] = np.nan
    assert "1 cells are not finite" in formats.summary(known, view)
    line = with_axes(with_kind(view, "through"), "first")
    assert [mark.place for mark in sliced.marks(line.spec)] == [0.0, 1.0]
    assert [mark.place for mark in sliced.marks(with_axes(view, "first").spec)] == [0.0]
    assert _curves(line, known) == {"Loss": ["Training"], "Accuracy": ["Training"]}
    both = replace(known, values={**known.values, "test_loss": known.values["loss"], "test_accuracy": known.values["loss"]})
    drawn = sliced.curves(with_shown(line, "error"), [(line.spec, both)])
    assert [(chart.title, [one.test for one in chart.curves]) for chart in drawn] == [
        ("Loss", [False, True]), ("Error", [False, True])
    ]  # fmt: skip
    np.testing.assert_array_equal(drawn[1].curves[0].values, 1 - both.values["accuracy"][0])
    assert [chart.level for chart in drawn] == [(2.3, "chance 2.3"), None]
    assert formats.middle(replace(known, x=np.array([2.0, 4.0]))) == (3.0, 0.0)


def test_two_lines_that_are_compared_are_told_apart_by_what_differs() -> None:
    """By their places, or by their seeds where they are at one place."""
    view, known = with_axes(opening(DIGITS), "first"), cells()
    for beside, first, second in (
        ("end:3", "Training, SGD’s end", "Training, Adam’s end"),
        ("start", "Training, SGD’s end", "Training, the initial weights"),
        ("seed:2", "Training, seed 0", "Training, seed 2"),
    ):
        spec = other(replace(view, beside=beside), ((-1.0, 1.0),))
        assert spec is not None
        (loss, _) = sliced.curves(view, [(view.spec, known), (spec, known)])
        assert [curve.label for curve in loss.curves] == [first, second]
        assert [curve.slice for curve in loss.curves] == [0, 1]


def _curves(view: ShownSlice, known: Cells) -> dict[str, list[str]]:
    return {chart.title: [one.label for one in chart.curves] for chart in sliced.curves(view, [(view.spec, known)])}
