"""The race: optimizers side by side on one surface, live while you drag."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from experiments import Experiment, link
from experiments.second_look import SecondLook
from experiments.spec import SLICE
from figures.components.stage import event, stage, window
from figures.eigenvalues import eigenvalues_figure
from figures.losses import losses_figure
from figures.theme import Mode
from pages import cached, menu, race_controls, race_slice, race_takeaway, race_three, race_tuning, race_view, race_why
from pages.race_controls import race

SECTIONS = {  # by their names in links; made only while they are open
    "take": ("Take it away", race_takeaway.section),
    "three": ("In three dimensions", race_three.section),
    "tune": ("Tune each one on the same budget", race_tuning.section),
}
HIDEABLE = ("title", "controls", "charts", "table", "sections", "formula")  # by a link that a page of another is to embed
EXPLORE = "Thousands of runs of these optimizers on this surface, as a map of their hyperparameters to click through."
PRESENTER = "Large letters, the stage as tall as the window, keys at once: space plays, comma and full stop step."
QUANTITIES = {"loss": "Loss", "grad_norm": "Gradient norm", "distance": "Distance to the nearest minimum"}
AGAINST = {"steps": "Steps", "calls": "Oracle calls", "seconds": "Time"}
AXES = {"steps": "step", "calls": "oracle calls", "seconds": "seconds on this server"}
state = st.session_state
menu.require()


def moved() -> None:
    """Follow the visitor's hand on the stage: a drag is shown, a drop becomes the experiment."""
    done = event("stage")
    home = tuple(tuple(side) for side in cached.landscape_of(state.live or race.experiment).domain)
    if done is None or done.home not in (None, home):  # the hand was over another surface
        return
    race_why.moved(done)
    if done.start is None and not done.lr and done.phase == "drop" and state.live is None:
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
    scene, why = race_why.shown(replace(scene, presenter=state.presenting), experiment, entries)
    stage(scene, key="stage", on_change=moved)
    race_why.panel(experiment, entries, why, mode())
    if state.live is None:  # the chosen run and step are part of the address
        race.write_address(**kept())
    if state.pop("dropped", False):  # after the stage: its answer is on its way while the rest of the page follows
        st.rerun()


def mode() -> Mode:
    return "dark" if st.context.theme.type == "dark" else "light"


@st.fragment
def charts(experiment: Experiment, landscape: Any, entries: Sequence[race_view.Entry]) -> None:
    """What became of the loss, against what it cost, and the curvature along the way."""
    left, right = st.columns(2)
    with left:
        quantity, against = st.columns(2)
        shown = quantity.selectbox("Shown", list(QUANTITIES), format_func=QUANTITIES.get, key="charts.shown")
        cost = against.selectbox("Against", _costs(experiment), format_func=AGAINST.get, key="charts.against")
        curves = race_view.curves(experiment, landscape, entries, shown, cost)
        st.plotly_chart(losses_figure(curves, mode(), QUANTITIES[shown], against=AXES[cost]), theme=None, key="losses")
    right.plotly_chart(eigenvalues_figure(race_view.spectra(experiment, entries), mode()), theme=None, key="eigenvalues")


def _costs(experiment: Experiment) -> list[str]:
    """Time is measured by running again, which on a slice takes a worker."""
    return [name for name in AGAINST if name != "seconds" or experiment.landscape.key != SLICE]


def present(on: bool) -> None:
    state.presenting = on


def report() -> None:
    """Below the stage: loss, curvature, numbers, what opens on demand, and the formula."""
    experiment = race.experiment
    landscape, entries, _ = cached.race(experiment)
    # Another process makes the second looks while the charts are made here.
    looks = cached.ask_second_looks(experiment, entries) if "table" not in state.hidden else None
    if tuned := race_tuning.said(experiment):
        st.caption(tuned)
    if "charts" not in state.hidden:
        charts(experiment, landscape, entries)
    if looks is not None:
        table(experiment, landscape, entries, looks())
    if "sections" not in state.hidden:
        sections()
    if "formula" not in state.hidden:
        st.latex(landscape.latex)
        st.caption(f"{landscape.input_note or landscape.input_reason}")


def table(
    experiment: Experiment, landscape: Any, entries: Sequence[race_view.Entry], looks: Sequence[SecondLook | None]
) -> None:
    st.dataframe(race_view.rows(experiment, landscape, entries, looks), hide_index=True)
    for warning in race_view.warnings(experiment, landscape, looks):
        st.warning(warning, icon=":material/warning:")


def sections() -> None:
    """What is made only while a visitor has it open."""
    for name, (title, section) in SECTIONS.items():
        box = st.expander(title, key=f"race.section.{name}", on_change="rerun")
        if box.open:
            with box:
                section(mode())


def kept() -> dict[str, str]:
    """What the address keeps of how the race is shown."""
    opened = [name for name in SECTIONS if state.get(f"race.section.{name}")]
    names = {
        "open": ",".join(opened),
        "tied": ",".join(state.tied),
        "hide": ",".join(state.hidden),
        "present": "1" if state.presenting else "",
    }
    return {"view": state.view, **{name: text for name, text in names.items() if text}, **race_why.kept(), **race_tuning.kept()}


shown = race.open_link()
race_slice.settle(race)
state.setdefault("live", None)
state.setdefault("view", "each" if shown.get("show.view") == "each" else "one")
state.setdefault("tied", [name for name in shown.get("show.tied", "").split(",") if name])
state.setdefault("hidden", [name for name in shown.get("show.hide", "").split(",") if name in HIDEABLE])
for name in set(shown.get("show.open", "").split(",")) & set(SECTIONS):
    state.setdefault(f"race.section.{name}", True)
state.setdefault("presenting", shown.get("show.present") == "1")
race_why.open_link(shown)
race_tuning.open_link(shown)
# Else they are lost with their widgets while those are hidden. A browser that is asked too early has no view yet.
state.view, state.tied = state.view or "one", state.tied
if state.presenting:
    st.html("<style>[data-testid='stSidebar'] { display: none }</style>")  # Streamlit leaves an emptied one standing
    st.button("Leave presenter mode", on_click=present, args=(False,), icon=":material/close_fullscreen:", type="tertiary")
else:
    if "title" not in state.hidden:
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            st.title("Race", anchor=False, width="stretch")
            explorable = race.experiment.landscape.key != SLICE
            if explorable and st.button("Explore", icon=":material/grid_on:", help=EXPLORE):
                st.switch_page("pages/explore.py", query_params=link.encode(race.experiment))
            st.button("Present", on_click=present, args=(True,), icon=":material/present_to_all:", help=PRESENTER)
    if "controls" not in state.hidden:
        with st.sidebar:
            race_controls.choose()
race.write_link(**kept())
cached.background().warm()  # while the stage is made
show_stage()
menu.stage_first()
if not state.presenting:
    report()
