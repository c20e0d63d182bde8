"""Which slice: the fields of the view, kept in the session and in the link."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import streamlit as st

from experiments import Experiment
from experiments.grids import link
from experiments.grids import shown_slice as views
from experiments.grids.cost import SIDES, refusal, task_of
from experiments.grids.shown_slice import SHOWN, ShownSlice, affordable, besides, fitted, opening, shown_for
from experiments.grids.spec import START, STATISTICS
from experiments.spec import ExperimentError
from landscapes.directions import DIRECTIONS
from landscapes.ranges import options_of, ranges_of
from pages import race_view

state = st.session_state
VIEW, COMPLAINT = "network.slices", "network.slices.complaint"
AXES = {"both": "Plane", "first": "Line, first axis", "second": "Line, second axis"}
SCALES = {"filter": "each filter", "layer": "each layer", "weight": "each weight", "none": "not at all"}
LABELS = {"normalisation": "Scale directions by", "vectors": "Biases and norms", "which": "Eigenvalues", "seed": "Seed"}
BATCH_NORM = {"frozen": "frozen at the place", "recomputed": "recomputed at every cell"}


def current(training: Experiment) -> ShownSlice:
    """The view of this training: what the visitor chose, as far as it fits another training than they chose it for."""
    known: ShownSlice | None = state.get(VIEW)
    if known is None or known.spec.training != training:
        state[VIEW] = _moved(known, training) if known is not None else opening(training)
    found: ShownSlice = state[VIEW]
    return found


def _moved(view: ShownSlice, training: Experiment) -> ShownSlice:
    found, _ = link.decode({k: v for k, v in link.encode(view).items() if k not in ("window", "at", "beside")}, training)
    return found


def keep(view: ShownSlice) -> None:
    state[VIEW], state[COMPLAINT] = view, ""


def field(
    widget: Callable[..., Any], label: str, name: str, value: Any, how: Callable[[Any], ShownSlice], **options: Any
) -> None:
    """A widget that shows a part of the view; when moved, the view becomes `how(new value)`, or the page says why not."""
    key = f"{VIEW}.{name}"
    state[key] = value

    def apply() -> None:
        try:
            keep(affordable(how(state[key])))
        except ExperimentError as error:
            state[COMPLAINT] = f"{error}."

    widget(label, key=key, on_change=apply, **options)


def choose(view: ShownSlice, window: tuple[tuple[float, float], ...] | None) -> None:
    """All fields. `window` is what is on show, for who wants to change it."""
    spec = view.spec
    names = [*race_view.labels(spec.training)]
    first, second, third, fourth = st.columns([1.4, 1, 1.3, 1.3], vertical_alignment="bottom")
    with first:
        field(
            st.selectbox, "Directions", "kind", spec.directions.key, lambda key: views.with_kind(view, key),
            options=views.KINDS, format_func=lambda key: DIRECTIONS[key].title,
        )  # fmt: skip
    with second:
        field(
            st.selectbox, "Slice", "axes", spec.axes, lambda axes: views.with_axes(view, axes),
            options=list(AXES), format_func=AXES.get,
        )  # fmt: skip
    with third:
        field(
            st.selectbox, "Around", "place", START if spec.place == "start" else spec.optimizer,
            lambda index: views.with_place(view, index), options=[*range(len(names)), START],
            format_func=lambda index: place_name(names, index), help=_around(spec.directions.key),
        )  # fmt: skip
    with fourth:
        field(
            st.selectbox, "Shown", "shown", view.shown, lambda name: views.with_shown(view, name),
            options=shown_for(spec), format_func=lambda name: SHOWN[name].title, help=views.described(),
        )  # fmt: skip
    first, second, third, fourth = st.columns([1.4, 1, 1.3, 1.3], vertical_alignment="bottom")
    with first:
        _compare(view, names)
    with second:
        field(
            st.selectbox, "Cells", "cells", spec.cells[0], lambda side: views.with_side(view, side),
            options=sorted({*SIDES, spec.cells[0]}),
            format_func=lambda side: str(side) if spec.line else f"{side} × {side}",
        )  # fmt: skip
    with third.container(horizontal=True):
        field(
            st.checkbox, "Log scale", "log", view.log, lambda on: replace(view, log=bool(on)),
            help="Colours, or the axis of a line, by the logarithm.",
        )  # fmt: skip
        field(
            st.checkbox, "Paths", "paths", view.paths, lambda on: replace(view, paths=bool(on)), disabled=spec.line,
            help="The training's paths, projected on the slice.",
        )  # fmt: skip
    with fourth.popover("Directions, extent, data", width="stretch"):
        _more(view, names, window)
    if state.get(COMPLAINT):
        st.warning(state[COMPLAINT], icon=":material/timer_off:")


def place_name(names: list[str], index: int) -> str:
    return "Start of all" if index == START else f"{names[index]}’s end"


def _around(kind: str) -> str | None:
    return "This plane goes through the mean of all recorded points, whatever is chosen here." if kind == "principal" else None


def _compare(view: ShownSlice, names: list[str]) -> None:
    options = besides(view.spec)

    def told(what: str) -> str:
        kind, _, number = what.partition(":")
        if kind == "end":
            return place_name(names, int(number))
        return {"": "Nothing", "start": "Start of all", "seed": f"Seed {number}"}[kind]

    field(
        st.selectbox, "Compare with", "beside", view.beside, lambda what: replace(view, beside=what), options=options,
        format_func=told, disabled=len(options) < 2, help="The same slice there, on the same window, in the same colours.",
    )  # fmt: skip


def _more(view: ShownSlice, names: list[str], window: tuple[tuple[float, float], ...] | None) -> None:
    spec = view.spec
    kind, given = DIRECTIONS[spec.directions.key], spec.kind()
    for name, allowed in options_of(kind).items():
        field(
            st.selectbox, LABELS[name], name, getattr(given, name), lambda v, name=name: views.with_option(view, name, v),
            options=allowed.values, format_func=(lambda v: SCALES.get(v, v)) if name == "normalisation" else str,
        )  # fmt: skip
    if spec.directions.key == "through":
        _towards(view, names)
    for name, bounds in ranges_of(kind).items():
        if spec.directions.key != "through" or (len(spec.points) < 2 and spec.axes != "first"):  # else nothing is drawn
            field(
                st.number_input, LABELS[name], name, int(getattr(given, name)),
                lambda v, name=name: views.with_option(view, name, int(v)),
                min_value=int(bounds.low), max_value=int(bounds.high), step=1,
            )  # fmt: skip
    _extent(view, window)
    task = task_of(spec)
    field(
        st.number_input, "Training samples", "samples", min(spec.samples or task.samples, task.samples),
        lambda v: replace(view, spec=replace(spec, samples=None if v >= task.samples else int(v))),
        min_value=1, max_value=task.samples, step=max(task.samples // 10, 1),
        help=f"Fewer than all {task.samples:,} are drawn once, the same ones for every cell.",
    )  # fmt: skip
    field(
        st.selectbox, "BatchNorm statistics", "statistics", spec.statistics,
        lambda v: replace(view, spec=replace(spec, statistics=v)), options=STATISTICS, format_func=BATCH_NORM.get,
        help="Without BatchNorm this changes nothing.",
    )  # fmt: skip


def _towards(view: ShownSlice, names: list[str]) -> None:
    spec = view.spec
    here = START if spec.place == "start" else spec.optimizer
    most = 1 if spec.axes == "first" else 2
    field(
        st.multiselect, "Through", "towards", list(spec.points),
        lambda v: fitted(replace(view, spec=replace(spec, towards=tuple(v), window=None), at=None)),
        options=[i for i in (*range(len(names)), START) if i != here], max_selections=most,
        format_func=lambda index: place_name(names, index),
    )  # fmt: skip


def _extent(view: ShownSlice, window: tuple[tuple[float, float], ...] | None) -> None:
    """Automatic, or intervals of one's own."""
    spec = view.spec
    start = window or ((-1.0, 1.0),) * (1 if spec.line else 2)
    field(
        st.selectbox, "Extent", "extent", spec.window is not None,
        lambda own: replace(view, spec=replace(spec, window=start if own else None)),
        options=[False, True], format_func={False: "automatic", True: "given"}.get,
    )  # fmt: skip
    for axis, pair in enumerate(spec.window or ()):
        for end, (column, label) in enumerate(zip(st.columns(2), ("from", "to"))):
            with column:
                field(
                    st.number_input, f"{'xy'[axis]} {label}", f"window.{axis}.{end}", pair[end],
                    lambda v, axis=axis, end=end: replace(view, spec=replace(spec, window=_with(spec.window, axis, end, v))),
                    format="%.6g", step=None,
                )  # fmt: skip


def _with(window: Any, axis: int, end: int, value: float) -> tuple[tuple[float, float], ...]:
    sides = [list(side) for side in window]
    sides[axis][end] = float(value)
    return tuple((low, high) for low, high in sides)


def refused(view: ShownSlice) -> str:
    """Why this slice is not computed here; empty where it is."""
    return refusal(view.spec)
