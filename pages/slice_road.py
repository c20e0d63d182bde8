"""The ways on from a slice of a network's loss: into a race, into three dimensions, and out of the app."""

from __future__ import annotations

import streamlit as st

from experiments import link, slices
from experiments.grids.spec import SliceSpec
from experiments.slice_race import opening, refusal
from experiments.spec import ExperimentError
from experiments.training_result import TrainingResult
from experiments.worker import RequestError, WorkerError
from pages import cached

WAYS = (  # what is said, its icon, what it opens on the race's page, and more about it
    (
        "Race inside this slice",
        ":material/sports_score:",
        "",
        "Optimizers on this slice: drag their start and their rates.",
    ),
    (
        "Its race in three dimensions",
        ":material/landscape_2:",
        "three",
        "The slice as a surface with a race on it, to turn by hand.",
    ),
    ("Take its race away", ":material/download:", "take", "A race on it: figures, animations, numbers, code, a link."),
)


def offer(spec: SliceSpec, result: TrainingResult) -> None:
    """A button for each way, or the sentence that says why there is none."""
    if spec.training != result.experiment or not slices.is_stored(result.experiment):
        st.caption("A race needs the finished training that the slice goes through.")
        return
    try:
        race = opening(spec)
    except ExperimentError as error:
        st.caption(f"{str(error)[:1].upper()}{str(error)[1:]}: it cannot be raced on.")
        return
    if reason := refusal(race):
        st.caption(reason)
        return
    with st.container(horizontal=True):
        pressed = [
            way for title, icon, way, told in WAYS if st.button(title, icon=icon, help=told, key=f"slice.road.{way or 'race'}")
        ]
    for way in pressed:
        try:
            with st.spinner("Looking for learning rates ..."):
                fields = link.encode(cached.suited(race))
        except (RequestError, WorkerError, TimeoutError) as error:
            st.error(f"There is no race in this slice: {error}", icon=":material/error:")
            return
        st.switch_page("pages/race.py", query_params=fields | ({"show.open": way} if way else {}))
