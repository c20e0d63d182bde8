"""The race page without a browser: what it computes is what it shows, for every entry of the menus."""

import subprocess
import sys
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Warning as Complaint

from experiments import execute
from experiments.link import MOST_ENTRANTS, decode, encode
from experiments.presets import RACES
from experiments.spec import SLICE
from figures.components.stage import StageEvent
from optimizers import OPTIMIZERS
from pages import race_view
from tests.pages.scenes import APP, opened, scene
from tests.some import some

SURFACES_ONLY = [key for key in RACES if key != SLICE]
FIRST = ("saddle", "rosenbrock", "linear_neuron", "reddi", "typed")  # of every kind one


def test_it_opens_with_six_on_the_ravine() -> None:
    app = opened()
    assert not app.exception
    shown = scene(app)
    assert [r["key"] for r in shown["runners"]] == ["sgd", "momentum", "rmsprop", "adam", "newton", "nsgd_l2"]
    assert all(r["disabled"] is None and np.ptp(r["path"], axis=0).max() > 0.1 for r in shown["runners"])
    assert shown["autoplay"] and shown["map"]["values"].shape == (201, 201)


def complaints(app: AppTest) -> list[Complaint]:
    """What the page says of its link; other warnings are about runs that cannot be told in a caption."""
    return [warning for warning in app.warning if "link" in warning.icon]


@pytest.mark.parametrize("key", some(SURFACES_ONLY, FIRST))
def test_what_is_drawn_is_what_the_experiment_gives(key: str) -> None:
    app = opened(**encode(RACES[key]))
    assert not app.exception and not complaints(app)
    shown = scene(app)
    experiment = RACES[key]
    for i, runner in enumerate(shown["runners"]):
        if runner["disabled"]:
            assert runner["disabled"] == experiment.optimizer(i).disabled_because(experiment.make_landscape())
            continue
        (trajectory,) = execute(experiment.solo(i))
        np.testing.assert_array_equal(runner["path"], trajectory.theta)
        np.testing.assert_array_equal(runner["loss"], trajectory.loss)
        assert runner["lr"] == experiment.optimizer(i).hyperparameters["lr"]
    landscape = experiment.make_landscape()
    corners = list(product(*shown["map"]["domain"]))
    values = shown["map"]["values"].T  # the first axis is the first coordinate
    drawn = [values[ends] for ends in product((0, -1), repeat=landscape.dim)]
    np.testing.assert_allclose(drawn, landscape.loss(landscape.point(corners)), rtol=1e-6)


@pytest.mark.parametrize("key", some(SURFACES_ONLY, ("saddle", "typed")))
def test_every_optimizer_on_every_surface_runs_or_says_why(key: str) -> None:
    keys = list(OPTIMIZERS)
    for part in (keys[:MOST_ENTRANTS], keys[MOST_ENTRANTS:]):
        app = opened(on=key, race=",".join(part), steps="20")
        assert not app.exception and not complaints(app)
        runners = scene(app)["runners"]
        assert [r["key"] for r in runners] == part
        assert all(len(r["path"]) == 21 or len(r["disabled"]) > 30 for r in runners)
        assert len(app.dataframe[0].value) == len(part)


def test_the_address_holds_the_experiment() -> None:
    app = opened(on="rosenbrock", race="adam", start="0.1,0.30000000000000004", **{"0.lr": "0.012345678901234567"})
    fields = {k: v[0] if isinstance(v, list) else v for k, v in app.query_params.items() if not k.startswith("show.")}
    experiment, complaints = decode(fields)
    assert not complaints
    assert experiment.start == (0.1, 0.30000000000000004)
    assert experiment.optimizer(0).hyperparameters["lr"] == 0.012345678901234567
    again = opened(**fields)
    np.testing.assert_array_equal(scene(again)["runners"][0]["path"], scene(app)["runners"][0]["path"])


def test_a_wrong_field_is_named_and_the_rest_is_kept() -> None:
    app = opened(on="rosenbrock", start="evil", steps="40", **{"0.lr": "-1"})
    assert [w.value.split("=")[0] for w in complaints(app)] == ["0.lr", "start"]
    assert len(scene(app)["runners"][0]["path"]) == 41


def test_a_hand_on_the_stage_moves_the_experiment() -> None:
    event = StageEvent(start=(0.5, 0.25), lr={1: 0.003, 40: 1.0}, phase="drag", view=None, home=None, have="", seq=1)
    moved = race_view.moved(RACES["ravine"], event)
    assert moved.start == (0.5, 0.25)
    assert [moved.optimizer(i).hyperparameters["lr"] for i in (0, 1)] == [0.0192, 0.003]
    only_rates = race_view.moved(moved, replace(event, start=None, lr={0: 0.001}))
    assert only_rates.start == (0.5, 0.25) and only_rates.optimizer(0).hyperparameters["lr"] == 0.001


def test_changing_the_surface_opens_its_own_race() -> None:
    app = opened()
    app.selectbox(key="race.surface").select("rosenbrock").run()
    assert not app.exception
    assert scene(app)["title"].startswith("Rosenbrock")
    app.slider(key="race.steps").set_value(12).run()
    assert len(scene(app)["runners"][0]["path"]) == 13
    app.number_input(key="race.on.b").set_value(5.0).run()
    assert "b 5" in scene(app)["title"]


def test_a_value_out_of_range_is_refused_with_the_range() -> None:
    app = opened()
    app.session_state["race.open.0"] = True
    app.run().number_input(key="race.0.lr").set_value(0.0).run()
    assert "(0, inf)" in complaints(app)[0].value
    assert scene(app)["runners"][0]["lr"] == 0.0192


def test_a_diverging_run_is_data() -> None:
    app = opened(on="ravine", race="sgd", steps="400", **{"0.lr": "0.5"})
    (runner,) = scene(app)["runners"]
    assert runner["left"]["step"] >= 1 and runner["diverged"] > 50
    assert np.isnan(runner["path"][-1]).all()
    assert "diverged at step" in app.dataframe[0].value["Ended"].iloc[0]


@pytest.mark.slow
def test_the_page_needs_no_torch() -> None:
    code = (
        "import sys; from streamlit.testing.v1 import AppTest;"
        f"app = AppTest.from_file({APP!r}, default_timeout=60).run();"
        "assert not app.exception, app.exception; sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, cwd=APP.rsplit("/", 1)[0]).returncode == 0


def test_the_digits_slice_is_raced_in_the_worker() -> None:
    app = opened(on="slice", steps="25")
    assert not app.exception and not complaints(app)
    shown = scene(app)
    experiment = replace(RACES[SLICE], steps=25)
    assert len(shown["runners"]) == 6 and "1,500 of 1,500 training samples" in shown["note"]
    for i, runner in enumerate(shown["runners"]):
        (trajectory,) = execute(experiment.solo(i))
        np.testing.assert_array_equal(runner["path"], trajectory.theta)
        assert np.ptp(runner["path"], axis=0).max() > 0.1


def test_a_browser_that_knows_no_buttons_yet_changes_nothing() -> None:
    """Asked before it knows what a row of buttons shows, it says that none is pressed."""
    app = opened(on="ravine", budget="calls", steps="40")
    before = dict(app.query_params)
    for key in ("race.budget", "view"):
        app.segmented_control(key=key).set_value(None).run()
        assert not app.exception and not app.error and not app.warning
    assert dict(app.query_params) == before
    assert app.segmented_control(key="race.budget").value == "calls" and app.segmented_control(key="view").value == "one"
