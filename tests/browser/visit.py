"""A visitor: a window onto the app, what the server sent to its stage, and what went wrong in its console."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import numpy as np
from google.protobuf.message import DecodeError
from playwright.sync_api import ConsoleMessage, Error, Locator, Page, WebSocket, expect
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

PATIENCE = 30_000  # milliseconds: slow is not wrong

# What is no fault of a page: a request that the visitor's leaving aborted, and Streamlit's search for its own base path, which
# asks below the address of a page first.
HARMLESS = ("net::ERR_ABORTED", "/_stcore/health", "/_stcore/host-config")


@dataclass(frozen=True)
class Sent:
    """A scene that reached the browser: its header, each runner's path `(steps + 1, dim)`, and when (seconds)."""

    header: Mapping[str, Any]
    paths: Mapping[str, np.ndarray]
    at: float

    @classmethod
    def from_bytes(cls, blob: bytes, at: float) -> Sent:
        length = int.from_bytes(blob[:4], "little")
        header = json.loads(blob[4 : 4 + length])
        body = blob[4 + length :]
        paths = {}
        for runner in header["runners"]:
            place = runner["path"]
            paths[runner["key"]] = np.frombuffer(body, "<f8", place["length"], place["at"]).reshape(-1, header["dim"])
        return cls(header, paths, at)


class Visitor:
    """One page of the app in a context of its own."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address
        self.errors: list[str] = []
        self.scenes: list[Sent] = []
        self._made = False  # whether the server has said that a script of this page has run to its end
        page.set_default_timeout(PATIENCE)
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.errors.append(f"uncaught: {error}"))
        page.on("websocket", self._connected)

    def _said(self, message: ConsoleMessage) -> None:
        said = f"{message.text} ({message.location.get('url', '')})"
        if message.type == "error" and not any(word in said for word in HARMLESS):
            self.errors.append(said)

    def _connected(self, socket: WebSocket) -> None:
        socket.on("framereceived", self._received)

    def _received(self, payload: str | bytes) -> None:
        try:
            message = ForwardMsg.FromString(payload if isinstance(payload, bytes) else payload.encode())
        except DecodeError:
            return
        if message.WhichOneof("type") == "script_finished":
            self._made |= message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY  # fragments say something else
        element = message.delta.new_element
        if message.WhichOneof("type") == "delta" and element.WhichOneof("type") == "bidi_component":
            blob = element.bidi_component.bytes
            if blob and b'"runners"' in blob[:20_000]:  # a map has none
                self.scenes.append(Sent.from_bytes(blob, time.monotonic()))

    def open(self, path: str = "", **fields: str) -> Visitor:
        """Go to a page of the app, by default the race, with these fields in the link, and wait until its script has run."""
        return self.go(self.link(path, **fields))

    def hurry(self, path: str = "", **fields: str) -> Visitor:
        """Go there and wait for nothing: for who wants to see, or to stop, what is soon done."""
        self.page.goto(self.link(path, **fields))
        return self

    def link(self, path: str, **fields: str) -> str:
        return f"{self.address}/{path}" + (f"?{urlencode(fields)}" if fields else "")

    def go(self, link: str) -> Visitor:
        self._made = False
        self.page.goto(link)
        self.wait_for(lambda: self._made, "the page's script has run to its end")
        self.settle()
        return self

    def settle(self) -> None:
        """Wait until the page's script has run, and its stage, where it has one, has drawn; an exception on it is an error."""
        app = self.page.locator('[data-testid="stApp"]')
        for _ in range(2):
            expect(app).to_have_attribute("data-test-script-state", "notRunning", timeout=PATIENCE)
            self.page.wait_for_timeout(100)
        self.errors += [shown.inner_text() for shown in self.page.get_by_test_id("stException").all()]
        if self.page.locator(".stBidiComponent").count():
            expect(self.page.locator("canvas.runs, canvas.cells").first).to_be_visible(timeout=PATIENCE)

    @property
    def canvas(self) -> Locator:
        """What the visitor looks at and drags on."""
        return self.page.locator("canvas.runs")

    def state(self) -> dict[str, Any]:
        """Where everything on the stage is now, in its own numbers and in pixels of the canvas."""
        found: dict[str, Any] = self.canvas.evaluate("canvas => canvas.state()")
        return found

    def pixels(self) -> bytes:
        """What is drawn on the canvas now."""
        drawn: str = self.canvas.evaluate("canvas => canvas.toDataURL()")
        return drawn.encode()

    def at(self, x: float, y: float) -> tuple[float, float]:
        """A place on the canvas as a place in the window."""
        box = self.canvas.bounding_box()
        assert box is not None
        return box["x"] + x, box["y"] + y

    def handle(self) -> tuple[float, float]:
        """Where in the window the start is grasped."""
        return self.at(*self.state()["handle"])

    def number(self, label: str, value: str) -> None:
        """Type into a number field."""
        field = self.page.get_by_role("spinbutton", name=label, exact=True)
        field.fill(value)
        field.press("Enter")

    def overflow(self) -> float:
        """By how many pixels the page is wider than its window."""
        widest: float = self.page.evaluate(
            """() => Math.max(...[document.documentElement, ...document.querySelectorAll('[data-testid="stMain"]')]
                .map(e => e.scrollWidth - e.clientWidth))"""
        )
        return widest

    def shown(self) -> str:
        """For who reads that a test failed: whether the page was made, and what it says in boxes."""
        try:
            boxes = self.page.locator('[data-testid="stAlert"], [data-testid="stException"], [data-testid="stSpinner"]')
            said = [box.inner_text(timeout=1000) for box in boxes.all()]
            return "\n".join([f"{self.page.url}, made: {self._made}", *said, *self.errors])
        except Error as error:
            return f"The page cannot be asked: {error}"

    def wait_for(self, condition: Any, what: str, seconds: float = 30) -> None:
        """Wait until `condition()` holds while the browser goes on; fail with `what` that did not come true."""
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, f"not within {seconds} s: {what}"
            self.page.wait_for_timeout(50)


__all__ = ["Error", "Sent", "Visitor"]
