"""Links to slices on the network page: the fields beside the training's, in full precision, and back whatever they hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from experiments.grids.cost import SIDES
from experiments.grids.shown_slice import (
    KINDS,
    ShownSlice,
    affordable,
    besides,
    fitted,
    opening,
    shown_for,
    with_axes,
    with_kind,
    with_option,
    with_shown,
)
from experiments.grids.spec import PLACES, STATISTICS, SliceSpec
from experiments.link_fields import Reading, number, one_of, whole
from experiments.spec import Experiment
from landscapes.directions import DIRECTIONS
from landscapes.ranges import options_of, ranges_of

LONGEST = 200  # characters of a field
OWN = (  # in the order in which they are read: what makes a slice cheaper first
    "kind", "of", "place", "axes", "towards", "samples", "statistics", "shown", "cells", "window", "log", "beside", "at",
    "paths",
)  # fmt: skip


PULLED = ("cells", "log")  # what a change of these pulls along when a link is read
PULLING = ("axes", "samples", "shown")


def encode(view: ShownSlice) -> dict[str, str]:
    """The view as fields of a link: its kind, that kind's options, and what is not as a page opens it."""
    found, usual = _fields(view), _fields(with_kind(opening(view.spec.training), view.spec.directions.key))
    always = ("kind", *(PULLED if any(found[name] != usual[name] for name in PULLING) else ()))
    return {name: text for name, text in found.items() if name in always or usual.get(name) != text}


def _fields(view: ShownSlice) -> dict[str, str]:
    spec = view.spec
    options = {name: str(value) for name, value in spec.directions.parameters.items()}
    return {"kind": spec.directions.key, **options} | {
        "of": str(spec.optimizer),
        "place": spec.place,
        "axes": spec.axes,
        "towards": ",".join(map(str, spec.towards)),
        "shown": view.shown,
        "cells": str(spec.cells[0]),
        "window": "" if spec.window is None else ",".join(repr(v) for pair in spec.window for v in pair),
        "samples": "" if spec.samples is None else str(spec.samples),
        "statistics": spec.statistics,
        "log": "1" if view.log else "0",
        "beside": view.beside,
        "at": "" if view.at is None else ",".join(map(repr, view.at)),
        "paths": "1" if view.paths else "0",
    }


def decode(fields: Mapping[str, str], training: Experiment) -> tuple[ShownSlice, list[str]]:
    """The view that a link's fields hold, and a sentence for each that was wrong and fell back to its default alone.

    Never raises, whatever the fields hold.
    """
    reading = Reading(opening(training), fields, LONGEST, "slice.")
    readers: Mapping[str, Callable[[str], ShownSlice]] = {
        "kind": lambda text: with_kind(reading.value, one_of(text, KINDS)),
        "of": lambda text: _with(reading.value, optimizer=whole(text)),
        "place": lambda text: _with(reading.value, place=one_of(text, PLACES)),
        "axes": lambda text: with_axes(reading.value, text),
        "towards": lambda text: _with(reading.value, towards=tuple(whole(part, -1) for part in text.split(",") if part)),
        "shown": lambda text: with_shown(reading.value, one_of(text, shown_for(reading.value.spec))),
        "cells": lambda text: _with_cells(reading.value, whole(text)),
        "window": lambda text: _with(reading.value, window=_window(text)),
        "samples": lambda text: _with(reading.value, samples=whole(text) if text else None),
        "statistics": lambda text: _with(reading.value, statistics=one_of(text, STATISTICS)),
        "log": lambda text: replace(reading.value, log=one_of(text, ("0", "1")) == "1"),
        "beside": lambda text: replace(reading.value, beside=one_of(text, besides(reading.value.spec))),
        "at": lambda text: _with_point(reading.value, text),
        "paths": lambda text: replace(reading.value, paths=one_of(text, ("0", "1")) == "1"),
    }

    def take(name: str, read: Callable[[str], ShownSlice]) -> None:
        reading.take(name, lambda text: affordable(fitted(read(text))))

    take("kind", readers["kind"])
    kind = DIRECTIONS[reading.value.spec.directions.key]
    for name in ranges_of(kind):
        take(name, lambda text, name=name: with_option(reading.value, name, whole(text)))  # type: ignore[misc]
    for name in options_of(kind):
        take(name, lambda text, name=name: with_option(reading.value, name, text))  # type: ignore[misc]
    for name in OWN[1:]:
        take(name, readers[name])
    return reading.end("no such field of this kind of slice")


def _with(view: ShownSlice, **changes: Any) -> ShownSlice:
    spec: SliceSpec = replace(view.spec, **changes)
    return replace(view, spec=spec)


def _with_cells(view: ShownSlice, cells: int) -> ShownSlice:
    if cells not in SIDES:
        raise ValueError(f"there are: {', '.join(map(str, SIDES))}")
    return _with(view, cells=(cells, 1 if view.spec.line else cells))


def _with_point(view: ShownSlice, text: str) -> ShownSlice:
    numbers = tuple(number(part) for part in text.split(","))
    if len(numbers) != (1 if view.spec.line else 2):
        raise ValueError("a point has one number for each axis")
    return replace(view, at=numbers)


def _window(text: str) -> tuple[tuple[float, float], ...]:
    numbers = [number(part) for part in text.split(",")]
    if len(numbers) % 2:
        raise ValueError("a window is LOW,HIGH for each axis")
    return tuple(zip(numbers[::2], numbers[1::2]))
