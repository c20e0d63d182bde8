"""A slice as the landscape of an experiment: words and numbers that stand for a `SliceSpec` of its training.

`directions` is the way to choose the plane, with that way's options beside it; `optimizer`, `place`, `axes`, `samples` and
`statistics` are the specification's fields; `towards`, `window` and `cells` are its numbers with commas between them, the
window as low, high, low, high. Without `directions` a slice is the joint plane that the training itself left.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from typing import Any

from experiments.grids.spec import SliceSpec
from experiments.spec import SLICE, Choice, Experiment, ExperimentError
from landscapes.directions import DIRECTIONS

KINDS = tuple(key for key in DIRECTIONS if key != "given")  # of given directions no name or number tells which they are
PLANE_CELLS, LINE_CELLS = (51, 51), (201, 1)
PLAIN = ("optimizer", "place", "axes", "samples", "statistics")


def options_of(key: str) -> Mapping[str, Any]:
    """The options of a way to choose a plane, with their defaults."""
    return {field.name: field.default for field in fields(DIRECTIONS[key])}


def examples(choice: Choice) -> Mapping[str, Any]:
    """A value of its kind for every parameter that a slice may have, beside those that this one has."""
    options = {name: value for key in KINDS for name, value in options_of(key).items()}
    own = {
        "directions": "",
        "optimizer": 0,
        "place": "",
        "axes": "",
        "towards": "",
        "window": "",
        "cells": "",
        "statistics": "",
    }
    return {"samples": 1, **own, **options, **choice.parameters}


def spec_of(choice: Choice, training: Experiment) -> SliceSpec | None:
    """The specification that a landscape's parameters stand for; None for the training's own joint plane.

    Raises ExperimentError for parameters that stand for none.
    """
    given = dict(choice.parameters)
    if "directions" not in given:
        return None
    key = given.pop("directions")
    if key not in KINDS:
        raise ExperimentError(f"landscape: directions must be one of: {', '.join(KINDS)}; got {key!r:.40}")
    defaults = options_of(key)
    own = {name: _like(defaults[name], given.pop(name)) for name in list(given) if name in defaults}
    made: dict[str, Any] = {name: _like(0, given.pop(name)) for name in PLAIN if name in given}
    made["cells"] = PLANE_CELLS if made.get("axes", "both") == "both" else LINE_CELLS
    readers: Mapping[str, Callable[[str], Any]] = {"towards": _wholes, "window": _intervals, "cells": _wholes}
    made |= {name: _read(name, read, given.pop(name)) for name, read in readers.items() if name in given}
    if given:
        known = ", ".join([*defaults, *PLAIN, *readers])
        raise ExperimentError(f"landscape: a slice along {key} has no {next(iter(given))!r}; it has: {known}")
    try:
        return SliceSpec(training, directions=Choice(key, {**defaults, **own}), **made)
    except ExperimentError as error:
        raise ExperimentError(f"landscape: {error}") from None


def choice_of(spec: SliceSpec) -> Choice:
    """The landscape that a specification is; quantities, which are of maps, are left out. Equal slices give equal choices.

    Raises ExperimentError for given directions.
    """
    key, plain = spec.directions.key, SliceSpec(spec.training)
    if key not in KINDS:
        raise ExperimentError("directions that were given as arrays cannot be told by a name")
    kind = spec.kind()
    parameters = {"directions": key, **{name: getattr(kind, name) for name in options_of(key)}}
    parameters |= {"optimizer": spec.optimizer, "place": spec.place}
    parameters |= {name: getattr(spec, name) for name in PLAIN if getattr(spec, name) != getattr(plain, name)}
    if spec.towards and key != "through":
        raise ExperimentError(f"towards is for planes through points; {key} is none")
    if spec.towards not in ((), replace(spec, towards=()).points):
        parameters["towards"] = ",".join(map(str, spec.towards))
    if spec.window is not None:
        parameters["window"] = ",".join(repr(end) for pair in spec.window for end in pair)
    if spec.cells != (LINE_CELLS if spec.line else PLANE_CELLS):
        parameters["cells"] = ",".join(map(str, spec.cells))
    return Choice(SLICE, parameters)


def race_in(race: Experiment, spec: SliceSpec) -> Experiment:
    """A race moved into a slice, from the slice's own start."""
    return replace(race, landscape=choice_of(spec), training=spec.training, start=None)


def _like(default: Any, value: Any) -> Any:
    """A whole number that came as a float, as what it is."""
    return int(value) if isinstance(default, int) and isinstance(value, float) and value.is_integer() else value


def _read(name: str, read: Callable[[str], Any], text: Any) -> Any:
    try:
        return read(str(text))
    except ValueError:
        raise ExperimentError(f"landscape: {name} must be numbers with commas between them, got {text!r:.60}") from None


def _wholes(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(","))


def _intervals(text: str) -> tuple[tuple[float, ...], ...]:
    ends = [float(part) for part in text.split(",")]
    return tuple(tuple(ends[i : i + 2]) for i in range(0, len(ends), 2))
