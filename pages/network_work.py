"""A visitor's training: started in the worker or sent to the runs, watched while it goes, stopped, and what came of it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import CancelledError
from typing import Any

import streamlit as st

from experiments import Experiment
from experiments.jobs import JobError
from experiments.training_plan import INTERACTIVE, TrainingPlan, plan_of
from experiments.training_result import TrainingResult
from experiments.worker import RequestError, WorkerError
from figures.live import live_figure
from figures.losses import losses_figure
from landscapes import NETWORKS
from landscapes.networks.outline import network_outline
from pages import cached, cached_trainings, network_view, race_view
from pages.controls import Editor

state = st.session_state


def buttons(editor: Editor, problem: str) -> None:
    """Train, or send to the runs what takes longer than a visitor may keep the worker; `problem` says why neither can be."""
    plan = plan_of(editor.experiment)
    problem = problem or "\n\n".join(unable(editor.experiment))
    _train_button(editor, plan, problem, "train")
    if problem:
        st.error(problem)
    else:
        st.caption(cost(plan))
    _job_button(editor, plan, problem, "job")


def train_first(editor: Editor, problem: str, why: str) -> None:
    """Say that something waits for the training of the settings, and offer that; `problem` says why it cannot be."""
    if state.get("call") is not None:
        st.info(why, icon=":material/model_training:")
        return
    plan = plan_of(editor.experiment)
    problem = problem or "\n\n".join(unable(editor.experiment))
    st.info(f"{why} {problem or f'It takes about {duration(plan.seconds)} here.'}", icon=":material/model_training:")
    (_train_button if plan.interactive else _job_button)(editor, plan, problem, "first")


def _train_button(editor: Editor, plan: TrainingPlan, problem: str, key: str) -> None:
    shared = state.get("call") is None and cached.workers().asked("train", _asked(editor.experiment))
    st.button(
        "Watch it train" if shared else "Train", type="primary" if plan.interactive else "secondary", on_click=_train,
        args=(editor,), disabled=state.get("call") is not None or not plan.interactive or bool(problem), width="stretch",
        icon=":material/play_arrow:", key=f"network.work.{key}", help="Somebody is training exactly this" if shared else None,
    )  # fmt: skip


def _job_button(editor: Editor, plan: TrainingPlan, problem: str, key: str) -> None:
    sent = st.button(
        "Run as a job", type="secondary" if plan.interactive else "primary", disabled=bool(problem),
        icon=":material/work_history:", width="stretch", help="In a process of its own, which goes on when you leave",
        key=f"network.work.{key}",
    )  # fmt: skip
    if sent:
        try:
            state["runs.open"] = cached_trainings.backend().submit(editor.experiment)
        except JobError as error:
            st.error(str(error))
        else:
            st.switch_page("pages/runs.py")


def unable(experiment: Experiment) -> list[str]:
    """A sentence for each optimizer that cannot train this network."""
    outline = network_outline(NETWORKS[experiment.landscape.key], experiment.landscape.parameters)
    reasons = [experiment.optimizer(i).disabled_because(outline) for i in range(len(experiment.optimizers))]
    return [
        f"{label} cannot run here. {reason} Take {label} out of the optimizers."
        for label, reason in zip(race_view.labels(experiment), reasons)
        if reason
    ]


def cost(plan: TrainingPlan) -> str:
    """How long it takes, and what is left out for that."""
    long = "" if plan.interactive else f" More than {INTERACTIVE:.0f} s here would keep others waiting: run it as a job."
    spectrum = {
        "exact": "exact spectra at the ends",
        "lanczos": "the largest eigenvalues at the ends",
        "none": "no spectra, which would take longer than the training",
    }[plan.spectrum]
    recorded = f"{len(plan.schedule):,} of {plan.schedule[-1] + 1:,} points recorded"
    return f"About {duration(plan.seconds)} on one core: {recorded}, a map of {plan.cells} x {plan.cells}, {spectrum}.{long}"


def duration(seconds: float) -> str:
    """A length of time in one unit."""
    for unit, length in (("hours", 3600.0), ("minutes", 60.0)):
        if seconds >= 2 * length:
            return f"{seconds / length:,.0f} {unit}"
    return f"{max(seconds, 1):.0f} s"


def _asked(experiment: Experiment) -> dict[str, Any]:
    return {"experiment": experiment.as_json()}


def _train(editor: Editor) -> None:
    state.call = cached.workers().submit("train", _asked(editor.experiment), caller=str(id(st.session_state)))
    state.call_experiment, state.failure, state.call_began = editor.experiment, "", None


@st.fragment(run_every=0.5)
def watch(mode: Any) -> None:
    """Progress while the worker trains; polls the call, and ends by showing the result."""
    call = state.call
    if call is None:
        return
    reports = [p.meta for p in call.progress]
    fraction = reports[-1]["fraction"] if reports else 0.0
    if reports and state.call_began is None:
        state.call_began = time.monotonic(), fraction
    left = _left(fraction) if reports else ""
    st.progress(min(max(fraction, 0.0), 1.0), network_view.progress_text(reports, call.running) + left)
    st.button("Stop and keep what there is", on_click=call.stop, icon=":material/stop:")
    draw(state.call_experiment, reports, mode)
    if call.done:
        try:
            state.result = call.result(timeout=0)
        except CancelledError:
            state.failure = "The training was stopped before there was anything to show."
        except (RequestError, WorkerError, TimeoutError) as error:
            state.failure = f"The training failed: {error}"
        state.call = None
        st.rerun()


def _left(fraction: float) -> str:
    """How long it still takes, once there is enough to tell by."""
    began, first = state.call_began
    done = fraction - first
    return f", about {duration((time.monotonic() - began) * (1 - fraction) / done)} left" if done > 0.05 else ""


def draw(experiment: Experiment, reports: Sequence[Any], mode: Any) -> None:
    """Curves that grow: the loss over all training samples, and over the test samples, with the accuracy where there is one."""
    found = [(title, log, network_view.live_curves(experiment, reports, name)) for name, title, log in network_view.QUANTITIES]
    shown = [entry for entry in found if entry[2]]
    for column, (title, log, curves) in zip(st.columns(max(len(shown), 1)), shown):
        column.altair_chart(live_figure(curves, mode, title, log), theme=None)


def losses(result: TrainingResult, mode: Any) -> None:
    """Training and test loss, and test accuracy where there are classes; what was not recorded is not shown."""
    shown = [entry for entry in network_view.QUANTITIES if network_view.has(result, entry[0])]
    for column, (name, title, log) in zip(st.columns(len(shown)), shown):
        figure = losses_figure(network_view.curves(result, name), mode, title, log=None if log else False)
        column.plotly_chart(figure, theme=None, key=name)
    if said := network_view.went_far(result):
        st.caption(said)
