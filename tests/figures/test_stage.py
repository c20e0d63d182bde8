"""What Python hands to the stage, and what it takes back from it."""

import json
import math
from dataclasses import asdict
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from experiments import run
from figures.components import stage
from figures.components.stage import HeightMap, Runner, Scene, StageEvent, payload, read_event
from figures.theme import GROUNDS, STYLES, style, styles
from landscapes import SURFACES
from optimizers import OPTIMIZERS

HOME = ((-1.5, 1.5), (-1.5, 1.5))


def a_scene(**changes: Any) -> Scene:
    ravine = SURFACES["ravine"]()
    runners = []
    for key, lr in (("sgd", 0.015), ("adam", 0.05), ("sgd", 0.5)):
        t = run(OPTIMIZERS[key](lr=lr), ravine, ravine.start, 300)
        runners.append(Runner(key, key.upper(), t.theta, t.loss, lr, (1e-4, 1.0), 0.02, "2/λ_max"))
    runners.append(
        Runner("nsgd_l2", "NSGD", np.empty((0, 2)), np.empty(0), 0.1, (1e-4, 1.0), disabled="No input enters this formula.")
    )
    x = np.linspace(-1.5, 1.5, 31)
    values = ravine.loss(np.stack(np.meshgrid(x, x[:21]), -1))
    fields: dict[str, Any] = {
        "title": "Ravine", "coordinates": ("x", "y"), "height": HeightMap(values, HOME, "ravine-31", log=True),
        "runners": tuple(runners), "start": (1.0, 1.0), "home": HOME, "minima": ravine.minima,
    }  # fmt: skip
    return Scene(**(fields | changes))


def unpacked(blob: bytes) -> tuple[dict[str, Any], bytes]:
    length = int.from_bytes(blob[:4], "little")
    assert (4 + length) % 8 == 0, "the arrays must start where a Float64Array may"
    return json.loads(blob[4 : 4 + length]), blob[4 + length :]


def array(body: bytes, place: dict[str, int], dtype: str) -> np.ndarray:
    assert place["at"] % np.dtype(dtype).itemsize == 0
    return np.frombuffer(body, dtype, place["length"], place["at"])


def test_payload_carries_the_paths_to_the_last_bit() -> None:
    scene = a_scene()
    header, body = unpacked(payload(scene))
    assert len(header["runners"]) == 4
    for runner, sent in zip(scene.runners, header["runners"]):
        np.testing.assert_array_equal(array(body, sent["path"], "<f8").reshape(-1, 2), runner.path)
        np.testing.assert_array_equal(array(body, sent["loss"], "<f8"), runner.loss)
        assert sent["lr"] == runner.lr
    assert [sent["style"] for sent in header["runners"]] == [asdict(look) for look in styles(["sgd", "adam", "sgd", "nsgd_l2"])]
    assert header["map"]["shape"] == [21, 31]
    np.testing.assert_array_equal(array(body, header["map"], "<f4").reshape(21, 31), scene.height.values.astype("f4"))
    assert header["start"] == [1.0, 1.0] and header["minima"] == [[0.0, 0.0]]


def test_a_diverging_run_keeps_its_numbers_and_its_fate() -> None:
    scene = a_scene()
    wild = scene.runners[2]
    assert np.nanmax(np.abs(wild.path)) > np.finfo(np.float32).max, "this run must leave what float32 can hold"
    sent = unpacked(payload(scene))[0]["runners"]
    assert sent[0]["left"] is None and sent[0]["diverged"] is None
    outside = int(np.argmax((np.abs(wild.path) > 1.5).any(axis=1)))
    assert sent[2]["left"] == {"step": outside, "loss": wild.loss[outside]}
    assert sent[2]["diverged"] == int(np.argmax(~np.isfinite(wild.path).all(axis=1)))
    assert not math.isfinite(float(wild.loss[-1]))
    assert sent[3]["disabled"] and sent[3]["left"] is None and sent[3]["diverged"] is None


@pytest.mark.parametrize("limit, sent", [(None, None), (math.nan, None), (math.inf, "Infinity"), (0.02, 0.02)])
def test_a_limit_is_a_number_or_none_or_endless(limit: float | None, sent: float | str | None) -> None:
    runner = Runner("sgd", "SGD", np.zeros((1, 2)), np.zeros(1), 0.1, (1e-4, 1.0), limit)
    assert unpacked(payload(a_scene(runners=(runner,))))[0]["runners"][0]["limit"] == sent


def test_a_map_that_the_browser_has_is_not_sent_again() -> None:
    scene = a_scene()
    known = StageEvent(None, {}, "drag", None, None, "ravine-31", 7)
    header, body = unpacked(payload(scene, known))
    assert "length" not in header["map"] and header["map"]["key"] == "ravine-31" and header["seq"] == 7
    assert len(body) == len(unpacked(payload(scene))[1]) - 4 * 21 * 31
    other = StageEvent(None, {}, "drag", None, None, "another", 8)
    assert unpacked(payload(scene, other))[0]["map"]["length"] == 21 * 31


def test_a_drag_of_six_runs_of_300_steps_stays_below_60_kB() -> None:
    runner = a_scene().runners[0]
    known = StageEvent((0, 0), {}, "drag", None, None, "ravine-31", 1)
    assert len(payload(a_scene(runners=(runner,) * 6), known)) < 60_000


def test_an_event_is_read_field_by_field() -> None:
    good = {
        "start": [0.25, -1], "lr": {"0": 0.5, "12": 3}, "phase": "drag", "view": [[-1, 1], [0, 2]],
        "home": [[-2, 2], [-2, 2]], "have": "key", "seq": 12,
    }  # fmt: skip
    event = read_event(good)
    assert event == StageEvent(
        (0.25, -1.0), {0: 0.5, 12: 3.0}, "drag", ((-1, 1), (0, 2)), ((-2, 2), (-2, 2)), "key", 12
    )  # fmt: skip


HOSTILE = [
    None, True, "x", -1, 10**400, float("nan"), float("inf"), [], [1], [1, 2, 3], ["a", "b"], [None, 1], [float("nan"), 0],
    [10**400, 0], [True, False], {}, {"a": 1}, {"0": -1, "1": 0, "-1": 2, "999": 1, "x": 1, "²": 1, "2": float("inf")},
    [[0, 1]], [[1, 0], [0, 1]], [[0, 0], [0, 1]], [[0, float("inf")], [0, 1]], [[1, 1 + 1e-15], [0, 1]], "y" * 10_000,
]  # fmt: skip


@pytest.mark.parametrize("value", HOSTILE, ids=lambda v: repr(v)[:30])
@pytest.mark.parametrize("field", ["start", "lr", "phase", "view", "home", "have", "seq"])
def test_what_is_wrong_in_an_event_is_left_out_alone(field: str, value: Any) -> None:
    good: dict[str, Any] = {"start": [0.5, 0.5], "lr": {"1": 0.1}, "phase": "drag", "have": "key", "seq": 3}
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
    if field in ("view", "home"):
        assert event.view is None and event.home is None
    assert event.phase in ("drag", "drop") and len(event.have) <= 200 and 0 <= event.seq < 2**53


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)


@given(
    anything | st.fixed_dictionaries({}, optional={name: anything for name in ("start", "lr", "view", "home", "have", "seq")})
)
def test_no_event_raises(data: Any) -> None:
    event = read_event(data)
    assert event is None or isinstance(event, StageEvent)
    payload(a_small_scene(), event)


def a_small_scene() -> Scene:
    return Scene("t", ("x", "y"), HeightMap(np.zeros((2, 2)), HOME, "k"), (), (0.0, 0.0), HOME)


def test_every_optimizer_has_a_look_of_its_own() -> None:
    looks = {key: (s.light, s.dark, s.dash, s.marker) for key, s in STYLES.items()}
    assert set(OPTIMIZERS) <= set(looks)
    for channel in range(2):
        assert len({look[channel] for look in looks.values()}) == len(looks)
    assert len({look[2:] for look in looks.values()}) == len(looks), "without colour, dash and marker must tell"
    assert style("a method of tomorrow") == style("a method of tomorrow")


def test_the_same_method_twice_is_told_apart() -> None:
    one, other, two, three = styles(["sgd", "adam", "sgd", "sgd"])
    assert one == style("sgd") and other == style("adam")
    assert len({one.light, two.light, three.light}) == len({one.dash, two.dash, three.dash}) == 3
    assert one.marker == two.marker == three.marker


def linear(colour: str) -> np.ndarray:
    srgb = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


# Machado, Oliveira and Fernandes 2009, severity 1, in linear RGB.
SEEN = {
    "all cones": np.eye(3),
    "no red cones": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "no green cones": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "no blue cones": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}


# Ottosson 2020, "A perceptual color space for image processing".
CONES = [[0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451, 0.1073969566]]
CONES.append([0.0883024619, 0.2817188376, 0.6299787005])
OKLAB = [[0.2104542553, 0.7936177850, -0.0040720468], [1.9779984951, -2.4285922050, 0.4505937099]]
OKLAB.append([0.0259040371, 0.7827717662, -0.8086757660])


def oklab(rgb: np.ndarray) -> np.ndarray:
    return np.array(OKLAB) @ np.cbrt(np.array(CONES) @ np.clip(rgb, 0, None))


@pytest.mark.parametrize("sight", SEEN)
@pytest.mark.parametrize("mode", ["light", "dark"])
def test_the_six_of_the_first_race_differ_for_every_eye(mode: Any, sight: str) -> None:
    six = ["sgd", "momentum", "rmsprop", "adam", "newton", "nsgd_l2"]
    seen = [oklab(SEEN[sight] @ linear(STYLES[key].colour(mode))) for key in six]
    for i in range(6):
        for j in range(i):
            gap = float(np.linalg.norm(seen[i] - seen[j]))
            assert gap > 0.06, f"{six[i]} and {six[j]} look alike: {gap:.3f}"


def luminance(colour: str) -> float:
    return float(np.array([0.2126, 0.7152, 0.0722]) @ linear(colour))


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_heights_run_one_way_and_every_path_stands_out_from_them(mode: Any) -> None:
    ground = GROUNDS[mode]
    heights = [luminance(c) for c in ground.heights]
    assert heights == sorted(heights, reverse=mode == "light")
    for key, look in STYLES.items():
        path, halo = luminance(look.colour(mode)), luminance(ground.halo)
        assert (max(path, halo) + 0.05) / (min(path, halo) + 0.05) >= 3, f"{key} against its halo"


def test_the_loader_is_small_and_names_files_that_exist() -> None:
    loader = stage._LOADER
    assert len(loader) < 2000, "Streamlit sends it with every rerun"
    files = {path.name for path in stage._FILES.iterdir()}
    assert {"stage.js", "geometry.js", "clock.js", "wire.js", "draw.js", "pens.js", "stage.css"} <= files


def page() -> None:
    """A page with a stage, as AppTest runs it."""
    import streamlit

    from figures.components.stage import event, stage, window
    from tests.figures.test_stage import HOME, a_scene

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
    assert event.start == (0.5, -0.5) and event.lr == {1: 0.2} and event.seq == 4
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
    assert len(proto.js_content) < 1500 and "app/static/stage/stage.js?v=" in proto.js_content
    assert "VERSION" not in proto.js_content
