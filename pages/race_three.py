"""The race in three dimensions: the stage's surface and runs, to be turned by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from experiments import Experiment
from figures.components.plotly_view import plotly_view
from figures.print.of_race import map_of, paths_of
from figures.surface3d import surface3d_figure, surface3d_text
from figures.theme import Mode
from pages import cached, race_view
from pages.race_controls import race
from pages.race_view import Entry

HEIGHT = 560  # pixels
EXPLAINED = (
    "Each run stands at the losses it recorded, and goes straight from one to the next in its coordinates and in loss: between "
    "two steps it may pass above or below the surface. What leaves the map ends at its edge, with an arrow. Drag to turn, "
    "scroll to go nearer; the camera stays when you change the race."
)
NO_LOWEST = "Heights are in proportion to the loss: this surface falls without end, so there is no lowest loss to measure from."


def section(mode: Mode) -> None:
    """The view of the race in the session."""
    landscape, entries, _ = cached.race(race.experiment)
    show(race.experiment, landscape, entries, mode)


@st.fragment
def show(experiment: Experiment, landscape: Any, entries: Sequence[Entry], mode: Mode) -> None:
    """The surface over its domain with everybody's run up to a step, in heights of the visitor's choice.

    The camera outlives changes of the experiment. Nothing is loaded or computed before this is called.
    """
    if len(landscape.coordinates) != 2:
        st.info("This landscape has one coordinate: its loss is the curve on the stage.", icon=":material/info:")
        return
    heights, _ = cached.heights(experiment, tuple(landscape.domain))
    ground, paths = map_of(landscape, heights), paths_of(experiment, entries, race_view.labels(experiment))
    longest = max((len(path.theta) - 1 for path in paths), default=0)
    left, right = st.columns([1, 2], vertical_alignment="bottom")
    with left:
        log = ground.log and st.toggle("Logarithmic heights", value=True, key="three.log")
        if not ground.log:
            st.caption(NO_LOWEST)
    step = longest if longest < 1 else right.slider("Runs up to step", 0, longest, longest, key=f"three.step.{longest}")
    plotly_view(
        surface3d_figure(ground, paths, mode, log, step),
        key="three",
        height=HEIGHT,
        revision="race",
        config={"modeBarButtons": [["toImage"]], "toImageButtonOptions": {"filename": "race", "scale": 2}},
        text=surface3d_text(ground, paths, race_view.title(landscape, experiment), log),
    )
    st.caption(EXPLAINED)
