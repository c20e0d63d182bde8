"""The race page on slices of a training: picked, opened by link, seen in three dimensions, taken away."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from experiments import Experiment, execute
from experiments.grids.spec import SliceSpec
from experiments.link import decode, encode
from experiments.presets import DIGITS, RACES
from experiments.shipped.trainings import TRAININGS
from experiments.slice_choice import KINDS, race_in, spec_of
from experiments.slice_words import name
from experiments.slices import is_stored, stored
from experiments.spec import SLICE, Choice
from figures.print.requests import draw, drawing_from
from pages import cached, race_view
from pages.race_takeaway_offer import Wanted
from tests.pages.scenes import APP, opened, scene
from tests.some import some


def of_two(kind: str, axes: str = "both", **changes: Any) -> Experiment:
    cells = (13, 11) if axes == "both" else (15, 1)
    spec = SliceSpec(DIGITS, 3, directions=Choice(kind), axes=axes, cells=cells, samples=80, **changes)
    return race_in(replace(RACES[SLICE], optimizers=RACES[SLICE].optimizers[:2], steps=6), spec)


def complaints(app: AppTest) -> list[str]:
    return [warning.value for warning in app.warning if "link" in warning.icon]


def fields(app: AppTest) -> dict[str, str]:
    return {name: value[0] if isinstance(value, list) else value for name, value in app.query_params.items()}


@pytest.mark.parametrize(("kind", "axes"), [("random", "both"), ("through", "first")])
def test_a_link_opens_the_race_in_its_slice(kind: str, axes: str) -> None:
    experiment = of_two(kind, axes)
    app = opened(**encode(experiment))
    assert not app.exception and not complaints(app)
    shown, spec = scene(app), spec_of(experiment.landscape, DIGITS)
    assert spec is not None
    assert shown["title"] == f"{name(spec)}, 80 samples"
    assert shown["note"] == "loss over 80 of 1,500 training samples, computed in float32"
    assert tuple(shown["map"]["shape"]) == ((11, 13) if axes == "both" else (15,))
    for runner, trajectory in zip(shown["runners"], execute(experiment)):
        np.testing.assert_array_equal(runner["path"], trajectory.theta)
        assert (runner["slope"] is not None) == (axes != "both")
    kept = {name: value for name, value in fields(app).items() if not name.startswith("show.")}
    assert decode(kept) == (experiment, [])


@pytest.mark.slow
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "gradient"])
@pytest.mark.parametrize("axes", ["both", "second"])
def test_every_kind_opens(kind: str, axes: str) -> None:
    app = opened(**encode(of_two(kind, axes)), **{"show.open": "three"})
    assert not app.exception and not complaints(app) and not app.error


def test_what_cannot_be_raced_on_says_so_and_the_rest_stays() -> None:
    app = opened(**encode(of_two("gradient")))
    assert not app.exception
    (said,) = complaints(app)
    assert "No momentum is known here" in said
    assert scene(app)["title"] == "Joint plane of the paths, of the Digits MLP" and fields(app)["on"] == SLICE
    assert "on.directions" not in fields(app)


def test_a_slice_is_picked_in_the_sidebar() -> None:
    app = opened(on=SLICE, race="sgd,adam", steps="6", **{"on.samples": "80"})
    assert "on.samples" in fields(app) and app.selectbox(key="race.slice.kind").value == "joint"
    app.selectbox(key="race.slice.kind").select("random").run()
    assert not app.exception and not complaints(app)
    assert scene(app)["title"].startswith("Filter-normalised random plane") and fields(app)["on.samples"] == "80"
    app.selectbox(key="race.slice.normalisation").select("layer").run()
    app.selectbox(key="race.slice.place").select(-1).run()
    title = scene(app)["title"]
    assert title.startswith("Layer-normalised random plane") and "around the initial weights" in title
    assert scene(app)["start"] == pytest.approx([0, 0], abs=1e-6)
    assert fields(app)["0.lr"] != repr(RACES[SLICE].optimizers[0].parameters["lr"])  # rates for its own coordinates
    app.selectbox(key="race.slice.kind").select("joint").run()
    assert scene(app)["title"] == "Joint plane of the paths, of the Digits MLP, 80 samples" and not app.exception


def test_a_link_opens_sections() -> None:
    app = opened(**encode(of_two("random")), **{"show.open": "three,nothing"})
    assert not app.exception and fields(app)["show.open"] == "three"
    assert any("straight from one to the next" in caption.value for caption in app.caption)


def test_the_stored_map_is_for_all_samples_only() -> None:
    """The joint plane's own map, with all samples; another one with some of them."""
    result = stored(DIGITS)
    assert result is not None
    whole, _ = cached.heights(RACES[SLICE], result.domain)
    np.testing.assert_array_equal(whole, result.heights.astype(np.float32))
    some = replace(RACES[SLICE], landscape=Choice(SLICE, {"samples": 50}))
    fewer, _ = cached.heights(some, result.domain)
    surface: Any = some.make_landscape()
    corner = np.array([low for low, _ in result.domain])
    np.testing.assert_allclose(fewer[0, 0], surface.loss(corner), rtol=1e-5)
    assert abs(fewer[0, 0] - whole[0, 0]) > 1e-3


@pytest.mark.parametrize("axes", ["both", "first"])
def test_figures_of_slices_say_what_they_show(axes: str) -> None:
    from figures.print import LOOKS

    experiment = of_two("random", axes)
    landscape = cached.landscape_of(experiment)
    labels = tuple(race_view.labels(experiment))
    wanted = Wanted(experiment, labels, LOOKS["column"], race_view.title(landscape, experiment))
    drawn = drawing_from(*draw({"wanted": wanted.as_json(), "format": "png"}, lambda m, a: None, lambda: False))
    assert drawn.data[:4] == b"\x89PNG" and min(drawn.pixels) > 100
    for words in (drawn.caption, drawn.alt):
        assert landscape.name in words and "80 of 1,500 training samples, computed in float32" in words


@pytest.mark.slow
def test_slices_need_no_torch_in_the_web_process() -> None:
    code = (
        "import sys; from streamlit.testing.v1 import AppTest;"
        f"app = AppTest.from_file({APP!r}, default_timeout=60);"
        f"app.query_params.update({encode(of_two('eigenvectors', 'first'))!r});"
        "app.run(); assert not app.exception, app.exception; sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, cwd=APP.rsplit("/", 1)[0]).returncode == 0


ROAD = """
from experiments.grids.spec import SliceSpec
from experiments.presets import DIGITS
from experiments.shipped.trainings import TRAININGS
from experiments.slices import is_stored, stored
from experiments.spec import Choice
from pages.slice_road import offer
offer(SliceSpec(DIGITS, 3, directions=Choice({kind!r}), samples={samples}), stored(DIGITS))
"""


def test_the_road_offers_three_ways_or_says_why_not() -> None:
    app = AppTest.from_string(ROAD.format(kind="random", samples=60), default_timeout=60).run()
    ways = ["Race inside this slice", "Its race in three dimensions", "Take its race away"]
    assert [button.label for button in app.button] == ways
    app = AppTest.from_string(ROAD.format(kind="given", samples=60), default_timeout=60).run()
    assert not app.button and "arrays" in app.caption[0].value


def test_a_slice_whose_data_are_missing_gives_way_to_one_that_can_be_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """A finished training on files that are not here: its plane is stored, its samples are not."""
    finished = next(t.experiment for t in TRAININGS.values() if t.run and t.weights and "mnist" in str(t.experiment.landscape))
    assert is_stored(finished)
    monkeypatch.setenv("RAVINE_DATA", "/nowhere")
    app = opened(**encode(replace(RACES[SLICE], training=finished, steps=5)))
    (said,) = complaints(app)
    assert not app.exception and "data are missing" in said and "mnist" in said
    assert scene(app)["title"] == "Joint plane of the paths, of the Digits MLP"


@pytest.mark.slow
@pytest.mark.slow
def test_trainings_at_hand_are_offered_by_name() -> None:
    app = opened(on=SLICE, race="sgd", steps="5", **{"on.samples": "80"})
    offered = app.selectbox(key="race.slice.training")
    assert len(offered.options) > 1 and len(set(offered.options)) == len(offered.options)
    finished = next(t for t in TRAININGS.values() if t.title in offered.options)
    offered.select(finished.experiment.key).run()
    assert not app.exception and not complaints(app)
    assert decode({k: v for k, v in fields(app).items() if not k.startswith("show.")})[0].training == finished.experiment


@pytest.mark.parametrize("kind", some(["joint", "eigenvectors"], ("joint",)))
def test_dragged_it_runs_on_fewer_samples_and_says_so(kind: str) -> None:
    joint = replace(RACES[SLICE], optimizers=RACES[SLICE].optimizers[:2])
    experiment = joint if kind == "joint" else replace(of_two(kind), steps=90, landscape=Choice(SLICE, {"directions": kind}))
    surface: Any = experiment.make_landscape()
    landscape, entries, note = cached.race(experiment, dragging=True)
    assert note == "while you drag: the first 40 steps on 100 of 1,500 training samples" and landscape.samples == 100
    for entry in entries:
        assert not isinstance(entry, str) and entry.trajectory.steps == 40
        np.testing.assert_allclose(entry.trajectory.loss[0], surface.subset(100).loss(np.asarray(surface.start)), rtol=1e-5)


@pytest.mark.slow
@pytest.mark.slow
def test_data_and_code_are_offered_on_any_budget() -> None:
    """The page evaluates nothing itself: the steps that a budget of calls allows are the run's own."""
    app = opened(**encode(replace(of_two("random"), budget="calls", steps=9)), **{"show.open": "take"})
    app.session_state["take.part"] = "data"
    app.run()
    assert not app.exception and not app.info
    text = app.code[-1].value
    assert "this project's packages" in text and "for t in range(" in text
