"""Runs: trainings at length, as jobs on this machine: start, watch, cancel, resume and open one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import streamlit as st

from experiments import link
from experiments.jobs import JobError, JobStatus
from experiments.jobs.store import reports
from experiments.plane_race import plane_race
from experiments.presets import TRAININGS
from experiments.spec import MOST_STEPS
from experiments.training_plan import plan_of
from experiments.training_result import TrainingResult
from figures.losses import losses_figure
from figures.spectrum import spectrum_figure
from landscapes import NETWORKS
from pages import cached_trainings, menu, network_view, network_work, runs_view, training_controls
from pages.controls import Editor

POLL = 1.0  # seconds between two looks at the folders while something runs
LONG = {key: replace(training, steps=20 * training.steps) for key, training in TRAININGS.items()}
editor = Editor("runs", LONG)
state = st.session_state
menu.require()


@st.cache_resource(show_spinner=False, max_entries=8)
def result_at(path: Path, changed: int) -> TrainingResult:
    return TrainingResult.load(path)


def choose() -> None:
    """The sidebar: the network, how long, and which optimizers."""
    training_controls.choose(editor, MOST_STEPS)
    experiment = editor.experiment
    task = NETWORKS[experiment.landscape.key].task(**experiment.landscape.parameters)
    problems = [sentence for sentence in (task.dataset.missing(), *network_work.unable(experiment)) if sentence]
    ready = st.button(
        "Start", type="primary", on_click=start, disabled=bool(problems), icon=":material/play_arrow:", width="stretch"
    )
    for problem in [] if ready else problems:
        st.error(problem)
    seconds = plan_of(experiment).seconds
    st.caption(f"About {network_work.duration(seconds)} on one core. Runs on: {', '.join(backend.slots)}; one job each, the "
               "others wait in line.")  # fmt: skip
    for complaint in state["runs.complaints"]:
        st.warning(complaint)


def do(what: Any, *given: Any) -> Any:
    """Ask the backend; what it refuses is said on the page."""
    state["runs.problem"] = ""
    try:
        return what(*given)
    except JobError as error:
        state["runs.problem"] = str(error)
        return None


def start() -> None:
    if job := do(backend.submit, editor.experiment):
        state["runs.open"] = job


def table(shown: dict[str, Any]) -> None:
    """The table, from files. When a job begins or ends, the whole page follows."""
    statuses = backend.list()
    st.dataframe(
        runs_view.rows(statuses), hide_index=True,
        column_config={"Progress": st.column_config.ProgressColumn(format="percent", min_value=0.0, max_value=1.0)},
    )  # fmt: skip
    if {status.id: status.state for status in statuses} != shown:
        st.rerun()


def actions(status: JobStatus) -> None:
    """What can be done with the opened run."""
    with st.container(horizontal=True):
        if not status.state.ended:
            st.button("Cancel", icon=":material/stop:", on_click=do, args=(backend.cancel, status.id))
            return
        if status.state != "done":
            st.button("Resume", icon=":material/play_arrow:", on_click=do, args=(backend.resume, status.id))
        with st.popover("Delete", icon=":material/delete:"):
            st.write(f"Run {status.id} and all its files will be gone.")
            st.button("Delete for good", on_click=do, args=(backend.delete, status.id))


@st.fragment(run_every=POLL)
def follow(job: str) -> None:
    """Losses so far, while the run is waiting or running."""
    status = do(backend.status, job)
    if status is not None:
        st.progress(min(max(status.fraction, 0.0), 1.0), runs_view.progress_text(status))
        st.caption(status.message)
        draw_events(job)


def draw_events(job: str) -> None:
    experiment = do(backend.experiment, job)
    if experiment is not None:
        network_work.draw(experiment, reports(backend.events(job)[0]), mode)


def show(result: TrainingResult) -> None:
    """A training that is done: losses, accuracy, and the spectrum where each one ended."""
    race = plane_race(result.experiment)
    if race is not None and st.button("Race inside its slice", icon=":material/sports_score:"):
        st.switch_page("pages/race.py", query_params=link.encode(race))
    network_work.losses(result, mode)
    if result.spectrum_kind != "none":
        st.plotly_chart(spectrum_figure(network_view.spectra(result), mode), theme=None, key="spectrum")
        st.caption(network_view.spectrum_note(result))
    st.dataframe(network_view.rows(result), hide_index=True)  # unlike st.table it scrolls by keyboard


def open_run(status: JobStatus) -> None:
    """The opened run: what it is, what can be done with it, and what it has left so far."""
    st.header(f"{status.id}: {runs_view.state(status)}", anchor=False)
    st.caption(f"{status.title} · {backend.folder(status.id)}")
    if status.message and status.state.ended:
        (st.error if status.state == "failed" else st.info)(status.message)
    actions(status)
    path = backend.folder(status.id) / "result.npz"
    try:
        experiment = backend.experiment(status.id)
        if not status.state.ended:
            follow(status.id)
        elif path.exists():
            show(result_at(path, path.stat().st_mtime_ns))
        elif experiment.landscape.key in NETWORKS:
            draw_events(status.id)
        elif curves := runs_view.path_curves(experiment, path.parent):
            st.plotly_chart(losses_figure(curves, mode), theme=None, key="paths")
    except (JobError, ValueError) as error:
        st.error(str(error))


backend = cached_trainings.backend()
mode: Any = "dark" if st.context.theme.type == "dark" else "light"
state.setdefault("runs", next(iter(LONG.values())))
state.setdefault("runs.complaints", [])
st.title("Runs", anchor=False)
with st.sidebar:
    choose()
if state.get("runs.problem"):
    st.error(state["runs.problem"])
statuses = {status.id: status for status in do(backend.list) or ()}
if not statuses:
    st.info("No runs yet. Choose a network in the sidebar and press Start: it goes on when you close this page.")
    st.stop()
shown = {job: status.state for job, status in statuses.items()}
busy = not all(status.state.ended for status in statuses.values())
st.fragment(table, run_every=POLL if busy else None)(shown)
if state.get("runs.open") not in statuses:
    state["runs.open"] = next(iter(statuses))
open_run(statuses[st.selectbox("Open a run", list(statuses), key="runs.open")])
