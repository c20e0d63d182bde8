"""What a sweep may vary: numbers of its experiment, each by a name, and how a cell's experiment gets its value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from math import isfinite
from typing import Any

import numpy as np

from experiments.spec import ALL_SURFACES, TYPED, Choice, Experiment, ExperimentError, surface_of
from landscapes import MODIFIERS
from landscapes.ranges import Range, Scale
from optimizers.wrappers.wrapper import hyperparameter_ranges

SURFACE, MODIFIER, START, SEED = "on.", "mod.", "start", "seed"
SEEDS = Range(0, 2**31 - 1, control=(0, 31), whole=True)


@dataclass(frozen=True)
class Axis:
    """One number of an experiment and the values it takes: `cells` of them from `low` to `high`, both included.

    `name` is that of a hyperparameter as an optimizer has it ("lr", "clip.norm"), "on.NAME" for a parameter of the surface,
    "mod.KEY.NAME" for one of a modifier ("mod.rotated.angle", "mod.rotated2.angle" for the second of a kind), "start0" or
    "start1" for a coordinate of the start, or "seed". Where `whole`, which a sweep sees to, values are rounded, so that
    neighbours may be equal.
    """

    name: str
    low: float
    high: float
    cells: int = 64
    scale: Scale = "linear"
    whole: bool = False

    def __post_init__(self) -> None:
        where = f"axis {self.name!r:.60}"
        for end in (self.low, self.high):
            if isinstance(end, bool) or not isinstance(end, (int, float)) or not isfinite(end):
                raise ExperimentError(f"{where} must go from one finite number to another, got {end!r:.40}")
        if type(self.cells) is not int or self.cells < 1:
            raise ExperimentError(f"{where} must have at least 1 cell, got {self.cells!r:.40}")
        if self.scale not in ("linear", "log"):
            raise ExperimentError(f"{where}: scale must be linear or log, got {self.scale!r:.40}")
        if self.scale == "log" and not self.low > 0:
            raise ExperimentError(f"{where}: a log scale begins above 0, got {self.low:g}")
        if not (self.low < self.high or (self.low == self.high and self.cells == 1)):
            raise ExperimentError(f"{where} must go upwards, got {self.low:g} to {self.high:g}")
        object.__setattr__(self, "low", float(self.low))
        object.__setattr__(self, "high", float(self.high))

    @cached_property
    def values(self) -> np.ndarray:
        """The value of each cell, `(cells,)`, ascending, both ends exact."""
        spaced = np.geomspace if self.scale == "log" else np.linspace
        values = np.asarray(spaced(self.low, self.high, self.cells), dtype=float)
        values[-1], values[0] = self.high, self.low
        return np.round(values) if self.whole else values

    def as_json(self) -> dict[str, Any]:
        return {"name": self.name, "low": self.low, "high": self.high, "cells": self.cells, "scale": self.scale}

    @classmethod
    def from_json(cls, data: Any, where: str) -> Axis:
        if not isinstance(data, Mapping) or set(data) - {"name", "low", "high", "cells", "scale"} or "name" not in data:
            raise ExperimentError(f"{where} must be an object with name, low, high, cells and scale, got {data!r:.80}")
        if not isinstance(data["name"], str):
            raise ExperimentError(f"{where}.name must be a word, got {data['name']!r:.40}")
        return cls(data["name"], data.get("low"), data.get("high"), data.get("cells", 64), data.get("scale", "linear"))  # type: ignore[arg-type]


def axes_of(experiment: Experiment) -> dict[str, Range]:
    """The name of every number that can be varied for all optimizers of the experiment at once, with its range.

    ExperimentError for an experiment on anything but a surface: a map of runs of a network would take hours.
    """
    if experiment.landscape.key not in ALL_SURFACES:
        raise ExperimentError(f"sweeps are of surfaces; {experiment.landscape.key} is none")
    each = [hyperparameter_ranges(experiment.optimizer(i)) for i in range(len(experiment.optimizers))]
    found = {name: allowed for name, allowed in each[0].items() if all(name in ranges for ranges in each[1:])}
    if experiment.landscape.key != TYPED:
        found |= {SURFACE + name: allowed for name, allowed in surface_of(experiment.landscape.key).ranges.items()}
    for place, prefix in enumerate(_numbered(experiment.modifiers)):
        ranges = MODIFIERS[experiment.modifiers[place].key].ranges
        found |= {f"{MODIFIER}{prefix}.{name}": allowed for name, allowed in ranges.items()}
    domain: Any = experiment.make_landscape().domain  # type: ignore[attr-defined]  # surfaces have one
    found |= {f"{START}{i}": Range(control=(float(low), float(high))) for i, (low, high) in enumerate(domain)}
    return found | {SEED: SEEDS}


def axis(experiment: Experiment, name: str, cells: int = 64) -> Axis:
    """The axis over the stretch that a control offers, on its scale. Raises ExperimentError for a name there is none of."""
    allowed = known(experiment, name)
    low, high = allowed.control
    return Axis(name, low, high, cells, allowed.scale)


def known(experiment: Experiment, name: str) -> Range:
    """The range of what an axis is named after. Raises ExperimentError, saying what can be varied."""
    allowed = axes_of(experiment)
    if name in allowed:
        return allowed[name]
    has = [name in hyperparameter_ranges(experiment.optimizer(i)) for i in range(len(experiment.optimizers))]
    if any(has):
        without = experiment.optimizers[has.index(False)].key
        raise ExperimentError(f"{without} has no {name!r}; vary another number, or sweep without {without}")
    raise ExperimentError(f"there is no {name!r:.60} to vary here; there are: {', '.join(allowed)}")


def with_value(experiment: Experiment, index: int, name: str, value: float) -> Experiment:
    """The experiment with the number that an axis names set for its optimizer `index`."""
    if name == SEED:
        return replace(experiment, seed=round(value))
    if name.startswith(SURFACE):
        return replace(experiment, landscape=experiment.landscape.with_parameters(**{name.removeprefix(SURFACE): value}))
    if name.startswith(MODIFIER):
        prefix, parameter = name.removeprefix(MODIFIER).split(".")
        place = _numbered(experiment.modifiers).index(prefix)
        return replace(experiment, modifiers=_changed(experiment.modifiers, place, parameter, value))
    if coordinate(name) is not None:
        start = experiment.make_landscape().start if experiment.start is None else experiment.start
        return replace(experiment, start=tuple(value if i == coordinate(name) else float(v) for i, v in enumerate(start)))
    choice = experiment.optimizers[index]
    prefix, _, parameter = name.rpartition(".")
    if prefix:
        place = _numbered(choice.wrappers).index(prefix)
        choice = replace(choice, wrappers=_changed(choice.wrappers, place, parameter, value))
    else:
        choice = choice.with_parameters(**{name: value})
    return replace(experiment, optimizers=(*experiment.optimizers[:index], choice, *experiment.optimizers[index + 1 :]))


def coordinate(name: str) -> int | None:
    """Which coordinate of the start an axis varies; None where it is another number."""
    number = name.removeprefix(START)
    return int(number) if name.startswith(START) and number.isdigit() else None


def _numbered(choices: tuple[Choice, ...]) -> list[str]:
    """The keys of choices, the second of a kind with a 2 behind it: as wrappers name the numbers of a nest."""
    keys = [choice.key for choice in choices]
    counts = [keys[: i + 1].count(key) for i, key in enumerate(keys)]
    return [key if count == 1 else f"{key}{count}" for key, count in zip(keys, counts)]


def _changed(choices: tuple[Choice, ...], place: int, parameter: str, value: float) -> tuple[Choice, ...]:
    changed = choices[place].with_parameters(**{parameter: value})
    return (*choices[:place], changed, *choices[place + 1 :])
