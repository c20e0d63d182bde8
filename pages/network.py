"""The network: the same optimizers train it on real data, seen on a slice of its true loss."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import streamlit as st

from experiments import link
from experiments.link import MOST_STEPS
from experiments.plane_race import plane_race
from experiments.presets import DIGITS, DIGITS_SLICE, TRAININGS
from experiments.training_result import TrainingResult
from figures.components.stage import stage, window
from figures.losses import losses_figure
from figures.spectrum import spectrum_figure
from landscapes import NETWORKS
from pages import (
    cached,
    cached_trainings,
    menu,
    network_data,
    network_finished,
    network_slices,
    network_view,
    network_weights,
    network_work,
    training_controls,
)
from pages.controls import Editor

network = Editor("network", TRAININGS)
state = st.session_state
menu.require()


@st.fragment
def show_plane() -> None:
    """The paths on their plane; zoomed beyond the map, a new one comes from the worker."""
    result = state.result
    seen = window("plane", result.domain) if result.complete and network_data.computable(result) else result.domain
    if seen == result.domain:
        heights, key = result.heights, f"{result.experiment.key}:plane"
    else:
        heights, key = cached.heights(replace(DIGITS_SLICE, training=result.experiment), seen)
    stage(network_view.scene(result, heights, seen, key), key="plane", on_change=lambda: None)


def show(result: TrainingResult) -> None:
    """The plane with its paths, then curves, curvature and what the plane leaves out."""
    waits = network_slices.waiting(network)
    if waits:
        network_work.train_first(network, problem(), waits)
    if result.experiment.key != network.experiment.key:
        press = "" if waits else "; press Train to run the settings on the left"
        then = press if state.get("call") is None else "; the training above takes its place when it is done"
        st.info(f"This is {network_view.name(result)}{then}.", icon=":material/info:")
    if not waits:
        network_slices.way_down()
    show_plane()
    menu.stage_first()
    st.caption(network_view.trust(result))
    if result.complete:
        race_inside(result)
    network_finished.compared(result)
    network_work.losses(result, _mode())
    if result.spectrum_kind != "none":
        st.header("The Hessian where each one ended", anchor=False)
        st.plotly_chart(spectrum_figure(network_view.spectra(result), _mode()), theme=None, key="spectrum")
        st.caption(network_view.spectrum_note(result))
    st.dataframe(network_view.rows(result), hide_index=True)
    for title, section in SECTIONS.items():
        if title == network_slices.TITLE and result.pictured and not waits:
            continue
        box = st.expander(title, key=f"network.section.{title}", on_change="rerun")
        if box.open:
            with box:
                if waits and title == network_slices.TITLE:
                    st.caption("The slice of this link waits for its training: see above.")
                else:
                    section(result)


def problem() -> str:
    """Why the settings cannot be trained here; empty where they can."""
    missing = "" if here else f"{task.dataset.title} is not on this machine: see above."
    return missing or network_weights.problem(network)


def left_out(result: TrainingResult) -> None:
    """What the plane does not show of the paths."""
    st.write(network_view.OFF_PLANE)
    charts = (
        ("off_plane", network_view.off_plane_curves(result), "Distance from the plane", False),
        ("plane_loss", network_view.plane_loss_curves(result), "Loss at the projection", None),
    )
    for key, curves, title, log in charts:
        st.plotly_chart(losses_figure(curves, _mode(), title, log=log), theme=None, key=key)


def race_inside(result: TrainingResult) -> None:
    """The way to a race on the plane, where one can be waited for."""
    if not network_data.computable(result):
        st.caption(network_finished.STILL if result.pictured else network_data.still(result))
        return
    race = plane_race(result.experiment)
    if race is None:
        st.caption("A race inside this plane would take minutes: each of its steps goes through the whole network.")
    elif st.button("Race inside this plane", icon=":material/sports_score:"):
        st.switch_page("pages/race.py", query_params=link.encode(race))


def _mode() -> Any:
    return "dark" if st.context.theme.type == "dark" else "light"


SECTIONS = {network_slices.TITLE: network_slices.section, "How much the plane leaves out": left_out}  # made only while open

network_slices.open_link(network)
training_controls.made_to_fit(network)
cached.workers().warm()  # so that Train finds torch loaded
st.title("Network", anchor=False)
network_finished.menu(network)
task = NETWORKS[network.experiment.landscape.key].task(**network.experiment.landscape.parameters)
here = network_data.offer(task.data)
with st.sidebar:
    training_controls.choose(network, MOST_STEPS)
    box = st.expander("Start from weights of your own", key="network.open.weights", on_change="rerun")
    if box.open:
        with box:
            network_weights.section(network)
    network_work.buttons(network, problem())
network.write_link(**network_slices.kept(network))
if state.get("failure"):
    st.error(state.failure)
if state.get("call") is not None:
    network_work.watch(_mode())
stored = cached_trainings.stored(network.experiment)
if stored is not None:
    state.result = stored
elif "result" not in state:
    state.result = cached_trainings.stored(DIGITS)
show(state.result)
