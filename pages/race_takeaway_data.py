"""The race as data and code: its numbers in files, a script that gives them again, and the stage in a file of its own."""

from __future__ import annotations

import json
from typing import Any

import streamlit as st

from experiments import Experiment
from experiments.export import as_npz
from experiments.script import script
from figures.caption import caption
from figures.standalone import standalone
from pages import cached, race_tuning, race_view
from pages.race_controls import race

NPZ_HELP = "All arrays of all runs: numpy.load reads them"
HTML_HELP = "The stage in one file: it plays, steps and zooms with no server and no network"
JSON_HELP = "The experiment's specification: `python -m experiments run` runs it"


def data() -> None:
    experiment = race.experiment
    landscape, entries, note = cached.race(experiment)
    name, view = f"ravine-{experiment.landscape.key}", st.session_state.view
    heights, key = cached.heights(experiment, tuple(landscape.domain))

    def page() -> bytes:
        ground = (heights, tuple(landscape.domain), key)
        scene = race_view.scene(experiment, landscape, entries, ground, view, note)
        said = caption(experiment, landscape, entries, race_view.labels(experiment), note=race_tuning.noted(note, experiment))
        return standalone(scene, said).encode()

    files = {
        "Interactive HTML": (page, "html", "text/html", HTML_HELP, ":material/animation:"),
        "CSV": (
            lambda: race_view.csv(experiment, landscape, entries), "csv", "text/csv",
            "A row for each step of each run, in full precision", ":material/table:",
        ),
        "NPZ": (lambda: as_npz(experiment, landscape, entries), "npz", "application/zip", NPZ_HELP, ":material/data_array:"),
        "JSON": (
            lambda: json.dumps(experiment.as_json(), indent=2).encode(), "json", "application/json", JSON_HELP,
            ":material/settings:",
        ),
    }  # fmt: skip
    with st.container(horizontal=True):
        for label, (made, suffix, mime, told, icon) in files.items():
            st.download_button(
                label, made, f"{name}.{suffix}", mime, key=f"take.{suffix}", help=told, on_click="ignore", icon=icon
            )
    try:
        steps = {i: entry.trajectory.steps for i, entry in enumerate(entries) if not isinstance(entry, str)}
        text = _script(experiment.key, experiment, landscape, steps)
    except ValueError as error:
        st.info(str(error), icon=":material/info:")
        return
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.markdown("**The same numbers from plain PyTorch**", width="content")
        st.download_button(
            "Script", text, f"{name}.py", "text/x-python", key="take.script", on_click="ignore", icon=":material/download:"
        )
    st.code(text, height=420)


@st.cache_data(max_entries=64, show_spinner=False)
def _script(key: str, _experiment: Experiment, _landscape: Any, _steps: dict[int, int]) -> str:
    return script(_experiment, _landscape, _steps)
