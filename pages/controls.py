"""Widgets whose value is a part of an experiment: they show it, and changing them changes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import streamlit as st

from experiments import Experiment
from experiments.spec import ExperimentError
from landscapes.ranges import Range

Change = Callable[[Experiment, Any], Experiment]


def change(experiment: Experiment) -> None:
    """Make this the page's experiment."""
    st.session_state.experiment = experiment
    st.session_state.complaints = []


def _apply(key: str, how: Change) -> None:
    try:
        change(how(st.session_state.experiment, st.session_state[key]))
    except ExperimentError as error:
        st.session_state.complaints = [f"{error}."]


def controlled(widget: Callable[..., Any], label: str, key: str, value: Any, how: Change, **options: Any) -> None:
    """A widget that shows `value` and, when moved, replaces the page's experiment by `how(experiment, new value)`."""
    st.session_state[key] = value
    widget(label, key=key, on_change=_apply, args=(key, how), **options)


def number(label: str, key: str, value: float, allowed: Range, how: Change, help: str | None = None) -> None:
    """An exact number field; on a log scale its arrows move by a tenth of the value."""
    step = abs(value) / 10 if allowed.scale == "log" and value else (allowed.control[1] - allowed.control[0]) / 100
    controlled(
        st.number_input,
        label,
        key,
        float(value),
        how,
        min_value=None if allowed.low == -np.inf else float(allowed.low),
        max_value=None if allowed.high == np.inf else float(allowed.high),
        step=step or 0.01,
        format="%.6g",
        help=help or f"Allowed: {allowed}",
    )


def hyperparameters(experiment: Experiment, index: int) -> None:
    """Number fields for all hyperparameters of one entrant."""
    optimizer = experiment.optimizer(index)
    for name, allowed in optimizer.ranges.items():
        number(name, f"{index}.{name}", getattr(optimizer, name), allowed, _with_hyperparameter(index, name))


def _with_hyperparameter(index: int, name: str) -> Change:
    from dataclasses import replace

    def how(experiment: Experiment, value: Any) -> Experiment:
        choices = list(experiment.optimizers)
        choices[index] = choices[index].with_parameters(**{name: float(value)})
        return replace(experiment, optimizers=tuple(choices))

    return how


def parameters(values: Mapping[str, float], ranges: Mapping[str, Range]) -> None:
    """Number fields for a surface's parameters."""
    from dataclasses import replace

    for name, allowed in ranges.items():

        def how(experiment: Experiment, value: Any, name: str = name) -> Experiment:
            return replace(experiment, landscape=experiment.landscape.with_parameters(**{name: float(value)}))

        number(name, f"on.{name}", values[name], allowed, how)
