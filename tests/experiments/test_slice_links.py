"""What a page shows of a slice, and the link that holds it: every choice there and back, and hostile fields alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from experiments.grids import link
from experiments.grids.cells import Cells
from experiments.grids.cost import QUICK, SIDES, refusal, seconds
from experiments.grids.shown_slice import (
    CURVED,
    KINDS,
    SHOWN,
    ShownSlice,
    affordable,
    besides,
    colour_range,
    fitted,
    opening,
    other,
    shown_for,
    values,
    with_axes,
    with_kind,
    with_option,
    with_place,
    with_shown,
    with_side,
)
from experiments.grids.spec import AXES, START
from experiments.presets import DIGITS
from experiments.spec import Choice, Experiment, ExperimentError
from landscapes import NETWORKS
from landscapes.directions import DIRECTIONS
from landscapes.grids import QUANTITIES
from landscapes.ranges import options_of

HOSTILE = ("", "-1", "nan", "1e400", "<b>", "9" * 300, "1,2,3", "null", "\x00", "inf,inf")


def fits() -> Experiment:
    """A training of a network without classes."""
    choice = Choice("mlp", {**NETWORKS["mlp"].defaults, "data": "chebyshev", "samples": 40, "criterion": "mse"})
    return Experiment(landscape=choice, optimizers=(Choice("adam"),), steps=4)


def there_and_back(view: ShownSlice) -> None:
    assert link.decode(link.encode(view), view.spec.training) == (view, [])


@pytest.mark.parametrize("shown", SHOWN)
@pytest.mark.parametrize("axes", AXES)
@pytest.mark.parametrize("log", [False, True])
def test_what_reading_a_quantity_would_change_is_written(shown: str, axes: str, log: bool) -> None:
    """As many cells, and the scale, as a page opens with for the loss: for another quantity these are a choice."""
    view = with_axes(replace(opening(DIGITS), spec=replace(opening(DIGITS).spec, samples=100)), axes)
    for side in SIDES:
        chosen = replace(with_shown(view, shown), log=log)
        chosen = replace(chosen, spec=replace(chosen.spec, cells=(side, 1 if chosen.spec.line else side)))
        if not refusal(chosen.spec):
            there_and_back(chosen)


@pytest.mark.parametrize("key", KINDS)
@pytest.mark.parametrize("axes", AXES)
def test_every_kind_goes_into_a_link_and_back(key: str, axes: str) -> None:
    view = with_axes(with_kind(opening(DIGITS), key), axes)
    there_and_back(view)
    assert view.spec.line == (axes != "both") == (view.spec.cells[1] == 1)
    window = ((-1 / 3, 1e-9 + 2),) if view.spec.line else ((-1 / 3, 2.0), (0.0, 1e-7))
    at = tuple(low for low, _ in window)
    spec = replace(view.spec, window=window, samples=77, statistics="recomputed", optimizer=2, towards=(1,))
    there_and_back(fitted(replace(view, spec=spec, at=at, paths=not view.paths, log=False)))
    for name, allowed in options_of(DIRECTIONS[key]).items():
        for value in allowed.values:
            there_and_back(with_option(view, name, value))
    for what in besides(view.spec):
        there_and_back(replace(view, beside=what))


@pytest.mark.parametrize("training", [DIGITS, fits()], ids=["classes", "values"])
def test_everything_that_can_be_shown(training: Experiment) -> None:
    view = opening(training)
    names = shown_for(view.spec)
    assert ("accuracy" in names) == (training is DIGITS) and {"loss", "test_loss", *CURVED} <= set(names)
    for name in names:
        found = with_shown(view, name)
        there_and_back(found)
        assert not refusal(found.spec) and found.log == (SHOWN[name].scale == "log")
        given = {quantity: np.full((2, 2), 0.25 + 0.5 * (quantity == "largest")) for quantity in found.spec.quantities}
        assert set(given) <= set(QUANTITIES)
        cells = Cells(np.arange(2.0), np.arange(2.0), given, "", ("x", "y"), np.ones(2), {}, None)
        expected = {"largest": 0.75, "ratio": 0.25 / 0.75}.get(name, 0.75 if name.endswith("error") else 0.25)
        np.testing.assert_allclose(values(cells, name), expected)
    assert fitted(replace(view, shown="nothing")).shown == "loss"


@pytest.mark.parametrize("name", [*link.OWN, "seed", "normalisation", "vectors", "anything"])
def test_a_hostile_field_falls_back_alone(name: str) -> None:
    good = {"kind": "random", "seed": "7", "shown": "accuracy", "cells": "25"}
    for text in HOSTILE:
        view, complaints = link.decode({**good, name: text}, DIGITS)
        said = [complaint for complaint in complaints if complaint.startswith(f"slice.{name}")]
        assert len(complaints) == len(said) <= 1
        spec = view.spec
        if name != "seed":
            assert spec.directions.parameters.get("seed") == 7
        if name != "shown":
            assert view.shown == "accuracy"
        if name not in ("cells", "axes"):
            assert spec.cells == (25, 25)


@settings(max_examples=15)
@given(st.dictionaries(st.sampled_from([*link.OWN, "seed", "which", "vectors"]), st.text(max_size=30), max_size=6))
def test_no_link_raises(fields: dict[str, str]) -> None:
    view, complaints = link.decode(fields, DIGITS)
    assert not refusal(view.spec) and len(complaints) <= len(fields)
    there_and_back(view)


def test_a_slice_that_takes_too_long_is_not_opened_by_a_link() -> None:
    view, complaints = link.decode({"kind": "random", "shown": "largest", "cells": "129"}, DIGITS)
    assert view.spec.cells == with_shown(opening(DIGITS), "largest").spec.cells
    assert len(complaints) == 1 and "would fit" in complaints[0]
    cheaper, complaints = link.decode({"kind": "random", "shown": "largest", "samples": "50", "cells": "25"}, DIGITS)
    assert cheaper.spec.cells == (25, 25) and not complaints
    with pytest.raises(ExperimentError, match="would fit"):
        with_side(view, SIDES[-1])
    assert affordable(view) is view


def test_choices_that_pull_others_along() -> None:
    view = replace(opening(DIGITS), at=(0.5, 0.5))
    assert with_kind(view, "through").paths and not with_kind(view, "random").paths and with_kind(view, "random").at is None
    line = with_axes(view, "second")
    assert line.spec.cells == (97, 1) and line.at is None
    assert {"loss", "accuracy", "test_loss", "test_accuracy"} == set(line.spec.quantities)
    assert with_axes(line, "first").spec.cells == line.spec.cells
    there = with_place(replace(view, beside="end:3"), 3)
    assert there.spec.optimizer == 3 and there.beside == "" and with_place(there, START).spec.place == "start"
    for key in KINDS:
        assert fitted(replace(with_kind(view, key), beside="end:99")).beside == ""


def large() -> Experiment:
    """A training whose every pass takes minutes."""
    family = NETWORKS["resnet20"]
    return Experiment(landscape=Choice("resnet20", dict(family.defaults)), optimizers=(Choice("sgd"),), steps=1, batch_size=128)


def test_of_a_large_network_a_page_opens_on_what_can_be_waited_for() -> None:
    view = opening(large())
    assert view.spec.samples is not None and not refusal(view.spec) and seconds(view.spec) <= QUICK
    line = with_axes(view, "first")
    assert not refusal(line.spec)
    assert seconds(opening(DIGITS).spec) <= QUICK and opening(DIGITS).spec.cells == (49, 49)
    dear = with_shown(opening(DIGITS), "largest")
    assert seconds(dear.spec) <= QUICK or dear.spec.cells == (13, 13)
    assert with_shown(dear, "accuracy").spec.cells == (49, 49)


def test_what_a_slice_is_compared_with() -> None:
    window = ((-1.0, 1.0), (-2.0, 2.0))
    view = with_option(opening(DIGITS), "seed", 4)
    changes: dict[str, Any] = {
        "end:2": {"optimizer": 2},
        "start": {"place": "start"},
        "seed:6": {"directions": Choice("random", {"seed": 6})},
    }
    for what, change in changes.items():
        assert what in besides(view.spec)
        assert other(replace(view, beside=what), window) == replace(view.spec, window=window, **change)
    assert other(view, window) is None and besides(with_kind(view, "principal").spec) == ("",)
    assert "end:0" not in besides(view.spec) and "end:0" in besides(with_place(view, START).spec)


def test_maps_that_are_compared_share_their_colours() -> None:
    one, two = np.array([[1.0, np.nan], [np.inf, 3.0]]), np.array([[-1.0, 2.0]])
    assert colour_range([one, two]) == (-1.0, 3.0)
    assert colour_range([np.full((2, 2), np.nan)]) is None and colour_range([]) is None
