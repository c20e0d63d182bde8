"""Data that are not on this machine: what to do, and a button that does it."""

from __future__ import annotations

from concurrent.futures import CancelledError

import streamlit as st

from experiments.training_result import TrainingResult
from experiments.worker import RequestError, WorkerError
from landscapes import NETWORKS
from landscapes.networks.datasets import DATASETS, Dataset
from pages import cached_trainings

state = st.session_state
CALL, TROUBLE = "network.download", "network.download.trouble"
MEGABYTE = 2**20


def offer(key: str) -> bool:
    """Whether the files of the data set are here; where they are not, the page says what to do, and offers to do it."""
    missing = DATASETS[key].missing()
    if not missing:
        return True
    if state.get(TROUBLE):
        st.error(state[TROUBLE])
    if state.get(CALL) is not None:
        _watch(key)
        return False
    st.warning(missing, icon=":material/database_off:")
    size = sum(remote.size for remote in DATASETS[key].remotes) / MEGABYTE
    st.button(f"Download {DATASETS[key].title}, {size:.0f} MB", on_click=_start, args=(key,), icon=":material/download:")
    return False


def computable(result: TrainingResult) -> bool:
    """Whether anything on a result's plane can be computed: its weights are in its file, and its data on this machine."""
    return not result.pictured and not _dataset(result).missing()


def still(result: TrainingResult) -> str:
    """Why nothing can be, where the data are missing."""
    return f"{_dataset(result).title} is not on this machine: this plane can be looked at, not zoomed into or raced on."


def _dataset(result: TrainingResult) -> Dataset:
    landscape = result.experiment.landscape
    return NETWORKS[landscape.key].task(**landscape.parameters).dataset


def _start(key: str) -> None:
    state[TROUBLE] = ""
    state[CALL] = cached_trainings.fetchers().submit("fetch", {"data": key}, caller=str(id(state)))


@st.fragment(run_every=0.5)
def _watch(key: str) -> None:
    """How far the download is. Visitors who wait for the same files share it; who lets go leaves it to the others."""
    call = state[CALL]
    if call is None:
        return
    reports = [progress.meta for progress in call.progress]
    share, said = 0.0, f"Waiting for {DATASETS[key].title} ..."
    if reports:
        last = reports[-1]
        share = min(last["here"] / max(last["size"], 1), 1.0)
        said = f"{last['file']}: {last['here'] / MEGABYTE:.1f} of {last['size'] / MEGABYTE:.1f} MB"
    st.progress(share, said)
    st.button("Stop; what has come is kept", on_click=call.cancel, icon=":material/stop:")
    if call.done:
        try:
            call.result(timeout=0)
        except CancelledError:
            pass
        except (RequestError, WorkerError, TimeoutError) as error:
            state[TROUBLE] = str(error)
        state[CALL] = None
        st.rerun()
