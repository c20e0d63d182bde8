"""What is explored of an experiment, its links, and the cells to take away."""

import csv
import io
import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from experiments.presets import RACES
from experiments.spec import SLICE, Choice, Experiment, ExperimentError
from experiments.sweeps import export
from experiments.sweeps.axis import Axis
from experiments.sweeps.compute import compute
from experiments.sweeps.exploration import TABS, Exploration, able, cloud_of, fitted, opening, searched_of, sweep_of, tuning_of
from experiments.sweeps.link import decode, encode
from experiments.sweeps.result import QUANTITIES, Fate
from experiments.sweeps.sweep import Sweep

pytestmark = pytest.mark.usefixtures("shapes_unchecked")
SURFACES = [key for key in RACES if key != SLICE]
RAVINE = replace(RACES["ravine"], optimizers=RACES["ravine"].optimizers[:4])


@pytest.mark.parametrize("tab", TABS)
@pytest.mark.parametrize("key", SURFACES)
def test_every_tab_opens_on_every_surface_and_its_link_comes_back(key: str, tab: str) -> None:
    view = opening(RACES[key], tab)
    assert set(view.shown) <= set(able(RACES[key])) and view.x.name != view.y.name
    if tab in ("map", "line", "basins"):
        assert sweep_of(view, RACES[key]).experiment.optimizers == tuple(RACES[key].optimizers[i] for i in view.shown)
    assert decode(encode(view), RACES[key]) == (view, [])


@settings(max_examples=25)
@given(
    st.floats(1e-6, 1e-2), st.floats(0.1, 5), st.integers(2, 40), st.integers(2, 40), st.sampled_from(sorted(QUANTITIES)),
    st.floats(1e-12, 1), st.data(),
)  # fmt: skip
def test_links_keep_every_number(
    low: float, high: float, across: int, up: int, colour: str, tolerance: float, data: Any
) -> None:
    view = Exploration(
        "map", (1,), Axis("lr", low, high, across, "log"), Axis("momentum", 0.0, 0.9, up), tolerance=tolerance, colour=colour,
        cell=(0, data.draw(st.integers(0, up - 1)), data.draw(st.integers(0, across - 1))),
    )  # fmt: skip
    assert decode(encode(view), RAVINE) == (view, [])


NAMES = ("tab", "of", "axes", "cells", "seeds", "runs", "tolerance", "colour", "cell", "search", "unit", "starts", "nonsense")
TEXTS = st.one_of(
    st.text(max_size=40),
    st.sampled_from(["nan", "inf", "-1", "0", "64", "1e999", "9" * 30, "0,0,0", "lr;lr;lr;lr"]),
    st.sampled_from(["map", "line", "basins", "cloud", "tune"]),
    st.from_regex(r"\A(lr|momentum|seed|start0|on\.condition|x),-?[0-9]{1,4},[0-9e]{1,5},[0-9]{1,6},(log|linear)(;lr,1,2,3,log)?\Z"),
)  # fmt: skip


@settings(max_examples=40)
@given(st.dictionaries(st.sampled_from(NAMES), TEXTS))
def test_whatever_a_link_holds_something_can_be_explored(fields: dict[str, str]) -> None:
    view, complaints = decode(fields, RAVINE)
    if view.tab in ("map", "line", "basins"):
        assert sweep_of(view, RAVINE).cells > 0
    if view.tab == "tune":
        assert len(tuning_of(view, RAVINE).searched) == 4
    assert all(complaint.endswith(".") and len(complaint) < 500 for complaint in complaints)
    assert decode(encode(view), RAVINE)[1] == []
    said = {complaint.partition("=")[0].partition(" ")[0] for complaint in complaints}
    assert said <= set(fields) and ("nonsense" not in fields or "nonsense" in said)


def test_one_wrong_field_falls_back_alone_and_sizes_name_what_would_fit() -> None:
    view, complaints = decode({"axes": "lr,0.001,1,9999,log;momentum,0,0.9,12,linear", "colour": "fate"}, RAVINE)
    assert view == replace(opening(RAVINE), colour="fate")
    assert len(complaints) == 1 and "256 x 256 would" in complaints[0]
    assert "cloud" in decode({"tab": "cloudy"}, RAVINE)[1][0]
    assert "no optimizer 9" in decode({"of": "1,9"}, RAVINE)[1][0]
    many, complaints = decode({"tab": "cloud", "runs": "100000"}, RAVINE)
    assert many.runs == opening(RAVINE, "cloud").runs and complaints


def test_a_view_is_fitted_to_what_the_experiment_has_left() -> None:
    view = opening(RAVINE)
    assert fitted(view, RAVINE) == view
    alone = replace(RAVINE, optimizers=(RAVINE.optimizers[0],))
    assert fitted(view, alone) == opening(alone)
    both = fitted(replace(view, shown=(0, 1)), RAVINE)
    assert both.x == view.x and both.y.name != "momentum", "SGD has no momentum"
    sweep_of(both, RAVINE)
    with pytest.raises(ExperimentError, match="random"):
        cloud_of(opening(RAVINE, "cloud"), RAVINE)
    with pytest.raises(ExperimentError, match="none of these"):
        opening(replace(RACES["saddle"], optimizers=(Choice("nsgd_l2"),)))


@pytest.mark.parametrize("two", [True, False])
def test_cells_leave_as_csv_and_arrays_in_full_precision(two: bool) -> None:
    experiment: Experiment = replace(RAVINE, optimizers=RAVINE.optimizers[1:3], steps=20)
    sweep = Sweep(experiment, Axis("lr", 1e-3, 10, 6, "log"), Axis("start0", -1, 1, 3) if two else None)
    *_, result = compute(sweep)
    first, text = export.csv(sweep, result, ["A", "B"]).decode().split("\n", 1)
    assert Sweep.from_json(json.loads(first.removeprefix("# "))) == sweep
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == 2 * sweep.cells
    for name in ("final", "oscillation", "steps"):
        found = np.array([float(row[name]) for row in rows]).reshape(result.fate.shape)
        np.testing.assert_array_equal(found, getattr(result, name))
    assert [float(row["lr"]) for row in rows] == [*sweep.x.values] * 2 * sweep.rows
    place = (1, sweep.rows - 1, 2)
    row = rows[np.ravel_multi_index(place, result.fate.shape)]
    assert (row["optimizer"], float(row["lr"])) == ("B", sweep.x.values[2])
    assert row["fate"] == Fate(int(result.fate[place])).name.lower() and (not two or float(row["start0"]) == 1.0)
    arrays = np.load(io.BytesIO(export.npz(sweep, result)))
    np.testing.assert_array_equal(arrays["distance"], result.distance)
    np.testing.assert_array_equal(arrays["x"], sweep.x.values)
    assert Sweep.from_json(json.loads(str(arrays["asked"]))) == Sweep.from_json(json.loads(export.spec(sweep))) == sweep


def test_what_is_searched_follows_the_optimizers() -> None:
    view = replace(opening(RAVINE, "tune"), searched=(("lr",), ("momentum", "lr"), ("decay",), ("eps",)))
    assert decode(encode(view), RAVINE) == (view, [])
    fewer = replace(RAVINE, optimizers=RAVINE.optimizers[:2])
    assert tuning_of(fitted(view, fewer), fewer).searched == (("lr",), ("momentum", "lr"))
    others = replace(RAVINE, optimizers=(Choice("newton"), Choice("sgd"), Choice("adam")))
    assert searched_of(view.searched, others) == (("lr",), ("lr",), ("lr",)), "what a method does not have is not searched"
    saddle = replace(RACES["saddle"], optimizers=(Choice("sgd"), Choice("nsgd_l2"), Choice("momentum")))
    there = replace(opening(saddle, "tune"), searched=(("lr",), ("eps",), ("momentum",)))
    assert tuning_of(there, saddle).searched == (("lr",), ("momentum",)), "NSGD cannot run there"
    complaints = decode({"tab": "tune", "search": "lr;lr;beta1;lr", "runs": "3", "unit": "s", "starts": "900"}, RAVINE)[1]
    assert [complaint.partition("=")[0] for complaint in complaints] == ["search", "runs", "unit", "starts"]
