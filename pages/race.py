"""The race: optimizers side by side on one surface, live while you drag."""

from __future__ import annotations

import streamlit as st

from figures.components.stage import event, stage, window
from figures.eigenvalues import eigenvalues_figure
from figures.losses import losses_figure
from figures.theme import Mode
from pages import cached, menu, race_controls, race_tuning, race_view
from pages.race_controls import race

SECTIONS = {"Find each one's best learning rate": race_tuning.section}  # made only while they are open
state = st.session_state
menu.require()


def moved() -> None:
    """Follow the visitor's hand on the stage: a drag is shown, a drop becomes the experiment."""
    done = event("stage")
    home = tuple(tuple(side) for side in cached.landscape_of(state.live or race.experiment).domain)
    if done is None or done.home not in (None, home):  # the hand was over another surface
        return
    changed = race_view.moved(state.live or race.experiment, done, "lr" in state.tied)
    if done.phase == "drag":
        state.live = changed
    else:
        race.change(changed)
        state.live, state.dropped = None, True


@st.fragment
def show_stage() -> None:
    experiment = state.live or race.experiment
    landscape, entries, note = cached.race(experiment, dragging=state.live is not None)
    seen = window("stage", tuple(landscape.domain))
    heights, key = cached.heights(experiment, seen)
    scene = race_view.scene(experiment, landscape, entries, (heights, seen, key), state.view, note)
    stage(scene, key="stage", on_change=moved)
    if state.pop("dropped", False):  # after the stage: its answer is on its way while the rest of the page follows
        st.rerun()


def report() -> None:
    """Below the stage: loss, curvature, numbers, formulas, and the data to take away."""
    experiment = race.experiment
    landscape, entries, _ = cached.race(experiment)
    mode: Mode = "dark" if st.context.theme.type == "dark" else "light"
    left, right = st.columns(2)
    left.plotly_chart(losses_figure(race_view.curves(experiment, entries), mode), theme=None, key="losses")
    right.plotly_chart(eigenvalues_figure(race_view.spectra(experiment, entries), mode), theme=None, key="eigenvalues")
    st.dataframe(race_view.rows(experiment, entries), hide_index=True)
    for title, section in SECTIONS.items():
        box = st.expander(title, key=f"race.section.{title}", on_change="rerun")
        if box.open:
            with box:
                section(mode)
    st.latex(landscape.latex)
    st.caption(f"{landscape.input_note or landscape.input_reason}")
    st.download_button(
        "Paths as CSV", lambda: race_view.csv(experiment, landscape, entries), "paths.csv", "text/csv", on_click="ignore"
    )


shown = race.open_link()
state.setdefault("live", None)
state.setdefault("view", "each" if shown.get("show.view") == "each" else "one")
state.setdefault("tied", [name for name in shown.get("show.tied", "").split(",") if name])
st.title("Race", anchor=False)
with st.sidebar:
    race_controls.choose()
race.write_link(view=state.view, **({"tied": ",".join(state.tied)} if state.tied else {}))
show_stage()
menu.stage_first()
report()
