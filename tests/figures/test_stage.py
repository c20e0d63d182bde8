"""What the stage takes back from the browser, and how a page mounts it."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from figures.bundle import bundle
from figures.components import stage
from figures.components.stage import HeightMap, Scene, StageEvent, read_event
from figures.payload import payload
from tests.figures.scenes import HOME
from tests.figures.test_payload import unpacked


def test_an_event_is_read_field_by_field() -> None:
    good = {
        "start": [0.25, -1], "lr": {"0": 0.5, "12": 3}, "phase": "drag", "view": [[-1, 1], [0, 2]],
        "home": [[-2, 2], [-2, 2]], "have": "key", "seq": 12, "chosen": 3, "time": 17.5,
    }  # fmt: skip
    event = read_event(good)
    assert event == StageEvent(
        (0.25, -1.0), {0: 0.5, 12: 3.0}, "drag", ((-1, 1), (0, 2)), ((-2, 2), (-2, 2)), "key", 12, 3, 17.5
    )  # fmt: skip


def test_an_event_over_a_curve_has_one_of_each() -> None:
    event = read_event({"start": [0.25], "view": [[-1, 1]], "home": [[-2, 2]], "phase": "drop", "seq": 3})
    assert event is not None and event.start == (0.25,) and event.view == ((-1, 1),) and event.home == ((-2, 2),)


def test_a_start_of_another_dimension_than_its_home_is_left_out() -> None:
    event = read_event({"start": [0.25, 1], "view": [[-1, 1], [0, 1]], "home": [[-2, 2]], "seq": 3})
    assert event is not None and event.start is None and event.view is None and event.home == ((-2, 2),)


HOSTILE = [
    None, True, "x", -0.5, 10**400, float("nan"), float("inf"), [], [1], [1, 2, 3], ["a", "b"], [None, 1], [float("nan"), 0],
    [10**400, 0], [True, False], {}, {"a": 1}, {"0": -1, "1": 0, "-1": 2, "999": 1, "x": 1, "²": 1, "2": float("inf")},
    [[0, 0]], [[1, 0], [0, 1]], [[0, 0], [0, 1]], [[0, float("inf")], [0, 1]], [[1, 1 + 1e-15], [0, 1]], "y" * 10_000,
]  # fmt: skip


@pytest.mark.parametrize("value", HOSTILE, ids=lambda v: repr(v)[:30])
@pytest.mark.parametrize("field", ["start", "lr", "phase", "view", "home", "have", "seq", "chosen", "time"])
def test_what_is_wrong_in_an_event_is_left_out_alone(field: str, value: Any) -> None:
    good: dict[str, Any] = {"start": [0.5, 0.5], "lr": {"1": 0.1}, "phase": "drag", "home": HOME, "have": "key", "seq": 3}
    event = read_event(good | {field: value})
    assert event is not None
    if field != "start":
        assert event.start == (0.5, 0.5)
    else:
        assert event.start is None
    if field != "lr":
        assert event.lr == {1: 0.1}
    else:
        assert event.lr == {}
    assert event.view is None and event.home == (None if field == "home" else HOME)
    assert event.chosen is None and event.time is None
    assert event.phase in ("drag", "drop") and len(event.have) <= 200 and 0 <= event.seq < 2**53


FIELDS = ("start", "lr", "view", "home", "have", "seq", "chosen", "time")
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)


@given(anything | st.fixed_dictionaries({}, optional={name: anything for name in FIELDS}))
def test_no_event_raises(data: Any) -> None:
    event = read_event(data)
    assert event is None or isinstance(event, StageEvent)
    if event is not None:
        payload(a_small_scene(), event.have, event.seq)


def a_small_scene() -> Scene:
    return Scene("t", ("x", "y"), HeightMap(np.zeros((2, 2)), HOME, "k"), (), (0.0, 0.0), HOME)


def page() -> None:
    """A page with a stage, as AppTest runs it."""
    import streamlit

    from figures.components.stage import event, stage, window
    from tests.figures.scenes import HOME, a_scene

    def moved() -> None:
        streamlit.session_state["seen"] = event("race")

    streamlit.session_state["window"] = window("race", HOME)
    streamlit.session_state["returned"] = stage(a_scene(), key="race", on_change=moved)


def sent_by(app: AppTest) -> tuple[dict[str, Any], bytes]:
    return unpacked(app.get("bidi_component")[0].proto.bytes)


def test_a_page_shows_a_scene_and_reads_what_the_visitor_did() -> None:
    app = AppTest.from_function(page).run()
    assert not app.exception
    header, _ = sent_by(app)
    assert header["title"] == "Ravine" and header["id"] == "race" and header["seq"] == 0 and header["map"]["length"] == 21 * 31
    assert app.session_state["returned"] is None and app.session_state["window"] == HOME
    look = [[-0.5, 0.5], [-0.25, 0.75]]
    done = {"start": [0.5, -0.5], "lr": {"1": 0.2}, "phase": "drop", "view": look, "home": HOME, "have": "ravine-31", "seq": 4}
    app.session_state["race"] = {"event": done}
    app.run()
    event = app.session_state["returned"]
    assert isinstance(event, StageEvent) and event.start == (0.5, -0.5) and event.lr == {1: 0.2} and event.seq == 4
    assert app.session_state["window"] == ((-0.5, 0.5), (-0.25, 0.75))
    header, _ = sent_by(app)
    assert header["seq"] == 4 and "length" not in header["map"]


def test_a_window_over_another_surface_means_nothing_here() -> None:
    app = AppTest.from_function(page)
    away = [[-5, 5], [-5, 5]]
    app.session_state["race"] = {"event": {"view": [[0, 1], [0, 1]], "home": away, "seq": 1}}
    app.run()
    assert app.session_state["window"] == HOME


def test_code_goes_to_the_browser_as_a_few_lines() -> None:
    app = AppTest.from_function(page).run()
    proto = app.get("bidi_component")[0].proto
    assert len(proto.js_content) < 1500 and "app/static/bundle/stage.js?v=" in proto.js_content
    assert "VERSION" not in proto.js_content


def test_a_folder_that_cannot_be_written_sends_the_script_along(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stage, "served", lambda: False)
    stage._component.cache_clear()
    try:
        sent = AppTest.from_function(page).run().get("bidi_component")[0].proto.js_content
    finally:
        stage._component.cache_clear()
    assert sent.startswith(bundle()) and "export default ravine.show" in sent
