"""An exploration as data and code: its numbers in files, what was asked, and a script that gives the numbers again."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from experiments.script import cloud_script, sweep_script, tuning_script
from experiments.sweeps import export
from experiments.sweeps.cloud import Cloud
from experiments.sweeps.networks import NetworkSweep
from experiments.sweeps.sweep import Sweep
from experiments.tune import Search
from experiments.tuning import Tuning
from pages.explore_takeaway_asked import Taken

ROWS = {
    "map": "A row for each cell",
    "basins": "A row for each start",
    "line": "A row for each value and seed",
    "cloud": "A row for each step: quantiles of the loss, and where the mean of the runs is",
    "tune": "A row for each run of every setting that was tried",
    "networks": "A row for each training",
}
ARRAYS = "All arrays in full precision: numpy.load reads them"
ASKED = "What was asked: its optimizers, axes and budget"


def data(shown: Taken) -> None:
    asked, found = shown.asked, shown.found
    assert found is not None
    files = {
        "CSV": (lambda: export.csv(asked, found, shown.labels), "csv", "text/csv", ROWS[shown.view.tab], ":material/table:"),
        "NPZ": (lambda: export.npz(asked, found), "npz", "application/zip", ARRAYS, ":material/data_array:"),
        "JSON": (lambda: export.spec(asked), "json", "application/json", ASKED, ":material/settings:"),
    }
    with st.container(horizontal=True):
        for label, (made, suffix, mime, told, icon) in files.items():
            st.download_button(
                label, made, f"{shown.name}.{suffix}", mime, key=f"explore.take.{suffix}", help=told, on_click="ignore",
                icon=icon,
            )  # fmt: skip
    if isinstance(asked, Sweep):
        code("The same numbers from plain PyTorch", lambda: _of_sweep(asked.key, asked), shown.name)
    elif isinstance(asked, Tuning):
        code("Every setting that was tried, in plain PyTorch", lambda: _of_tuning(asked.key, asked, found), shown.name)
    elif isinstance(asked, Cloud):
        code("The same numbers from plain PyTorch", lambda: _of_cloud(asked.key, asked), shown.name)
    elif isinstance(asked, NetworkSweep):
        st.caption("`python -m experiments.sweeps.network_training` trains these maps; no short text repeats them.")


def code(title: str, written: Callable[[], str], name: str) -> None:
    """The script, or the sentence that says why there is none."""
    try:
        text = written()
    except ValueError as error:
        st.info(str(error), icon=":material/info:")
        return
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.markdown(f"**{title}**", width="content")
        st.download_button(
            "Script", text, f"{name}.py", "text/x-python", key="explore.take.script", on_click="ignore",
            icon=":material/download:",
        )  # fmt: skip
    st.code(text, height=420)


@st.cache_data(max_entries=64, show_spinner=False)
def _of_sweep(key: str, _sweep: Sweep) -> str:
    return sweep_script(_sweep)


@st.cache_data(max_entries=64, show_spinner=False)
def _of_cloud(key: str, _cloud: Cloud) -> str:
    return cloud_script(_cloud)


@st.cache_data(max_entries=64, show_spinner=False)
def _of_tuning(key: str, _tuning: Tuning, _searches: Sequence[Search]) -> str:
    return tuning_script(_tuning, _searches)
