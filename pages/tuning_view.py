"""Tuning as both pages show it: the controls of a search, what it found, and the words that a race takes along."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

import numpy as np
import streamlit as st

from experiments import Experiment
from experiments.spec import ExperimentError
from experiments.sweeps.exploration import searched_of
from experiments.tune import Search
from experiments.tuning import FEWEST_RUNS, MOST_NAMES, MOST_RUNS, MOST_TRIES, UNITS, Tuning
from figures.search import Searched, search_figure
from figures.search_caption import GOOD, borders, plain, sharpness, terms
from figures.search_map import search_map
from figures.theme import Mode
from pages import race_view

state = st.session_state
COUNTED = {"calls": "oracle calls", "runs": "runs"}
UNIT_HELP = (
    "Oracle calls: a gradient counts one, a Hessian one for each of its columns, so a method that asks for more in a step "
    "makes fewer runs. Runs: all make equally many."
)
TRIES_HELP = "Every setting is run from so many {what}, each of these runs is paid for, and their mean loss counts."


def controls(page: str, tuning: Tuning, put: Callable[[Tuning], None]) -> None:
    """The terms of the search; `put` takes what is changed. A change that would not fit is refused with what would."""

    def field(
        widget: Callable[..., Any], label: str, name: str, value: Any, how: Callable[[Any], dict[str, Any]], **more: Any
    ) -> None:
        key = f"{page}.tune.{name}"
        state[key] = value

        def apply() -> None:
            try:
                put(replace(tuning, **how(state[key])))
            except ExperimentError as error:
                state[f"{page}.complaints"] = [f"{error}."]

        widget(label, key=key, on_change=apply, **more)

    def whole(name: str) -> Callable[[Any], dict[str, Any]]:
        return lambda value: {name: int(value)}

    columns = st.columns([1, 1, 0.7, 0.7, 1.2], vertical_alignment="bottom")
    with columns[0]:
        field(
            st.number_input, "Budget of each, in runs", "runs", tuning.runs, whole("runs"), min_value=FEWEST_RUNS,
            max_value=MOST_RUNS, step=10, help="Runs of as many steps as are set for the experiment.",
        )  # fmt: skip
    with columns[1]:
        field(
            st.selectbox, "Counted in", "unit", tuning.unit, lambda unit: {"unit": unit}, options=UNITS,
            format_func=COUNTED.get, help=UNIT_HELP,
        )  # fmt: skip
    for column, name in zip(columns[2:4], ("starts", "seeds")):
        known = name == "starts" or random(tuning.experiment)
        what = "starts, drawn around the one that is set" if name == "starts" else "seeds of what is drawn at random"
        with column:
            field(
                st.number_input, name.capitalize(), name, getattr(tuning, name), whole(name), min_value=1, max_value=MOST_TRIES,
                step=1, disabled=not known and tuning.seeds == 1,
                help=TRIES_HELP.format(what=what) if known else "Nothing is drawn at random here.",
            )  # fmt: skip
    with columns[4].popover("What is searched", width="stretch"):
        for index, label in enumerate(race_view.labels(tuning.experiment)):
            field(
                st.multiselect, label, f"searched.{index}", list(tuning.searched[index]),
                lambda names, index=index: {"searched": _with_names(tuning, index, names)},
                options=list(tuning.ranges(index)), format_func=plain, max_selections=MOST_NAMES,
            )  # fmt: skip


def _with_names(tuning: Tuning, index: int, names: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    changed = [*tuning.searched[:index], tuple(names), *tuning.searched[index + 1 :]]
    return searched_of(tuple(changed), tuning.experiment)


def random(experiment: Experiment) -> bool:
    """Whether anything in it is drawn at random."""
    return experiment.batch_size is not None or any(choice.key == "noise" for choice in experiment.modifiers)


def size(tuning: Tuning) -> str:
    count = len(tuning.searched)
    return f"{count} optimizer{'s' * (count > 1)}, {tuning.budget:,} {COUNTED[tuning.unit]} for each"


def pictures(page: str, tuning: Tuning, searches: Sequence[Search], mode: Mode) -> None:
    """The search: a chart for each hyperparameter that was searched alone, a map for each pair."""
    labels = race_view.labels(tuning.experiment)
    every = [
        Searched(choice.key, labels[i], search, tuple(tuning.stretch(i, name).scale for name in search.names))
        for i, (choice, search) in enumerate(zip(tuning.experiment.optimizers, searches))
    ]
    alone = sorted((one for one in every if len(one.search.names) == 1), key=lambda one: one.search.names)
    charts = [search_figure(list(group), mode) for _, group in groupby(alone, lambda one: one.search.names)]
    charts += [search_map(one, mode) for one in every if len(one.search.names) > 1]
    for first in range(0, len(charts), 2):
        pair = charts[first : first + 2]
        for place, (chart, column) in enumerate(zip(pair, st.columns(min(2, len(charts))))):
            column.plotly_chart(chart, theme=None, key=f"{page}.search.{first + place}")


def table(tuning: Tuning, searches: Sequence[Search]) -> None:
    """What was found, how sharp it is, and what it cost."""
    rows = []
    for label, search in zip(race_view.labels(tuning.experiment), searches):
        score, own = (float(search.scores[at]) for at in (search.best, 0))
        rows.append(
            {
                "Optimizer": label,
                "Best setting": ", ".join(f"{plain(name)} {search.value(name):.4g}" for name in search.names),
                "Its loss": told(score),
                "Loss as it was set": told(own),
                "As good": sharpness(search) if np.isfinite(score) else "",
                "Settings": f"{len(search.settings)}",
                "Runs": f"{search.runs:,}",
                "Oracle calls": f"{search.calls:,}",
            }
        )
    st.dataframe(rows, hide_index=True, column_config={"As good": st.column_config.Column(help=GOOD)})
    for label, search in zip(race_view.labels(tuning.experiment), searches):
        for phrase in borders(search):
            st.caption(f"{label}: {phrase}, and the budget ended there. With a larger one the search goes on beyond it.")


def told(loss: float) -> str:
    return f"{loss:.4g}" if np.isfinite(loss) else "diverged"


# ---- what a race takes along ------------------------------------------------------------------------------------------------


def token(tuning: Tuning, experiment: Experiment) -> str:
    """How the optimizers of an experiment were tuned, as a field of its link. It belongs to exactly these settings."""
    names = ";".join(",".join(names) for names in tuning.searched)
    return f"{experiment.key}:{tuning.runs}:{tuning.unit}:{tuning.starts}:{tuning.seeds}:{names}"


def words(text: str, experiment: Experiment) -> str:
    """What such a field says of the experiment, in sentences; "" where it is of other settings, or cannot be read."""
    key, *rest = text.split(":")
    if key != experiment.key or len(rest) != 5 or rest[1] not in UNITS:
        return ""
    try:
        runs, starts, seeds = (int(rest[i]) for i in (0, 2, 3))
        names = tuple(tuple(part.split(",")) for part in rest[4].split(";"))
        tuning = Tuning(experiment, names, runs, rest[1], starts, seeds)
    except ValueError:
        return ""
    listed = [
        f"{label} ({', '.join(map(plain, found))})" for label, found in zip(race_view.labels(experiment), tuning.searched)
    ]
    return f"Tuned alike: {terms(runs, tuning.unit, experiment.steps, starts, seeds)} Searched: {', '.join(listed)}."
