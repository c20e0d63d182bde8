"""The map: each cell has the colour that its number says, the bytes are the cells, theory lies where it belongs."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np
import pytest

from experiments.presets import RACES
from experiments.race import height_map
from experiments.spec import Choice
from experiments.sweeps.axis import Axis
from experiments.sweeps.cloud import Cloud
from experiments.sweeps.compute import compute
from experiments.sweeps.drift import drift
from experiments.sweeps.result import QUANTITIES, Fate, SweepResult
from experiments.sweeps.sweep import Sweep, basin_map, line_sweep
from experiments.sweeps.theory import theory_of
from figures.bundle import bundle
from figures.cell_map import CellMap, MapAxis
from figures.cloud import cloud_losses_figure, cloud_map
from figures.colouring import DIVERGED, FIRST, NEVER, SMALLEST, WORDS, ZERO, coloured
from figures.components.map import read_map_event
from figures.line_sweep import line_sweep_figure
from figures.map_payload import map_payload
from figures.sweep_caption import caption, cloud_caption
from figures.sweep_map import BORDER, sweep_map
from figures.theme import FATES, GROUNDS, MINIMA
from tests.figures.test_styles import SEEN, linear, luminance, oklab

pytestmark = pytest.mark.usefixtures("shapes_unchecked")
RAVINE = replace(RACES["ravine"], optimizers=RACES["ravine"].optimizers[:2], steps=60)
SWEEP = Sweep(replace(RAVINE, optimizers=RAVINE.optimizers[1:]), Axis("lr", 1e-3, 1, 40, "log"), Axis("momentum", 0, 0.95, 35))
*_, WHOLE = compute(SWEEP)
COARSE = SweepResult.from_arrays(SWEEP, 2, {name: array[:, ::2, ::2] for name, array in WHOLE.as_arrays().items()})


def handmade(**columns: Any) -> SweepResult:
    """A result of one row, its columns as given."""
    count = len(next(iter(columns.values())))
    sweep = Sweep(replace(RAVINE, optimizers=RAVINE.optimizers[:1]), Axis("lr", 1e-3, 1, count, "log"))
    empty: dict[str, Any] = {name: np.zeros(count) for name in QUANTITIES} | {"fate": np.full(count, Fate.UNDERWAY)}
    kinds = {"fate": np.uint8, "steps": np.int32, "minimum": np.int8}
    made = {name: np.asarray(values, kinds.get(name, float)).reshape(1, 1, -1) for name, values in (empty | columns).items()}
    return SweepResult.from_arrays(sweep, 1, made)


def test_numbers_run_through_the_bar_and_what_has_none_says_so() -> None:
    result = handmade(final=[1e-20, 1e-16, 1e-8, 1.0, 0.0, np.nan, 5.0], fate=[4, 4, 4, 4, 0, 3, 3])
    made = coloured(result, "final", [0])
    bar = made.bar
    assert bar is not None and (bar.low, bar.high, bar.below, bar.above) == (SMALLEST, 1.0, True, False)
    codes = made.codes.ravel().tolist()
    assert codes[0] == codes[1] == bar.first and codes[3] == bar.last and codes[4:] == [ZERO, DIVERGED, DIVERGED]
    assert abs(codes[2] - (bar.first + bar.last) / 2) <= 1, "the middle of a log scale"
    assert [patch.label for patch in made.patches] == ["exactly 0", "diverged"]


def test_steps_that_never_came_and_negative_losses() -> None:
    made = coloured(handmade(steps=[0, 1, 100, -1, -1], fate=[0, 0, 0, 4, 3]), "steps", [0])
    assert made.codes.ravel().tolist() == [ZERO, FIRST, made.bar.last if made.bar else None, NEVER, DIVERGED]
    made = coloured(handmade(final=[-3.0, -1.0, 1.0]), "final", [0])
    assert made.bar is not None and made.bar.scale == "linear" and not made.patches
    assert np.ptp(np.diff(made.codes.ravel().astype(int))) <= 1
    none = coloured(handmade(final=[np.nan, np.nan], fate=[3, 3]), "final", [0])
    assert none.bar is None and set(none.codes.ravel()) == {DIVERGED}


@pytest.mark.parametrize("quantity", [name for name in QUANTITIES if name not in ("fate", "minimum")])
def test_a_darker_cell_is_a_larger_number(quantity: str) -> None:
    result = WHOLE
    codes, values = coloured(result, quantity, [0]).codes, getattr(result, quantity)
    there = codes >= FIRST
    order = np.argsort(values[there], kind="stable")
    assert there.any() and (np.diff(codes[there][order].astype(int)) >= 0).all()


def test_fates_and_minima_have_their_own_colours_and_darker_took_longer() -> None:
    result = WHOLE
    made = coloured(result, "fate", [0])
    np.testing.assert_array_equal(made.codes, result.fate)
    assert {patch.label for patch in made.patches} == {WORDS[Fate(int(f))] for f in np.unique(result.fate)}
    hill = replace(RACES["himmelblau"], optimizers=RACES["himmelblau"].optimizers[:1])
    *_, basins = compute(basin_map(hill, 24, tolerance=1e-2))
    names = [f"{place}" for place in hill.make_landscape().minima]  # type: ignore[attr-defined]
    made = coloured(basins, "minimum", [0], names)
    firsts = {patch.label: patch.code for patch in made.patches}
    for k, name in enumerate(names):
        own = basins.minimum[0] == k
        light = [luminance(made.palette["light"][code]) for code in made.codes[0][own]]
        steps = basins.steps[0][own]
        assert len(set(light)) > 3 and firsts[name] <= made.codes[0][own].min()
        assert (np.diff(np.array(light)[np.argsort(steps, kind="stable")]) <= 1e-12).all()
    assert len({made.codes[0][basins.minimum[0] == k].min() for k in range(len(names))}) == len(names)


@pytest.mark.parametrize("sight", SEEN)
@pytest.mark.parametrize("mode", ["light", "dark"])
def test_fates_and_the_first_minima_differ_for_every_eye(mode: Any, sight: str) -> None:
    fates = [FATES[mode][name] for name in ("converged", "stuck", "cycling", "diverged", "under way")]
    for colours in (fates, MINIMA[mode][:5]):
        for one, other in combinations(colours, 2):
            gap = float(np.linalg.norm(oklab(SEEN[sight] @ linear(one)) - oklab(SEEN[sight] @ linear(other))))
            assert gap > 0.05, f"{one} and {other} look alike: {gap:.3f}"


def unpacked(blob: bytes) -> tuple[dict[str, Any], bytes]:
    length = int.from_bytes(blob[:4], "little")
    return json.loads(blob[4 : 4 + length]), blob[4 + length :]


def picture(result: SweepResult = WHOLE, quantity: str = "final", **more: Any) -> CellMap:
    return sweep_map(result, quantity, ["Momentum"], theory=theory_of(SWEEP), **more)


def test_the_blob_holds_the_cells_and_leaves_out_what_the_browser_has() -> None:
    made = picture(chosen=(0, 3, 5))
    header, body = unpacked(map_payload(made, seq=7, key="k"))
    place = header["panels"][0]["codes"]
    np.testing.assert_array_equal(np.frombuffer(body, "u1", place["length"], place["at"]), made.panels[0].codes.ravel())
    for sent, one in zip(header["fields"], made.fields):
        at = sent["values"]
        np.testing.assert_array_equal(np.frombuffer(body, sent["kind"], at["length"], at["at"]), one.values.ravel())
    assert (header["seq"], header["chosen"], header["shape"], header["of"]) == (7, [0, 3, 5], [35, 40], made.of)
    header, less = unpacked(map_payload(made, have=made.key))
    assert header["panels"][0]["codes"] is None and len(less) < len(body) / 2
    coarse = picture(COARSE)
    assert coarse.key != made.key and coarse.of == made.of and coarse.stride == 2


def test_what_cannot_be_drawn_is_refused() -> None:
    made = picture()
    for wrong in (
        {"chosen": (0, 35, 0)},
        {"panels": ()},
        {"stride": 2},
        {"palette": {"light": ("#000000",), "dark": ("#000000",)}},
        {"fields": (replace(made.fields[0], values=made.fields[0].values[:, 1:]),)},
    ):
        with pytest.raises(ValueError):
            replace(made, **wrong)


def test_theory_lies_within_a_cell_of_the_border_between_fates() -> None:
    made, fate = picture(), WHOLE.fate[0]
    (border,) = [line for line in made.panels[0].lines if line.label == BORDER]
    for row in range(14):  # far below the border a run of 60 steps may not have come to its end; above it, it has left
        first = int(np.argmax(fate[row] == Fate.DIVERGED))
        assert abs(first - 0.5 - np.interp(row, border.ys, border.xs)) <= 1.0
    marks = {mark.kind: mark for mark in made.panels[0].marks}
    assert (marks["best"].y, marks["best"].x) == WHOLE.best_cell(0)
    best = theory_of(SWEEP).bests[0]
    assert best is not None and marks["theory"].x == pytest.approx(np.log(best.x / 1e-3) / np.log(1e3) * 39)
    assert {line.text for line in made.panels[0].lines if line.look == "dashed"} <= {"0.5", "0.8", "0.9", "0.95", "0.99"}


@pytest.mark.parametrize("scale", ["linear", "log"])
def test_an_axis_knows_the_place_of_its_values(scale: Any) -> None:
    axis = Axis("lr", 0.5, 8, 9, scale)
    there = MapAxis("lr", 0.5, 8, 9, scale)
    np.testing.assert_allclose(there.cell_of(axis.values), np.arange(9), atol=1e-12)
    assert scale == "linear" or np.isnan(there.cell_of([-1.0, 0.0, np.inf])).all()


@pytest.mark.parametrize(
    ("sent", "cell"), [([0, 1, 2], (0, 1, 2)), ([0, 1], None), ([0, 1, -2], None), ([0, 1, 2.5], None), ("012", None)]
)  # fmt: skip
def test_events_may_be_anything(sent: Any, cell: Any) -> None:
    found = read_map_event({"cell": sent} | {"seq": "x", "phase": 3, "of": 5, "have": "h" * 999})
    assert found is not None and found.cell == cell
    assert (found.seq, found.phase, found.of, found.have) == (0, "drop", "", "")
    assert read_map_event("nonsense") is None


def test_lines_are_medians_with_their_band_and_gaps_where_runs_left() -> None:
    noisy = replace(RAVINE, modifiers=(Choice("noise", {"sigma": 0.5}),), steps=30)
    *_, result = compute(line_sweep(noisy, Axis("lr", 1e-3, 10, 12, "log"), seeds=5))
    drawn = line_sweep_figure(result, "final", ["SGD", "Momentum"], "light", chosen=0.01)
    lines = [trace for trace in drawn.data if not trace.fill]
    low, middle, high = result.band("final")[0]
    np.testing.assert_array_equal(lines[0].y, np.where(np.isfinite(middle), middle, np.nan))
    band = next(trace for trace in drawn.data if trace.fill)
    finite = np.isfinite(low)
    assert set(np.round(low[finite], 9)) <= set(np.round(band.y, 9)) and np.isfinite(high[0]) and high[0] in band.y
    assert drawn.layout.shapes[0].x0 == 0.01 and len(drawn.data) == 4
    said = caption(result, "final", ["SGD", "Momentum"])
    assert "120 runs of SGD and Momentum" in said and "lr from 0.001" not in said and "learning rate from 0.001 to 10" in said


def test_a_cloud_counts_every_run_in_its_colour() -> None:
    noisy = replace(RAVINE, modifiers=(Choice("noise", {"sigma": 1.0}),), steps=20)
    cloud = Cloud(noisy, runs=40, cells=32)
    result, landscape = drift(cloud), noisy.make_landscape()
    assert cloud.window is not None and cloud.experiment.start is not None
    heights = height_map(landscape, cloud.window, 61)
    made = cloud_map(
        result, ["SGD", "Momentum"], heights, coordinates=("x", "y"), minima=[(0.0, 0.0)], start=cloud.experiment.start
    )
    assert made.film is not None and made.bar is not None and not made.choosable
    for panel, outside in zip(made.panels, result.outside):
        assert (panel.codes.sum((1, 2)) + outside == 40).all()
    assert (
        made.film.code_of[0] == 0
        and made.film.code_of[1] == made.bar.first
        and (np.diff(made.film.code_of.astype(int)) >= 0).all()
    )
    ends = [made.x.cell_of(edge) for edge in cloud.window[0]]
    np.testing.assert_allclose(ends, [-0.5, 31.5], err_msg="the outer cells end where the window does")
    start = next(mark for mark in made.panels[0].marks if mark.kind == "start")
    row, column = np.argwhere(made.panels[0].codes[0])[0]
    assert abs(start.x - column) <= 0.5 and abs(start.y - row) <= 0.5, "the first picture stands at the start"
    mean = next(line for line in made.panels[0].lines if line.look == "path")
    assert (mean.xs[0], mean.ys[0]) == pytest.approx((start.x, start.y))
    lines = [trace for trace in cloud_losses_figure(result, ["SGD", "Momentum"], "dark").data if not trace.fill]
    np.testing.assert_array_equal(lines[1].y, result.loss[1, 2])
    assert "40 runs of each" in cloud_caption(cloud, ["SGD", "Momentum"])


def test_the_map_is_one_script_with_the_parts_of_the_stage_that_it_uses() -> None:
    text = bundle("map")
    assert "return modules.map" in text and ".map .picture" in text and text.count("modules.wire = ") == 1
    assert "modules.hands" not in text, "the stage's own hands stay with the stage"
    assert all(len(GROUNDS[mode].heights) for mode in GROUNDS)
