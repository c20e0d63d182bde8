"""What the open section has asked the worker for: one question for each visitor, followed while it is answered, or stopped."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import CancelledError
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import streamlit as st

from experiments.sweeps.cloud import Cloud
from experiments.sweeps.requests import sweep_so_far
from experiments.sweeps.sweep import Sweep
from experiments.tuning import Tuning
from experiments.worker import Call, RequestError, WorkerError
from pages import cached_sweeps

state = st.session_state
Question = Sweep | Cloud | Tuning
NAMES: Mapping[type, tuple[str, str]] = {Sweep: ("sweep", "sweep"), Cloud: ("cloud", "cloud"), Tuning: ("search", "tuning")}
AT_ONCE = 0.25  # seconds in which most answers are there: those are shown without a coarse one before
SLOT = 46  # pixels
WATCH = 0.2  # seconds between looks at one that takes longer


@dataclass(frozen=True)
class Standing:
    """How far an answer is: `result` is the finest one yet or None, `share` of it is done; `running` until it is complete,
    `stopped` by the visitor, or failed with a sentence in `trouble`."""

    result: Any
    share: float
    running: bool = False
    stopped: bool = False
    trouble: str = ""


def ask(question: Question, again: bool = False) -> None:
    """Ask for it, unless that is what has been asked last. What was asked before is let go of."""
    key, call = state.get("explore.call", ("", None))
    if key == question.key and not again:
        return
    if call is not None:
        call.cancel()
    request, name = NAMES[type(question)]
    call = cached_sweeps.workers().submit(request, {name: question.as_json()}, caller=str(id(state)))
    state["explore.call"] = (question.key, call)
    with suppress(TimeoutError, CancelledError, RequestError, WorkerError):  # `standing` tells
        call.result(timeout=AT_ONCE)


def standing(question: Question) -> Standing:
    """How far the answer is to what was asked last."""
    call: Call = state["explore.call"][1]
    so_far, share = sweep_so_far(question, call.progress) if isinstance(question, Sweep) else (None, _share(call))
    if not call.done:
        return Standing(so_far, share, running=True)
    try:
        return Standing(call.result(timeout=0), 1.0)
    except CancelledError:
        return Standing(so_far, share, stopped=True)
    except (RequestError, WorkerError, TimeoutError) as error:
        return Standing(so_far, share, trouble=f"{error}")


def _share(call: Call) -> float:
    return next((p.meta["share"] for p in reversed(call.progress) if "share" in p.meta), 0.0)


def stop() -> None:
    state["explore.call"][1].cancel()


def forget() -> None:
    """Let go of what was asked: the section has none of it on show any more."""
    _, call = state.pop("explore.call", ("", None))
    if call is not None:
        call.cancel()


def follow(question: Question, watched: Callable[[], None], resting: Callable[[], None]) -> None:
    """Ask, and show the answer: by `watched`, which looks again and again, while it is on its way, then by `resting`."""
    ask(question)
    state["explore.watched"] = standing(question).running
    (watched if state["explore.watched"] else resting)()


def settle(now: Standing) -> None:
    """After a section has drawn itself: the whole page follows where an answer has come, or a hand has dropped something."""
    come = state.get("explore.watched", False) and not now.running
    if come or state.pop("explore.dropped", False):
        st.rerun()


def progress(question: Question, now: Standing, size: str) -> None:
    """One line that is always there, so that nothing below it moves: how much is asked, and while it is computed how far it is,
    with a button to stop it. `size` says how much."""
    with st.container(height=SLOT, border=False, horizontal=True, vertical_alignment="center"):
        if now.running:
            st.progress(min(now.share, 1.0), f"{size}: {now.share:.0%}")
            st.button("Cancel", on_click=stop, icon=":material/stop:", key="explore.cancel", width="content")
        elif now.stopped:
            st.markdown(f"Stopped at {now.share:.0%} of {size}.")
            st.button("Go on", on_click=ask, args=(question, True), icon=":material/play_arrow:", width="content")
        elif now.trouble:
            st.markdown(f":red[This could not be computed: {now.trouble}]")
        else:
            st.caption(size)
