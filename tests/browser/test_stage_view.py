"""What a visitor sees of the stage beyond the hand: exports, the window and its height map, panels, and notices."""

import io
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.browser.visit import Visitor

pytestmark = pytest.mark.slow

MakeVisitor = Callable[..., Visitor]
SVG = "{http://www.w3.org/2000/svg}"


def saved(one: Visitor, button: str) -> tuple[str, bytes]:
    one.page.get_by_role("button", name="Save", exact=True).click()
    with one.page.expect_download() as download:
        one.page.get_by_role("button", name=button).click()
    return download.value.suggested_filename, Path(download.value.path()).read_bytes()


def test_png_has_more_pixels_than_the_screen_and_a_legend(visitor: MakeVisitor) -> None:
    one = visitor(still=True).open("", on="ravine")
    sizes = []
    for scale, words in ((2, "twice"), (3, "three times")):
        name, data = saved(one, f"Save as PNG, {words} the size")
        assert name.startswith("ravine-") and name.endswith(".png")
        picture = Image.open(io.BytesIO(data))
        sizes.append(np.array(picture.size) / scale)
        assert len(picture.convert("RGB").getcolors(2**24) or []) > 200
    box = one.canvas.bounding_box()
    assert box is not None
    np.testing.assert_allclose(sizes[0], sizes[1], atol=1)
    assert abs(sizes[0][0] - max(box["width"], 640)) <= 1, "as on the screen, but never too narrow to be read"
    assert sizes[0][1] > box["height"] + 60, "the legend goes along"


def test_svg_is_vector_and_says_what_the_stage_says(visitor: MakeVisitor) -> None:
    one = visitor(still=True).open("", on="rosenbrock")
    name, data = saved(one, "Save as SVG")
    assert name.endswith(".svg")
    root = ET.fromstring(data)
    words = " ".join(text.text or "" for text in root.iter(f"{SVG}text"))
    state = one.state()
    assert state["title"] in words and f"step {int(state['time'])} of {state['length']}" in words
    for label in ("SGD", "Momentum", "RMSProp", "Adam", "Newton", "NSGD"):
        assert label in words
    assert len(list(root.iter(f"{SVG}image"))) == 1, "the heights alone are pixels"
    lines = [path.get("d") or "" for path in root.iter(f"{SVG}path")]
    assert sum(d.count("L") for d in lines) > 300 and "NaN" not in "".join(lines)


def test_a_closer_look_gets_a_finer_map_for_all_panels(visitor: MakeVisitor) -> None:
    one = visitor().open("", on="ravine")
    one.page.get_by_text("One each").click()
    one.wait_for(lambda: len(one.state()["panels"]) == 6, "a panel for each")
    one.settle()
    before = one.state()
    panels = before["panels"]
    seen = len(one.scenes)
    one.page.mouse.move(*one.at(panels[-1]["left"] + 30, panels[-1]["top"] + 30))
    for _ in range(4):
        one.page.mouse.wheel(0, -200)

    def is_of_the_window() -> bool:  # while the wheel still turns, maps of earlier windows come
        return np.allclose(one.scenes[-1].header["map"]["domain"], one.state()["window"], rtol=1e-7, atol=0)

    one.wait_for(lambda: one.state()["map"] != before["map"] and is_of_the_window(), "a height map of the window")
    state = one.state()
    assert len(one.scenes) > seen
    assert state["window"][0][1] - state["window"][0][0] < 3 * 0.7
    one.page.mouse.down()
    one.page.mouse.move(*one.at(panels[-1]["left"] + 60, panels[-1]["top"] + 50), steps=4)
    one.page.mouse.up()
    panned = one.state()["window"]
    assert panned[0][0] < state["window"][0][0] and panned[1][0] > state["window"][1][0]
    np.testing.assert_allclose(panned[0][1] - panned[0][0], state["window"][0][1] - state["window"][0][0])
    one.wait_for(lambda: np.allclose(one.scenes[-1].header["map"]["domain"], one.state()["window"]), "the map to follow")
    one.page.get_by_role("button", name="Fit the whole map").click()
    one.wait_for(lambda: one.state()["map"] == before["map"], "the first map again")


def test_two_fingers_zoom(visitor: MakeVisitor) -> None:
    one = visitor(width=360, height=780, touch=True).open("", on="ravine")
    one.canvas.scroll_into_view_if_needed()
    before = one.state()["window"]
    x, y = one.at(180, 150)
    session = one.page.context.new_cdp_session(one.page)
    for gap in (20, 20, 30, 40, 50, 60):
        points = [{"x": x + side * gap, "y": y, "id": i} for i, side in enumerate((-1, 1))]
        kind = "touchStart" if one.state()["window"] == before and gap == 20 else "touchMove"
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
        one.page.wait_for_timeout(30)
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    width = [side[1] - side[0] for side in (before[0], one.state()["window"][0])]
    assert 0.2 < width[1] / width[0] < 0.5


def test_the_state_is_told_in_words(visitor: MakeVisitor) -> None:
    one = visitor(still=True).open("", on="ravine")
    status = one.page.locator(".ravine [role=status]")
    one.wait_for(lambda: "SGD: loss" in (status.text_content() or ""), "a summary")
    words = status.text_content() or ""
    assert words.startswith(f"Step {one.state()['length']} of {one.state()['length']}.") and "from the minimum" in words


def test_a_stage_that_cannot_be_loaded_says_so(visitor: MakeVisitor) -> None:
    one = visitor()
    one.page.route("**/app/static/bundle/stage.js*", lambda route: route.abort())
    one.page.goto(one.address)
    notice = one.page.locator(".stage")
    one.wait_for(lambda: "could not be loaded" in (notice.first.text_content() or ""), "a sentence that says what to do")
    one.errors.clear()  # the request that this test made fail


def test_zoom_time_and_focus_outlive_a_drop(visitor: MakeVisitor) -> None:
    """A drop reruns the whole page, and Streamlit may then put the stage into a new element."""
    one = visitor(still=True).open("", on="ravine")
    one.canvas.focus()
    one.page.keyboard.press("+")
    one.page.keyboard.press("Home")
    window, start = one.state()["window"], one.state()["start"]
    for _ in range(3):
        one.page.keyboard.press("ArrowRight")
        one.page.wait_for_timeout(700)
    one.settle()
    state = one.state()
    assert state["window"] == window
    np.testing.assert_allclose(state["start"][0] - start[0], 0.03 * (window[0][1] - window[0][0]))
