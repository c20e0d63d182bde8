"""The line sweep: one number against what became of every optimizer, with a band over the seeds."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import streamlit as st

from experiments.sweeps.exploration import Exploration, sweep_of
from experiments.sweeps.looked_at import first_cell
from experiments.sweeps.result import SweepResult
from experiments.sweeps.sweep import Sweep
from figures.line_sweep import line_sweep_figure
from figures.sweep_map import axis_label
from figures.theme import Mode
from pages import explore_controls, explore_stage, explore_work, race_view
from pages.explore_controls import explore
from pages.explore_map import size

state = st.session_state
LINE = "explore.line"
MOST_SEEDS = 64


def section(view: Exploration) -> None:
    with st.container(key="explore.controls"):
        controls(view)
    view = explore_controls.current()
    sweep = sweep_of(view, explore.experiment)
    explore_work.follow(sweep, watched, resting)


def controls(view: Exploration) -> None:
    columns = st.columns([1.2, 1.2, 2, 0.8, 0.9], vertical_alignment="bottom")
    with columns[0]:
        explore_controls.axis_choice(view, "x", "Across")
    with columns[1]:
        explore_controls.colour(view, ["final", "best", "steps", "distance", "oscillation"], "Up")
    with columns[2]:
        explore_controls.shown(view, "Optimizers")
    with columns[3]:
        known = explore_controls.random(explore.experiment)
        explore_controls.whole(
            view, "Seeds", "seeds", 1, MOST_SEEDS, disabled=not known and view.seeds == 1,
            help=None if known else "Nothing is random here: add gradient noise in the sidebar, or draw samples.",
        )  # fmt: skip
    with columns[4].popover("Ranges", width="stretch"):
        explore_controls.axis_ends(view, "x")
        explore_controls.tolerance(view)


def show() -> None:
    """The lines as far as they are, and the runs at the chosen value."""
    view = explore_controls.current()
    sweep = sweep_of(view, explore.experiment)
    now = explore_work.standing(sweep)
    explore_work.progress(sweep, now, size(sweep))
    if now.result is not None:
        lines(view, sweep, now.result)
    explore_work.settle(now)


watched = st.fragment(show, run_every=explore_work.WATCH)
resting = st.fragment(show)


def lines(view: Exploration, sweep: Sweep, result: SweepResult) -> None:
    labels = race_view.labels(sweep.experiment)
    landscape: Any = sweep.experiment.make_landscape()
    column = _column(view, sweep, result)
    left, right = st.columns([1.25, 1], gap="medium")
    with left:
        mode: Mode = "dark" if st.context.theme.type == "dark" else "light"
        drawn = line_sweep_figure(
            result, view.colour, labels, mode, coordinates=landscape.coordinates, chosen=float(sweep.x.values[column])
        )
        st.plotly_chart(drawn, theme=None, key=LINE, on_select=_picked, selection_mode="points")
        _slider(sweep, column, landscape.coordinates)
        if sweep.rows > 1:
            st.caption(f"Lines are medians of {sweep.rows} seeds, bands go from a tenth to nine tenths of them.")
    with right:
        explore_stage.play(explore_stage.runs_at(sweep, 0, column, range(len(labels))), dragging=False)
        explore_stage.send(explore_stage.runs_at(sweep, 0, column, range(len(labels))), None)


def _slider(sweep: Sweep, column: int, coordinates: tuple[str, ...]) -> None:
    """The chosen value, by hand: also for who cannot click on a line."""
    values = list(range(sweep.columns))
    state["explore.line.column"] = column
    st.select_slider(
        f"The runs at this {axis_label(sweep.x.name, coordinates)} play", values, key="explore.line.column",
        format_func=lambda at: f"{float(sweep.x.values[at]):.4g}", on_change=lambda: _choose(state["explore.line.column"]),
    )  # fmt: skip


def _picked() -> None:
    points = state[LINE].selection.points
    if points:
        sweep = sweep_of(explore_controls.current(), explore.experiment)
        _choose(int(np.argmin(np.abs(sweep.x.values - points[0]["x"]))))


def _choose(column: int) -> None:
    explore_controls.keep(replace(explore_controls.current(), cell=(0, 0, int(column))))
    state["explore.dropped"] = True


def _column(view: Exploration, sweep: Sweep, result: SweepResult) -> int:
    """The chosen value's place; before there is one, where the first optimizer does best."""
    if view.cell is not None and view.cell[2] < sweep.columns:
        return view.cell[2]
    first = first_cell(result, "line")
    return 0 if first is None else first[2]
