"""The checks that a slice is what it is named: run here and now, and what published libraries gave."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import CancelledError
from datetime import UTC, datetime

import streamlit as st

from experiments.conformance import Published, by_check, published, versions
from experiments.grids.requests import TABLE
from experiments.worker import RequestError, WorkerError, Workers
from figures import theme
from landscapes.networks.outcome import Outcome
from pages import conformance_view as view
from pages import menu

INTRODUCTION = (
    "A picture of a loss is worth looking at if it is what it is named. Each check draws a slice whose truth is known, by "
    "algebra or by symmetry, and measures how far the slice is from it. The tolerances are fixed before; every number is shown."
)
LIBRARIES = (
    "The same checks on published libraries, each called as its own documentation calls it. A dash is no fault: the "
    "library does not offer what the check is about. A failure is one of this call in this version, not of all that it does."
)
menu.require()
state = st.session_state
mode: theme.Mode = "dark" if st.context.theme.type == "dark" else "light"


@st.cache_resource(show_spinner=False)
def workers() -> Workers:
    """The process that runs the checks. It keeps no answers: who presses the button has them run; at once, they share a run."""
    return Workers(TABLE, cache_bytes=0)


@st.cache_resource(show_spinner=False)
def shipped() -> Published:
    return published()


def start() -> None:
    """Ask for a run."""
    state["conformance.call"] = workers().submit("conformance", {}, caller=str(id(state)))
    state.pop("conformance.trouble", None)


def stop() -> None:
    state["conformance.call"].cancel()


@st.fragment(run_every=0.2)
def watch() -> None:
    """The table while it fills; at its end the page follows."""
    call = state["conformance.call"]
    outcomes = by_check([progress.meta for progress in call.progress])
    checks = shipped().checks
    said = f"{len(outcomes)} of {len(checks)} checks" if call.running else "Starting the process that runs them ..."
    st.progress(len(outcomes) / len(checks), said)
    st.button("Stop", on_click=stop, icon=":material/stop:")
    st.html(view.own_table(checks, outcomes, running=True))
    if call.done:
        _settle()
        st.rerun()


def _settle() -> None:
    """Keep what came of the run."""
    call = state.pop("conformance.call")
    try:
        answer = call.result(timeout=0)
    except CancelledError:
        state["conformance.trouble"] = "The run was stopped. Below are the shipped numbers again."
    except (RequestError, WorkerError, TimeoutError) as error:
        state["conformance.trouble"] = f"The checks could not be run: {error}"
    else:
        state["conformance.found"] = by_check(answer), versions(), datetime.now(UTC)


def standing() -> None:
    """The last run of this visitor, or else the shipped one; each says when it was, and with what."""
    if trouble := state.get("conformance.trouble"):
        st.warning(trouble)
    if "conformance.found" not in state or trouble:
        run = shipped()
        _said(run.ours.outcomes, f"Shipped result of {run.day.day} {run.day:%B %Y}", run.versions)
        return
    outcomes, made_with, when = state["conformance.found"]
    _said(outcomes, f"Run here on {when.day} {when:%B %Y at %H:%M} UTC", made_with)
    titles = {check.key: check.title for check in shipped().checks}
    other = view.differences(shipped().ours.outcomes, outcomes)
    if other:
        st.warning(f"Another verdict than in the shipped result: {', '.join(titles.get(key, key) for key in other)}.")
    else:
        st.caption("Every verdict is that of the shipped result.")


def _said(outcomes: Mapping[str, Outcome], when: str, made_with: Mapping[str, str]) -> None:
    passed = sum(outcome.passed is True for outcome in outcomes.values())
    with_what = ", ".join(f"{name} {version}" for name, version in made_with.items())
    st.markdown(f"**{passed} of {len(outcomes)} passed.** {when}, with {with_what}.")


st.title("Conformance", anchor=False)
st.markdown(INTRODUCTION)
st.html(view.style(mode))
st.header("Our own slices", anchor="own")
running = state.get("conformance.call") is not None
st.button("Run the checks", type="primary", on_click=start, disabled=running, icon=":material/play_arrow:")
if running:
    watch()
else:
    standing()
    known = state["conformance.found"][0] if "conformance.found" in state and not state.get("conformance.trouble") else None
    st.html(view.own_table(shipped().checks, known or shipped().ours.outcomes))
st.header("Published libraries", anchor="libraries")
st.markdown(LIBRARIES)
made = shipped()
st.caption(
    f"Run on {made.day.day} {made.day:%B %Y} with {', '.join(f'{name} {version}' for name, version in made.versions.items())}, "
    "by `python -m benchmarks.conformance`, which also writes docs/conformance.md. The first column is ours, of that same run."
)
st.html(view.published_table(made))
with st.expander("What failed, in words"):
    st.markdown(view.failures(made))
if made.missing:
    with st.expander("What did not run"):
        st.markdown("\n".join(f"- **{library.name}**: {library.version}" for library in made.missing))
