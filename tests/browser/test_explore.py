"""The map in Chromium: a click plays the cell's run, a drag moves it, keys walk, a long sweep comes coarse first and stops."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, expect

from experiments import execute
from experiments.spec import Experiment
from experiments.sweeps.exploration import opening, sweep_of
from experiments.sweeps.link import decode
from experiments.sweeps.sweep import Sweep, cell
from pages.explore_controls import OPENINGS
from tests.browser.visit import PATIENCE, Visitor

MakeVisitor = Callable[..., Visitor]
AXES = "lr,0.001,0.1,32,log;momentum,0.0,0.9,24,linear"


class Explorer:
    """A visitor at the map."""

    def __init__(self, one: Visitor) -> None:
        self.one = one

    def open(self, **fields: str) -> Explorer:
        """Until there is a map."""
        self.one.open("explore", **fields)
        self.one.wait_for(lambda: self.canvas.count() and self.state()["drawn"], "the map is drawn")
        return self

    def opened(self, **fields: str) -> Explorer:
        """Until it is complete, with a run beside it."""
        self.open(**fields)
        self.one.wait_for(lambda: self.state()["stride"] == 1 and self.one.canvas.count(), "the map is complete")
        self.one.settle()
        self.one.wait_for(self.still, "the page has come to rest")
        return self

    def still(self) -> bool:
        """Whether the map stays where it is: what is above it may still grow while the page is made."""
        before = self.pixel(0, 0)
        self.one.page.wait_for_timeout(400)
        return self.pixel(0, 0) == before

    @property
    def canvas(self) -> Locator:
        return self.one.page.locator("canvas.cells")

    def state(self) -> dict[str, Any]:
        found: dict[str, Any] = self.canvas.evaluate("canvas => canvas.state()")
        return found

    def pixel(self, row: int, column: int, panel: int = 0) -> tuple[float, float]:
        """The middle of a cell in the window."""
        self.canvas.scroll_into_view_if_needed()
        at, box = self.state(), self.canvas.bounding_box()
        assert box is not None
        seen = at["panels"][panel]
        x = seen["left"] + (column + 0.5) / at["columns"] * seen["width"]
        y = seen["top"] + seen["height"] - (row + 0.5) / at["rows"] * seen["height"]
        return box["x"] + x, box["y"] + y

    def plays(self, experiment: Experiment) -> bool:
        """Whether the last that the stage was sent is the experiment's run, to the last bit."""
        (trajectory,) = execute(experiment)
        sent = [scene for scene in self.one.scenes if scene.header["id"] == "explore.stage"]
        return bool(sent) and np.array_equal(sent[-1].paths[experiment.optimizers[0].key], trajectory.theta, equal_nan=True)


def swept(**fields: str) -> Sweep:
    view, complaints = decode(fields, OPENINGS["ravine"])
    assert not complaints
    return sweep_of(view, OPENINGS["ravine"])


@pytest.mark.slow
def test_click_drag_and_keys_choose_the_run_that_plays(visitor: MakeVisitor) -> None:
    sweep = swept(axes=AXES)
    at = Explorer(visitor(still=True)).opened(**{"show.axes": AXES})
    mouse = at.one.page.mouse
    mouse.click(*at.pixel(5, 9))
    at.one.wait_for(lambda: at.plays(cell(sweep, 0, 5, 9)), "the clicked cell's run plays")
    assert at.state()["chosen"] == {"panel": 0, "row": 5, "column": 9}
    at.one.wait_for(lambda: "show.cell=0%2C5%2C9" in at.one.page.url, "the address has the cell")

    mouse.move(*at.pixel(5, 9))
    mouse.down()
    for column in range(10, 21, 2):
        mouse.move(*at.pixel(8, column))
        at.one.page.wait_for_timeout(40)
    at.one.wait_for(lambda: at.plays(cell(sweep, 0, 8, 20)), "the run follows while the pointer is down")
    assert "show.cell=0%2C5%2C9" in at.one.page.url and at.one.scenes[-1].header["whole"]
    mouse.move(5, 5)  # beyond the map: its nearest cell
    mouse.up()
    at.one.wait_for(lambda: at.plays(cell(sweep, 0, 23, 0)), "the last place wins")
    at.one.wait_for(lambda: "show.cell=0%2C23%2C0" in at.one.page.url, "and is kept")
    at.one.wait_for(lambda: not at.one.scenes[-1].header["whole"], "and plays")

    at.canvas.focus()
    for key in ("ArrowRight", "Shift+ArrowDown", "ArrowRight"):
        at.one.page.keyboard.press(key)
    at.one.wait_for(lambda: at.plays(cell(sweep, 0, 13, 2)), "keys walk")
    expect(at.one.page.locator(".map [role=status]")).to_contain_text("Final loss")
    at.one.page.keyboard.press("b")
    best = next(mark for mark in at.state()["marks"][0] if mark["kind"] == "best")
    at.one.wait_for(lambda: at.plays(cell(sweep, 0, best["y"], best["x"])), "the best cell")

    at.one.page.get_by_role("button", name="Send to the race").click()
    at.one.wait_for(lambda: "/explore" not in at.one.page.url and "race=momentum" in at.one.page.url, "the race has it")
    at.one.settle()
    chosen = cell(sweep, 0, best["y"], best["x"])
    assert np.array_equal(at.one.scenes[-1].paths["momentum"], execute(chosen)[0].theta)


@pytest.mark.slow
def test_a_long_sweep_goes_from_coarse_to_fine_and_can_be_stopped(visitor: MakeVisitor) -> None:
    axes = "start0,-4,4,256,linear;start1,-4,4,256,linear"  # nothing diverges: what does is left behind early
    fields = {"on": "ackley", "show.axes": axes, "show.of": "0,1,2,3", "steps": "1900"}
    at = Explorer(visitor(still=True).hurry("explore", **fields))
    cancel = at.one.page.get_by_role("button", name="Cancel")
    expect(cancel).to_be_visible(timeout=PATIENCE)
    at.one.wait_for(lambda: at.canvas.count() and at.state()["drawn"], "the map is drawn")
    first = at.state()["stride"]
    assert first > 1 and at.one.page.get_by_role("progressbar").is_visible()
    cancel.click()
    expect(at.one.page.get_by_text("Stopped at")).to_be_visible(timeout=PATIENCE)
    stopped = at.state()["stride"]
    assert 1 < stopped <= first
    at.one.page.get_by_role("combobox", name="Colour").click()
    at.one.page.get_by_role("option", name="Fate", exact=True).click()
    at.one.settle()
    at.one.wait_for(lambda: at.state()["key"].endswith(":fate"), "a stopped map can be looked at")
    assert at.state()["stride"] == stopped


@pytest.mark.slow
@pytest.mark.parametrize(("width", "dark"), [(1440, False), (360, True)], ids=["desk, light", "phone, dark"])
def test_axe_finds_nothing_and_all_fits(visitor: MakeVisitor, width: int, dark: bool) -> None:
    at = Explorer(visitor(width=width, dark=dark, still=True, touch=True)).opened(**{"show.axes": AXES})
    assert at.one.overflow() <= 0
    found = Axe().run(at.one.page).response["violations"]
    said = [f"{v['id']}: {n['target']} {n['html'][:200]} {n['failureSummary']}" for v in found for n in v["nodes"]]
    assert not said, "\n".join(said)
    assert at.state()["mode"] == ("dark" if dark else "light")


@pytest.mark.slow
def test_a_finger_taps_a_cell_and_the_readout_tells_its_numbers(visitor: MakeVisitor) -> None:
    sweep = swept(axes=AXES)
    at = Explorer(visitor(width=360, height=780, touch=True, still=True)).opened(**{"show.axes": AXES})
    at.one.page.touchscreen.tap(*at.pixel(3, 4))
    at.one.wait_for(lambda: at.plays(cell(sweep, 0, 3, 4)), "a tap chooses")
    at.one.page.mouse.move(*at.pixel(20, 30))
    readout = at.one.page.locator(".map .readout")
    expect(readout).to_be_visible()
    said = readout.inner_text()
    assert "learning rate" in said and "diverged" in said and f"{sweep.y.values[20]:.5g}" in said  # type: ignore[union-attr]


@pytest.mark.slow
def test_a_cloud_plays(visitor: MakeVisitor) -> None:
    one = visitor()
    at = Explorer(one)
    one.open("explore", **{"show.tab": "cloud", "show.runs": "60", "mod": "noise:sigma=2.0"})
    one.wait_for(lambda: at.canvas.count() and at.state()["drawn"] > 3 and at.state()["playing"], "it plays by itself")
    one.page.get_by_role("button", name="Pause").click()
    stood = at.state()["time"]
    one.page.wait_for_timeout(150)
    assert at.state()["time"] == stood and not at.state()["playing"]
    assert opening(OPENINGS["ravine"], "cloud").runs != 60


@pytest.mark.slow
def test_on_a_phone_the_map_comes_first_and_a_link_leads_to_what_it_is_made_of(visitor: MakeVisitor) -> None:
    at = Explorer(visitor(width=360, height=780, touch=True, still=True)).opened(**{"show.axes": AXES})
    page = at.one.page
    box = at.canvas.bounding_box()
    assert box is not None and box["y"] < 420, "the map is in sight before anything is scrolled"
    axis = page.get_by_role("combobox", name="Across")
    assert (axis.bounding_box() or {"y": 0})["y"] > box["y"] + box["height"]
    page.get_by_role("link", name="Choose what is shown").click()
    expect(axis).to_be_in_viewport()


@pytest.mark.slow
def test_the_search_opens_the_race_that_says_how_it_was_tuned(visitor: MakeVisitor) -> None:
    one = visitor(still=True)
    one.open("explore", **{"show.tab": "tune", "show.search": "lr;lr,momentum;lr;lr", "show.runs": "60"})
    expect(one.page.get_by_text("9,000 oracle calls for each")).to_be_visible()
    one.page.get_by_role("button", name="Race these").click()
    one.wait_for(lambda: "/explore" not in one.page.url and "show.tuned" in one.page.url, "the race has it")
    expect(one.page.get_by_text("Tuned alike: Each optimizer had 9,000 oracle calls")).to_be_visible()
    one.settle()
    assert {"sgd", "momentum", "rmsprop", "adam"} == set(one.scenes[-1].paths)
