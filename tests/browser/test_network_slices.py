"""Slices in a browser: opened, watched from coarse to fine, a point dragged to, another one stopped."""

import re
from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.visit import Visitor

MINUTE = 60_000
SLICE = {"show.slice.kind": "random", "show.slice.samples": "300", "show.slice.cells": "33"}


@pytest.mark.slow
@pytest.mark.parametrize(("width", "dark"), [(1440, False), (360, True)])
def test_a_slice_is_opened_looked_at_and_stopped(visitor: Callable[..., Visitor], width: int, dark: bool) -> None:
    one = visitor(width=width, dark=dark, still=True).open("network", **SLICE)
    page = one.page
    expect(page.get_by_text("What it cannot show")).to_be_visible(timeout=2 * MINUTE)
    one.wait_for(lambda: one.scenes[-1].header["map"]["shape"] == [33, 33], "the fine map", seconds=60)
    expect(page.get_by_role("button", name="Stop", exact=True)).to_have_count(0)
    canvas = page.locator("canvas.runs").nth(1)
    canvas.scroll_into_view_if_needed()
    x, y = canvas.evaluate("canvas => canvas.state().handle")
    box = canvas.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + x, box["y"] + y)
    page.mouse.down()
    page.mouse.move(box["x"] + x + 30, box["y"] + y - 20, steps=4)
    page.mouse.up()
    expect(page.get_by_text("test images are misclassified")).to_be_visible(timeout=MINUTE)
    one.wait_for(lambda: "show.slice.at=" in page.url, "the point in the link")
    at = canvas.evaluate("canvas => canvas.state().start")
    assert at[0] > 0 and at[1] > 0
    expect(page.get_by_role("spinbutton", name="random 1")).to_have_value(re.compile(r"0\.\d+"))
    assert one.overflow() <= 0
    found = Axe().run(page).response["violations"]
    said = [f"{v['id']}: {n['target']} {n['html'][:200]}" for v in found for n in v["nodes"]]
    assert not said, "\n".join(said)


@pytest.mark.slow
def test_the_point_is_reached_and_moved_by_keys(visitor: Callable[..., Visitor]) -> None:
    one = visitor(still=True).open("network", **SLICE)
    page = one.page
    expect(page.get_by_text("What it cannot show")).to_be_visible(timeout=2 * MINUTE)
    one.settle()
    canvas = page.locator("canvas.runs").nth(1)
    said = canvas.get_attribute("aria-label") or ""
    assert "around SGD’s end. Arrow keys move the point" in said and "plays" not in said
    page.locator("summary", has_text="Slices of its loss").focus()
    for _ in range(40):
        page.keyboard.press("Tab")
        if canvas.evaluate("canvas => canvas.getRootNode().activeElement === canvas"):
            break
    before = canvas.evaluate("canvas => canvas.state().start")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowUp")
    expect(page.get_by_text("test images are misclassified")).to_be_visible(timeout=MINUTE)
    one.wait_for(lambda: "show.slice.at=" in page.url, "the point in the link")
    after = canvas.evaluate("canvas => canvas.state().start")
    assert after[0] > before[0] and after[1] > before[1]


@pytest.mark.slow
def test_a_slice_that_is_being_computed_goes_on_after_a_reload_and_in_another_window(visitor: Callable[..., Visitor]) -> None:
    fields = {**SLICE, "show.slice.shown": "largest", "show.slice.cells": "49", "show.slice.seed": "5"}
    one = visitor(still=True).hurry("network", **fields)
    going = re.compile(r"^49 × 49 cells: \d+%$")
    expect(one.page.get_by_text(going)).to_be_visible(timeout=2 * MINUTE)
    one.page.reload()
    expect(one.page.get_by_text(going)).to_be_visible(timeout=2 * MINUTE)
    other = visitor(still=True).hurry("network", **fields)
    expect(other.page.get_by_text(going)).to_be_visible(timeout=2 * MINUTE)
    one.page.get_by_role("button", name="Stop", exact=True).click()
    expect(one.page.get_by_text(re.compile(r"Stopped at \d+% of 49 × 49 cells"))).to_be_visible(timeout=MINUTE)
    expect(other.page.get_by_text(going)).to_be_visible()
    other.page.get_by_role("button", name="Stop", exact=True).click()


@pytest.mark.slow
def test_a_slice_is_stopped_and_what_there_is_stays(visitor: Callable[..., Visitor]) -> None:
    one = visitor(still=True).hurry("network", **{**SLICE, "show.slice.shown": "largest", "show.slice.cells": "49"})
    page = one.page
    page.get_by_role("button", name="Stop", exact=True).click(timeout=2 * MINUTE)
    expect(page.get_by_text(re.compile(r"Stopped at \d+% of 49 × 49 cells"))).to_be_visible(timeout=MINUTE)
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_text(re.compile(r"49 × 49 cells: \d+%"))).to_be_visible(timeout=MINUTE)
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.get_by_role("button", name="Go on")).to_be_visible(timeout=MINUTE)
