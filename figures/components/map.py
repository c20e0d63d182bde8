"""The map canvas: thousands of runs, a cell each, to click through. Python sends maps, the browser draws them and sends events.

It is mounted as the stage is: once, with its script as one file under `static/`, or inline where that cannot be written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import streamlit as st

from figures.bundle import module, served, version
from figures.cell_map import Cell, CellMap
from figures.map_payload import map_payload

__all__ = ["MapEvent", "cell_map", "map_event", "read_map_event"]


@dataclass(frozen=True)
class MapEvent:
    """What the visitor did: `cell` is the one they chose, None where they chose none. `phase` is "drag" while a pointer or a
    key is down, "drop" at its end. `of` names the map that it was chosen on, `have` the key of what the browser shows."""

    cell: Cell | None
    phase: Literal["drag", "drop"]
    of: str
    have: str
    seq: int


def cell_map(picture: CellMap, *, key: str, on_change: Callable[[], None]) -> MapEvent | None:
    """Show the map, and return the visitor's last event. `on_change` is called first; it reads `map_event(key)`."""
    last = map_event(key)
    have, seq = ("", 0) if last is None else (last.have, last.seq)
    _component(version("map"))(key=key, data=map_payload(picture, have, seq, key), on_event_change=on_change)
    return last


def map_event(key: str) -> MapEvent | None:
    """The last event of the map mounted under `key`, or None."""
    state = st.session_state.get(key)
    return read_map_event(state.get("event")) if isinstance(state, Mapping) else None


def read_map_event(data: object) -> MapEvent | None:
    """An event from what the browser sent, which may be anything: each field is checked alone, and ignored if wrong."""
    if not isinstance(data, Mapping):
        return None
    cell, seq = data.get("cell"), data.get("seq")
    whole = isinstance(cell, (list, tuple)) and len(cell) == 3 and all(type(v) is int and 0 <= v < 2**20 for v in cell)
    of, have = (text if isinstance(text, str) and len(text) <= 200 else "" for text in (data.get("of"), data.get("have")))
    return MapEvent(
        cell=(cell[0], cell[1], cell[2]) if whole and isinstance(cell, (list, tuple)) else None,
        phase="drag" if data.get("phase") == "drag" else "drop",
        of=of,
        have=have,
        seq=seq if type(seq) is int and 0 <= seq < 2**53 else 0,
    )


# Streamlit may stand behind any base path; its own bundle is the one script whose address is always right.
_LOADER = """
let map
export default (component) => {
  const bundle = document.querySelector('script[src*="static/js/"]')?.src ?? document.baseURI
  const file = new URL("app/static/bundle/map.js?v=VERSION", bundle.replace(/static\\/js\\/.*$/, ""))
  const place = component.parentElement.querySelector(".map")
  map ??= import(file.href)
  const shown = map.then((module) => module.show(component), () => {
    map = undefined
    place.textContent = `The map could not be loaded from ${file.pathname}. Reload the page; if that does not help, ` +
      "the server does not serve the app's static folder (server.enableStaticServing)."
  })
  return () => { shown.then((dispose) => dispose?.()) }
}
"""


@cache
def _component(version: str) -> Callable[..., Any]:
    inline = f"{module('map')}\nexport default ravine.show"
    return st.components.v2.component(
        "ravine_map",
        html='<div class="map" style="min-height: 24rem">Loading the map ...</div>',
        js=_LOADER.replace("VERSION", version) if served(entry="map") else inline,
    )
