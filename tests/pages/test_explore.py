"""The Explore page without a browser: every section on every kind of surface, and what it shows is what was computed."""

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from experiments import execute, link
from experiments.presets import RACES
from experiments.spec import SLICE
from experiments.sweeps.compute import compute
from experiments.sweeps.exploration import opening, sweep_of, tuning_of
from experiments.sweeps.link import decode, encode
from experiments.sweeps.sweep import cell
from experiments.tune import tune, tuned
from experiments.tuning import Tuning
from experiments.worker import RequestError
from optimizers import OPTIMIZERS
from pages.explore_controls import OPENINGS
from pages.explore_stage import runs_at
from pages.tuning_view import token, words
from tests.pages.scenes import opened

PAGE = "pages/explore.py"
BESIDE = {"map": 2, "line": 1, "basins": 2}  # the map and the stage; of the line the stage alone


OWN = ("of", "axes", "cells", "seeds", "runs", "tolerance", "colour", "cell", "search", "unit", "starts")


def explored(tab: str = "map", **fields: str) -> AppTest:
    """The page with the answer to what it asks for on show; fields are those of the section, or of the experiment."""
    return answered(opened(PAGE, **{"show.tab": tab}, **{f"show.{k}" if k in OWN else k: v for k, v in fields.items()}))


def answered(app: AppTest) -> AppTest:
    if "explore.call" not in app.session_state:
        return app
    app.session_state["explore.call"][1].result(timeout=30)
    return app.run()


def canvases(app: AppTest) -> list[dict[str, Any]]:
    """The headers of what the map and the stage were sent, and the bytes behind them."""
    found = []
    for element in app.get("bidi_component"):
        blob = element.proto.bytes
        length = int.from_bytes(blob[:4], "little")
        found.append({**json.loads(blob[4 : 4 + length]), "behind": blob[4 + length :]})
    return found


def array(canvas: dict[str, Any], place: dict[str, int], dtype: str) -> np.ndarray:
    return np.frombuffer(canvas["behind"], dtype, place["length"], place["at"])


@pytest.mark.parametrize("tab", BESIDE)
@pytest.mark.parametrize("key", ["himmelblau", "saddle", "parabola", "typed"])
def test_every_section_opens_on_every_kind_of_surface(key: str, tab: str) -> None:
    app = explored(tab, on=key, steps="30", **({"cells": "64"} if tab == "basins" else {}))
    assert not app.exception and not app.error and not app.warning
    assert len(canvases(app)) == BESIDE[tab]


def test_the_map_holds_what_the_sweep_gives_and_the_stage_plays_the_chosen_cell() -> None:
    app = explored(axes="lr,0.001,0.1,9,log;momentum,0.0,0.9,7,linear", colour="final", cell="0,5,4", steps="40")
    assert not app.exception
    shown, stage = canvases(app)
    experiment = replace(OPENINGS["ravine"], steps=40)
    view = decode({"axes": "lr,0.001,0.1,9,log;momentum,0.0,0.9,7,linear"}, experiment)[0]
    sweep = sweep_of(view, experiment)
    *_, result = compute(sweep)
    fields = {field["name"]: array(shown, field["values"], field["kind"]) for field in shown["fields"]}
    np.testing.assert_array_equal(fields["Final loss"], result.final.ravel())
    np.testing.assert_array_equal(fields["Fate"], result.fate.ravel())
    assert shown["chosen"] == [0, 5, 4] and shown["shape"] == [7, 9]
    (trajectory,) = execute(cell(sweep, 0, 5, 4))
    assert np.array_equal(array(stage, stage["runners"][0]["path"], "<f8").reshape(-1, 2), trajectory.theta)
    assert not stage["live"]
    said = next(m.value for m in app.markdown if m.value.startswith("**Momentum**, "))
    assert f"{result.final[0, 5, 4]:.4g}" in said and f"{sweep.x.values[4]:.6g}" in said
    assert (
        {"equal rate (theory)", "stability limit (theory)"} >= {line["label"] for line in shown["panels"][0]["lines"]} != set()
    )


def test_the_address_holds_what_is_explored() -> None:
    app = explored("basins", on="double_well", cells="64", of="0,1", colour="steps", cell="1,3,60", steps="25")
    fields = {k: v[0] if isinstance(v, list) else v for k, v in app.query_params.items()}
    again = explored("basins", **{k.removeprefix("show."): v for k, v in fields.items() if k != "show.tab"})
    assert not again.warning and [c["chosen"] for c in canvases(again)[:1]] == [[1, 3, 60]]
    assert canvases(again)[0]["behind"] == canvases(app)[0]["behind"]
    experiment, complaints = link.decode({k: v for k, v in fields.items() if not k.startswith("show.")}, OPENINGS)
    assert not complaints
    view = decode({k.removeprefix("show."): v for k, v in fields.items() if k.startswith("show.")}, experiment)
    assert view[0].cell == (1, 3, 60) and not view[1]


def test_what_a_link_got_wrong_is_said_and_the_rest_is_shown() -> None:
    app = explored(axes="lr,1,2", colour="fate", on="bowl", **{"0.lr": "much"})
    said = " ".join(warning.value for warning in app.warning)
    assert not app.exception and "axes=lr,1,2 was left out" in said and "0.lr=much was left out" in said
    assert [p["label"] for p in canvases(app)[0]["patches"]] and canvases(app)[0]["bar"] is None, "coloured by fate"


def test_controls_change_the_map() -> None:
    app = explored(steps="20")
    app.selectbox(key="explore.view.colour").set_value("fate").run()
    assert canvases(app)[0]["bar"] is None
    app = answered(app.selectbox(key="explore.view.x").set_value("momentum").run())
    assert [canvases(app)[0][axis]["label"] for axis in "xy"] == ["momentum", "learning rate"], "they change places"
    app.number_input(key="explore.view.x.high").set_value(7.0).run()
    assert "axis x" in app.warning[0].value and not app.exception
    app = answered(app.multiselect(key="explore.view.shown").set_value([0, 1]).run())
    assert [canvases(app)[0][axis]["label"] for axis in "xy"] == ["condition", "learning rate"], "SGD has no momentum"
    assert [panel["label"] for panel in canvases(app)[0]["panels"]] == ["SGD", "Momentum"]


def test_a_browser_that_has_no_section_yet_gets_the_last_one() -> None:
    """Asked before it knows what a row of buttons shows, it says that none is pressed."""
    app = explored("line", steps="20")
    app.segmented_control(key="explore.tab").set_value(None).run()
    assert not app.exception and app.segmented_control(key="explore.tab").value == "line"


def test_sections_remember_themselves_and_nothing_to_explore_is_said() -> None:
    app = explored("line", colour="steps", steps="20")
    app.segmented_control(key="explore.tab").set_value("tune").run()
    app.segmented_control(key="explore.tab").set_value("line").run()
    assert app.selectbox(key="explore.view.colour").value == "steps"
    app = explored(on="saddle", race="nsgd_l2")
    assert not app.exception and "none of these optimizers can run here" in app.error[0].value


def test_a_cloud_asks_for_noise_and_then_plays() -> None:
    app = explored("cloud", runs="50", steps="20")
    assert not canvases(app)
    next(b for b in app.button if b.label == "Add noise to the gradient").click().run()
    film = canvases(answered(app))[0]
    assert not app.exception
    counts = array(film, film["panels"][0]["codes"], "<u2").reshape(-1, *film["shape"])
    assert counts[0].sum() == 50 and (counts[0] > 0).sum() == 1, "all at the start"
    assert (counts.sum((1, 2)) <= 50).all() and (counts[-1] > 0).sum() > 5


@pytest.mark.parametrize("key", [key for key in RACES if key != SLICE])
def test_runs_of_one_cell_are_raced_together(key: str) -> None:
    view = opening(OPENINGS[key], "line")
    sweep = sweep_of(view, OPENINGS[key])
    indices = range(len(sweep.experiment.optimizers))
    together = runs_at(sweep, 0, 3, indices)
    assert [together.solo(i) for i in indices] == [cell(sweep, i, 0, 3) for i in indices]
    assert link.decode(link.encode(together))[0] == together
    assert encode(view)["of"] == ",".join(map(str, indices)) or len(indices) < len(OPENINGS[key].optimizers)


@pytest.mark.parametrize("index", range(0, len(OPTIMIZERS), 8))
def test_every_optimizer_has_a_map_or_a_reason(index: int) -> None:
    keys = list(OPTIMIZERS)[index : index + 8]
    app = explored(
        on="bowl",
        race=",".join(keys),
        of=",".join(map(str, range(len(keys)))),
        axes="lr,0.01,1.0,5,log;start0,-1,1,4,linear",
        steps="15",
    )
    assert not app.exception and not app.error
    assert [panel["codes"]["length"] for panel in canvases(app)[0]["panels"]] == [20] * len(keys)


def test_tuned_settings_are_those_that_the_search_found() -> None:
    app = explored("tune", on="bowl", race="sgd,adam", steps="15", search="lr;lr,beta1", runs="40")
    assert not app.exception and not app.error and not app.warning
    before = app.session_state["explore"]
    tuning = tuning_of(decode({"tab": "tune", "search": "lr;lr,beta1", "runs": "40"}, before)[0], before)
    assert tuning.searched == (("lr",), ("lr", "beta1")) and tuning.runs == 40
    best = tuned(tuning, [tune(tuning, i) for i in range(2)])
    said = app.dataframe[0].value.to_string()
    assert all(f"{choice.parameters['lr']:.4g}" in said for choice in best.optimizers)
    next(b for b in app.button if b.label == "Use them on this page").click().run()
    assert app.session_state["explore"] == best


def test_the_terms_of_a_search_are_set_on_the_page_and_refused_where_they_do_not_fit() -> None:
    app = explored("tune", on="bowl", race="sgd,momentum", steps="12", runs="16")
    app = answered(app.multiselect(key="explore.tune.searched.1").set_value(["momentum"]).run())
    assert app.session_state["explore.views"]["tune"].searched == (("lr",), ("momentum",))
    app = answered(app.number_input(key="explore.tune.starts").set_value(2).run())
    assert app.session_state["explore.views"]["tune"].starts == 2
    assert all(search.losses.shape[1] == 2 for search in app.session_state["explore.call"][1].result(timeout=30))
    app = answered(app.selectbox(key="explore.tune.unit").set_value("runs").run())
    assert "runs" in app.query_params["show.unit"] and app.number_input(key="explore.tune.seeds").disabled
    app = app.number_input(key="explore.tune.starts").set_value(64).run()
    with pytest.raises(RequestError, match="a budget of 192 runs would do"):
        answered(app)
    assert not app.exception and any("too few to search" in m.value for m in app.run().markdown)


def test_a_race_says_how_it_was_tuned_until_its_settings_change() -> None:
    experiment = replace(RACES["bowl"], optimizers=RACES["bowl"].optimizers[:2])
    tuning = Tuning(experiment, (("lr",), ("lr", "momentum")))
    text = token(tuning, experiment)
    said = words(text, experiment)
    assert "15,000 oracle calls" in said and "Momentum (lr, momentum)" in said
    assert words(text, replace(experiment, steps=10)) == words("nonsense", experiment) == words(text + ":1", experiment) == ""
    fields = {**link.encode(experiment), "show.tuned": text}
    app = opened("pages/race.py", **fields)
    assert said in [caption.value for caption in app.caption] and text in app.query_params["show.tuned"]
    app.session_state["race"] = replace(experiment, steps=20)
    app.run()
    assert not any("Tuned alike" in caption.value for caption in app.caption) and "show.tuned" not in app.query_params


def test_controls_that_do_not_matter_are_hidden_beside_the_trainings() -> None:
    app = explored("line", on="bowl", steps="12")
    assert app.sidebar.selectbox and not any("stSidebar" in one.proto.body for one in app.get("html"))
    app = app.segmented_control(key="explore.tab").set_value("networks").run()
    assert not app.exception and not list(app.sidebar.children.values())
    assert any("stSidebar" in one.proto.body for one in app.get("html"))
    app = answered(app.segmented_control(key="explore.tab").set_value("line").run())
    assert app.sidebar.selectbox(key="explore.surface").value == "bowl" and len(canvases(app)) == 1
