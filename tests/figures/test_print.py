"""Figures to take away: exact sizes, the plate's own numbers, letters that can be read, nothing on top of anything else."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from io import BytesIO
from itertools import combinations, pairwise
from pathlib import Path as File
from typing import Any
from xml.etree import ElementTree

import matplotlib as mpl
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text
from PIL import Image
from pypdf import PdfReader

from figures.print import LOOKS, TITLES, Look, Map, Multiples, Path, Plate, render
from figures.print.clip import head, pieces, until
from figures.print.compose import Composed, compose
from figures.print.curves import Trace, curvature_range, is_log, loss_range
from figures.print.layout import fitting
from figures.print.legend import entries
from figures.print.look import SMALLEST_FONT
from figures.print.multiples import compose_multiples
from figures.print.numbers import by_step, scale_of, short
from figures.print.render import settings
from figures.theme import GROUNDS, style, styles
from landscapes import SURFACES
from tests.figures.plates import DIVERGING, LINK, labels, multiples, plate, race, square
from tests.figures.test_stage_js import node
from tests.some import some

ROOT = File(__file__).parents[2]
PX = 96 / 72  # CSS pixels of a point
LOOK_OF = dict(zip(SURFACES, [*LOOKS] * len(SURFACES)))  # every surface in one look, every look on several surfaces
SOME = {"parabola", *dict(zip(LOOK_OF.values(), LOOK_OF)).values()}  # one for every look; all of them take long
EACH = [pytest.param(key, marks=() if key in SOME else pytest.mark.slow) for key in SURFACES]


def composed(shown: Plate, look: Look) -> Composed:
    with settings():
        made = compose(shown, look)
        made.runs()
    return made


def drawn_words(figure: Any) -> list[tuple[Text, Any]]:
    """Every text of a figure that can be seen, with the corners `(2, 2)` of its box in points."""
    with settings():
        canvas: Any = FigureCanvasAgg(figure)
        canvas.draw()
        found = [(t, t.get_window_extent(canvas.get_renderer()).get_points()) for t in figure.findobj(Text)]
    return [(t, box) for t, box in found if t.get_text().strip() and t.get_visible() and np.ptp(box) > 0]


# ---- sizes and files -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", some(LOOKS, ("column", "card")))
def test_presets_have_exactly_their_size(name: str) -> None:
    look, shown = replace(LOOKS[name], dpi=48, panels=("map",)), plate("rosenbrock")
    inches = look.width / (25.4 if look.unit == "mm" else 96)
    svg = ElementTree.fromstring(render(shown, look, "svg"))
    wide, high = (float(svg.attrib[side].removesuffix("pt")) for side in ("width", "height"))
    assert wide == pytest.approx(72 * inches, abs=1e-4)
    assert look.height is None or high * PX == pytest.approx(look.height, abs=1e-4)
    for scale in (1, 3):
        pixels = Image.open(BytesIO(render(shown, look, "png", scale)))
        assert pixels.width == round(inches * look.dpi * scale)
        assert pixels.info["dpi"][0] == pytest.approx(look.dpi * scale, abs=0.02)
        assert pixels.height == pytest.approx(high / 72 * look.dpi * scale, abs=0.51)


@pytest.mark.parametrize(("name", "across"), [("column", 85 / 25.4 * 72), ("slide", 1280 / PX)])
def test_a_pdf_is_one_page_of_exactly_its_size(name: str, across: float) -> None:
    data = render(plate("parabola"), LOOKS[name], "pdf")
    pages = PdfReader(BytesIO(data)).pages
    assert data.startswith(b"%PDF-1.") and len(pages) == 1
    assert float(pages[0].mediabox.width) == pytest.approx(across, abs=1e-3)


def test_the_papers_and_the_card_are_what_journals_and_sites_ask_for() -> None:
    assert (LOOKS["column"].width, LOOKS["page"].width, LOOKS["column"].unit) == (85, 178, "mm")
    assert (LOOKS["card"].width, LOOKS["card"].height, LOOKS["card"].unit) == (1200, 630, "px")
    assert LOOKS["slide"].width * 9 == LOOKS["slide"].height * 16  # type: ignore[operator]
    assert set(TITLES) == set(LOOKS)


@pytest.mark.slow
@pytest.mark.parametrize("format", ["png", "svg", "pdf"])
def test_the_same_plate_gives_the_same_bytes_at_any_time(format: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    first = render(plate("rosenbrock"), LOOKS["card"], format)
    monkeypatch.setattr(time, "time", lambda: 4e9)
    with mpl.rc_context({"lines.linewidth": 9, "font.size": 30, "axes.facecolor": "red", "pdf.fonttype": 3}):
        assert render(plate("rosenbrock"), LOOKS["card"], format) == first
        assert mpl.rcParams["lines.linewidth"] == 9, "a render leaves matplotlib's settings as they were"


@pytest.mark.slow
def test_figures_made_at_the_same_time_are_those_made_alone() -> None:
    shown: list[Plate | Multiples] = [plate("rosenbrock"), plate("parabola")]
    looks = [replace(LOOKS["card"], mode=mode) for mode in ("light", "dark")]
    alone = [render(p, look, "png") for p in shown for look in looks]
    with ThreadPoolExecutor(4) as pool:
        pairs = [(p, look) for p in shown for look in looks]
        assert list(pool.map(lambda pair: render(pair[0], pair[1], "png"), pairs)) == alone


@pytest.mark.slow
def test_files_say_where_they_come_from() -> None:
    shown = plate("rosenbrock")
    info = Image.open(BytesIO(render(shown, LOOKS["card"], "png"))).info
    pdf = {k: str(v) for k, v in (PdfReader(BytesIO(render(shown, LOOKS["card"], "pdf"))).metadata or {}).items()}
    svg = render(shown, LOOKS["card"], "svg").decode()
    version = re.search(r'^version = "(.+)"', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    assert version is not None
    assert (info["Title"], info["Description"], info["Source"]) == (shown.title, shown.caption, LINK)
    assert (pdf["/Title"], pdf["/Subject"], pdf["/Keywords"]) == (shown.title, shown.caption, LINK)
    assert info["Software"] == pdf["/Creator"] == f"Ravine {version[1]}"
    said = "".join(ElementTree.fromstring(svg).itertext())
    assert all(text in said for text in (shown.title, shown.caption, LINK, f"Ravine {version[1]}"))
    assert "CreationDate" not in str(pdf) and "date" not in re.sub(r"<dc:[^d].*", "", svg.split("</metadata>")[0]).lower()


@pytest.mark.slow
def test_a_pdf_embeds_its_fonts_and_keeps_its_text() -> None:
    reader = PdfReader(BytesIO(render(plate("rosenbrock"), LOOKS["page"], "pdf")))
    fonts = [font.get_object() for font in reader.pages[0]["/Resources"]["/Font"].values()]  # type: ignore[index]
    assert fonts
    for font in fonts:
        below = font["/DescendantFonts"][0].get_object() if "/DescendantFonts" in font else font
        assert below["/Subtype"] in ("/TrueType", "/CIDFontType2"), "type 42 keeps letters as letters"
        assert "/FontFile2" in below["/FontDescriptor"]
    text = reader.pages[0].extract_text()
    assert "Rosenbrock: a race" in text and "SGD 1" in text and "step" in text


def test_an_svg_looks_the_same_without_our_fonts() -> None:
    svg = render(plate("rosenbrock"), LOOKS["page"], "svg").decode()
    assert "<text" not in svg and "font-family" not in svg


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_grounds(mode: Any) -> None:
    look = replace(LOOKS["card"], mode=mode)
    clear, solid = (
        np.asarray(Image.open(BytesIO(render(plate("saddle"), replace(look, transparent=t), "png"))).convert("RGBA"))
        for t in (True, False)
    )
    paper = [int(GROUNDS[mode].paper[i : i + 2], 16) for i in (1, 3, 5)]
    assert clear[0, 0, 3] == 0 and solid[..., 3].min() == 255
    assert solid[0, 0, :3].tolist() == paper
    x0, y0, x1, y1 = composed(plate("saddle"), look).axes.get_position().extents
    within = clear[round(630 * (1 - y1)) + 3 : round(630 * (1 - y0)) - 3, round(1200 * x0) + 3 : round(1200 * x1) - 3]
    assert within.size and (within[..., 3] == 255).all(), "the map itself is not transparent"


def test_the_first_page_does_not_wait_for_matplotlib() -> None:
    code = "import sys, figures.print; print(sorted({'matplotlib', 'PIL', 'plotly', 'scipy', 'torch'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_what_cannot_be_made_is_said() -> None:
    with pytest.raises(ValueError, match="scale must be 1, 2 or 3"):
        render(plate("saddle"), LOOKS["card"], "png", 4)
    with pytest.raises(ValueError, match="font must be at least"):
        Look(85, font=5)
    with pytest.raises(ValueError, match="20 to 15000 points"):
        Look(3)
    with pytest.raises(ValueError, match="letters that can be read"):
        render(plate("rosenbrock"), Look(300, 60, "px", 8), "png")
    with pytest.raises(ValueError, match="2 x 3 panels"):
        render(multiples(), Look(200, 90, "px", 8), "png")
    with pytest.raises(ValueError, match="one or two coordinates"):
        Map(np.zeros((3, 3)), ((0.0, 1.0),), ("x",))
    with pytest.raises(ValueError, match="names of rows"):
        replace(multiples(), rows=("one",))


# ---- what is drawn ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", SURFACES)
def test_every_surface_fits_every_preset(key: str) -> None:
    shown = plate(key)
    for look in LOOKS.values():
        places, used = fitting(shown, look, entries(shown.paths, shown.map))
        boxes = [b for b in (places.map, places.bar, places.loss, places.top, places.low, places.legend) if b is not None]
        assert SMALLEST_FONT <= used.font <= look.font
        assert all(b.left >= 0 and b.top >= 0 and b.right <= places.width and b.bottom <= places.height for b in boxes)
        for a, b in combinations(boxes, 2):
            assert a.right <= b.left or b.right <= a.left or a.bottom <= b.top or b.bottom <= a.top


@pytest.mark.parametrize("key", EACH)
def test_nothing_is_cut_off_and_nothing_covers_anything(key: str) -> None:
    """On every surface, each in one of the looks: words are inside the sheet, can be read, and do not overlap."""
    look = LOOKS[LOOK_OF[key]]
    made = composed(plate(key), look)
    figure = made.sheet.figure
    words = drawn_words(figure)
    assert len(words) > 8
    for text, box in words:
        assert float(text.get_fontsize()) >= 6, f"{text.get_text()} in {float(text.get_fontsize())} points"
        assert (box[0] >= -0.5).all() and (box[1] <= [made.sheet.width + 0.5, made.sheet.height + 0.5]).all(), text.get_text()
    for (a, p), (b, q) in combinations(words, 2):
        if a.get_rotation() % 90 == 0 and b.get_rotation() % 90 == 0:  # a slanted word's box is much larger than the word
            apart = (p[1] <= q[0] + 1).any() or (q[1] <= p[0] + 1).any()
            assert apart, f"{a.get_text()!r} and {b.get_text()!r} overlap"
    for text, box in words:
        if text.axes is None:  # titles, headings and the legend
            for axes in figure.axes:
                low, high = axes.get_window_extent().get_points()
                assert (box[1] <= low + 1).any() or (box[0] >= high - 1).any(), f"{text.get_text()!r} covers data"


@pytest.mark.parametrize("key", EACH)
def test_the_plate_shows_the_race_as_it_was(key: str) -> None:
    """Lines on the map are the trajectories' points inside it, and every curve holds the record's numbers."""
    shown, (experiment, _, entered) = plate(key), race(key)
    made = composed(shown, LOOKS["page"])
    looks = dict(zip(labels(experiment), styles([choice.key for choice in experiment.optimizers])))
    for label, entry in zip(labels(experiment), entered):
        if isinstance(entry, str):
            continue
        colour, trajectory = looks[label].light, entry.trajectory
        lines = [line for line in made.axes.get_lines() if line.get_color() == colour]
        if shown.map.dim == 1:
            told = [np.asarray(line.get_ydata()) for line in lines]
            assert any(np.array_equal(y, trajectory.loss[: len(y)]) for y in told)
            continue
        low, high = np.array(shown.map.window).T
        inside = trajectory.theta[((trajectory.theta >= low) & (trajectory.theta <= high)).all(axis=1)]
        seen = {tuple(point) for line in lines for point in np.array(line.get_xydata())}
        assert seen.issuperset(map(tuple, inside[:-1]))
        losses = [np.asarray(line.get_ydata()) for line in made.panels[0].get_lines() if line.get_color() == colour]
        assert any(len(y) == len(trajectory.loss) and np.isin(y[np.isfinite(y)], trajectory.loss).all() for y in losses)
        top = [np.asarray(line.get_ydata()) for line in made.panels[1].get_lines() if line.get_color() == colour]
        largest = np.where(np.isfinite(entry.eigenvalues[:, -1]), entry.eigenvalues[:, -1], np.nan)
        assert any(np.array_equal(y, largest, equal_nan=True) for y in top)
        if entry.threshold is not None and entry.threshold <= made.panels[1].get_ylim()[1]:
            assert any(len(y) == 2 and y[0] == y[1] == entry.threshold for y in top)


def test_a_diverging_run_is_marked_and_told() -> None:
    shown = plate("rosenbrock", DIVERGING)
    made = composed(shown, LOOKS["page"])
    told = " ".join(text.get_text() for text, _ in drawn_words(made.sheet.figure))
    gone = shown.paths[0].fate(shown.map.window)
    assert gone.left is not None and gone.diverged is not None
    assert f"left the map at step {gone.left}, diverged at step {gone.diverged}" in told
    marks = [line.get_marker() for line in made.axes.get_lines() if line.get_color() == style("sgd").light]
    assert "x" in marks and any(isinstance(mark, tuple) and mark[0] == 3 for mark in marks)
    rims = [np.asarray(line.get_xdata()) for line in made.panels[0].get_lines() if line.get_marker() == "^"]
    first = int(np.argmax(shown.curves[0].values > made.panels[0].get_ylim()[1]))
    assert [float(x[0]) for x in rims if len(x) == 1] == [first]


@pytest.mark.parametrize(
    ("count", "name"), [(6, "card"), (6, "motion"), (12, "card"), pytest.param(30, "card", marks=pytest.mark.slow)]
)
def test_a_legend_of_many_who_left_is_whole(count: int, name: str) -> None:
    """Each entry takes three lines: that is more than a card is high in its own letters."""
    theta, loss = np.linspace([0.5, 0.5], [3.0, 3.0], 5), np.linspace(0.123456, 0.0123456, 5)
    paths = [Path("sgd", f"Method {i}", theta, loss, f"lr 0.0{i}123") for i in range(count)]
    made = composed(square(paths), LOOKS[name])
    words = drawn_words(made.sheet.figure)
    low, high = np.min([box[0] for _, box in words], axis=0), np.max([box[1] for _, box in words], axis=0)
    assert (low >= 0).all() and (high <= [made.sheet.width, made.sheet.height]).all()
    told = " ".join(text.get_text() for text, _ in words)
    assert told.count("0.0123") == count or count > 6
    assert all(path.label in told for path in paths)
    assert count > 6 or made.sheet.em == LOOKS[name].font, "a wider legend comes before smaller letters"


def test_numbers_beyond_any_page_stay_on_the_page() -> None:
    theta = np.array([[0.5, 0.5], [1e300, 0.6], [-1e308, 1e308], [0.2, 0.3], [np.nan, np.nan]])
    wild = Path("sgd", "SGD", theta, np.array([1.0, 1e300, 1e308, 2.0, np.nan]))
    svg = render(square([wild]), replace(LOOKS["card"], mode="light"), "svg").decode()
    svg = re.sub("<defs>.*?</defs>", "", svg, flags=re.DOTALL)  # letters' outlines, in units of the font
    drawn = [float(n) for path in re.findall(r' d="([^"]*)"', svg) for n in re.findall(r"-?\d+\.?\d*(?:e[+-]?\d+)?", path)]
    assert drawn and max(map(abs, drawn)) < 3000


@pytest.mark.parametrize("name", ["column", "card", "dark"])
def test_small_multiples_share_the_map_and_tell_every_fate(name: str) -> None:
    shown = multiples()
    with settings():
        sheet = compose_multiples(shown, LOOKS[name])
    words = drawn_words(sheet.figure)
    told = [text.get_text() for text, _ in words]
    for row in shown.cells:
        for path in row:
            gone = path.fate(shown.map.window)
            expected = "div" if gone.diverged is not None else "left" if gone.left is not None else "loss"
            assert any(text.startswith(expected) for text in told)
    assert sum(text.startswith("div") for text in told) == sum(
        p.fate(shown.map.window).diverged is not None for r in shown.cells for p in r
    )
    assert {*shown.rows, *shown.columns} <= set(told)
    grounds = [np.asarray(axes.get_images()[0].get_array()) for axes in sheet.figure.axes[:-1]]
    assert len(grounds) == 6 and all(np.array_equal(grounds[0], other) for other in grounds)
    assert min(float(text.get_fontsize()) for text, _ in words) >= 6
    for (a, p), (b, q) in combinations(words, 2):
        assert (p[1] <= q[0] + 1).any() or (q[1] <= p[0] + 1).any(), f"{a.get_text()!r} and {b.get_text()!r} overlap"
    unnamed: Multiples = replace(shown, rows=(), columns=())
    with settings():
        figure = compose_multiples(unnamed, LOOKS[name]).figure
    names = [text.get_text() for text, _ in drawn_words(figure)]
    assert names.count("sgd") == names.count("momentum") == 3


# ---- numbers ---------------------------------------------------------------------------------------------------------


def test_iso_lines_and_numbers_are_those_of_the_stage() -> None:
    """On every surface; the stage's own modules are asked, under Node."""
    runner = node()
    if runner is None:
        pytest.skip("neither Playwright nor Node is installed: pip install -r requirements-dev.txt")
    maps = [plate(key).map for key in SURFACES if SURFACES[key]().dim == 2]
    scales = [scale_of(m.heights, m.log) for m in maps]
    values = [*np.geomspace(1e-12, 1e12, 60), *-np.geomspace(1e-5, 1e6, 40), 0.0, 99999.5, 123456.0, 1e-3]
    steps = [10.0**k for k in range(-6, 4)]
    asked = {
        "maps": [[s.low, s.high, s.log] for s in scales],
        "short": values,
        "by": [[v, step] for v in values[:80] for step in steps],
    }
    code = f"""
      import {{ short, byStep }} from {json.dumps((ROOT / "static/stage/numbers.js").as_uri())}
      import {{ levels, scaleOf }} from {json.dumps((ROOT / "static/stage/heights.js").as_uri())}
      const asked = {json.dumps(asked)}
      console.log(JSON.stringify({{
        maps: asked.maps.map(([low, high, log]) => levels(scaleOf([low, high], log)).map((l) => [l.value, l.label])),
        short: asked.short.map((v) => short(v)),
        by: asked.by.map(([v, step]) => byStep(v, step)),
      }}))"""
    done = subprocess.run([runner, "--input-type=module", "-e", code], capture_output=True, text=True, check=True, timeout=60)
    stage = json.loads(done.stdout)
    for scale, expected in zip(scales, stage["maps"]):
        assert [level.label for level in scale.levels()] == [label for _, label in expected]
        assert [level.value for level in scale.levels()] == pytest.approx([value for value, _ in expected], rel=1e-12)
    assert [short(v) for v in values] == stage["short"]
    assert [by_step(v, step) for v, step in asked["by"]] == stage["by"]


points = st.lists(st.tuples(*[st.floats(-3, 3) | st.sampled_from([0.0, 1.0, 1e300, -1e308])] * 2), min_size=1, max_size=12)


@given(points)
def test_pieces_are_what_of_a_path_lies_in_the_window(path: list[tuple[float, float]]) -> None:
    """Against many points along every segment: those inside are on a piece, and pieces hold nothing else."""
    window, theta = np.array([[0.0, 1.0], [-1.0, 1.0]]), np.array(path)
    found = pieces(theta, window)
    for piece in found:
        assert (np.diff(piece.times) >= 0).all()
        assert (piece.points >= window[:, 0] - 1e-9).all() and (piece.points <= window[:, 1] + 1e-9).all()
        for time_, point in zip(piece.times, piece.points):
            assert np.isclose(until(piece, float(time_))[-3:], point).all(axis=1).any()
    spans = [(piece.times[0], piece.times[-1]) for piece in found]
    for step, (a, b) in enumerate(pairwise(theta)):
        if np.abs([a, b]).max() > 10:
            continue
        for share in np.linspace(0, 1, 9):
            at, time_ = a * (1 - share) + b * share, step + share
            if (np.abs(at[:, None] - window) < 1e-9).any():
                continue  # on the edge
            inside = ((at > window[:, 0]) & (at < window[:, 1])).all()
            assert not inside or any(low - 1e-9 <= time_ <= high + 1e-9 for low, high in spans)
            assert inside or not any(low + 1e-9 < time_ < high - 1e-9 for low, high in spans)


@given(points, st.floats(0, 12))
def test_a_head_is_on_its_path(path: list[tuple[float, float]], time_: float) -> None:
    theta = np.array(path)
    place = head(theta, time_)
    assert place is not None
    step = min(int(time_), len(theta) - 1)
    after = theta[min(step + 1, len(theta) - 1)]
    assert (place >= np.minimum(theta[step], after)).all() and (place <= np.maximum(theta[step], after)).all()
    if time_ == step:
        assert (place == theta[step]).all()
    assert head(np.full((3, 2), np.nan), time_) is None


@given(st.lists(st.floats(-1e12, 1e12), min_size=2, max_size=30), st.floats(1e-6, 1e9))
def test_axes_show_where_runs_begin(values: list[float], level: float) -> None:
    trace = Trace("a", np.arange(len(values)), np.array(values), level)
    low, high = loss_range([trace])
    start = max(values[0], 1e-16) if is_log([trace]) else values[0]
    assert low < high and low <= start <= high
    low, high = curvature_range([trace], up=True)
    assert low < high and low <= 0 <= high and low <= values[0] <= high
