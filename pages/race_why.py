"""Why the chosen run takes its steps: arrows on the stage, and one step in a sentence and in numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import streamlit as st

from experiments import Experiment
from experiments.race import Entrant
from experiments.spec import SLICE, Choice
from experiments.why import Lens, Why
from experiments.why.modes import modes
from experiments.worker import RequestError, WorkerError
from figures.components.stage import StageEvent
from figures.eigen_lens import lens_figure, modes_figure
from figures.overlay import ROUNDING, overlay_of
from figures.scene import Scene
from figures.theme import Mode
from optimizers.wrappers.wrapper import hyperparameter_ranges
from pages import cached, race_view
from pages.controls import with_choice
from pages.race_controls import race
from pages.race_view import Entry

state = st.session_state
MOST_FINDINGS = 3  # beside the first
HOW = "Pause the race, step, scrub, or tap a path on the stage: the sentence and the arrows follow."


def open_link(fields: Mapping[str, str]) -> None:
    """Take over which run a link explains, and at which step; what is no number there is left."""
    for name, field in (("why", "show.why"), ("why.time", "show.step")):
        text = fields.get(field, "")
        state.setdefault(name, int(text) if text.isascii() and text.isdecimal() and len(text) < 7 else None)


def kept() -> dict[str, str]:
    """What the address keeps of that."""
    if state["why"] is None:
        return {}
    step = state["why.time"]
    return {"why": str(state["why"]), **({} if step is None else {"step": str(int(step))})}


def moved(done: StageEvent) -> None:
    """Follow a tap on a path, and the stage's time where it stands still."""
    state["why"] = state["why"] if done.chosen is None else done.chosen
    state["why.time"] = state["why.time"] if done.time is None else done.time


def shown(scene: Scene, experiment: Experiment, entries: Sequence[Entry]) -> tuple[Scene, Why | str | None]:
    """The scene with the chosen run's arrows, and its step explained, or why it is not; None where no run is chosen."""
    index = state["why"]
    if index is None or index >= len(entries):
        return scene, None
    entry = entries[index]
    if isinstance(entry, str):
        return scene, entry
    try:
        seen, why = cached.why(
            experiment.solo(index), experiment.steps if state["why.time"] is None else int(state["why.time"])
        )
    except (RequestError, WorkerError, TimeoutError) as error:
        return scene, f"This step could not be explained: {error}"
    return replace(scene, chosen=index, overlay=None if scene.dim == 1 else overlay_of(seen)), why


def panel(experiment: Experiment, entries: Sequence[Entry], why: Why | str | None, mode: Mode) -> None:
    """Whose steps are explained, and the step at which the stage stands."""
    labels = race_view.labels(experiment)
    if (state["why"] or 0) >= len(labels):
        state["why"] = None
    st.pills("Explain the steps of", range(len(labels)), format_func=labels.__getitem__, key="why", help=HOW)
    index = state["why"]
    if why is None or index is None:
        return
    entry = entries[index]
    if isinstance(why, str) or isinstance(entry, str):
        st.info(str(why), icon=":material/info:")
        return
    with st.container(border=True):
        st.markdown(f"**{labels[index]}, step {why.step}.** {_plain(why.sentence)}")
        for finding in why.findings[1 : 1 + MOST_FINDINGS]:
            st.caption(_plain(finding.sentence))
        left, right = st.columns(2, gap="medium")
        with left:
            _lens(experiment, index, labels[index], why, entry, mode)
        right.markdown(_table(numbers(why)))
        _change(experiment, index, why.step)


def _lens(experiment: Experiment, index: int, label: str, why: Why, entry: Entrant, mode: Mode) -> None:
    key = experiment.optimizers[index].key
    step, run = st.tabs(["This step", "The whole run"])
    step.plotly_chart(lens_figure(why, key, label, mode), theme=None, key="lens")
    step.caption(LENS)
    if experiment.landscape.key == SLICE:
        run.caption("On a slice of a network the Hessian is known only where a step was taken: one step is shown, not the run.")
        return
    found = modes(cached.landscape_of(experiment), entry.trajectory)
    if found is None:
        run.caption("No minimum is declared here, so there is no error to follow.")
        return
    factors = why.theory.factors if why.theory is not None and why.preconditioner is None and found.constant else None
    run.plotly_chart(modes_figure(found, key, label, mode, factors), theme=None, key="modes")
    run.caption(MODES)


MODES = (
    "The error along the eigenvectors of the Hessian, step by step: filled on one side of the minimum, hollow on the other. A "
    "bounce changes sides, a crawl hardly falls. Dotted is what linear theory says."
)
LENS = (
    "The eigen-lens: gradient, step and error along each eigenvector of the Hessian where the step was taken, and what linear "
    "theory multiplies the error by."
)


def _plain(sentence: str) -> str:
    """Without what Markdown would read as a sign of its own."""
    return sentence.replace("*", "\\*").replace("_", "\\_").replace("$", "\\$").replace("~", "\\~")


def numbers(why: Why) -> dict[str, str]:
    """The step in numbers, by their names."""
    length = float(np.linalg.norm(why.delta))
    rows = {
        "Place": _vector(why.place),
        "Loss": f"{_short(why.loss)} → {_short(why.loss_after)}",
        "Loss that the local model promised": _short(why.model.promised),
        "Gradient": f"{_vector(why.gradient)}, length {_short(why.grad_norm)}",
    }
    if not np.array_equal(why.seen, why.gradient):
        rows["Gradient as it was seen"] = _vector(why.seen)
    rows["Step"] = f"{_vector(why.delta)}, length {_short(length)}"
    if np.isfinite(why.inertia).all() and (abs(why.inertia) > ROUNDING * length).any():
        rows["Part of it from memory"] = _vector(why.inertia)
    if why.nearest is not None:
        rows["Distance to the nearest minimum"] = _short(why.distance)
    rows |= _theory(why, why.lens)
    if why.effective_lr is not None and why.preconditioner is not None:
        rows["Learning rate over preconditioner"] = _vector(why.effective_lr)
    rows |= {f"Inner state {name}": _vector(value) for name, value in why.state.items()}
    return rows | {"Oracle calls so far": ", ".join(f"{count} {kind}" for kind, count in why.calls.items())}


def _table(rows: Mapping[str, str]) -> str:
    return "\n".join(["| In numbers | |", "| --- | --- |", *(f"| {_plain(name)} | {value} |" for name, value in rows.items())])


def _theory(why: Why, lens: Lens) -> Mapping[str, str]:
    rows = {"Eigenvalues of the Hessian": _vector(lens.eigenvalues)}
    if why.theory is None:
        return rows | {"Linear theory": f"none: {why.no_theory}"}
    finite = np.isfinite(why.theory.limits)
    return rows | {
        "Error is multiplied by": _vector(why.theory.factors),
        f"Limit of {why.theory.knob}": _vector(why.theory.limits) if finite.any() else "none",
    }


def _change(experiment: Experiment, index: int, step: int) -> None:
    """A hyperparameter changed in mid-run, from the step at which the stage stands."""
    ranges = hyperparameter_ranges(experiment.optimizer(index))
    values = experiment.optimizers[index].parameters
    names = [name for name in ranges if name in values]
    if not names or step >= experiment.steps:
        return
    with st.popover(f"Change it from step {step} on", icon=":material/edit:"):
        name = st.selectbox("Hyperparameter", names, key="why.of")
        value = st.number_input("New value", value=float(values[name]), format="%.6g", key=f"why.value.{index}.{name}")
        st.button("Change", on_click=_changed, args=(index, name, step, value), type="primary")


def _changed(index: int, name: str, step: int, value: float) -> None:
    choice = race.experiment.optimizers[index]
    made = Choice("change", {"of": name, "at": step, "value": value})
    try:
        race.change(with_choice(race.experiment, index, replace(choice, wrappers=(*choice.wrappers, made))))
    except ValueError as error:
        state["race.complaints"] = [f"{error}."]
    state.dropped = True


def _vector(values: np.ndarray) -> str:
    flat = np.ravel(values)
    return _short(float(flat[0])) if flat.size == 1 else f"({', '.join(_short(float(v)) for v in flat)})"


def _short(value: float) -> str:
    return f"{value:.4g}"
