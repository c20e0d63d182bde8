"""The stage: the animated canvas on which optimizers race. Python sends scenes, the browser plays them and sends events.

The component is mounted once; each later call hands it a new scene, which it takes over without losing zoom, time or focus.
Its JavaScript and style sheet are files under `static/stage/`, loaded by a few inline lines, because Streamlit sends inline
code again with every rerun.

One blob goes to the browser: the length of a JSON header (uint32), the header, padding to 8 bytes, then little-endian arrays
at the offsets that the header names. Paths and losses are float64, so that a diverging run keeps its numbers to 1e308 and
deep zoom stays smooth; the height map, which is most of the bytes, is float32 and is left out where the browser has it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

import numpy as np
import streamlit as st

from figures.theme import FONT, GROUNDS, styles

Domain = tuple[tuple[float, float], tuple[float, float]]
Place = tuple[float, float]

VERSION = 1
MOST_RUNNERS = 64
_FILES = Path(__file__).parents[2] / "static" / "stage"


@dataclass(frozen=True, eq=False)
class Runner:
    """One entrant of the race.

    path `(steps + 1, 2)`, NaN after divergence; loss `(steps + 1,)`. `lr` is the live learning rate, walked on a log scale
    through `lr_range`. `limit` is the stability limit at the start: green up to half of it, amber up to it, red beyond;
    None where the method has none, infinity where every learning rate is stable. `disabled` is the reason why it does not
    run, in a sentence; its path is then empty.
    """

    key: str
    label: str
    path: np.ndarray
    loss: np.ndarray
    lr: float
    lr_range: tuple[float, float]
    limit: float | None = None
    limit_note: str = ""
    disabled: str | None = None


@dataclass(frozen=True, eq=False)
class HeightMap:
    """Losses `(ny, nx)` at the nodes of a regular grid whose outer nodes lie on the edges of `domain`, ((x0, x1), (y0, y1)).

    Row 0 is the lowest y. `key` names the content. `log` colours by the logarithm of the height above the lowest value;
    iso-lines carry true losses either way.
    """

    values: np.ndarray
    domain: Domain
    key: str
    log: bool = False


@dataclass(frozen=True, eq=False)
class Scene:
    """All that the stage shows. `home` is the window that "fit" returns to; `speed` is in steps a second.

    Not `live`, the stage only plays: the start cannot be dragged and learning rates are shown, not moved.
    """

    title: str
    coordinates: tuple[str, str]
    height: HeightMap
    runners: tuple[Runner, ...]
    start: Place
    home: Domain
    minima: Sequence[Sequence[float]] = ()
    saddles: Sequence[Sequence[float]] = ()
    view: Literal["one", "each"] = "one"
    note: str = ""
    autoplay: bool = True
    speed: float = 25.0
    live: bool = True


@dataclass(frozen=True)
class StageEvent:
    """What the visitor did. Only what changed since the last answered event is set; the rest is None or empty.

    `phase` is "drag" while a pointer or key is down, "drop" at its end. `view` is the visible window, None at home, and `home`
    the home it belongs to: a window over another surface means nothing (see `window`). `have` is the key of the height map
    that the browser shows.
    """

    start: Place | None
    lr: Mapping[int, float]
    phase: Literal["drag", "drop"]
    view: Domain | None
    home: Domain | None
    have: str
    seq: int


def stage(scene: Scene, *, key: str, on_change: Callable[[], None]) -> StageEvent | None:
    """Show the scene, and return the visitor's last event. `on_change` is called first; it reads `event(key)`."""
    last = event(key)
    _mount()(key=key, data=payload(scene, last, key), on_event_change=on_change)
    return last


def event(key: str) -> StageEvent | None:
    """The last event of the stage mounted under `key`, or None. Whatever in it is not as it should be is left out."""
    state = st.session_state.get(key)
    return read_event(state.get("event")) if isinstance(state, Mapping) else None


def window(key: str, home: Domain) -> Domain:
    """The window the visitor looks at, for a height map: the last event's, if it was sent over this home, else home."""
    last = event(key)
    if last is None or last.view is None or last.home is None or not np.allclose(last.home, home, rtol=1e-9, atol=0):
        return home
    return last.view


def read_event(data: object) -> StageEvent | None:
    """An event from what the browser sent, which may be anything: each field is checked alone, and ignored if wrong."""
    if not isinstance(data, Mapping):
        return None
    rates = data.get("lr")
    pairs = list(rates.items())[:MOST_RUNNERS] if isinstance(rates, Mapping) else []
    have, seq = data.get("have"), data.get("seq")
    start = _numbers(data.get("start"), 2)
    return StageEvent(
        start=None if start is None else (start[0], start[1]),
        lr={
            int(index): float(rate)
            for index, rate in pairs
            if isinstance(index, str) and index.isascii() and index.isdecimal() and len(index) <= 2
            and _finite(rate) and rate > 0
        },
        phase="drag" if data.get("phase") == "drag" else "drop",
        view=_domain(data.get("view")),
        home=_domain(data.get("home")),
        have=have if isinstance(have, str) and len(have) <= 200 else "",
        seq=seq if type(seq) is int and 0 <= seq < 2**53 else 0,
    )  # fmt: skip


def payload(scene: Scene, last: StageEvent | None = None, key: str = "") -> bytes:
    """The blob for the browser: everything in `scene`, without the height map where the browser has it already.

    By `key` the browser knows the stage again when Streamlit moves it to another place in the page.
    """
    arrays: list[np.ndarray] = []
    offset = 0

    def place(values: np.ndarray, dtype: str) -> dict[str, int]:
        nonlocal offset
        array = np.ascontiguousarray(values, dtype=dtype)
        arrays.append(array)
        at, offset = offset, offset + array.nbytes
        return {"at": at, "length": array.size}

    runners = [
        {
            "key": runner.key,
            "label": runner.label,
            "style": asdict(look),
            "lr": float(runner.lr),
            "range": [float(v) for v in runner.lr_range],
            "limit": None if runner.limit is None or math.isnan(runner.limit) else _number(runner.limit),
            "limitNote": runner.limit_note,
            "disabled": runner.disabled,
            "path": place(runner.path, "<f8"),
            "loss": place(runner.loss, "<f8"),
            **_fate(runner, scene.home),
        }
        for runner, look in zip(scene.runners, styles([runner.key for runner in scene.runners]))
    ]
    height = scene.height
    known = last is not None and last.have == height.key
    with np.errstate(over="ignore"):
        cells = {} if known else place(height.values, "<f4")
    header = {
        "version": VERSION,
        "id": key,
        "seq": 0 if last is None else last.seq,
        "title": scene.title,
        "note": scene.note,
        "coordinates": list(scene.coordinates),
        "start": [float(v) for v in scene.start],
        "home": _plain(scene.home),
        "minima": [[float(v) for v in place[:2]] for place in scene.minima],
        "saddles": [[float(v) for v in place[:2]] for place in scene.saddles],
        "view": scene.view,
        "autoplay": scene.autoplay,
        "speed": float(scene.speed),
        "live": scene.live,
        "map": {
            "key": height.key,
            "domain": _plain(height.domain),
            "log": height.log,
            "shape": list(height.values.shape),
            **cells,
        },
        "runners": runners,
        "grounds": {mode: asdict(ground) for mode, ground in GROUNDS.items()},
        "font": FONT,
    }
    text = json.dumps(header, allow_nan=False, separators=(",", ":")).encode()
    text += b" " * (-(4 + len(text)) % 8)
    return b"".join([len(text).to_bytes(4, "little"), text, *(array.tobytes() for array in arrays)])


def _fate(runner: Runner, home: Domain) -> dict[str, Any]:
    """`left`: the first step outside the home window and the loss there; `diverged`: the first step that is not finite."""
    if runner.disabled is not None or len(runner.path) == 0:
        return {"left": None, "diverged": None}
    finite = np.isfinite(runner.path).all(axis=1)
    low, high = np.array(home, dtype=float).T
    with np.errstate(invalid="ignore"):
        outside = finite & ((runner.path < low) | (runner.path > high)).any(axis=1)
    exits, failures = np.flatnonzero(outside), np.flatnonzero(~finite)
    return {
        "left": {"step": int(exits[0]), "loss": _number(runner.loss[exits[0]])} if len(exits) else None,
        "diverged": int(failures[0]) if len(failures) else None,
    }


def _plain(domain: Domain) -> list[list[float]]:
    return [[float(v) for v in side] for side in domain]


def _number(value: float) -> float | str:
    """A float for JSON, which has no infinities: those go as the text that JavaScript's Number reads."""
    value = float(value)
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")


def _finite(value: object) -> bool:
    """Whether it is a finite number. JSON integers may be too large for a float."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e300


def _numbers(value: object, count: int) -> tuple[float, ...] | None:
    if not isinstance(value, (list, tuple)) or len(value) != count or not all(_finite(v) for v in value):
        return None
    return tuple(float(v) for v in value)


def _domain(value: object) -> Domain | None:
    """A window with some width: at least 1e-9 of where it is, so that a grid over it has different nodes."""
    if not isinstance(value, (list, tuple)) or len(value) != 2:
        return None
    x, y = _numbers(value[0], 2), _numbers(value[1], 2)
    if x is None or y is None or any(not b - a > 1e-9 * max(abs(a), abs(b), 1e-290) for a, b in (x, y)):
        return None
    return (x[0], x[1]), (y[0], y[1])


@cache
def _version() -> str:
    """A hash of the files, so that a browser never runs an old one after an upgrade."""
    digest = sha256()
    for path in sorted(_FILES.iterdir()):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


# Streamlit may stand behind any base path; its own bundle is the one script whose address is always right.
_LOADER = """
let stage
export default (component) => {
  const bundle = document.querySelector('script[src*="static/js/"]')?.src ?? document.baseURI
  const file = new URL("app/static/stage/stage.js?v=VERSION", bundle.replace(/static\\/js\\/.*$/, ""))
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
    return _component(_version())


@cache
def _component(version: str) -> Callable[..., Any]:
    return st.components.v2.component(
        "ravine_stage",
        html='<div class="stage" style="min-height: 24rem">Loading the stage ...</div>',
        js=_LOADER.replace("VERSION", version),
    )
