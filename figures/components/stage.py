"""The stage: the animated canvas on which optimizers race. Python sends scenes, the browser plays them and sends events.

The component is mounted once; each later call hands it a new scene, which it takes over without losing zoom, time or focus.
Its script is one file under `static/`, loaded by a few inline lines, because Streamlit sends inline code again with every
rerun. Where that file cannot be written, the script does go inline, and every answer is as much longer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, TypeGuard

import numpy as np
import streamlit as st

from figures.bundle import module, served, version
from figures.payload import payload
from figures.scene import (
    MOST_RUNNERS,
    Arrow,
    Domain,
    HeightMap,
    Lines,
    LossCurve,
    Overlay,
    Place,
    Runner,
    Scene,
)

__all__ = [
    "Arrow", "Domain", "HeightMap", "Lines", "LossCurve", "Overlay", "Place", "Runner", "Scene", "StageEvent",
    "event", "read_event", "stage", "window",
]  # fmt: skip


@dataclass(frozen=True)
class StageEvent:
    """What the visitor did. Only what changed since the last answered event is set; the rest is None or empty.

    `phase` is "drag" while a pointer or key is down, "drop" at its end. `view` is the visible window, None at home, and `home`
    the home it belongs to: a window over another surface means nothing (see `window`). `have` is the key of the height map
    that the browser shows.

    `chosen` is the index of the run that the visitor picked; `time` the step, possibly broken, at which they paused, stepped or
    let go of the scrub bar. Both come only where the scene has a `chosen` run, with the phase "drop".
    """

    start: Place | None
    lr: Mapping[int, float]
    phase: Literal["drag", "drop"]
    view: Domain | None
    home: Domain | None
    have: str
    seq: int
    chosen: int | None = None
    time: float | None = None


def stage(scene: Scene, *, key: str, on_change: Callable[[], None]) -> StageEvent | None:
    """Show the scene, and return the visitor's last event. `on_change` is called first; it reads `event(key)`."""
    last = event(key)
    have, seq = ("", 0) if last is None else (last.have, last.seq)
    _mount()(key=key, data=payload(scene, have, seq, key), on_event_change=on_change)
    return last


def event(key: str) -> StageEvent | None:
    """The last event of the stage mounted under `key`, or None. Whatever in it is not as it should be is left out."""
    state = st.session_state.get(key)
    return read_event(state.get("event")) if isinstance(state, Mapping) else None


def window(key: str, home: Domain) -> Domain:
    """The window the visitor looks at, for a height map: the last event's, if it was sent over this home, else home."""
    last = event(key)
    if last is None or last.view is None or last.home is None or len(last.home) != len(home):
        return home
    if not np.allclose(last.home, home, rtol=1e-9, atol=0):
        return home
    return last.view


def read_event(data: object) -> StageEvent | None:
    """An event from what the browser sent, which may be anything: each field is checked alone, and ignored if wrong."""
    if not isinstance(data, Mapping):
        return None
    rates, have, time = (data.get(name) for name in ("lr", "have", "time"))
    pairs = list(rates.items())[:MOST_RUNNERS] if isinstance(rates, Mapping) else []
    start, view, home = _numbers(data.get("start")), _domain(data.get("view")), _domain(data.get("home"))
    return StageEvent(
        start=None if home is not None and start is not None and len(start) != len(home) else start,
        lr={
            int(index): float(rate)
            for index, rate in pairs
            if isinstance(index, str) and index.isascii() and index.isdecimal() and len(index) <= 2
            and _finite(rate) and rate > 0
        },
        phase="drag" if data.get("phase") == "drag" else "drop",
        view=None if home is not None and view is not None and len(view) != len(home) else view,
        home=home,
        have=have if isinstance(have, str) and len(have) <= 200 else "",
        seq=_index(data.get("seq"), 2**53) or 0,
        chosen=_index(data.get("chosen"), MOST_RUNNERS),
        time=float(time) if _finite(time) and time >= 0 else None,
    )  # fmt: skip


def _index(value: object, end: int) -> int | None:
    return value if type(value) is int and 0 <= value < end else None


def _finite(value: object) -> TypeGuard[float]:
    """Whether it is a finite number. JSON integers may be too large for a float."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e300


def _numbers(value: object) -> tuple[float, ...] | None:
    """One number for each parameter, of which there are one or two."""
    if not isinstance(value, (list, tuple)) or len(value) not in (1, 2) or not all(_finite(v) for v in value):
        return None
    return tuple(float(v) for v in value)


def _domain(value: object) -> Domain | None:
    """A window with some width: at least 1e-9 of where it is, so that a grid over it has different nodes."""
    if not isinstance(value, (list, tuple)) or len(value) not in (1, 2):
        return None
    sides = [_numbers(side) for side in value]
    if any(side is None or len(side) != 2 or not _wide(*side) for side in sides):
        return None
    return tuple((side[0], side[1]) for side in sides if side is not None)


def _wide(low: float, high: float) -> bool:
    return high - low > 1e-9 * max(abs(low), abs(high), 1e-290)


# Streamlit may stand behind any base path; its own bundle is the one script whose address is always right.
_LOADER = """
let stage
export default (component) => {
  const bundle = document.querySelector('script[src*="static/js/"]')?.src ?? document.baseURI
  const file = new URL("app/static/bundle/stage.js?v=VERSION", bundle.replace(/static\\/js\\/.*$/, ""))
  const place = component.parentElement.querySelector(".stage")
  stage ??= import(file.href)
  const shown = stage.then((module) => module.show(component), () => {
    stage = undefined
    place.textContent = `The stage could not be loaded from ${file.pathname}. Reload the page; if that does not help, ` +
      "the server does not serve the app's static folder (server.enableStaticServing)."
  })
  return () => { shown.then((dispose) => dispose?.()) }
}
"""


def _mount() -> Callable[..., Any]:
    return _component(version())


@cache
def _component(version: str) -> Callable[..., Any]:
    inline = f"{module()}\nexport default ravine.show"
    return st.components.v2.component(
        "ravine_stage",
        html='<div class="stage" style="min-height: 24rem">Loading the stage ...</div>',
        js=_LOADER.replace("VERSION", version) if served() else inline,
    )
