"""Reading what a page hands to the browser."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from streamlit.testing.v1 import AppTest

APP = str(Path(__file__).parents[2] / "app.py")


def opened(page: str | None = None, **fields: str) -> AppTest:
    """The app at a page, opened with these fields in its link."""
    app = AppTest.from_file(APP, default_timeout=60)
    for name, value in fields.items():
        app.query_params[name] = value
    if page:
        app.switch_page(page)
    return app.run()


def scene(app: AppTest) -> dict[str, Any]:
    """The header of the first stage's payload, with every path and loss as an array and the heights if they were sent."""
    return scenes(app)[0]


def scenes(app: AppTest) -> list[dict[str, Any]]:
    """The same of every stage on the page."""
    return [_scene(component.proto.bytes) for component in app.get("bidi_component")]


def _scene(blob: bytes) -> dict[str, Any]:
    length = int.from_bytes(blob[:4], "little")
    header: dict[str, Any] = json.loads(blob[4 : 4 + length])
    body = blob[4 + length :]

    def read(place: dict[str, int], dtype: str) -> np.ndarray:
        return np.frombuffer(body, dtype, place["length"], place["at"])

    for runner in header["runners"]:
        runner["path"], runner["loss"] = read(runner["path"], "<f8").reshape(-1, header["dim"]), read(runner["loss"], "<f8")
    if "at" in header["map"]:
        header["map"]["values"] = read(header["map"], "<f4").reshape(header["map"]["shape"])
    return header
