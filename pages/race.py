"""The race: optimizers side by side on one surface, live while you drag."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from experiments import Experiment, link
from experiments.link import MOST_ENTRANTS, MOST_STEPS
from experiments.presets import RACES
from experiments.spec import SLICE, Choice, start_of
from figures.components.stage import StageEvent, event, stage, window
from figures.eigenvalues import eigenvalues_figure
from figures.losses import losses_figure
from landscapes import SURFACES
from landscapes.ranges import Range
from optimizers import OPTIMIZERS
from pages import cached, race_view
from pages.controls import change, controlled, hyperparameters, number, parameters

TITLES = {key: "Digits network, a slice" if key == SLICE else SURFACES[key].title for key in RACES}
ANYWHERE = Range(control=(-2.0, 2.0))
state = st.session_state


def open_link() -> None:
    """Take the experiment from the link when it is new, before any widget exists."""
    fields = st.query_params.to_dict()
    if "experiment" not in state or fields != state.get("link"):
        state.experiment, state.complaints = link.decode({k: v for k, v in fields.items() if k != "view"})
        state.view = "each" if fields.get("view") == "each" else "one"
        state.live = None


def write_link() -> None:
    """Put the whole experiment into the address."""
    fields = link.encode(state.experiment) | ({"view": "each"} if state.view == "each" else {})
    if fields != st.query_params.to_dict():
        st.query_params.from_dict(fields)
    state.link = fields


def moved() -> None:
    """Follow the visitor's hand on the stage: a drag is shown, a drop becomes the experiment."""
    done = event("stage")
    if done is None:
        return
    changed = _moved_to(state.live or state.experiment, done)
    if done.phase == "drag":
        state.live = changed
    else:
        change(changed)
        state.live, state.dropped = None, True


def _moved_to(experiment: Experiment, done: StageEvent) -> Experiment:
    choices = [c.with_parameters(lr=done.lr[i]) if i in done.lr else c for i, c in enumerate(experiment.optimizers)]
    return replace(experiment, optimizers=tuple(choices), start=done.start or experiment.start)


@st.fragment
def show_stage() -> None:
    if state.pop("dropped", False):
        st.rerun()
    experiment = state.live or state.experiment
    landscape, entries, note = cached.race(experiment, dragging=state.live is not None)
    seen = window("stage", tuple(landscape.domain))
    heights, key = cached.heights(experiment, landscape, seen)
    scene = race_view.scene(experiment, landscape, entries, (heights, seen, key), state.view, note)
    stage(scene, key="stage", on_change=moved)


def choose() -> None:
    """The sidebar: what is raced on, from where, by whom, and with which hyperparameters."""
    experiment = state.experiment
    landscape = cached.landscape_of(experiment)
    controlled(
        st.selectbox, "Surface", "surface", experiment.landscape.key, lambda _, key: RACES[key],
        options=list(RACES), format_func=TITLES.get,
    )  # fmt: skip
    st.caption(landscape.description)
    if experiment.landscape.key != SLICE:
        family = SURFACES[experiment.landscape.key]
        parameters({**family.defaults, **experiment.landscape.parameters}, family.ranges)
    start = tuple(start_of(experiment, landscape))
    for axis, (name, column) in enumerate(zip(landscape.coordinates, st.columns(2))):
        with column:
            number(f"Start {name}", f"start{axis}", start[axis], ANYWHERE, lambda e, v, axis=axis: replace(
                e, start=tuple(v if i == axis else s for i, s in enumerate(start))))  # fmt: skip
    controlled(
        st.slider, "Steps", "steps", experiment.steps, lambda e, v: replace(e, steps=int(v)), min_value=1, max_value=MOST_STEPS
    )
    st.segmented_control(
        "Panels", ["one", "each"], key="view", required=True, format_func={"one": "Together", "each": "One each"}.get
    )
    controlled(
        st.multiselect, "Optimizers", "race", [c.key for c in experiment.optimizers], _with_race,
        options=list(OPTIMIZERS), format_func=lambda key: OPTIMIZERS[key].title, max_selections=MOST_ENTRANTS,
    )  # fmt: skip
    for index, label in enumerate(race_view.labels(experiment)):
        with st.expander(label):
            st.latex(experiment.optimizer(index).formula)
            hyperparameters(experiment, index)


def _with_race(experiment: Experiment, keys: list[str]) -> Experiment:
    known = {c.key: c for c in (*RACES[experiment.landscape.key].optimizers, *experiment.optimizers)}
    return replace(experiment, optimizers=tuple(known.get(key, Choice(key)) for key in keys))


def report() -> None:
    """Below the stage: loss, curvature, numbers, formulas, and the data to take away."""
    experiment = state.experiment
    landscape, entries, _ = cached.race(experiment)
    mode = "dark" if st.context.theme.type == "dark" else "light"
    left, right = st.columns(2)
    left.plotly_chart(losses_figure(race_view.curves(experiment, entries), mode), theme=None, key="losses")
    right.plotly_chart(eigenvalues_figure(race_view.spectra(experiment, entries), mode), theme=None, key="eigenvalues")
    st.table(race_view.rows(experiment, entries))
    st.latex(rf"f({','.join(landscape.coordinates)}) = {landscape.latex}" if landscape.latex else "")
    st.caption(f"{landscape.input_note or landscape.input_reason}")
    st.download_button(
        "Paths as CSV", lambda: race_view.csv(experiment, landscape, entries), "paths.csv", "text/csv", on_click="ignore"
    )


open_link()
st.title("Race", anchor=False)
with st.sidebar:
    choose()
for complaint in state.complaints:
    st.warning(complaint)
write_link()
show_stage()
report()
