"""The race in three dimensions: the camera outlives every change, keys and buttons turn it, and it loads only when opened."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Locator, expect

from tests.browser.visit import PATIENCE, Visitor

SECTION = "In three dimensions"
pytestmark = pytest.mark.slow

MakeVisitor = Callable[..., Visitor]


class View:
    """The view of a visitor who has opened the section."""

    def __init__(self, one: Visitor) -> None:
        self.one = one
        self.scripts: list[str] = []
        one.page.on("request", lambda request: self.scripts.append(request.url))

    def open(self, **fields: str) -> View:
        self.one.open("", **fields)
        assert not [url for url in self.scripts if "/vendor/" in url], "plotly.js must wait until the section is opened"
        self.toggle()
        expect(self.figure.locator(".gl-container canvas").first).to_be_visible(timeout=PATIENCE)
        self.one.wait_for(lambda: self.state()["draws"] >= 1, "drawn")
        return self

    def toggle(self) -> None:
        self.one.page.locator("summary", has_text=SECTION).click()

    @property
    def figure(self) -> Locator:
        return self.one.page.locator(".plotly-view .figure")

    def state(self) -> dict[str, Any]:
        found: dict[str, Any] = self.figure.evaluate("figure => figure.state()")
        return found

    def drawn(self) -> np.ndarray:
        """The eye of the camera that the scene is drawn with."""
        eye = self.figure.evaluate("figure => figure._fullLayout.scene._scene.getCamera().eye")
        return np.array([eye[axis] for axis in "xyz"])

    def press(self, name: str) -> None:
        self.one.page.get_by_role("button", name=name, exact=True).click()

    def changed(self, change: Callable[[], None]) -> None:
        """Make a change and wait until it is drawn."""
        before = self.state()["draws"]
        change()
        self.one.wait_for(lambda: self.state()["draws"] > before, "drawn again")
        self.one.settle()


def test_the_camera_outlives_the_race_the_surface_and_the_section(visitor: MakeVisitor) -> None:
    view = View(visitor(still=True)).open(on="ravine", race="sgd,adam", steps="40")
    home = view.drawn()
    view.figure.focus()
    for key in ("ArrowLeft", "ArrowLeft", "ArrowUp", "+"):
        view.one.page.keyboard.press(key)
    chosen = view.drawn()
    assert np.linalg.norm(chosen - home) > 0.1

    def stays(what: str) -> None:
        np.testing.assert_allclose(view.drawn(), chosen, atol=1e-6, err_msg=what)

    view.changed(lambda: view.one.number("Start x", "0.7"))
    stays("another start")
    view.changed(lambda: view.one.page.get_by_text("Logarithmic heights").click())
    stays("linear heights")
    surface = view.one.page.get_by_role("combobox", name="Surface")
    surface.click()
    view.changed(lambda: view.one.page.get_by_role("option", name="Rosenbrock", exact=True).click())
    stays("another surface")
    assert "Rosenbrock" in (view.figure.get_attribute("aria-label") or "")
    view.toggle()
    expect(view.figure).to_have_count(0)
    view.toggle()
    expect(view.figure.locator(".gl-container canvas").first).to_be_visible(timeout=PATIENCE)
    view.one.wait_for(lambda: view.state()["draws"] >= 1, "drawn")
    stays("closed and opened")
    view.press("Reset")
    np.testing.assert_allclose(view.drawn(), home, atol=1e-6)


def test_buttons_go_to_their_views(visitor: MakeVisitor) -> None:
    view = View(visitor(still=True)).open(on="saddle", race="sgd")
    home = view.drawn()
    view.press("Top")
    assert abs(view.drawn()[0]) < 1e-6 and view.drawn()[2] > 1.5
    view.press("Side")
    side = view.drawn()
    assert side[2] < 0.4 and min(abs(side[:2])) < 1e-6
    view.press("Side")
    assert abs(side[:2] @ view.drawn()[:2]) < 1e-6, "a quarter further"
    view.press("Corner")
    assert np.isclose(abs(view.drawn()[0]), abs(view.drawn()[1]))
    view.one.page.get_by_role("button", name="Reset", exact=True).focus()
    view.one.page.keyboard.press("Enter")
    np.testing.assert_allclose(view.drawn(), home, atol=1e-6)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_it_fits_a_phone_and_says_what_it_shows(visitor: MakeVisitor, dark: bool) -> None:
    view = View(visitor(width=360, height=780, dark=dark, still=True)).open(
        on="ravine", race="sgd", steps="400", **{"0.lr": "0.5"}
    )
    assert view.one.overflow() <= 0
    box = view.figure.bounding_box()
    assert box is not None and box["width"] <= 360
    label = view.figure.get_attribute("aria-label") or ""
    assert "diverged at step" in label and "left the map at step" in label and "Arrow keys" in label
    said = view.figure.locator(".legendtext").first.text_content() or ""
    assert "left the map at step" in said and "diverged at step" in said
