"""What of a scene goes to the browser: every number to the last bit, and nothing twice."""

import json
import math
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pytest

from figures.payload import payload
from figures.scene import Lines, Overlay, Runner, Scene
from figures.theme import styles
from tests.figures.scenes import a_curve, a_scene, explained


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


def test_recorded_steps_travel_and_must_be_as_many_as_losses() -> None:
    path, loss = np.zeros((3, 2)), np.ones(3)
    sparse = Runner("sgd", "SGD", path, loss, 0.1, (1e-4, 1.0), steps=np.array([0, 25, 40]))
    header, body = unpacked(payload(a_scene(runners=(sparse, replace(sparse, steps=None)))))
    first, second = header["runners"]
    assert array(body, first["steps"], "<i4").tolist() == [0, 25, 40] and second["steps"] is None
    with pytest.raises(ValueError, match="steps of SGD"):
        a_scene(runners=(replace(sparse, steps=np.array([0, 25])),))


def test_a_run_that_leaves_and_comes_back_has_left_but_not_diverged() -> None:
    path = np.array([[1.0, 1.0], [2.0, 0.0], [0.5, 0.0]])
    runner = Runner("sgd", "SGD", path, np.array([3.0, 7.0, 1.0]), 0.1, (1e-4, 1.0))
    (sent,) = unpacked(payload(a_scene(runners=(runner,))))[0]["runners"]
    assert sent["left"] == {"step": 1, "loss": 7.0} and sent["diverged"] is None


@pytest.mark.parametrize("limit, sent", [(None, None), (math.nan, None), (math.inf, "Infinity"), (0.02, 0.02)])
def test_a_limit_is_a_number_or_none_or_endless(limit: float | None, sent: float | str | None) -> None:
    runner = Runner("sgd", "SGD", np.zeros((1, 2)), np.zeros(1), 0.1, (1e-4, 1.0), limit)
    assert unpacked(payload(a_scene(runners=(runner,))))[0]["runners"][0]["limit"] == sent


def test_a_map_that_the_browser_has_is_not_sent_again() -> None:
    scene = a_scene()
    header, body = unpacked(payload(scene, "ravine-31", 7))
    assert "length" not in header["map"] and header["map"]["key"] == "ravine-31" and header["seq"] == 7
    whole = unpacked(payload(scene))
    assert 4 * 21 * 31 <= len(whole[1]) - len(body) < 4 * 21 * 31 + 8
    assert unpacked(payload(scene, "another", 8))[0]["map"]["length"] == whole[0]["map"]["length"] == 21 * 31


def test_a_drag_of_six_runs_of_300_steps_stays_below_60_kB() -> None:
    runner = a_scene().runners[0]
    assert len(payload(a_scene(runners=(runner,) * 6), "ravine-31", 1)) < 60_000


def test_a_curve_carries_its_slopes() -> None:
    scene = a_curve()
    header, body = unpacked(payload(scene))
    assert header["dim"] == 1 and header["home"] == [[-2.5, 2.5]] and header["start"] == [2.0]
    np.testing.assert_array_equal(array(body, header["map"], "<f4"), scene.height.values.astype("f4"))
    assert header["map"]["shape"] == [501]
    for runner, sent in zip(scene.runners, header["runners"]):
        for name in ("path", "loss", "slope", "curvature"):
            np.testing.assert_array_equal(array(body, sent[name], "<f8"), getattr(runner, name).ravel(), err_msg=name)
    wild = header["runners"][2]
    path = scene.runners[2].path[:, 0]
    assert wild["left"]["step"] == int(np.argmax(np.abs(path) > 2.5)) and wild["diverged"] == int(np.argmax(np.isnan(path)))


def test_what_explains_a_run_travels_whole() -> None:
    scene = explained()
    header, body = unpacked(payload(scene))
    assert header["chosen"] == 0 and header["show"] == list(scene.show)
    overlay = scene.overlay
    assert overlay is not None and scene.lines is not None
    for name in ("gradient", "eigenvalues", "eigenvectors", "preconditioner", "newton_target"):
        sent = header["overlay"]["newtonTarget" if name == "newton_target" else name]
        np.testing.assert_array_equal(array(body, sent, "<f8"), getattr(overlay, name).ravel(), err_msg=name)
    (arrow,) = header["overlay"]["arrows"]
    assert arrow["name"] == "inner" and arrow["base"] is None
    np.testing.assert_array_equal(array(body, arrow["values"], "<f8"), overlay.arrows[0].values.ravel())
    np.testing.assert_array_equal(array(body, header["lines"]["normals"], "<f8"), scene.lines.normals.ravel())
    first, second, *_ = header["runners"]
    np.testing.assert_array_equal(array(body, first["drawn"], "<i4"), scene.runners[0].drawn)
    slow = scene.runners[0].slow
    assert slow is not None
    np.testing.assert_array_equal(array(body, first["slow"], "<f8"), slow.ravel())
    assert second["drawn"] is None and second["slow"] is None
    bare = unpacked(payload(a_scene()))[0]
    assert bare["overlay"] is None and bare["lines"] is None and bare["chosen"] is None


def test_a_method_without_a_learning_rate_says_so() -> None:
    runner = replace(a_scene().runners[0], lr=None)
    assert unpacked(payload(a_scene(runners=(runner,))))[0]["runners"][0]["lr"] is None


def changed(scene: Scene, **fields: Any) -> Scene:
    return replace(scene, runners=(replace(scene.runners[0], **fields),))


@pytest.mark.parametrize(
    "make, says",
    [
        (lambda: a_scene(start=(1.0,)), "start must have 2 entries"),
        (lambda: a_curve(home=((0, 1), (0, 1))), "home must have 1 entries"),
        (lambda: a_scene(runners=a_scene().runners[:1] * 65), "at most 64"),
        (lambda: changed(a_scene(), path=np.zeros((5, 2))), "the path of SGD"),
        (lambda: changed(a_curve(), slope=np.zeros(5)), "the slope of SGD 1"),
        (lambda: a_scene(chosen=4), "chosen must be an index"),
        (lambda: a_scene(overlay=Overlay()), "an overlay belongs"),
        (lambda: a_curve(chosen=0, overlay=Overlay()), "an overlay belongs"),
        (lambda: a_scene(lines=Lines(np.zeros((2, 2)), np.zeros(3))), "normals"),
    ],
)
def test_what_cannot_be_drawn_is_refused_by_name(make: Any, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        make()


def test_sixty_four_runs_go_as_one() -> None:
    scene = a_scene(runners=a_scene().runners[:1] * 64)
    looks = {(sent["style"]["light"], sent["style"]["dash"]) for sent in unpacked(payload(scene))[0]["runners"]}
    assert len(looks) == 64
