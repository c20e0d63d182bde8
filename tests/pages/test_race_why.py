"""The explained step, a change in mid-run, what else the stage shows of a race, and what a link hides."""

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from experiments import execute
from experiments.link import decode, encode
from experiments.presets import RACES
from experiments.spec import SLICE, Choice, Experiment, start_of
from experiments.why import explain
from landscapes.landscape import Draw
from optimizers import OPTIMIZERS
from tests.pages.scenes import opened, scene
from tests.some import some


def explained(app: AppTest, index: int, step: int | None = None) -> AppTest:
    app.session_state["why"] = index
    if step is not None:
        app.session_state["why.time"] = float(step)
    return app.run()


def raced(app: AppTest) -> Experiment:
    fields = {k: v[0] if isinstance(v, list) else v for k, v in app.query_params.items() if not k.startswith("show.")}
    experiment, complaints = decode(fields)
    assert not complaints
    return experiment


@pytest.mark.parametrize("key", some(["ravine", "rosenbrock", "reddi"], ("rosenbrock",)))
def test_each_chosen_run_is_explained_as_it_went(key: str) -> None:
    app, experiment = opened(on=key), RACES[key]
    landscape = experiment.make_landscape()
    for index in range(len(experiment.optimizers)):
        if experiment.optimizer(index).disabled_because(landscape):
            continue
        app = explained(app, index, 12)
        assert not app.exception
        why = explain(experiment.optimizer(index), landscape, start_of(experiment, landscape), experiment.steps, 12)
        said = app.markdown[[m.value.startswith("**") for m in app.markdown].index(True)].value.replace("\\", "")
        assert f"step 12.** {why.sentence}" in said
        shown = scene(app)
        assert shown["chosen"] == index
        assert (shown["overlay"] is None) == (landscape.dim == 1)


def test_a_run_that_cannot_start_says_so_instead() -> None:
    app = explained(opened(on="saddle", race="sgd,nsgd_l2"), 1)
    assert not app.exception
    assert app.info[0].value == scene(app)["runners"][1]["disabled"]


def test_a_chosen_run_that_left_the_race_is_let_go() -> None:
    app = explained(opened(on="bowl", race="sgd,adam"), 1)
    app.multiselect(key="race.race").set_value(["sgd"]).run()
    assert not app.exception and scene(app)["chosen"] is None


def test_a_slice_is_explained_by_the_worker() -> None:
    app = explained(opened(on=SLICE, race="sgd", steps="10"), 0, 4)
    assert not app.exception
    assert any("step 4.**" in m.value for m in app.markdown)


def test_a_change_in_mid_run_keeps_what_was_and_moves_what_follows() -> None:
    app = explained(opened(on="ravine", race="sgd,adam", steps="40"), 0, 15)
    before = scene(app)["runners"]
    app.number_input(key="why.value.0.lr").set_value(0.004).run()
    next(b for b in app.button if b.label == "Change").click().run()
    assert not app.exception
    experiment = raced(app)
    assert experiment.optimizers[0].wrappers == (Choice("change", {"of": "lr", "at": 15, "value": 0.004}),)
    after = scene(app)["runners"]
    np.testing.assert_array_equal(after[0]["path"][:16], before[0]["path"][:16])
    assert not np.allclose(after[0]["path"][16:], before[0]["path"][16:])
    np.testing.assert_array_equal(after[0]["path"], execute(experiment.solo(0))[0].theta)
    np.testing.assert_array_equal(after[1]["path"], before[1]["path"])


def test_single_samples_have_their_lines_and_nsgd_lands_on_the_one_it_drew() -> None:
    app = opened(on="linear_neuron", race="nsgd_l2", batch="1", steps="12", **{"0.lr": "1", "0.eps": "0"})
    assert not app.exception
    assert scene(app)["lines"]["labels"] == [f"sample {i}" for i in range(1, 5)]
    experiment = raced(app)
    landscape, seen = experiment.make_landscape(), experiment.seen_landscape()
    (runner,) = scene(app)["runners"]
    normals, offsets = landscape.sample_lines(landscape.point(runner["path"][0]))
    for t, place in enumerate(runner["path"][1:]):
        (sample,) = seen.indices(Draw(experiment.seed, t))
        assert normals[sample] @ place == pytest.approx(offsets[sample], abs=1e-9)


def test_lookahead_shows_its_slow_weights() -> None:
    fast = Choice("sgd", {"lr": 0.01}, (Choice("lookahead", {"k": 5}),))
    app = opened(**encode(Experiment(Choice("ravine"), (fast, Choice("sgd")), steps=20)))
    first, second = scene(app)["runners"]
    assert first["slow"] is not None and second["slow"] is None


def test_a_presenter_has_the_stage_alone() -> None:
    app = opened(on="bowl", **{"show.present": "1", "show.view": "each"})
    assert not app.exception and scene(app)["presenter"] and scene(app)["view"] == "each"
    assert not app.sidebar.selectbox and not app.dataframe
    next(b for b in app.button if "Leave" in b.label).click().run()
    assert app.sidebar.selectbox and app.dataframe and scene(app)["view"] == "each"


@pytest.mark.parametrize("hidden", ["controls", "table", "charts", "sections", "formula", "title"])
def test_a_link_hides_what_it_names(hidden: str) -> None:
    app = opened(on="bowl", **{"show.hide": hidden})
    there = {
        "controls": app.sidebar.selectbox, "table": app.dataframe, "charts": app.get("plotly_chart"),
        "sections": app.expander, "formula": app.get("latex"), "title": app.title,
    }  # fmt: skip
    assert not app.exception
    if hidden == "sections":  # those of the sidebar stay
        assert not any("three dimensions" in box.label for box in app.expander)
        return
    assert {name for name, found in there.items() if not found} == {hidden}


@pytest.mark.slow
def test_every_optimizer_is_explained() -> None:
    """On one surface that all run on, so that no rule's memory is a surprise to the panel."""
    keys = list(OPTIMIZERS)
    for part in (keys[:12], keys[12:24], keys[24:]):
        if not part:
            continue
        app = opened(on="ravine", race=",".join(part), steps="15")
        for index in range(len(part)):
            app = explained(app, index, 7)
            assert not app.exception, part[index]
            assert any("step 7.**" in m.value for m in app.markdown), part[index]


def test_the_address_keeps_which_step_is_explained() -> None:
    app = opened(on="bowl", **{"show.why": "1", "show.step": "9"})
    assert not app.exception and any("step 9.**" in m.value for m in app.markdown)
    assert app.query_params["show.why"] in ("1", ["1"]) and app.query_params["show.step"] in ("9", ["9"])
    for hostile in ("-1", "x", "٣", "9" * 40, ""):
        app = opened(on="bowl", **{"show.why": hostile, "show.step": hostile})
        assert not app.exception and scene(app)["chosen"] is None
    app = opened(on="bowl", **{"show.why": "77", "show.step": "5"})
    assert not app.exception and scene(app)["chosen"] is None
