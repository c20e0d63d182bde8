"""Figures of explorations: every kind in every preset fits, can be read, and shows the numbers that were computed."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from io import BytesIO
from itertools import combinations
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.colors import to_rgb
from PIL import Image
from pypdf import PdfReader

from experiments import execute
from experiments.sweeps.cloud import Cloud
from experiments.sweeps.compute import compute
from experiments.sweeps.drift import drift
from experiments.sweeps.looked_at import first_cell
from experiments.sweeps.network_presets import stored
from experiments.sweeps.sweep import Sweep, cell
from experiments.sweeps.theory import theory_of
from experiments.tune import tune, tuned
from experiments.tuning import Tuning
from figures.cell_map import CellMap
from figures.print import LOOKS, render
from figures.print.exhibit_compose import Shown, compose_exhibit
from figures.print.exhibit_layout import fitting
from figures.print.explored import READERS, Explored
from figures.print.exploring import told
from figures.print.look import SMALLEST_FONT, Look
from figures.print.render import settings
from figures.print.scales import axis_ticks, plain, share
from figures.search_caption import plain as plain_name
from figures.sweep_map import axis_label, sweep_map
from tests.figures.explorations import KINDS, LINK, asked, made
from tests.figures.test_print import drawn_words

pytestmark = pytest.mark.usefixtures("shapes_unchecked")
LOOK_OF = dict(zip(KINDS, [*LOOKS] * len(KINDS)))  # every kind in one look, every look with several kinds
SOME = ("maps", "basins", "line with seeds", "cloud", "tune by two", "networks")  # the others in the slow suite
EACH = [pytest.param(kind, marks=() if kind in SOME else pytest.mark.slow) for kind in KINDS]


def composed(kind: str, look: Look) -> Shown:
    with settings():
        return compose_exhibit(made(kind).exhibit, look)


def test_there_is_a_figure_of_every_section() -> None:
    assert {asked(kind).tab for kind in KINDS} == set(READERS)


@pytest.mark.parametrize("kind", EACH)
def test_every_kind_fits_every_preset(kind: str) -> None:
    exhibit = made(kind).exhibit
    for look in LOOKS.values():
        places = fitting(exhibit, look)
        boxes = [b for b in (places.main, places.run, places.loss, places.key) if b is not None]
        assert SMALLEST_FONT <= places.look.font <= look.font
        assert all(b.left >= 0 and b.top >= 0 and b.right <= places.width + 1e-6 for b in boxes)
        assert all(b.bottom <= places.height + 1e-6 for b in boxes)
        for a, b in combinations(boxes, 2):
            assert a.right <= b.left or b.right <= a.left or a.bottom <= b.top + 1e-6 or b.bottom <= a.top + 1e-6
        assert set(places.shown) <= set(look.panels)


@pytest.mark.parametrize("kind", EACH)
def test_nothing_is_cut_off_and_nothing_covers_anything(kind: str) -> None:
    made_ = composed(kind, LOOKS[LOOK_OF[kind]])
    figure = made_.sheet.figure
    words = drawn_words(figure)
    assert len(words) > 6
    for text, box in words:
        assert float(text.get_fontsize()) >= 6, f"{text.get_text()} in {float(text.get_fontsize())} points"
        assert (box[0] >= -0.5).all() and (box[1] <= [made_.sheet.width + 0.5, made_.sheet.height + 0.5]).all(), text.get_text()
    for (a, p), (b, q) in combinations(words, 2):
        if a.get_rotation() % 90 == 0 and b.get_rotation() % 90 == 0:
            apart = (p[1] <= q[0] + 1).any() or (q[1] <= p[0] + 1).any()
            assert apart, f"{a.get_text()!r} and {b.get_text()!r} overlap"
    for text, box in words:
        if text.axes is None:
            for axes in figure.axes:
                low, high = axes.get_window_extent().get_points()
                assert (box[1] <= low + 1).any() or (box[0] >= high - 1).any(), f"{text.get_text()!r} covers data"


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "name"), list(zip(KINDS, [*LOOKS][::-1] * 3)))
def test_files_open_and_have_their_size(kind: str, name: str) -> None:
    look, exhibit = replace(LOOKS[name], dpi=48), made(kind).exhibit
    inches = look.width / (25.4 if look.unit == "mm" else 96)
    svg = ElementTree.fromstring(render(exhibit, look, "svg"))
    high = float(svg.attrib["height"].removesuffix("pt"))
    assert float(svg.attrib["width"].removesuffix("pt")) == pytest.approx(72 * inches, abs=1e-4)
    assert look.height is None or high * 96 / 72 == pytest.approx(look.height, abs=1e-4)
    for scale in (2, 3):
        pixels = Image.open(BytesIO(render(exhibit, look, "png", scale)))
        assert pixels.width == round(inches * look.dpi * scale)
        assert pixels.height == pytest.approx(high / 72 * look.dpi * scale, abs=0.51)
    assert {pixels.info[word] for word in ("Title", "Description", "Source")} == {exhibit.title, exhibit.caption, LINK}
    (page,) = PdfReader(BytesIO(render(exhibit, look, "pdf"))).pages
    text, label = page.extract_text(), asked(kind).labels[0]
    assert float(page.mediabox.width) == pytest.approx(72 * inches, abs=1e-3)
    assert label in text or (name == "card" and not isinstance(exhibit.main, CellMap))
    assert not look.title or exhibit.title in text


@pytest.mark.parametrize("kind", [one for one in EACH if not str(one.values[0]).startswith(("line", "tune"))])
def test_cells_are_those_of_the_page_in_their_colours(kind: str) -> None:
    """Pixel by pixel; axes, lines and marks too, where the cells are those of a sweep."""
    exhibit, question = made(kind).exhibit, asked(kind)
    picture = exhibit.main
    assert isinstance(picture, CellMap)
    shown = composed(kind, LOOKS["page"])
    assert len(shown.main) == len(picture.panels) == len(question.labels)
    for axes, panel in zip(shown.main, picture.panels):
        codes = panel.codes if picture.film is None else picture.film.code_of[panel.codes[exhibit.frame]]
        expected = np.array([to_rgb(colour) for colour in picture.palette["light"]])[codes]
        (image,) = axes.get_images()
        np.testing.assert_array_equal(np.asarray(image.get_array()), expected)
        assert image.origin == "lower" and list(image.get_extent()) == [-0.5, picture.x.cells - 0.5, -0.5, codes.shape[0] - 0.5]
    if isinstance(question.asked, Sweep):
        *_, result = compute(question.asked)
        landscape: Any = question.experiment.make_landscape()
        theory = theory_of(question.asked) if question.tab == "map" else None
        page = sweep_map(
            result, question.colour, question.labels, theory=theory, coordinates=landscape.coordinates,
            minima=landscape.minima, chosen=first_cell(result, question.tab),
        )  # fmt: skip
        assert page.chosen == picture.chosen and page.patches == picture.patches
        if page.bar is not None and picture.bar is not None:
            named = f"Steps to within {question.asked.tolerance:g}" if question.colour == "steps" else page.bar.title
            assert picture.bar == replace(page.bar, title=named)
        assert (page.bar is None) == (picture.bar is None)
        for a, b in zip(page.panels, picture.panels):
            np.testing.assert_array_equal(a.codes, b.codes)
            assert a.marks == b.marks and [line.label for line in a.lines] == [line.label for line in b.lines]
        for axes, panel in zip(shown.main, picture.panels):
            drawn = {tuple(np.asarray(line.get_xdata(), float)) for line in axes.get_lines()}
            assert drawn >= {tuple(line.xs) for line in panel.lines} | {(mark.x,) for mark in panel.marks}


@pytest.mark.parametrize("kind", [one for one in EACH if str(one.values[0]).startswith(("map", "basins", "line"))])
def test_the_run_beside_it_is_that_of_the_chosen_cell(kind: str) -> None:
    question, exhibit = asked(kind), made(kind).exhibit
    sweep = question.asked
    assert isinstance(sweep, Sweep) and exhibit.loss is not None
    *_, result = compute(sweep)
    at = first_cell(result, question.tab)
    assert at is not None
    places = [(i, 0, at[2]) for i in range(len(question.labels))] if question.tab == "line" else [at]
    assert len(exhibit.paths) == len(places)
    shown = composed(kind, LOOKS["page"])
    assert shown.run is not None and shown.loss is not None
    for path, line, place in zip(exhibit.paths, exhibit.loss.lines, places):
        (trajectory,) = execute(cell(sweep, *place))
        np.testing.assert_array_equal(path.theta, trajectory.theta)
        np.testing.assert_array_equal(line.values, trajectory.loss)
        above = (trajectory.loss > 0) | (shown.loss.get_yscale() == "linear")
        there = np.where(np.isfinite(trajectory.loss) & above, trajectory.loss, np.nan)
        drawn = [np.asarray(one.get_ydata(), float) for one in shown.loss.get_lines()]
        assert any(len(y) == len(there) and np.array_equal(y, there, equal_nan=True) for y in drawn)
    other = told(replace(question, cell=(0, 0, 3))).exhibit
    np.testing.assert_array_equal(other.paths[0].theta, execute(cell(sweep, 0, 0, 3))[0].theta)


@pytest.mark.parametrize("kind", [one for one in EACH if str(one.values[0]).startswith("line")])
def test_lines_and_bands_are_the_quantiles_over_the_seeds(kind: str) -> None:
    question, (chart,) = asked(kind), made(kind).exhibit.charts
    assert isinstance(question.asked, Sweep)
    *_, result = compute(question.asked)
    values = np.where(np.isnan(result.final), np.inf, result.final)
    for index, line in enumerate(chart.lines):
        ordered = np.sort(values[index], axis=0)
        seeds = len(ordered)
        np.testing.assert_array_equal(line.values, ordered[-(-seeds // 2) - 1])
        assert len(line.bands) == (seeds > 1)
        for low, high in line.bands:
            np.testing.assert_array_equal(low, ordered[0])
            np.testing.assert_array_equal(high, ordered[-1])
    assert chart.x == axis_label(question.asked.x.name) and chart.x_scale == question.asked.x.scale


@pytest.mark.parametrize("kind", [one for one in EACH if str(one.values[0]).startswith("tune")])
def test_search_curves_hold_every_setting_and_mark_the_best(kind: str) -> None:
    question, exhibit = asked(kind), made(kind).exhibit
    tuning = question.asked
    assert isinstance(tuning, Tuning)
    searches = [tune(tuning, index) for index in range(len(question.labels))]
    names = dict.fromkeys(name for search in searches for name in search.names)
    assert [chart.x for chart in exhibit.charts] == [axis_label(name) for name in names]
    for name, chart in zip(names, exhibit.charts):
        found = {label: search for label, search in zip(question.labels, searches) if name in search.names}
        assert [line.label for line in chart.lines] == list(found)
        for line, search in zip(chart.lines, found.values()):
            lowest: dict[float, float] = {}
            for setting, score in zip(search.settings[:, search.names.index(name)].tolist(), search.scores.tolist()):
                lowest[setting] = min(score, lowest.get(setting, np.inf))
            assert dict(zip(line.x.tolist(), line.values.tolist())) == lowest
            assert line.best in (None, (search.value(name), search.scores.min()))
    best = tuned(tuning, searches)
    for index, path in enumerate(exhibit.paths):
        np.testing.assert_array_equal(path.theta, execute(best.solo(index))[0].theta)


def test_a_cloud_stands_at_the_step_that_is_asked_for() -> None:
    question = asked("cloud")
    assert isinstance(question.asked, Cloud)
    result = drift(question.asked)
    for step in (0, 11, 30):
        found = told(replace(question, step=step))
        picture = found.exhibit.main
        assert isinstance(picture, CellMap)
        frame = found.exhibit.frame
        assert result.frames[frame] == step and f"step {step}" in found.exhibit.heading and f"after {step} steps" in found.alt
        np.testing.assert_array_equal(picture.panels[1].codes[frame], result.density[1, frame])
    assert found.exhibit.loss is not None
    for line, quantiles in zip(found.exhibit.loss.lines, result.loss):
        np.testing.assert_array_equal(line.values, quantiles[2])
        np.testing.assert_array_equal(np.array(line.bands), [quantiles[[0, 4]], quantiles[[1, 3]]])


def test_shares_are_told_over_every_basin() -> None:
    question, exhibit = asked("basins"), made("basins").exhibit
    assert isinstance(question.asked, Sweep) and isinstance(exhibit.main, CellMap)
    *_, result = compute(question.asked)
    words = {patch.code: patch.label for patch in exhibit.main.patches}
    landscape: Any = question.experiment.make_landscape()
    for index, shares in enumerate(exhibit.shares):
        said = {words[one.code]: one.words for one in shares}
        for k, place in enumerate(landscape.minima):
            part = float((result.minimum[index] == k).mean())
            assert said.get(f"({', '.join(f'{v:.4g}' for v in place)})") == (f"{part:.1%}" if part >= 0.0005 else None)
        assert said.get("no minimum") in (None, f"{float((result.fate[index] != 0).mean()):.1%}")
    told_ = " ".join(text.get_text() for text, _ in drawn_words(composed("basins", LOOKS["page"]).sheet.figure))
    assert all(one.words in told_ for shares in exhibit.shares for one in shares)


@pytest.mark.parametrize("kind", EACH)
def test_words_hold_what_it_takes_to_repeat_it(kind: str) -> None:
    question, (exhibit, said, alt) = asked(kind), made(kind)
    experiment = question.experiment
    assert exhibit.caption == said and exhibit.link == LINK and exhibit.annotation == "What it shows"
    assert all(label in said and label in alt for label in question.labels)
    assert f"{experiment.steps:,} steps" in said and len(alt) < len(said)
    what = question.asked
    if isinstance(what, Tuning):
        searches = [tune(what, index) for index in range(len(question.labels))]
        assert f"{what.budget:,} oracle calls" in said and "float64" in said and f"seed {experiment.seed}" in said
        for index, search in enumerate(searches):
            told_ = ", ".join(f"{plain_name(name)} {search.value(name):.4g}" for name in search.names)
            assert told_ in said and told_ in alt
            held = {n: v for n, v in experiment.optimizers[index].parameters.items() if n not in search.names}
            assert all(f"{name} {value:.6g}" in said for name, value in held.items())
        return
    varied = set() if isinstance(what, Cloud) else {what.x.name, *([what.y.name] if what.y is not None else [])}
    for choice in experiment.optimizers:
        for name, value in choice.parameters.items():
            assert (f"{name} {value:.6g}" in said) or name in varied
    if isinstance(what, Cloud):
        assert f"{what.runs} runs of each" in said and "noise of its own" in said and "noise (sigma 1)" in said
        return
    axes = [axis for axis in (what.x, what.y) if axis is not None and axis.cells > 1]
    assert all(f"from {axis.low:.12g} to {axis.high:.12g} ({axis.cells} values" in said for axis in axes)
    if isinstance(what, Sweep):
        landscape: Any = experiment.make_landscape()
        assert f"within {what.tolerance:g} of" in said and "float64" in said and landscape.name.split(",")[0] in said
        assert f"{len(question.labels) * what.cells:,} runs" in said
    else:
        found = stored(what)
        assert found is not None and f"{what.runs:,} trainings" in said and f"mean of {what.seeds} seeds" in said
        lowest = np.nanmin(found.mean("final")[0])
        assert f"smallest final loss {lowest:.3g} at" in alt


@pytest.mark.parametrize("kind", ["maps", "line with seeds", "tune by two"])
def test_runs_are_told_of_where_they_are_shown(kind: str) -> None:
    """A card has the main part alone: no ring, no rule, no word of a run."""
    alone = told(replace(asked(kind), look=LOOKS["card"]))
    with settings():
        bare, whole = compose_exhibit(alone.exhibit, LOOKS["card"]), compose_exhibit(alone.exhibit, LOOKS["page"])
    words = [" ".join(text.get_text() for text, _ in drawn_words(one.sheet.figure)) for one in (bare, whole)]
    assert "shown is" not in alone.caption and "runs shown" not in alone.caption and "shown" in made(kind).caption
    assert "the cell whose run" not in words[0] and ("the cell whose run" in words[1]) == (kind == "maps")
    marks = [sum(len(axes.patches) + len(axes.get_lines()) for axes in one.main) for one in (bare, whole)]
    assert marks[0] < marks[1] or kind == "tune by two"


@pytest.mark.parametrize("kind", EACH)
def test_a_question_comes_back_from_json(kind: str) -> None:
    question = asked(kind, LOOKS["card"])
    assert Explored.from_json(json.loads(json.dumps(question.as_json()))) == question
    with pytest.raises(ValueError, match="there are figures of"):
        Explored.from_json(question.as_json() | {"tab": "sculpture"})


def test_what_cannot_be_drawn_is_said() -> None:
    with pytest.raises(ValueError, match="letters that can be read"):
        render(made("maps").exhibit, Look(30), "png")
    with pytest.raises(ValueError, match="4 optimizers with 1 names"):
        replace(asked("maps"), labels=("one",))


positive = st.floats(1e-12, 1e12)


@given(positive, positive, st.sampled_from(["linear", "log"]), st.integers(2, 12))
def test_ticks_are_on_their_axis_and_written_as_they_are(low: float, high: float, scale: Any, count: int) -> None:
    low, high = sorted((low, high))
    if high <= low * (1 + 1e-6):
        return
    found = axis_ticks(low, high, scale, count)
    room = 1e-6 * (high - low)
    assert all(low - room <= value <= high + room for value, _ in found)
    assert [value for value, _ in found] == sorted(value for value, _ in found)
    for value, label in found:
        power = re.fullmatch(r"\$10\^\{(-?\d+)\}\$", label)
        told_ = 10.0 ** int(power[1]) if power else float(label.replace("−", "-"))
        assert told_ == pytest.approx(value, rel=0.02, abs=room)
        assert "$" not in plain(label)
    places = share(np.array([low, high]), low, high, scale)
    np.testing.assert_allclose(places, [0, 1], atol=1e-9)
