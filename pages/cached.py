"""What all visitors share: the worker processes, and each entrant and height map, computed once, whoever asks first.

Kept records are shared objects, so their arrays are made read-only.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import streamlit as st

from experiments import Experiment, slices
from experiments.race import Entrant, enter, height_map
from experiments.second_look import SecondLook
from experiments.slice_choice import spec_of
from experiments.spec import SLICE, Choice
from experiments.training_plan import plan_of
from experiments.tune import Search
from experiments.tuning import Tuning
from experiments.why import Overlay, Why, explained_entrant
from experiments.worker import Call, RequestError, WorkerError, Workers
from figures.components.stage import Domain
from landscapes.landscape import Landscape
from pages.waiting import answer_of

Entry = Entrant | str
MOST_STEPS_HERE = 3000  # optimizers times steps on a surface: about 0.06 s; more goes to the worker
LONGEST_TRAINING, LONGEST_SLICE, LONGEST_SEARCH, LONGEST_LOOK = 900.0, 120.0, 120.0, 20.0  # seconds
DRAG_SAMPLES, DRAG_STEPS = 100, 40  # what a slice is raced on while it is dragged: about 0.04 s for six


@st.cache_resource(show_spinner=False)
def workers() -> Workers:
    return Workers()


@st.cache_resource(show_spinner=False)
def drawers() -> Workers:
    """The processes that draw figures to take away. They keep what they drew: equal figures are drawn once for all visitors."""
    return Workers("figures.print.requests:REQUESTS")


@st.cache_resource(max_entries=1024, show_spinner=False)
def _entrant(key: str, _experiment: Experiment) -> Entrant:
    return _read_only(enter(_experiment))


@st.cache_resource(max_entries=128, show_spinner=False)
def _race(key: str, samples: int | None, _experiment: Experiment) -> tuple[Entrant, ...]:
    asked: dict[str, Any] = {"experiment": _experiment.as_json()} | ({} if samples is None else {"samples": samples})
    entrants = answer_of(workers().submit("race", asked), 120)
    return tuple(_read_only(entrant) for entrant in entrants)


def _read_only(entrant: Entrant) -> Entrant:
    for array in entrant.as_arrays().values():
        array.setflags(write=False)
    return entrant


def race(experiment: Experiment, dragging: bool = False) -> tuple[Landscape, list[Entry], str]:
    """The landscape, each optimizer's part of the race or the sentence that says why it cannot run, and a note.

    A slice is raced on in the worker; while it is dragged, on a stated subset of its data.
    """
    note, sliced, samples = "", experiment.landscape.key == SLICE, None
    landscape: Any = landscape_of(experiment)
    if sliced and dragging:
        experiment = replace(experiment, steps=min(experiment.steps, DRAG_STEPS))
        samples = min(DRAG_SAMPLES, landscape.samples)
        landscape = landscape.subset(samples)
    if sliced:
        note = landscape.measured
        if dragging:
            count = f"{landscape.samples:,} of {landscape.of:,} training samples"
            note = f"while you drag: the first {experiment.steps} steps on {count}"
    why_not = [experiment.optimizer(i).disabled_because(landscape) for i in range(len(experiment.optimizers))]
    able = [i for i, reason in enumerate(why_not) if not reason]
    if sliced or len(able) * experiment.steps > MOST_STEPS_HERE:
        racing = replace(experiment, optimizers=tuple(experiment.optimizers[i] for i in able))
        entrants = dict(zip(able, _race(racing.key, samples, racing) if able else ()))
    else:
        entrants = {i: _entrant(experiment.solo(i).key, experiment.solo(i)) for i in able}
    return landscape, [entrants.get(i, reason or "") for i, reason in enumerate(why_not)], note


@st.cache_resource(show_spinner=False)
def background() -> Workers:
    return Workers("experiments.background:REQUESTS")


@st.cache_resource(max_entries=256, show_spinner=False)
def _second_looks(key: str, _experiment: Experiment) -> Call:
    return background().submit("second_looks", {"experiment": _experiment.as_json()})


def ask_second_looks(experiment: Experiment, entries: Sequence[Entry]) -> Callable[[], list[SecondLook | None]]:
    """What each run came to, and how far its picture can be trusted: asked for now, waited for when it is called.

    None for those that cannot run; for all on a slice, where it would take thousands of passes over the data, and a start moved
    by 1e-8 is lost in the network's float32; and where no answer came in time: the table does without.
    """
    able = [i for i, entry in enumerate(entries) if not isinstance(entry, str)]
    if experiment.landscape.key == SLICE or not able:
        return lambda: [None for _ in entries]
    racing = replace(experiment, optimizers=tuple(experiment.optimizers[i] for i in able))
    call = _second_looks(racing.key, racing)

    def answer() -> list[SecondLook | None]:
        try:
            looks = dict(zip(able, answer_of(call, LONGEST_LOOK)))
        except (RequestError, WorkerError, TimeoutError):
            _second_looks.clear(racing.key, racing)  # the next one asks again
            looks = {}
        return [looks.get(i) for i in range(len(entries))]

    return answer


@st.cache_resource(max_entries=64, show_spinner=False)
def _why(key: str, step: int, _experiment: Experiment) -> tuple[Overlay, Why]:
    if _experiment.landscape.key == SLICE or _experiment.steps > MOST_STEPS_HERE:
        asked = {"experiment": _experiment.as_json(), "step": step}
        made: tuple[Overlay, Why] = answer_of(workers().submit("why", asked), 120)
        return made
    return explained_entrant(_experiment, _experiment.seen_landscape(), step)


def why(experiment: Experiment, step: int) -> tuple[Overlay, Why]:
    """Of the experiment's only optimizer: what there is to see of every step, and the step from one of its points explained."""
    return _why(experiment.key, step, experiment)


def search(tuning: Tuning) -> tuple[Search, ...]:
    """The search for the best setting of each of its optimizers."""
    found: tuple[Search, ...] = answer_of(workers().submit("search", {"tuning": tuning.as_json()}), LONGEST_SEARCH)
    return found


def reasons(experiment: Experiment) -> list[str | None]:
    """Why each optimizer cannot run here, None where it can."""
    landscape = landscape_of(experiment)
    return [experiment.optimizer(i).disabled_because(landscape) for i in range(len(experiment.optimizers))]


def suited(experiment: Experiment) -> Experiment:
    """The experiment with the learning rates that suit its slice. Raises what a worker's call does."""
    landscape_of(experiment)  # which trains its network first, in the lane for that
    made: Experiment = answer_of(workers().submit("slice_opening", {"experiment": experiment.as_json()}), LONGEST_SLICE)
    return made


def landscape_of(experiment: Experiment) -> Landscape:
    """The landscape of the experiment. Surfaces cost microseconds; slices are kept."""
    if experiment.landscape.key != SLICE:
        return experiment.make_landscape()
    alone = replace(experiment, optimizers=(Choice("sgd"),), start=None, steps=0, seed=0)
    return _slice(alone.key, alone)


@st.cache_resource(max_entries=16, show_spinner="Training the network whose slice this is ...")
def _slice(key: str, _experiment: Experiment) -> Landscape:
    """The slice without torch, which the web process never loads: where it needs that, its outline."""
    training = _experiment.training
    assert training is not None
    if slices.stored(training) is None:  # seconds of torch
        answer_of(workers().submit("train", {"experiment": training.as_json()}), LONGEST_TRAINING)
    result = slices.stored(training)
    if result is None:
        raise WorkerError("The training's result was not kept.")
    if spec_of(_experiment.landscape, training) is not None:
        made: Landscape = answer_of(workers().submit("slice_outline", {"experiment": _experiment.as_json()}), LONGEST_SLICE)
        return made
    plane, samples = slices.outline_of(result), _experiment.landscape.parameters.get("samples")
    return plane if samples is None else plane.subset(int(samples))


@st.cache_resource(max_entries=128, show_spinner=False)
def _heights(key: str, domain: Domain, cells: int, _experiment: Experiment) -> np.ndarray:
    joint = _experiment.training is not None and not _experiment.landscape.parameters  # and over all of the samples
    stored = slices.stored(_experiment.training) if joint and _experiment.training else None
    if stored is not None and domain == stored.domain:
        heights: np.ndarray = stored.heights.astype(np.float32)
    elif _experiment.landscape.key == SLICE:
        asked = {"experiment": _experiment.as_json(), "domain": domain, "cells": cells}
        heights = answer_of(workers().submit("heights", asked), 120)
    else:
        heights = height_map(landscape_of(_experiment), domain, cells)
    heights.setflags(write=False)
    return heights


def heights(experiment: Experiment, domain: Domain) -> tuple[np.ndarray, str]:
    """The height map over a domain and the key it is known by. The subset of a dragged slice changes paths, not the map."""
    alone = replace(experiment, optimizers=(Choice("sgd"),), start=None, steps=0, seed=0)
    cells = min(81, plan_of(alone.training).cells) if alone.training is not None else 201 if len(domain) == 2 else 1001
    return _heights(alone.key, domain, cells, alone), f"{alone.key}:{domain}"
