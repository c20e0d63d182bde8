"""The sweep map and the basins: a click on a cell plays its run beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from experiments.sweeps.axis import SURFACE
from experiments.sweeps.exploration import Exploration, holds, sweep_of
from experiments.sweeps.looked_at import first_cell
from experiments.sweeps.result import SweepResult
from experiments.sweeps.sweep import Sweep, cell
from experiments.sweeps.theory import Theory
from figures.components.map import cell_map, map_event
from figures.sweep_map import sweep_map
from pages import cached_sweeps, explore_controls, explore_stage, explore_work, race_view
from pages.explore_controls import explore

state = st.session_state
MAP = "explore.map"
COLOURS = {
    "map": ["steps", "final", "best", "distance", "oscillation", "fate", "minimum"],
    "basins": ["minimum", "steps", "fate", "final", "distance"],
}


def section(view: Exploration) -> None:
    """Controls, then the map, which goes on by itself while it is computed."""
    with st.container(key="explore.controls"):
        controls(view)
    view = explore_controls.current()
    sweep = sweep_of(view, explore.experiment)
    explore_work.follow(sweep, watched, resting)


def controls(view: Exploration) -> None:
    if view.tab == "map":
        columns = st.columns([1.2, 1.2, 1.2, 1.6, 0.9], vertical_alignment="bottom")
        with columns[0]:
            explore_controls.axis_choice(view, "x", "Across")
        with columns[1]:
            explore_controls.axis_choice(view, "y", "Up")
    else:
        columns = st.columns([1.2, 1.2, 2, 0.9], vertical_alignment="bottom")
        with columns[0]:
            explore_controls.side(view)
    with columns[-3]:
        explore_controls.colour(view, COLOURS[view.tab])
    with columns[-2]:
        explore_controls.shown(view)
    with columns[-1].popover("Ranges" if view.tab == "map" else "More", width="stretch"):
        if view.tab == "map":
            explore_controls.axis_ends(view, "x")
            explore_controls.axis_ends(view, "y")
        explore_controls.tolerance(view)


def moved() -> None:
    """Follow the visitor's hand over the map: a drag is shown, a drop is kept in the view and in the link."""
    done, view = map_event(MAP), explore_controls.current()
    state["explore.dragging"] = False
    if done is None or done.cell is None or done.of != state.get("explore.of"):
        return  # the hand was over another map
    if holds(sweep_of(view, explore.experiment), done.cell):
        explore_controls.keep(replace(view, cell=done.cell))
        state["explore.dragging"] = done.phase == "drag"
        state["explore.dropped"] = done.phase == "drop"


def show() -> None:
    """The map as far as it is, and the run of its chosen cell."""
    view = explore_controls.current()
    sweep = sweep_of(view, explore.experiment)
    now = explore_work.standing(sweep)
    explore_work.progress(sweep, now, size(sweep))
    if now.result is not None:
        picture(view, sweep, now.result)
    explore_work.settle(now)


watched = st.fragment(show, run_every=explore_work.WATCH)
resting = st.fragment(show)


def picture(view: Exploration, sweep: Sweep, result: SweepResult) -> None:
    landscape = sweep.experiment.make_landscape()
    labels = race_view.labels(sweep.experiment)
    theory = cached_sweeps.theory(sweep) if view.tab == "map" else None
    at = view.cell if view.cell is not None and holds(sweep, view.cell) else first_cell(result, view.tab)
    shown = sweep_map(
        result, view.colour, labels, theory=theory, coordinates=landscape.coordinates, minima=landscape.minima, chosen=at,  # type: ignore[attr-defined]
        title=race_view.title(landscape, sweep.experiment, [axis.name.removeprefix(SURFACE) for axis in sweep.axes]),
        note="The darker, the more steps a run took." if view.colour == "minimum" else "",
    )  # fmt: skip
    state["explore.of"] = shown.of
    beside = len(labels) <= 2
    left, right = st.columns([1.1 if len(labels) < 2 else 1.5, 1], gap="medium") if beside else (st.container(), st.container())
    with left:
        cell_map(shown, key=MAP, on_change=moved)
    with right:
        if at is None:
            st.info("Every run diverged. Choose a cell, and its run plays here.", icon=":material/touch_app:")
        else:
            run(sweep, result, theory, at, labels, landscape.coordinates)  # type: ignore[attr-defined]
    if result.complete:
        below(view, sweep, result, theory, labels)


def run(
    sweep: Sweep,
    result: SweepResult,
    theory: Theory | None,
    at: tuple[int, int, int],
    labels: Sequence[str],
    names: Sequence[str],
) -> None:
    """The chosen cell's run, its numbers, and the way to the race."""
    solo = cell(sweep, *at)
    explore_stage.play(solo, state.get("explore.dragging", False))
    st.markdown(explore_stage.told(result, theory, at, labels, names))
    explore_stage.send(solo, explore_stage.runs_at(sweep, at[1], at[2], range(len(labels))) if len(labels) > 1 else None)


def below(view: Exploration, sweep: Sweep, result: SweepResult, theory: Theory | None, labels: Sequence[str]) -> None:
    """What became of the runs in numbers, and theory's word."""
    st.dataframe(rows(sweep, result, theory, labels), hide_index=True)
    for label, reason in zip(labels, () if theory is None else theory.reasons):
        if reason:
            st.caption(f"No theory for {label}: {reason}")


def rows(sweep: Sweep, result: SweepResult, theory: Theory | None, labels: Sequence[str]) -> list[dict[str, str]]:
    """One row for each optimizer: the shares of its runs, its best cell, and theory's best."""
    table = []
    minima = sweep.experiment.make_landscape().minima  # type: ignore[attr-defined]
    for index, label in enumerate(labels):
        row = {"Optimizer": label} | {_named(name, minima): f"{share:.1%}" for name, share in result.shares(index).items()}
        best = result.best_cell(index)
        if best is not None:
            place = index, *best
            values = [f"{axis.name} {float(axis.values[at]):.4g}" for axis, at in zip(sweep.axes, reversed(best))]
            steps = int(result.steps[place])
            row["Best cell"] = f"{', '.join(values)}: " + (
                f"{steps} steps" if steps >= 0 else f"loss {result.final[place]:.4g}"
            )
        promised = None if theory is None else theory.bests[index]
        if promised is not None:
            values = [
                f"{axis.name} {value:.4g}" for axis, value in zip(sweep.axes, (promised.x, promised.y)) if value is not None
            ]
            row["Theory's best"] = f"{', '.join(values)}: rate {promised.rate:.4g}"
        table.append(row)
    columns = list(dict.fromkeys(name for row in table for name in row))
    empty = {name for name in columns if all(row.get(name, "0.0%") == "0.0%" for row in table)}
    alone = {name for name in columns if name.startswith("To (")} if len(minima) < 2 else set()
    return [{name: row.get(name, "") for name in columns if name not in empty | alone} for row in table]


def _named(share: str, minima: Sequence[Sequence[float]]) -> str:
    """The heading of a share: a fate, or a minimum by its place."""
    if not share.startswith("minimum "):
        return {"underway": "Under way"}.get(share, share.capitalize())
    return f"To ({', '.join(f'{v:.4g}' for v in minima[int(share.removeprefix('minimum '))])})"


def size(sweep: Sweep) -> str:
    count = len(sweep.experiment.optimizers)
    return f"{count * sweep.cells:,} runs of {sweep.experiment.steps:,} steps, tolerance {sweep.tolerance:g}"
