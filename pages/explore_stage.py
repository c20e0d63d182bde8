"""The run of a chosen cell, on a stage beside the map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from experiments import Experiment, link
from experiments.sweeps.result import Fate, SweepResult
from experiments.sweeps.sweep import Sweep, cell
from experiments.sweeps.theory import Theory
from figures.colouring import WORDS
from figures.components.stage import stage, window
from figures.sweep_map import axis_label
from pages import cached, race_view

STAGE = "explore.stage"
Cell = tuple[int, int, int]


def play(experiment: Experiment, dragging: bool) -> None:
    """The experiment's runs on the stage: whole while a hand moves over the map, from their start when it rests."""
    landscape, entries, _ = cached.race(experiment)
    seen = window(STAGE, tuple(landscape.domain))  # type: ignore[attr-defined]
    heights, key = cached.heights(experiment, seen)
    scene = race_view.scene(experiment, landscape, entries, (heights, seen, key), "one", "")
    stage(replace(scene, live=False, whole=dragging), key=STAGE, on_change=lambda: None)


def runs_at(sweep: Sweep, row: int, column: int, indices: Sequence[int]) -> Experiment:
    """One experiment of what several optimizers of a sweep do in the same cell."""
    solos = [cell(sweep, index, row, column) for index in indices]
    return replace(solos[0], optimizers=tuple(solo.optimizers[0] for solo in solos))


def told(result: SweepResult, theory: Theory | None, at: Cell, labels: Sequence[str], coordinates: Sequence[str]) -> str:
    """The chosen cell in a sentence: its numbers are those of the map."""
    index, row, column = at
    sweep = result.sweep
    values = [f"{axis_label(sweep.x.name, coordinates)} {float(sweep.x.values[column]):.6g}"]
    if sweep.y is not None:
        values.append(f"{axis_label(sweep.y.name, coordinates)} {float(sweep.y.values[row]):.6g}")
    sentence = f"**{labels[index]}**, {', '.join(values)}"
    if row % result.stride == 0 and column % result.stride == 0:
        place = index, row // result.stride, column // result.stride
        steps = int(result.steps[place])
        reached = f", within the tolerance after {steps} step{'s' * (steps != 1)}" if steps >= 0 else ""
        sentence += f": {WORDS[Fate(int(result.fate[place]))]}{reached}; final loss {float(result.final[place]):.4g}"
    if theory is not None and theory.rate[at] == theory.rate[at]:
        sentence += f"; theory multiplies the error by {theory.rate[at]:.4g} a step"
    return f"{sentence}."


def send(solo: Experiment, together: Experiment | None) -> None:
    """Buttons to the race: with the run that was chosen, or with those of all optimizers in the same cell."""
    left, right = st.columns(2)
    if left.button(
        "Send to the race", icon=":material/sports_score:", width="stretch", help="Race this run, and change it there."
    ):
        st.switch_page("pages/race.py", query_params=link.encode(solo))
    if together is not None and right.button("Race all at this cell", icon=":material/groups:", width="stretch"):
        st.switch_page("pages/race.py", query_params=link.encode(together))
