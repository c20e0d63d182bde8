"""Explore: thousands of runs at once, as maps, lines, basins and clouds to click through."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import streamlit as st

from experiments.spec import ExperimentError
from experiments.sweeps.exploration import Exploration
from experiments.sweeps.link import encode
from pages import (
    explore_cloud,
    explore_controls,
    explore_line,
    explore_map,
    explore_networks,
    explore_takeaway,
    explore_tune,
    explore_work,
    menu,
)
from pages.explore_controls import explore

state = st.session_state
menu.require()


SECTIONS: Mapping[str, tuple[str, str, Callable[[Exploration], None]]] = {
    "map": (
        "Map",
        "Two numbers of one or more optimizers, a run in every cell. Click a cell and its run plays; drag, and it follows.",
        explore_map.section,
    ),
    "line": (
        "Line",
        "One number against what became of each optimizer. Choose a value, and the runs play.",
        explore_line.section,
    ),
    "basins": ("Basins", "A run from every start, coloured by where it came. Click one and it plays.", explore_map.section),
    "cloud": ("Cloud", "Hundreds of runs that differ only in what is drawn at random.", explore_cloud.section),
    "tune": (
        "Tune",
        "The best setting of each optimizer under one budget, with the search that found it.",
        explore_tune.section,
    ),
    "networks": ("Networks", "Thousands of trainings of a small network on digits, a cell for each.", explore_networks.section),
}

# On a phone the picture is the first thing, and what it is made of stands below, where a link leads.
STYLE = """<style>
  .stElementContainer:has(:is(.to-controls, #below)) { display: none }
  @media (max-width: 640px) {
    .stElementContainer:has(:is(.to-controls, #below)) { display: block }
    .stMainBlockContainer > .stVerticalBlock > :is(:has(> .st-key-explore-controls), :has(#below)) { order: 1 }
  }
</style>"""
LINK = '<a class="to-controls" href="#below" target="_self">Choose what is shown</a>'
NO_SIDEBAR = "<style>[data-testid='stSidebar'], [data-testid='stExpandSidebarButton'] { display: none }</style>"

explore_controls.open_link()
explore_controls.hide()
if explore_controls.shows("title"):
    st.title("Explore", anchor=False)
if state.get("explore.tab") is None:  # lost while another page is open; and a browser that is asked too early has none yet
    state["explore.tab"] = state.get("explore.last", "map")
state["explore.last"] = state["explore.tab"]
if explore_controls.shows("controls") and state["explore.tab"] != "networks":  # those maps are of trainings of their own
    with st.sidebar:
        explore_controls.choose()
st.html(STYLE + (NO_SIDEBAR if state["explore.tab"] == "networks" else ""))
if explore_controls.shows("tabs"):
    st.segmented_control(
        "What to explore", list(SECTIONS), key="explore.tab", required=True, format_func=lambda tab: SECTIONS[tab][0],
        label_visibility="collapsed",
    )  # fmt: skip
try:
    view = explore_controls.current()
    explore.write_link(**encode(view), **explore_controls.kept())
    if explore_controls.shows("title"):
        st.caption(SECTIONS[view.tab][1])
    if explore_controls.shows("controls"):
        st.html(LINK)
        st.html('<span id="below"></span>')
    SECTIONS[view.tab][2](view)
    if explore_controls.shows("sections"):
        explore_takeaway.section(explore_controls.current())
except ExperimentError as error:
    explore_work.forget()
    st.error(f"{error}.", icon=":material/block:")
