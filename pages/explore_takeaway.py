"""Take an exploration away: figures, its numbers and code, and a place in another page."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import streamlit as st

from experiments.spec import ExperimentError
from experiments.sweeps.exploration import Exploration
from pages.explore_takeaway_asked import Taken, taken
from pages.explore_takeaway_data import data
from pages.explore_takeaway_embed import embed
from pages.explore_takeaway_figure import figure

PARTS: Mapping[str, tuple[str, Callable[[Taken], None]]] = {
    "figure": (":material/image: Figure", figure),
    "data": (":material/data_object: Data and code", data),
    "embed": (":material/share: Link and embed", embed),
}


def section(view: Exploration) -> None:
    """An expander that is filled only while it is open."""
    box = st.expander("Take it away", key="explore.take", on_change="rerun")
    if box.open:
        with box:
            parts(view)


@st.fragment
def parts(view: Exploration) -> None:
    """One thing to take away at a time; the others cost nothing."""
    try:
        shown = taken(view)
    except ExperimentError as error:
        st.info(f"{error}.", icon=":material/info:")
        return
    part = st.segmented_control(
        "What to take away", list(PARTS), default="figure", required=True, format_func=lambda key: PARTS[key][0],
        key="explore.take.part", persist_state="page", label_visibility="collapsed",
    )  # fmt: skip
    if shown.found is None and part != "embed":
        st.info("It can be taken away once all of it is computed.", icon=":material/hourglass:")
        return
    PARTS[part][1](shown)
