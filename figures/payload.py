"""A scene as the one blob that the stage in the browser reads.

The length of a JSON header (uint32), the header, padding to 8 bytes, then little-endian arrays at the offsets that the header
names. Paths and losses are float64, so that a diverging run keeps its numbers to 1e308 and deep zoom stays smooth; the height
map, which is most of the bytes, is float32 and is left out where the browser has it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from figures.fate import fate
from figures.scene import Domain, HeightMap, LossCurve, Overlay, Runner, Scene
from figures.theme import FONT, GROUNDS, styles

VERSION = 2


class Arrays:
    """The arrays behind the header, in the order in which they were placed."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self.end = 0

    def place(self, values: np.ndarray | None, dtype: str = "<f8") -> dict[str, int] | None:
        """Where an array will be found: {"at": offset, "length": of items}; None for none."""
        if values is None:
            return None
        with np.errstate(over="ignore"):
            array = np.ascontiguousarray(values, dtype=dtype)
        data = array.tobytes()
        found = {"at": self.end, "length": array.size}
        data += b"\0" * (-len(data) % 8)
        self.parts.append(data)
        self.end += len(data)
        return found

    def behind(self, header: dict[str, Any]) -> bytes:
        """The blob: the header, and the arrays behind it."""
        text = json.dumps(header, allow_nan=False, separators=(",", ":")).encode()
        text += b" " * (-(4 + len(text)) % 8)
        return b"".join([len(text).to_bytes(4, "little"), text, *self.parts])


def payload(scene: Scene, have: str = "", seq: int = 0, key: str = "", connected: bool = True) -> bytes:
    """The blob for the browser: everything in `scene`, without the height map where the browser has it already.

    `have` is the key of the map that the browser has, `seq` the last event that Python saw. By `key` the browser knows the
    stage again when Streamlit moves it to another place in the page. Not `connected`, nobody answers events, and none is sent.
    """
    arrays = Arrays()
    place = arrays.place
    looks = styles([runner.key for runner in scene.runners])
    height, lines = scene.height, scene.lines
    header = {
        "version": VERSION,
        "id": key,
        "seq": seq,
        "connected": connected,
        "dim": scene.dim,
        "title": scene.title,
        "note": scene.note,
        "coordinates": list(scene.coordinates),
        "start": [float(v) for v in scene.start],
        "home": _plain(scene.home),
        "minima": _places(scene.minima, scene.dim),
        "saddles": _places(scene.saddles, scene.dim),
        "view": scene.view,
        "autoplay": scene.autoplay,
        "speed": float(scene.speed),
        "live": scene.live,
        "presenter": scene.presenter,
        "whole": scene.whole,
        "chosen": scene.chosen,
        "show": list(scene.show),
        "runners": [_runner(runner, asdict(look), scene, arrays) for runner, look in zip(scene.runners, looks)],
        "map": {
            "key": height.key,
            "domain": _plain(height.domain),
            **_looks(height),
            "shape": list(height.values.shape),
            **((place(height.values, "<f4") or {}) if have != height.key else {}),
        },
        "lines": lines and {"normals": place(lines.normals), "offsets": place(lines.offsets), "labels": list(lines.labels)},
        "overlay": scene.overlay and _overlay(scene.overlay, arrays),
        "grounds": {mode: asdict(ground) for mode, ground in GROUNDS.items()},
        "font": FONT,
    }
    return arrays.behind(header)


def _looks(height: HeightMap | LossCurve) -> dict[str, Any]:
    """How the values of a map are coloured and named; a curve needs neither."""
    if isinstance(height, LossCurve):
        return {"log": False}
    level = height.level and {"value": float(height.level[0]), "label": height.level[1]}
    return {"log": height.log, "name": height.name, "range": height.range and list(height.range), "level": level}


def _runner(runner: Runner, look: dict[str, str], scene: Scene, arrays: Arrays) -> dict[str, Any]:
    return {
        "key": runner.key,
        "label": runner.label,
        "style": look,
        "lr": None if runner.lr is None else float(runner.lr),
        "range": [float(v) for v in runner.lr_range],
        "limit": None if runner.limit is None or math.isnan(runner.limit) else _number(runner.limit),
        "limitNote": runner.limit_note,
        "disabled": runner.disabled,
        "path": arrays.place(runner.path),
        "loss": arrays.place(runner.loss),
        "slope": arrays.place(runner.slope),
        "curvature": arrays.place(runner.curvature),
        "slow": arrays.place(runner.slow),
        "drawn": arrays.place(runner.drawn, "<i4"),
        "steps": arrays.place(runner.steps, "<i4"),
        **_fate(runner, scene.home),
    }


def _overlay(overlay: Overlay, arrays: Arrays) -> dict[str, Any]:
    return {
        "gradient": arrays.place(overlay.gradient),
        "eigenvalues": arrays.place(overlay.eigenvalues),
        "eigenvectors": arrays.place(overlay.eigenvectors),
        "preconditioner": arrays.place(overlay.preconditioner),
        "newtonTarget": arrays.place(overlay.newton_target),
        "arrows": [
            {"name": arrow.name, "values": arrays.place(arrow.values), "base": arrays.place(arrow.base)}
            for arrow in overlay.arrows
        ],
    }


def _fate(runner: Runner, home: Domain) -> dict[str, Any]:
    """When the run left the home window and its loss there, and when it diverged; a run that is disabled did neither."""
    seen = fate(runner.path if runner.disabled is None else runner.path[:0], home)
    left = None if seen.left is None else {"step": seen.left, "loss": _number(runner.loss[seen.left])}
    return {"left": left, "diverged": seen.diverged}


def _places(places: Sequence[Sequence[float]], dim: int) -> list[list[float]]:
    return [[float(v) for v in place[:dim]] for place in places]


def _plain(domain: Domain) -> list[list[float]]:
    return [[float(v) for v in side] for side in domain]


def _number(value: float) -> float | str:
    """A float for JSON, which has no infinities: those go as the text that JavaScript's Number reads."""
    value = float(value)
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")
