"""What a visitor's slices section has asked for: maps, paths, numbers to trust them by, a look at a point."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import CancelledError
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import streamlit as st

from experiments.grids.cells import Cells
from experiments.grids.requests import cells_so_far
from experiments.grids.spec import SliceSpec
from experiments.worker import Call, RequestError, WorkerError
from pages import cached_slices

state = st.session_state
CALLS = "network.slices.calls"
AT_ONCE = 0.25  # seconds in which most answers are there: those are shown at once
WATCH = 0.3  # seconds between looks at what takes longer
REQUESTS: Mapping[str, str] = {
    "map": "slice", "beside": "slice", "paths": "paths", "trust": "trust", "beside.trust": "trust", "look": "look",
}  # fmt: skip


@dataclass(frozen=True)
class Standing:
    """How far an answer is: `result` is what there is of it or None, `share` of it is done; `running` until it is complete,
    `stopped` by the visitor, or failed with a sentence in `trouble`."""

    result: Any = None
    share: float = 0.0
    running: bool = False
    stopped: bool = False
    trouble: str = ""


def ask(part: str, spec: SliceSpec, again: bool = False, **more: Any) -> Standing:
    """Ask for a part, unless that is what has been asked last; what was asked before is let go of. How far it is."""
    calls: dict[str, tuple[Any, Call]] = state.setdefault(CALLS, {})
    asked = {"slice": spec.as_json(), **more}
    if part not in calls or calls[part][0] != asked or again:
        drop(part)
        calls[part] = asked, cached_slices.workers().submit(REQUESTS[part], asked, caller=str(id(state)))
        with suppress(TimeoutError, CancelledError, RequestError, WorkerError):  # `standing` tells
            calls[part][1].result(timeout=AT_ONCE)
    return standing(part)


def standing(part: str) -> Standing:
    """How far the answer is to what was asked last."""
    _, call = state.get(CALLS, {}).get(part, (None, None))
    if call is None:
        return Standing()
    so_far, share = cells_so_far(call.progress) if REQUESTS[part] == "slice" else (None, 0.0)
    if not call.done:
        return Standing(so_far, share, running=True)
    try:
        found = call.result(timeout=0)
    except CancelledError:
        return Standing(so_far, share, stopped=True)
    except (RequestError, WorkerError, TimeoutError) as error:
        return Standing(so_far, share, trouble=f"{error}")
    return Standing(Cells.of(*found) if REQUESTS[part] == "slice" else found, 1.0)


def running() -> bool:
    """Whether anything is on its way."""
    return any(not call.done for _, call in state.get(CALLS, {}).values())


def stop() -> None:
    """Let go of the maps that are on their way. Their cells are kept, and can be gone on with."""
    for part in ("map", "beside"):
        if part in state.get(CALLS, {}):
            state[CALLS][part][1].cancel()


def go_on() -> None:
    """Ask again for what was stopped."""
    for part in ("map", "beside"):
        if part in state.get(CALLS, {}) and standing(part).stopped:
            drop(part)


def drop(*parts: str) -> None:
    """Let go of parts; without any, of all."""
    calls = state.get(CALLS, {})
    for part in parts or tuple(calls):
        if part in calls:
            calls.pop(part)[1].cancel()
