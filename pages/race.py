"""The race: optimizers side by side on one surface, live while you drag."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from experiments import Experiment
from experiments.link import MOST_ENTRANTS, MOST_STEPS
from experiments.presets import RACES
from experiments.spec import SLICE, Choice, start_of
from figures.components.stage import event, stage, window
from figures.eigenvalues import eigenvalues_figure
from figures.losses import losses_figure
from landscapes import SURFACES
from landscapes.ranges import Range
from optimizers import OPTIMIZERS
from pages import cached, menu, race_view
from pages.controls import Editor

TITLES = {key: "Digits network, a slice" if key == SLICE else SURFACES[key].title for key in RACES}
ANYWHERE = Range(control=(-2.0, 2.0))
race = Editor("race", RACES)
state = st.session_state
menu.require()


def moved() -> None:
    """Follow the visitor's hand on the stage: a drag is shown, a drop becomes the experiment."""
    done = event("stage")
    if done is None:
        return
    changed = race_view.moved(state.live or race.experiment, done)
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


def choose() -> None:
    """The sidebar: what is raced on, from where, by whom, and with which hyperparameters."""
    experiment = race.experiment
    landscape = cached.landscape_of(experiment)
    race.widget(
        st.selectbox, "Surface", "surface", experiment.landscape.key, lambda _, key: RACES[key],
        options=list(RACES), format_func=TITLES.get,
    )  # fmt: skip
    st.caption(landscape.description.partition("\n\n")[0])
    if experiment.landscape.key != SLICE:
        race.parameters(SURFACES[experiment.landscape.key])
    start = tuple(start_of(experiment, landscape))
    for axis, (name, column) in enumerate(zip(landscape.coordinates, st.columns(2))):
        with column:
            race.number(f"Start {name}", f"start{axis}", start[axis], ANYWHERE, lambda e, v, axis=axis: replace(
                e, start=tuple(v if i == axis else s for i, s in enumerate(start))))  # fmt: skip
    race.widget(
        st.slider, "Steps", "steps", experiment.steps, lambda e, v: replace(e, steps=int(v)), min_value=1, max_value=MOST_STEPS
    )
    st.segmented_control(
        "Panels", ["one", "each"], key="view", required=True, format_func={"one": "Together", "each": "One each"}.get
    )
    race.widget(
        st.multiselect, "Optimizers", "race", [c.key for c in experiment.optimizers], _with_race,
        options=list(OPTIMIZERS), format_func=lambda key: OPTIMIZERS[key].title, max_selections=MOST_ENTRANTS,
    )  # fmt: skip
    race.entrants(race_view.labels(experiment))


def _with_race(experiment: Experiment, keys: list[str]) -> Experiment:
    known = {c.key: c for c in (*RACES[experiment.landscape.key].optimizers, *experiment.optimizers)}
    return replace(experiment, optimizers=tuple(known.get(key, Choice(key)) for key in keys))


def report() -> None:
    """Below the stage: loss, curvature, numbers, formulas, and the data to take away."""
    experiment = race.experiment
    landscape, entries, _ = cached.race(experiment)
    mode = "dark" if st.context.theme.type == "dark" else "light"
    left, right = st.columns(2)
    left.plotly_chart(losses_figure(race_view.curves(experiment, entries), mode), theme=None, key="losses")
    right.plotly_chart(eigenvalues_figure(race_view.spectra(experiment, entries), mode), theme=None, key="eigenvalues")
    st.dataframe(race_view.rows(experiment, entries), hide_index=True)
    st.latex(landscape.latex)
    st.caption(f"{landscape.input_note or landscape.input_reason}")
    st.download_button(
        "Paths as CSV", lambda: race_view.csv(experiment, landscape, entries), "paths.csv", "text/csv", on_click="ignore"
    )


shown = race.open_link()
state.setdefault("live", None)
state.setdefault("view", "each" if shown.get("show.view") == "each" else "one")
st.title("Race", anchor=False)
with st.sidebar:
    choose()
race.write_link(view=state.view)
show_stage()
menu.stage_first()
report()
