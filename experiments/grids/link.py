"""Links to slices on the network page: the fields beside the training's, in full precision, and back whatever they hold."""

from __future__ import annotations

import math
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
from experiments.link import shortened
from experiments.spec import Experiment
from landscapes.directions import DIRECTIONS
from landscapes.ranges import options_of, ranges_of

LONGEST = 200  # characters of a field
OWN = (  # in the order in which they are read: what makes a slice cheaper first
    "kind", "of", "place", "axes", "towards", "samples", "statistics", "shown", "cells", "window", "log", "beside", "at",
    "paths",
)  # fmt: skip


def encode(view: ShownSlice) -> dict[str, str]:
    """The view as fields of a link: its kind, that kind's options, and what is not as a page opens it."""
    found, usual = _fields(view), _fields(with_kind(opening(view.spec.training), view.spec.directions.key))
    return {name: text for name, text in found.items() if name == "kind" or usual.get(name) != text}


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
    complaints: list[str] = []
    left = dict(fields)
    view = opening(training)

    def take(name: str, read: Callable[[str], ShownSlice]) -> None:
        """Read one field into the view; on any error keep what was and say so."""
        nonlocal view
        text = left.pop(name, None)
        if text is None:
            return
        try:
            if len(text) > LONGEST:
                raise ValueError(f"it has {len(text)} characters, {LONGEST} at most are read")
            view = affordable(fitted(read(text)))
        except (ValueError, TypeError, KeyError, OverflowError) as error:
            complaints.append(f"slice.{name}={shortened(text)} was left out: {shortened(str(error).rstrip('.'), 300)}.")

    readers: Mapping[str, Callable[[str], ShownSlice]] = {
        "kind": lambda text: with_kind(view, _of(text, KINDS)),
        "of": lambda text: _with(view, optimizer=_whole(text)),
        "place": lambda text: _with(view, place=_of(text, PLACES)),
        "axes": lambda text: with_axes(view, text),
        "towards": lambda text: _with(view, towards=tuple(_whole(part, -1) for part in text.split(",") if part)),
        "shown": lambda text: with_shown(view, _of(text, shown_for(view.spec))),
        "cells": lambda text: _with_cells(view, _whole(text)),
        "window": lambda text: _with(view, window=_window(text)),
        "samples": lambda text: _with(view, samples=_whole(text) if text else None),
        "statistics": lambda text: _with(view, statistics=_of(text, STATISTICS)),
        "log": lambda text: replace(view, log=_of(text, ("0", "1")) == "1"),
        "beside": lambda text: replace(view, beside=_of(text, besides(view.spec))),
        "at": lambda text: _with_point(view, text),
        "paths": lambda text: replace(view, paths=_of(text, ("0", "1")) == "1"),
    }
    take("kind", readers["kind"])
    kind = DIRECTIONS[view.spec.directions.key]
    for name in ranges_of(kind):
        take(name, lambda text, name=name: with_option(view, name, _whole(text)))  # type: ignore[misc]
    for name in options_of(kind):
        take(name, lambda text, name=name: with_option(view, name, text))  # type: ignore[misc]
    for name in OWN[1:]:
        take(name, readers[name])
    complaints += [f"slice.{shortened(name)} was left out: no such field of this kind of slice." for name in left]
    return view, complaints


def _with(view: ShownSlice, **changes: Any) -> ShownSlice:
    spec: SliceSpec = replace(view.spec, **changes)
    return replace(view, spec=spec)


def _with_cells(view: ShownSlice, cells: int) -> ShownSlice:
    if cells not in SIDES:
        raise ValueError(f"there are: {', '.join(map(str, SIDES))}")
    return _with(view, cells=(cells, 1 if view.spec.line else cells))


def _with_point(view: ShownSlice, text: str) -> ShownSlice:
    numbers = tuple(_number(part) for part in text.split(","))
    if len(numbers) != (1 if view.spec.line else 2):
        raise ValueError("a point has one number for each axis")
    return replace(view, at=numbers)


def _window(text: str) -> tuple[tuple[float, float], ...]:
    numbers = [_number(part) for part in text.split(",")]
    if len(numbers) % 2:
        raise ValueError("a window is LOW,HIGH for each axis")
    return tuple(zip(numbers[::2], numbers[1::2]))


def _number(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text!r} is no finite number")
    return value


def _whole(text: str, low: int = 0) -> int:
    digits = text.removeprefix("-") if low < 0 else text
    if not digits.isascii() or not digits.isdecimal() or len(text) > 10 or int(text) < low:
        raise ValueError(f"not a whole number from {low} on")
    return int(text)


def _of(text: str, menu: tuple[str, ...]) -> str:
    if text not in menu:
        raise ValueError(f"there are: {', '.join(name for name in menu if name)}")
    return text
