"""Slices on the network page without a browser: every kind computed by the real workers, its trust panel, a point, a stop."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from experiments import link, slices
from experiments.grids import link as grids_link
from experiments.grids.shown_slice import KINDS
from experiments.presets import DIGITS
from experiments.spec import Choice, Experiment
from experiments.training import train
from landscapes import NETWORKS
from tests.pages.scenes import opened, scenes

PAGE, S = "pages/network.py", "show.slice."
SMALL = {f"{S}samples": "60", f"{S}cells": "13"}
PATIENCE = 90.0


def until(app: AppTest, there: Any) -> None:
    """Run again until something is there."""
    end = time.monotonic() + PATIENCE
    while not there(app) and time.monotonic() < end:
        assert not app.exception, app.exception
        time.sleep(0.3)
        app.run()
    assert not app.exception and there(app)


def said(app: AppTest) -> str:
    """All that the page says."""
    return "\n".join(element.value for element in (*app.markdown, *app.caption))


def trusted(app: AppTest) -> bool:
    return "What it cannot show" in said(app)


def _field(app: AppTest, name: str) -> str:
    """Of the address."""
    value = app.query_params[f"{S}{name}"]
    return value if isinstance(value, str) else value[0]


def measures(app: AppTest) -> dict[str, list[str]]:
    """The rows of the trust panel's last table."""
    *_, panel = [element.value for element in app.markdown if element.value.startswith("| Measure")]
    rows = [[cell.strip() for cell in row.strip("|").split("|")] for row in panel.splitlines()]
    return {row[0]: row[1:] for row in rows}


def trained() -> Experiment:
    """A short training on two inputs, kept with its weights."""
    choice = Choice("mlp", {**NETWORKS["mlp"].defaults, "data": "moons", "samples": 40, "width": 3})
    made = Experiment(landscape=choice, optimizers=(Choice("momentum"), Choice("adam")), steps=4)
    slices.keep(train(made))
    return made


def test_a_link_opens_a_slice_with_what_it_can_be_trusted_for() -> None:
    app = opened(PAGE, **SMALL, **{f"{S}kind": "random", f"{S}seed": "3", f"{S}of": "3", f"{S}at": "0.25,0.5", f"{S}x": "1"})
    assert [w.value.split(" was")[0] for w in app.warning] == ["slice.x"]
    until(app, lambda app: trusted(app) and "misclassified" in said(app))
    shown = scenes(app)[1]
    assert "seed 3, around Adam’s end" in shown["title"] and shown["live"] and shown["start"] == [0.25, 0.5]
    heights = shown["map"]["values"]
    assert (
        heights.shape == (13, 13)
        and heights[6, 6] == heights.min()
        and shown["map"]["level"]["value"] == pytest.approx(np.log(10))
    )
    words = said(app)
    for number in (
        "60 of 1,500",
        "filter normalisation",
        "float32",
        "none in this network",
        "Spread over seeds",
        "Angle of the axes",
    ):
        assert number in words
    assert "2 of 760 directions" in words and "At (0.25, 0.5)" in words
    assert not any(button.label == "Stop" for button in app.button)
    assert _field(app, "kind") == "random" and _field(app, "at") == "0.25,0.5"


@pytest.mark.slow
@pytest.mark.parametrize("axes", ["both", "first"])
@pytest.mark.parametrize("key", KINDS)
def test_every_kind_is_drawn(key: str, axes: str) -> None:
    fields = link.encode(trained())
    at = "0.1" if axes == "first" else "0.1,0.2"
    app = opened(PAGE, **fields, **{f"{S}kind": key, f"{S}axes": axes, f"{S}cells": "13", f"{S}paths": "1", f"{S}at": at})
    assert not app.warning
    until(app, lambda app: trusted(app) and "training loss" in said(app))
    assert len(app.get("plotly_chart")) >= 4
    if axes == "both":
        shown = scenes(app)[1]
        assert [len(runner["path"]) for runner in shown["runners"]] == [5, 5] and "away from it" in shown["note"]
        assert shown["map"]["values"].shape == (13, 13)
        app.toggle(key="network.slices.three").set_value(True).run()
        drawn = json.loads(json.loads(app.get("bidi_component")[-1].proto.json)["figure"])["data"]
        names = [trace.get("name", "") for trace in drawn]
        assert drawn[0]["type"] == "surface" and any("Momentum" in name for name in names) and "truly has" in said(app)
    else:
        assert len(scenes(app)) == 1 and "1 of" in said(app)


@pytest.mark.slow
def test_two_slices_are_compared_in_the_same_colours() -> None:
    app = opened(PAGE, **SMALL, **{f"{S}kind": "random", f"{S}beside": "end:3", f"{S}shown": "error"})
    until(app, lambda app: trusted(app) and len(scenes(app)) == 3)
    _, here, there = scenes(app)
    assert here["map"]["range"] == there["map"]["range"] and here["map"]["domain"] == there["map"]["domain"]
    both = np.concatenate([here["map"]["values"].ravel(), there["map"]["values"].ravel()])
    np.testing.assert_allclose(here["map"]["range"], [both.min(), both.max()], rtol=1e-6)
    until(app, lambda app: all(measures(app).get("Loss at the origin", [""])))
    own, beside = measures(app)["Loss at the origin"]
    assert measures(app)["Measure"] == ["SGD’s end", "Adam’s end"] and own != beside
    assert "Adam’s end" in there["title"] and here["map"]["name"] == "error" and here["map"]["level"] is None


@pytest.mark.slow
def test_fields_change_the_slice_and_what_takes_too_long_is_refused() -> None:
    app = opened(PAGE, **SMALL, **{f"{S}kind": "random"})
    until(app, trusted)
    app.selectbox("network.slices.kind").set_value("eigenvectors").run()
    until(app, trusted)
    assert "eigenvectors" in scenes(app)[1]["title"] and _field(app, "kind") == "eigenvectors"
    app.selectbox("network.slices.shown").set_value("largest").run()
    until(app, trusted)
    assert scenes(app)[1]["map"]["name"] == "λ_max" and "within" in said(app)
    app.selectbox("network.slices.cells").set_value(193).run()
    assert any("would fit" in warning.value for warning in app.warning)
    assert app.selectbox("network.slices.cells").value == 13


@pytest.mark.slow
def test_a_slice_is_stopped_and_gone_on_with() -> None:
    app = opened(PAGE, **{f"{S}kind": "random", f"{S}shown": "ratio", f"{S}cells": "17"})
    until(app, lambda app: any(button.label == "Stop" for button in app.button))
    app.button("network.slices.stop").click().run()
    until(app, lambda app: any(button.label == "Go on" for button in app.button))
    assert "Stopped at" in said(app)
    app.selectbox("network.slices.shown").set_value("loss").run()
    until(app, trusted)


def test_of_a_training_that_was_stopped_there_is_no_slice() -> None:
    app = opened(PAGE)
    result = slices.stored(DIGITS)
    assert result is not None
    app.session_state["network.section.Slices of its loss"] = True
    app.session_state["network"] = replace(DIGITS, seed=5)
    app.session_state["result"] = replace(result, complete=False)
    app.run()
    assert not app.exception and any("this one was stopped" in info.value for info in app.info)


def test_a_slice_of_a_training_that_is_not_here_says_so_and_opens_after_it() -> None:
    choice = Choice("mlp", {**NETWORKS["mlp"].defaults, "data": "moons", "samples": 40, "width": 2})
    made = Experiment(landscape=choice, optimizers=(Choice("momentum"), Choice("adam")), steps=5)
    asked = {f"{S}kind": "random", f"{S}seed": "4", f"{S}of": "1", f"{S}cells": "13", f"{S}window": "-0.5,1.0,-2.0,0.25"}
    wanted, complaints = grids_link.decode({name.removeprefix(S): text for name, text in asked.items()}, made)
    assert not complaints and not slices.is_stored(made)
    app = opened(PAGE, **link.encode(made), **asked)
    assert not app.exception and not app.warning
    assert "its training is not stored here" in app.info[0].value.lower() and "seed 4, around Adam’s end" in app.info[0].value
    assert (
        app.info[1].value.startswith("This is")
        and "see above" in said(app)
        and "#slice" not in said(app)
        and len(scenes(app)) == 1
    )
    app.run()
    assert {name: _field(app, name.removeprefix(S)) for name in asked} == asked
    app.button(key="network.work.first").click().run()
    until(app, lambda app: not app.info and trusted(app))
    assert app.session_state["network.slices"] == wanted
    shown = scenes(app)[1]
    assert "seed 4, around Adam’s end" in shown["title"] and shown["map"]["values"].shape == (13, 13)
    assert {name: _field(app, name.removeprefix(S)) for name in asked} == asked
    assert "(#slice) is open below" in said(app) and any('id="slice"' in one.proto.body for one in app.get("html"))
    app.sidebar.number_input(key="network.steps").set_value(6).run()
    assert not app.exception and "press Train" in app.info[0].value


def test_who_comes_back_from_the_page_of_jobs_finds_the_slice_still_waiting() -> None:
    made = replace(DIGITS, steps=131)
    app = opened(PAGE, **link.encode(made), **{f"{S}kind": "random", f"{S}seed": "4"})
    asked = app.session_state["network.slices"]
    assert "not stored here" in app.info[0].value and asked.spec.directions == Choice("random", {"seed": 4})
    app.switch_page("pages/runs.py").run()
    app.query_params.clear()
    app.switch_page(PAGE).run()
    assert not app.exception and "not stored here" in app.info[0].value and app.session_state["network.slices"] == asked
