"""What a slice's files hold: the very cells and paths on show, the specification read back, a script that gives the cells."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from experiments import slices
from experiments.grids import export
from experiments.grids.cells import Cells
from experiments.grids.compute import computed, ready
from experiments.grids.paths import projected
from experiments.grids.shown_slice import ShownSlice, opening, other, values, with_axes, with_kind, with_place, with_shown
from experiments.grids.spec import SliceSpec
from experiments.presets import DIGITS
from experiments.spec import Choice, ExperimentError

OPENING = opening(DIGITS)
SMALL = replace(OPENING, spec=replace(OPENING.spec, cells=(5, 4), samples=50))
VIEWS = {
    "plane": with_shown(SMALL, "error"),
    "compared": replace(with_place(SMALL, 3), beside="end:0"),
    "seeds": replace(SMALL, beside="seed:2"),
    "line": with_axes(with_kind(SMALL, "through"), "first"),
    "joint": with_kind(SMALL, "principal"),
}


@pytest.fixture(autouse=True)
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAVINE_RESULTS", str(tmp_path))


def grid_of(spec: SliceSpec) -> Cells:
    made = ready(spec)
    *_, grid = computed(made)
    return Cells.of(grid, made.chance)


def made(view: ShownSlice) -> list[tuple[SliceSpec, Cells]]:
    first = grid_of(view.spec)
    beside = other(view, first.window)
    return [(view.spec, first), *([(beside, grid_of(beside))] if beside is not None else [])]


@pytest.fixture(params=VIEWS)
def shown(request: pytest.FixtureRequest) -> tuple[ShownSlice, list[tuple[SliceSpec, Cells]]]:
    view = VIEWS[request.param]
    view = replace(view, spec=replace(view.spec, cells=(7, 1) if view.spec.line else (5, 4)))
    return view, made(view)


def test_a_table_has_every_cell_in_full_precision(shown: tuple[ShownSlice, list[tuple[SliceSpec, Cells]]]) -> None:
    view, both = shown
    head, text = export.csv(view, both).decode().split("\n", 1)
    assert ShownSlice.from_json(json.loads(head.removeprefix("# "))) == view
    rows = list(csv.DictReader(io.StringIO(text), restkey="more", restval="missing"))
    assert len(rows) == sum(cells.x.size * (1 if cells.y is None else cells.y.size) for _, cells in both)
    told = iter(rows)
    for _, cells in both:
        for j, i in np.ndindex(cells.shape):
            row = next(told)
            assert "more" not in row and "missing" not in row.values()
            assert float(row[cells.labels[0]]) == cells.x[i]
            assert cells.y is None or float(row[cells.labels[1]]) == cells.y[j]
            for name in {*cells.values, view.shown}:
                assert float(row[name]) == values(cells, name)[j, i]
    assert len({row.get("slice") for row in rows}) == len(both)


def test_arrays_are_those_on_show(shown: tuple[ShownSlice, list[tuple[SliceSpec, Cells]]]) -> None:
    view, both = shown
    paths = () if view.spec.line else projected(ready(view.spec))
    data = export.npz(view, both, paths)
    assert data == export.npz(view, both, paths)
    with np.load(io.BytesIO(data), allow_pickle=False) as file:
        assert ShownSlice.from_json(json.loads(str(file["asked"]))) == view
        for k, (_, cells) in enumerate(both):
            np.testing.assert_array_equal(file[f"{k}_x"], cells.x)
            assert (f"{k}_y" in file) == (cells.y is not None)
            for name in {*cells.values, view.shown}:
                np.testing.assert_array_equal(file[f"{k}_value_{name}"], values(cells, name))
        assert f"{len(both)}_x" not in file
        for n, path in enumerate(paths):
            for name in ("steps", "coordinates", "off", "loss"):
                np.testing.assert_array_equal(file[f"path_{n}_{name}"], getattr(path, name))


@pytest.mark.parametrize("view", VIEWS.values(), ids=list(VIEWS))
def test_a_specification_reads_back_and_the_wrong_ones_say_so(view: ShownSlice) -> None:
    data = json.loads(export.spec(view))
    assert ShownSlice.from_json(data) == view
    wrong: Sequence[dict[str, Any]] = (
        {**data, "shown": "beauty"}, {**data, "beside": "end:77"}, {**data, "at": ["x"]}, {**data, "at": [0.0, 0.0, 0.0]},
        {**data, "slice": {**data["slice"], "place": "nowhere"}}, {name: data[name] for name in data if name != "log"},
    )  # fmt: skip
    for one in wrong:
        with pytest.raises(ExperimentError):
            ShownSlice.from_json(one)


def test_the_script_trains_what_is_not_there_and_gives_the_same_cells(capsys: pytest.CaptureFixture[str]) -> None:
    training = replace(DIGITS, steps=1, optimizers=(Choice("sgd", {"lr": 0.5}),), batch_size=None)
    training = replace(training, landscape=training.landscape.with_parameters(width=2))
    view = ShownSlice(SliceSpec(training, cells=(3, 2), samples=20, quantities=("loss", "accuracy")), "loss")
    text = export.script(view)
    assert "where this project's packages are" in text and view.spec.key in text
    found: dict[str, Any] = {}
    exec(compile(text, "script", "exec"), found)
    assert slices.is_stored(training)
    expected = grid_of(view.spec)
    for name, array in found["grid"].values.items():
        np.testing.assert_array_equal(array, expected.values[name])
    assert "loss (2, 3) from" in capsys.readouterr().out
