"""The network: the same optimizers train it on real digits, seen on a slice of its true loss."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import streamlit as st

from experiments import link, slices
from experiments.presets import DIGITS, DIGITS_SLICE, SIX
from experiments.training_result import TrainingResult
from experiments.worker import RequestError, WorkerError
from figures.components.stage import stage, window
from figures.live import live_figure
from figures.losses import losses_figure
from figures.spectrum import spectrum_figure
from landscapes import NETWORKS
from landscapes.ranges import Range
from optimizers import OPTIMIZERS
from pages import cached, menu, network_view, race_view
from pages.controls import Editor

TRAINABLE = [*SIX, *(key for key in OPTIMIZERS if key not in SIX)]
network = Editor("network", {"digits_mlp": DIGITS})
state = st.session_state
menu.require()


def choose() -> None:
    """The sidebar: the network, its training, the optimizers and their hyperparameters."""
    experiment = network.experiment
    st.caption(NETWORKS[experiment.landscape.key].description)
    network.parameters(NETWORKS[experiment.landscape.key].ranges)
    network.number(
        "steps", "steps", experiment.steps, Range(1, 2000, whole=True, scale="log"), lambda e, v: replace(e, steps=v)
    )
    network.number(
        "batch size", "batch", experiment.batch_size or 1, Range(1, 1797, whole=True, scale="log"),
        lambda e, v: replace(e, batch_size=v),
    )  # fmt: skip
    network.widget(
        st.multiselect, "Optimizers", "race", [c.key for c in experiment.optimizers], network_view.with_optimizers,
        options=TRAINABLE, format_func=lambda key: OPTIMIZERS[key].title,
    )  # fmt: skip
    network.entrants(race_view.labels(experiment))


def train() -> None:
    state.call = cached.workers().submit("train", {"experiment": network.experiment.as_json()}, caller=_visitor())
    state.call_experiment, state.failure = network.experiment, ""


def _visitor() -> str:
    return str(id(st.session_state))


@st.fragment(run_every=0.5)
def watch() -> None:
    """Progress while the worker trains; polls the call, and ends by showing the result."""
    call = state.call
    reports = [p.meta for p in call.progress]
    fraction = reports[-1]["fraction"] if reports else 0.0
    st.progress(min(max(fraction, 0.0), 1.0), network_view.progress_text(reports, call.running))
    st.button("Stop and keep what there is", on_click=call.stop, icon=":material/stop:")
    curves = network_view.live_curves(state.call_experiment, reports)
    if curves:
        st.altair_chart(live_figure(curves, _mode()), theme=None)
    if call.done:
        try:
            state.result = call.result(timeout=0)
        except (RequestError, WorkerError, TimeoutError) as error:
            state.failure = f"The training failed: {error}"
        state.call = None
        st.rerun()


@st.fragment
def show_plane() -> None:
    """The paths on their plane; zoomed beyond the map, a new one comes from the worker."""
    result = state.result
    seen = window("plane", result.domain) if result.complete else result.domain
    if seen == result.domain:
        heights, key = result.heights, f"{result.experiment.key}:plane"
    else:
        heights, key = cached.heights(replace(DIGITS_SLICE, training=result.experiment), seen)
    stage(network_view.scene(result, heights, seen, key), key="plane", on_change=lambda: None)


def show(result: TrainingResult) -> None:
    """The plane with its paths, then curves, curvature and what the plane leaves out."""
    if result.experiment.key != network.experiment.key:
        st.info("This is the training shown so far; press Train to run the settings on the left.", icon=":material/info:")
    show_plane()
    menu.stage_first()
    st.caption(network_view.trust(result))
    if result.complete and st.button("Race inside this slice", icon=":material/sports_score:"):
        race = replace(DIGITS_SLICE, training=result.experiment)
        st.switch_page("pages/race.py", query_params=link.encode(race))
    left, right = st.columns(2)
    left.plotly_chart(losses_figure(network_view.loss_curves(result), _mode(), "Training loss"), theme=None, key="loss")
    right.plotly_chart(
        losses_figure(network_view.accuracy_curves(result), _mode(), "Test accuracy", log=False), theme=None, key="accuracy"
    )
    if result.spectrum_kind != "none":
        st.header("The Hessian where each one ended", anchor=False)
        st.plotly_chart(spectrum_figure(network_view.spectra(result), _mode()), theme=None, key="spectrum")
        st.caption(network_view.spectrum_note(result))
    st.dataframe(network_view.rows(result), hide_index=True)
    with st.expander("How much the plane leaves out"):
        st.write(network_view.OFF_PLANE)
        st.plotly_chart(
            losses_figure(network_view.off_plane_curves(result), _mode(), "Distance from the plane", log=False),
            theme=None, key="off_plane",
        )  # fmt: skip
        st.plotly_chart(
            losses_figure(network_view.plane_loss_curves(result), _mode(), "Loss at the projection", log=None),
            theme=None, key="plane_loss",
        )  # fmt: skip


def _mode() -> Any:
    return "dark" if st.context.theme.type == "dark" else "light"


network.open_link()
cached.workers().warm()  # so that Train finds torch loaded
st.title("Network", anchor=False)
with st.sidebar:
    choose()
    busy = state.get("call") is not None
    st.button("Train", type="primary", on_click=train, disabled=busy, icon=":material/play_arrow:", width="stretch")
network.write_link()
if state.get("failure"):
    st.error(state.failure)
if busy:
    watch()
stored = slices.stored(network.experiment)
if stored is not None:
    state.result = stored
elif "result" not in state:
    state.result = slices.stored(DIGITS)
show(state.result)
