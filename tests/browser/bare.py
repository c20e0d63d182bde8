"""The stage in an empty page, with no server: scenes go in as the bytes that Python packs, events come out as they are sent."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Mapping
from typing import Any

from playwright.sync_api import Locator, Page

from figures.bundle import bundle
from figures.components.stage import StageEvent, read_event
from figures.payload import payload
from figures.scene import Scene

PAGE = """<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>Stage</title>
<style>
:root { --st-font: system-ui, sans-serif; --st-text-color: #0f1720; --st-background-color: #ffffff; --st-border-color: #d3dae1;
  --st-secondary-background-color: #f3f5f7; --st-primary-color: #2f5d86; }
:root.dark { --st-text-color: #e8eef4; --st-background-color: #0e1117; --st-border-color: #333e4c;
  --st-secondary-background-color: #181e28; --st-primary-color: #8db8dc; }
body { margin: 0; padding: 16px; background: var(--st-background-color); }
</style><body><main><div id="host"></div></main>"""

SHOW = """(text) => {
  const data = Uint8Array.from(atob(text), (c) => c.charCodeAt(0))
  if (!window.place) {
    window.place = document.getElementById("host").attachShadow({ mode: "open" })
    window.place.innerHTML = '<div class="stage"></div>'
  }
  ravine.show({ parentElement: window.place, data, setStateValue: (_, event) => window.sent(event) })
}"""


class BareStage:
    """One stage. `answer(event)` gives the scene that follows an event, as a Streamlit script would; None keeps silent."""

    def __init__(self, page: Page, dark: bool = False) -> None:
        self.page = page
        self.events: list[StageEvent] = []
        self.errors: list[str] = []
        self.answer: Callable[[StageEvent], Scene | None] = lambda event: None
        self.waiting: list[StageEvent] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda said: self.errors.append(said.text) if said.type == "error" else None)
        page.expose_function("sent", self._sent)
        page.set_content(PAGE)
        if dark:
            page.evaluate("() => document.documentElement.classList.add('dark')")
        page.add_script_tag(content=bundle())

    def _sent(self, data: Mapping[str, Any]) -> None:
        event = read_event(data)
        assert event is not None
        self.events.append(event)
        self.waiting.append(event)

    def show(self, scene: Scene, last: StageEvent | None = None) -> BareStage:
        have, seq = ("", 0) if last is None else (last.have, last.seq)
        self.page.evaluate(SHOW, b64encode(payload(scene, have, seq, "bare")).decode())
        self.page.wait_for_timeout(60)
        return self

    def settle(self, milliseconds: float = 60) -> None:
        """Let the browser send, and answer all that it sent."""
        self.page.wait_for_timeout(milliseconds)
        while self.waiting:
            event = self.waiting.pop(0)
            scene = self.answer(event)
            if scene is not None:
                self.show(scene, event)

    @property
    def canvas(self) -> Locator:
        return self.page.locator("canvas.runs")

    def state(self) -> dict[str, Any]:
        found: dict[str, Any] = self.canvas.evaluate("canvas => canvas.state()")
        return found

    def at(self, x: float, y: float) -> tuple[float, float]:
        """A place on the canvas as a place in the window."""
        box = self.canvas.bounding_box()
        assert box is not None
        return box["x"] + x, box["y"] + y
