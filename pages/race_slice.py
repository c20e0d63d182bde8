"""Which slice of a trained network is raced on: chosen in the race's sidebar, and left again where it cannot be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import streamlit as st

from experiments import Experiment, slices
from experiments.grids.spec import AXES, START, STATISTICS, SliceSpec
from experiments.plane_race import plane_race
from experiments.presets import DIGITS_SLICE
from experiments.shipped.trainings import TRAININGS
from experiments.slice_choice import KINDS, options_of, spec_of
from experiments.slice_race import refusal
from experiments.slice_words import point
from experiments.spec import SLICE, Choice
from experiments.worker import RequestError, WorkerError
from landscapes import NETWORKS
from landscapes.directions import DIRECTIONS
from landscapes.networks.datasets import Dataset, DatasetError
from landscapes.networks.outline import normalises_batches
from landscapes.ranges import Range, ranges_of
from landscapes.ranges import options_of as words_of
from pages import cached
from pages.controls import Editor

JOINT = "joint"
TITLES = {JOINT: "Joint plane of the paths", **{key: DIRECTIONS[key].title for key in KINDS}}
ALONG = dict(zip(AXES, ("Plane", "Along x", "Along y")))
LABELS = {"normalisation": "Scaled by", "vectors": "Biases and norms", "which": "Eigenvalues", "seed": "Seed of the directions"}
CENTRED = tuple(key for key in KINDS if key != "principal")
FAILURES = (RequestError, WorkerError, TimeoutError, DatasetError)
state = st.session_state


def settle(race: Editor) -> None:
    """Where the session's slice cannot be raced on, say why, and race on the joint plane of its training, or of the first."""
    training = race.experiment.training
    if training is None:
        return
    for fallback in (plane_race(training) or replace(DIGITS_SLICE, training=training), DIGITS_SLICE):
        reason = _problem(race.experiment, training)
        if not reason:
            return
        said = f"There is no race in this slice. {_upper(reason.rstrip('.'))}."
        before = state[f"{race.page}.complaints"]
        race.change(fallback)
        state[f"{race.page}.complaints"] = list(dict.fromkeys([*before, said]))


def _problem(experiment: Experiment, training: Experiment) -> str:
    """Why there is no race in a slice, in a sentence; else empty."""
    try:
        if missing := _dataset(training).missing():
            return f"its data are missing: {missing}"
        reason = "" if _spec(experiment) is None else refusal(experiment)
        if not reason:
            cached.landscape_of(experiment)
        return reason
    except FAILURES as error:
        return str(error).removeprefix("landscape: ")


def choose(race: Editor) -> None:
    """The fields: which training, which kind of slice through it, where, along what, over which data."""
    experiment = race.experiment
    training, spec = experiment.training, _spec(experiment)
    assert training is not None
    trainings = _trainings(training)
    if len(trainings) > 1:
        race.widget(
            st.selectbox, "Training", "slice.training", training.key, lambda e, key: _moved(e, trainings[key]),
            options=list(trainings), format_func=lambda key: named(trainings[key]),
        )  # fmt: skip
    race.widget(
        st.selectbox, "Slice", "slice.kind", JOINT if spec is None else spec.directions.key, _with_kind,
        options=list(TITLES), format_func=TITLES.get,
    )  # fmt: skip
    if spec is not None:
        _specified(race, spec)
    _samples(race, experiment)


def named(training: Experiment) -> str:
    """A training in few words."""
    finished = [known.title for known in TRAININGS.values() if known.experiment == training]
    if finished:
        return finished[0]
    return f"{NETWORKS[training.landscape.key].title} on {_dataset(training).title}, {training.steps:,} steps"


def _trainings(current: Experiment) -> Mapping[str, Experiment]:
    """Those at hand by key: the race's, the first one, what the visitor looks at on the network's page, finished ones here."""
    seen = state.get("result")
    known = [current, DIGITS_SLICE.training, *([seen.experiment] if seen is not None and seen.complete else [])]
    known += [training.experiment for training in TRAININGS.values() if training.run and training.weights]
    return {training.key: training for training in known if training is not None and (training == current or _here(training))}


def _here(training: Experiment) -> bool:
    """Whether its result and its data are on this machine."""
    return slices.is_stored(training) and not _dataset(training).missing()


def _dataset(training: Experiment) -> Dataset:
    dataset: Dataset = NETWORKS[training.landscape.key].task(**training.landscape.parameters).dataset
    return dataset


def _specified(race: Editor, spec: SliceSpec) -> None:
    """The fields of a slice that is not the joint plane."""
    race.widget(
        st.segmented_control, "As", "slice.axes", spec.axes, _with_axes, options=list(ALONG), format_func=ALONG.get,
        required=True,
    )  # fmt: skip
    points = [*range(len(spec.training.optimizers)), START]
    told = {index: point(spec.training, index) for index in points}
    here = START if spec.place == "start" else spec.optimizer
    if spec.directions.key in CENTRED:
        race.widget(
            st.selectbox, "Centre", "slice.place", here, _with_place, options=points,
            format_func=lambda index: _upper(told[index]),
        )  # fmt: skip
    if spec.directions.key == "through":
        race.widget(
            st.multiselect, "Towards", "slice.towards", list(spec.points), _with_points, max_selections=2,
            options=[index for index in points if index != here], format_func=lambda index: _upper(told[index]),
        )  # fmt: skip
    kind = DIRECTIONS[spec.directions.key]
    allowed: dict[str, Any] = {**words_of(kind), **ranges_of(kind)}
    straight = spec.directions.key == "through" and (spec.axes == "first" or len(spec.points) > 1)
    for name in options_of(spec.directions.key) if not straight else ():  # else nothing is drawn
        race.field(
            LABELS[name], f"slice.{name}", spec.directions.parameters[name], allowed[name],
            lambda e, value, name=name: _fresh(e, e.landscape.with_parameters(**{name: value})),
        )  # fmt: skip
    task = NETWORKS[spec.training.landscape.key].task(**spec.training.landscape.parameters)
    if normalises_batches(task.layers):
        race.widget(
            st.segmented_control, "BatchNorm's statistics", "slice.statistics", spec.statistics,
            lambda e, value: _fresh(e, e.landscape.with_parameters(statistics=value)), options=list(STATISTICS),
            format_func=str.capitalize, required=True,
        )  # fmt: skip


def _samples(race: Editor, experiment: Experiment) -> None:
    landscape: Any = cached.landscape_of(experiment)

    def change(before: Experiment, value: float) -> Experiment:
        left = {name: v for name, v in before.landscape.parameters.items() if name != "samples"}
        parameters = left if value >= landscape.of else {**left, "samples": int(value)}
        return replace(before, landscape=Choice(SLICE, parameters))

    sizes = Range(1, landscape.of, scale="log", control=(min(64, landscape.of), landscape.of), whole=True)
    race.number("Training samples", "slice.samples", landscape.samples, sizes, change)


def _spec(experiment: Experiment) -> SliceSpec | None:
    return None if experiment.training is None else spec_of(experiment.landscape, experiment.training)


def _with_kind(experiment: Experiment, kind: str) -> Experiment:
    """The plane of another kind at the same place, its options and window the kind's own."""
    own = ("optimizer", "place", "samples", "statistics")
    kept = {name: value for name, value in experiment.landscape.parameters.items() if name in own}
    samples = {"samples": kept["samples"]} if "samples" in kept else {}
    return _fresh(experiment, Choice(SLICE, samples if kind == JOINT else {"directions": kind, **kept}))


def _with_axes(experiment: Experiment, axes: str) -> Experiment:
    gone = ("axes", "window", "cells", "towards")
    kept = {name: value for name, value in experiment.landscape.parameters.items() if name not in gone}
    return _fresh(experiment, Choice(SLICE, {**kept, "axes": axes}))


def _with_place(experiment: Experiment, index: int) -> Experiment:
    kept = {name: value for name, value in experiment.landscape.parameters.items() if name not in ("towards", "window")}
    place = {"place": "start"} if index == START else {"place": "end", "optimizer": index}
    return _fresh(experiment, Choice(SLICE, {**kept, **place}))


def _with_points(experiment: Experiment, points: list[int]) -> Experiment:
    kept = {name: value for name, value in experiment.landscape.parameters.items() if name not in ("towards", "window")}
    towards = {"towards": ",".join(map(str, points))} if points else {}
    return _fresh(experiment, Choice(SLICE, {**kept, **towards}))


def _moved(experiment: Experiment, training: Experiment) -> Experiment:
    """To another training's joint plane."""
    same = training == experiment.training
    return experiment if same else plane_race(training) or replace(DIGITS_SLICE, training=training)


def _fresh(experiment: Experiment, landscape: Choice) -> Experiment:
    """The race on another slice, from that one's own start, at rates for its coordinates; what cannot be is said later."""
    moved = replace(experiment, landscape=landscape, start=None)
    try:
        return moved if _spec(moved) is not None and refusal(moved) else cached.suited(moved)
    except FAILURES:
        return moved


def _upper(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"
