"""The stage under a visitor's hands: dragging, keys, touch, playback, and a run that leaves."""

import json
from collections.abc import Callable

import numpy as np
import pytest

from experiments import execute, link
from tests.browser.test_links import in_address
from tests.browser.visit import Visitor

MakeVisitor = Callable[..., Visitor]


def test_paths_follow_while_the_pointer_is_down(visitor: MakeVisitor, record_property: Callable[[str, object], None]) -> None:
    one = visitor().open(on="ravine")
    one.wait_for(lambda: one.state()["scenes"] >= 1, "the stage")
    x, y = one.handle()
    mouse = one.page.mouse
    mouse.move(x, y)
    mouse.down()
    seen = len(one.scenes)
    drawn = set()
    for i in range(48):
        mouse.move(x + 2 * i, y + i)
        one.page.wait_for_timeout(30)
        if i % 8 == 7:
            drawn.add(one.pixels())
    during = one.scenes[seen:]
    seconds = during[-1].at - during[0].at if len(during) > 1 else float("nan")
    record_property("updates_per_second", (len(during) - 1) / seconds if seconds else 0)
    assert len(during) >= 8, "too few updates came while the pointer was down"
    assert len(drawn) >= 5, "the picture did not follow"
    starts = [tuple(scene.header["start"]) for scene in during]
    assert len(set(starts)) >= 8
    for scene in during:  # each update is the whole race from the place it names
        for path in scene.paths.values():
            assert tuple(path[0]) == tuple(scene.header["start"])
    mouse.up()
    last = tuple(one.state()["start"])
    one.wait_for(lambda: in_address(one).start == last, "the last position in the address")
    one.wait_for(lambda: tuple(one.scenes[-1].header["start"]) == last, "the last position on the stage")
    for path, t in zip(one.scenes[-1].paths.values(), execute(in_address(one))):
        np.testing.assert_array_equal(path, t.theta)


def test_arrow_keys_move_the_start(visitor: MakeVisitor) -> None:
    one = visitor(still=True).open(on="ravine")
    before = one.state()["start"]
    one.canvas.focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowDown"):
        one.page.keyboard.press(key)
    after = one.state()["start"]
    assert after[0] > before[0] and after[1] < before[1]
    one.wait_for(lambda: list(in_address(one).start or ()) == after, "the new start in the address")
    one.wait_for(lambda: one.scenes[-1].header["start"] == after, "paths from the new start")
    assert all(list(path[0]) == after for path in one.scenes[-1].paths.values())


@pytest.mark.slow
def test_keys_play_pause_and_step(visitor: MakeVisitor) -> None:
    one = visitor().open(on="ravine")
    one.canvas.focus()
    assert one.state()["playing"]
    one.page.keyboard.press("Space")
    held = one.state()
    assert not held["playing"]
    one.page.wait_for_timeout(300)
    assert one.state()["time"] == held["time"]
    one.page.keyboard.press(".")
    assert one.state()["time"] == np.floor(held["time"]) + 1
    one.page.keyboard.press(",")
    assert one.state()["time"] == np.floor(held["time"])
    one.page.keyboard.press("Space")
    one.wait_for(lambda: one.state()["time"] > held["time"] + 1, "time going on")


@pytest.mark.slow
def test_scrub_shows_any_step(visitor: MakeVisitor) -> None:
    one = visitor(still=True).open(on="ravine")
    assert not one.state()["playing"], "a visitor who wants no motion gets none"
    slider = one.page.get_by_role("slider", name="Step", exact=True)
    slider.fill("17")
    state = one.state()
    assert state["time"] == 17
    for runner in state["runners"]:
        np.testing.assert_array_equal(runner["head"], one.scenes[-1].paths[runner["key"]][17])


@pytest.mark.slow
def test_zoom_keeps_the_place_under_the_pointer_and_fits_back(visitor: MakeVisitor) -> None:
    one = visitor(still=True).open(on="ravine")
    home = one.state()["window"]
    one.page.mouse.move(*one.at(300, 200))
    one.page.mouse.wheel(0, -400)
    one.wait_for(lambda: width(one.state()["window"]) < 0.9 * width(home), "a closer look")
    one.canvas.focus()
    one.page.keyboard.press("0")
    one.wait_for(lambda: np.allclose(one.state()["window"], home), "the whole map")


def width(window: list[list[float]]) -> float:
    return window[0][1] - window[0][0]


@pytest.mark.slow
def test_a_finger_drags_the_start(visitor: MakeVisitor) -> None:
    one = visitor(width=360, height=780, touch=True).open(on="ravine")
    one.canvas.scroll_into_view_if_needed()
    before = one.state()["start"]
    x, y = one.handle()
    session = one.page.context.new_cdp_session(one.page)

    def touch(kind: str, *places: tuple[float, float]) -> None:
        points = [{"x": px, "y": py} for px, py in places]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", (x, y))
    for i in range(12):
        touch("touchMove", (x + 4 * i, y + 2 * i))
        one.page.wait_for_timeout(40)
    touch("touchEnd")
    after = one.state()["start"]
    assert after[0] > before[0] and after[1] < before[1]
    one.wait_for(lambda: one.scenes[-1].header["start"] == after, "paths from the new start")


def test_a_learning_rate_is_live_and_shows_its_zone(visitor: MakeVisitor) -> None:
    one = visitor(still=True).open(on="ravine")
    slider = one.page.get_by_role("slider", name="SGD learning rate")
    assert "limit" in (slider.get_attribute("aria-valuetext") or "")
    seen = len(one.scenes)
    slider.focus()
    for _ in range(80):
        one.page.keyboard.press("ArrowRight")
    one.wait_for(lambda: "beyond the limit" in (slider.get_attribute("aria-valuetext") or ""), "the red zone")
    one.wait_for(lambda: (in_address(one).optimizers[0].parameters["lr"]) > 0.02, "the new rate in the address")
    assert len(one.scenes) > seen
    lr = in_address(one).optimizers[0].parameters["lr"]
    one.wait_for(lambda: one.scenes[-1].header["runners"][0]["lr"] == lr, "the new rate on the stage")


@pytest.mark.parametrize("rate, word", [(0.0205, "left"), (0.9, "diverged")])
@pytest.mark.slow
def test_a_run_that_leaves_is_shown_leaving(visitor: MakeVisitor, rate: float, word: str) -> None:
    one = visitor(still=True).open(**{"on": "ravine", "0.lr": repr(rate), "steps": "400"})
    sgd = one.state()["runners"][0]
    assert word in sgd["fate"], sgd["fate"]
    path = one.scenes[-1].paths["sgd"]
    inside = (np.abs(path) <= 1.5).all(axis=1)
    (t,) = execute(in_address(one).solo(0))
    np.testing.assert_array_equal(path, t.theta)  # nothing was clamped on the way
    if word == "diverged":
        assert np.isnan(path[-1]).all() and str(int(np.argmax(~np.isfinite(path[:, 0])))) in sgd["fate"]
    else:
        assert np.isfinite(path).all() and not inside[-1] and f"step {int(np.argmin(inside))}" in sgd["fate"]


@pytest.mark.slow
def test_a_reload_of_the_address_shows_the_same_race(visitor: MakeVisitor) -> None:
    one = visitor(still=True).open(**link.encode(in_address(visitor(still=True).open(on="rosenbrock"))))
    assert json.dumps(one.scenes[-1].header["title"]).startswith('"Rosenbrock')
