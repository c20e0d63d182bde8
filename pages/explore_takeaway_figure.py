"""An exploration as a figure: what was explored, the chosen run on its surface and its loss, in one file."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from experiments.sweeps.cloud import Cloud
from pages.explore_takeaway_asked import Taken
from pages.race_takeaway_look import NONE, PRESETS, choose, preset_of
from pages.race_takeaway_offer import downloads, preview, words

BESIDE: Mapping[str, Mapping[str, str]] = {
    "map": {"run": "The chosen run", "loss": "Its loss"},
    "basins": {"run": "The chosen run", "loss": "Its loss"},
    "line": {"run": "The runs at the chosen value", "loss": "Their loss"},
    "cloud": {"loss": "Loss"},
    "tune": {"run": "The runs at the best settings", "loss": "Their loss"},
}


def figure(shown: Taken) -> None:
    """Its look, its preview, its files and its words."""
    tab = shown.view.tab
    preset = preset_of(f"explore.{tab}", PRESETS, "page")
    above = st.container()
    step = _step(shown.asked) if isinstance(shown.asked, Cloud) else None
    with st.container(horizontal=True):
        chosen = choose(f"explore.{tab}", preset, shown.title, panels=BESIDE.get(tab, NONE))
        drawn = preview(above, lambda: shown.figure(chosen, step), tallest=900)
        if drawn:
            downloads(*drawn, name=tab)
    if drawn:
        words(drawn[1])


def _step(cloud: Cloud) -> int:
    """Which step of a cloud is shown."""
    steps = [int(step) for step in cloud.frames]
    key = "take.explore.cloud.step"
    if st.session_state.get(key) not in steps:
        st.session_state[key] = steps[-1]
    return int(st.select_slider("Step", steps, key=key, persist_state="page"))
