"""Figures of slices: the page's own numbers, colours that compared maps share, words that say which slice it is."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from io import BytesIO
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from PIL import Image

from experiments.grids.paths import ProjectedPath
from experiments.grids.shown_slice import ShownSlice, opening, other, with_axes, with_kind, with_place, with_shown
from experiments.presets import DIGITS
from figures import sliced, theme
from figures.print import LOOKS, Look, render
from figures.print.exhibit_compose import Shown, compose_exhibit
from figures.print.exploring import Told
from figures.print.of_slice import slice_exhibit
from figures.print.render import settings
from figures.print.requests import draw
from figures.print.sliced import Sliced
from figures.print.slicing import told
from figures.slice_caption import slice_alt, slice_caption
from tests.figures.test_print import drawn_words
from tests.figures.test_slices import cells
from tests.some import some

LABELS = ("SGD", "Momentum", "RMSProp", "Adam", "Newton", "NSGD (l2)")
LINK = "https://example.org/network?show.slice.kind=random"
OPENING = opening(DIGITS)
OPENING = replace(OPENING, spec=replace(OPENING.spec, cells=(9, 7), samples=60))
VIEWS = {
    "plane": OPENING,
    "ends": replace(OPENING, paths=True),
    "compared": replace(with_place(OPENING, 3), beside="end:4"),
    "joint": with_kind(OPENING, "principal"),
    "accuracy": with_shown(OPENING, "test_accuracy"),
    "line": with_axes(with_kind(OPENING, "through"), "first"),
    "lines": replace(with_axes(OPENING, "first"), beside="seed:2"),
}
VIEWS = {
    name: replace(view, spec=replace(view.spec, cells=(11, 1) if view.spec.line else (9, 7), samples=60))
    for name, view in VIEWS.items()
}


def asked(name: str, look: Look = LOOKS["page"]) -> Sliced:
    return Sliced(VIEWS[name], LABELS, look, sliced.title(VIEWS[name]), "An annotation", LINK)


@cache
def made(name: str) -> Told:
    return told(asked(name))


def composed(name: str, look: Look) -> Shown:
    with settings():
        return compose_exhibit(made(name).exhibit, look)


@pytest.fixture(scope="module", autouse=True)
def results(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAVINE_RESULTS", str(tmp_path_factory.mktemp("results")))
        yield


@pytest.mark.parametrize("name", VIEWS)
@pytest.mark.parametrize("look", some(LOOKS, ("card",)))
def test_nothing_is_on_top_of_anything_or_outside(name: str, look: str) -> None:
    shown = composed(name, LOOKS[look])
    words = drawn_words(shown.sheet.figure)
    low, high = np.min([box[0] for _, box in words], axis=0), np.max([box[1] for _, box in words], axis=0)
    assert (low >= -0.6).all() and (high <= np.array([shown.sheet.width, shown.sheet.height]) + 0.6).all()
    assert min(float(text.get_fontsize()) for text, _ in words) >= 6
    for (a, p), (b, q) in combinations(words, 2):
        if a.axes is None or a.axes is not b.axes:
            assert (p[1] <= q[0] + 1).any() or (q[1] <= p[0] + 1).any(), f"{a.get_text()!r} and {b.get_text()!r} overlap"


@pytest.mark.parametrize("name", ["compared", "accuracy", "joint"])
def test_maps_are_the_cells_in_colours_that_they_share(name: str) -> None:
    exhibit, shown = made(name).exhibit, composed(name, LOOKS["page"])
    every = np.concatenate([one.map.heights.ravel() for one in exhibit.grounds])
    assert len(shown.main) == len(exhibit.grounds) == (2 if name == "compared" else 1)
    scale = exhibit.grounds[0].map.scale
    assert (scale.low, scale.high) == (every.min(), every.max())
    ramp = np.array([[int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)] for colour in theme.GROUNDS["light"].heights])
    for axes, one in zip(shown.main, exhibit.grounds):
        (image,) = axes.get_images()
        shares = scale.at(one.map.heights)
        expected = np.stack([np.interp(shares, np.linspace(0, 1, len(ramp)), ramp[:, i]) for i in range(3)], axis=-1)
        np.testing.assert_allclose(np.asarray(image.get_array())[..., :3], expected, atol=0.01)
        assert (axes.get_xlim(), axes.get_ylim()) == one.map.window


def test_paths_are_those_of_the_training_and_say_how_far_they_end() -> None:
    (ground,), shown = made("joint").exhibit.grounds, composed("joint", LOOKS["page"])
    assert [path.label for path in ground.paths] == list(LABELS)
    words = " ".join(text.get_text() for text, _ in drawn_words(shown.sheet.figure))
    for path in ground.paths:
        assert path.detail.endswith("away") and path.detail in words
        lines = [np.asarray(line.get_xydata()) for line in shown.main[0].get_lines()]
        assert any(np.allclose(line[-1], path.theta[-1]) for line in lines if len(line))
    (ends,) = made("ends").exhibit.grounds
    assert all(len(path.theta) == 1 for path in ends.paths) and "only their ends" in made("ends").exhibit.note


def test_a_run_that_diverged_says_so_and_a_level_stands_out() -> None:
    path = ProjectedPath(np.arange(3), np.full((3, 2), np.nan), np.full(3, np.nan), np.array([3.0, np.inf, np.nan]), True)
    half = replace(path, coordinates=np.array([[0.0, 0.0], [0.5, 0.5], [np.nan] * 2]), off=np.array([1.0, 2.0, np.nan]))
    half = replace(half, loss=np.array([3.0, 2.0, np.nan]))
    x, y = np.linspace(-1, 1, 41), np.linspace(-2, 2, 41)
    fine = replace(cells(), x=x, y=y, values={"loss": 1 + x[None] ** 2 + y[:, None] ** 2})
    exhibit = slice_exhibit(
        OPENING, [(OPENING.spec, fine)], [replace(path, steps=np.array([0, 4, 8])), half], LABELS, title="T"
    )
    assert [one.step(1) for one in exhibit.grounds[0].paths] == [4, int(half.steps[1])], "rows know their steps"
    assert [one.detail for one in exhibit.grounds[0].paths] == ["diverged", "loss 2, 2 away · diverged"]
    with settings():
        figure = compose_exhibit(exhibit, LOOKS["page"]).sheet.figure
    words = [text.get_text() for text, _ in drawn_words(figure)]
    assert "chance 2.3" in words and exhibit.grounds[0].map.level == (2.3, "chance 2.3")
    beyond = slice_exhibit(OPENING, [(OPENING.spec, cells(99.0))], [], LABELS, title="T")
    assert beyond.grounds[0].map.level is None


@pytest.mark.parametrize("name", ["line", "lines"])
def test_charts_are_the_curves_of_the_page(name: str) -> None:
    view, exhibit, shown = VIEWS[name], made(name).exhibit, composed(name, LOOKS["page"])
    assert [chart.heading for chart in exhibit.charts] == ["Loss", "Accuracy"]
    for axes, chart in zip(shown.main, exhibit.charts):
        drawn = [np.asarray(line.get_ydata(), dtype=float) for line in axes.get_lines()]
        for line in chart.lines:
            assert any(np.array_equal(line.values, values) for values in drawn)
            assert line.values.min() >= chart.limits[0] and line.values.max() <= chart.limits[1]
        assert len({(line.style.light, line.style.dash) for line in chart.lines if line.style}) == len(chart.lines)
        spans = [np.asarray(line.get_xdata(), dtype=float) for line in axes.get_lines()]
        uprights = {float(xs[0]) for xs in spans if len(xs) > 1 and np.ptp(xs) == 0}
        assert {place for place, _ in chart.marks} <= uprights
    words = [text.get_text() for text, _ in drawn_words(shown.sheet.figure)]
    assert {mark.label for mark in sliced.marks(view.spec)} <= set(words)


@pytest.mark.parametrize("name", VIEWS)
def test_the_caption_names_network_data_samples_plane_and_window(name: str) -> None:
    view, said, alt = VIEWS[name], made(name).caption, made(name).alt
    assert sliced.title(view) in said and sliced.title(view) in alt
    for words in ("Digits MLP", "on Digits", "120 steps", "batches of 250", "760 parameters", *LABELS):
        assert words in said, words
    over = "all test samples" if view.shown.startswith("test") else "60 of 1,500 training samples"
    assert over in said.split(".")[-3] + said.split(".")[-2] and "float32" in said
    grounds = made(name).exhibit.grounds
    for one in grounds:
        assert f"from {one.map.heights.min():.4g} to {one.map.heights.max():.4g}" in said
    if view.beside:
        spec = other(view, ((-1.0, 1.0),) * (1 if view.spec.line else 2))
        assert spec is not None
        assert all(part[1:] in said and part[1:] in alt for part in sliced.told_apart(view.spec, spec))
    assert ("projected" in said) == (view.paths and not view.spec.line)


def test_captions_of_curvatures_and_of_cells_that_are_not_finite() -> None:
    view, known = with_shown(OPENING, "largest"), cells()
    found = {"largest": known.values["loss"].copy(), "smallest": known.values["loss"], "residual": known.values["loss"] * 0.01}
    found["largest"][0, 0] = np.inf
    both = [(view.spec, replace(known, values=found))]
    said = slice_caption(view, both)
    assert said.startswith("Hessian’s λ_max") and "within 0.06 of a true one" in said
    assert "1 cells are not finite and left empty" in said and "Λ" not in said + slice_alt(view, both)
    drawn = slice_exhibit(view, both, [], LABELS, title="T").grounds[0].map
    assert drawn.name == "λ_max" and not drawn.log and drawn.level is None


@pytest.mark.parametrize("name", some(VIEWS, ("lines",)))
def test_a_figure_is_asked_for_by_json_and_carries_its_words(name: str) -> None:
    question = asked(name, LOOKS["card"])
    data = json.loads(json.dumps(question.as_json()))
    assert Sliced.from_json(data) == question
    words, arrays = draw({"wanted": data, "format": "png"}, lambda meta, arrays: None, lambda: False)
    assert words == {"caption": made(name).caption, "alt": made(name).alt}
    assert arrays["file"].tobytes() == render(made(name).exhibit, LOOKS["card"], "png")
    with Image.open(BytesIO(arrays["file"].tobytes())) as image:
        assert image.size == (1200, 630) and image.info["Source"] == LINK
    with pytest.raises(ValueError, match="names"):
        Sliced.from_json({**data, "labels": ["one"]})


def test_views_differ() -> None:
    assert len({json.dumps(view.as_json()) for view in VIEWS.values()}) == len(VIEWS)
    assert all(ShownSlice.from_json(view.as_json()) == view for view in VIEWS.values())
