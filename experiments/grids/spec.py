"""A map of a slice through a trained network, as frozen data: names and numbers. It is JSON, and its key names the result."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from hashlib import sha256
from typing import Any

from experiments.spec import Choice, Experiment, ExperimentError
from landscapes import NETWORKS
from landscapes.directions import DIRECTIONS
from landscapes.grids import QUANTITIES
from landscapes.ranges import check_names, options_of, ranges_of

VERSION = 1
PLACES = ("end", "start")
AXES = ("both", "first", "second")  # the plane, or the line along one of its axes
START = -1  # where `towards` goes to, beside optimizers' ends
STATISTICS = ("frozen", "recomputed")
MOST_CELLS = 501
Interval = tuple[float, float]


@dataclass(frozen=True)
class SliceSpec:
    """Where, along what, and what: a plane or line through the weights of one optimizer of a finished training, and its cells.

    place: that optimizer's "end", or the "start" of all. directions: an entry of DIRECTIONS with its options; "principal" is of
    all paths, "gradient" takes the path's last recorded step as momentum, "through" goes `towards` one or two other optimizers'
    ends or the START, by default the ends of the next ones. axes: "both" are the plane, "first" or "second" the line along one;
    the first axis "through" is the line from the place at 0 to the other point at 1. window: an interval for each axis, in
    lengths of the directions; None is automatic. cells: along x and y, of a line (n, 1). samples: of the training samples,
    chosen once; None is all. statistics: of BatchNorm, "frozen" at those of the place, or "recomputed" at every cell. Raises
    ExperimentError, naming the field that is wrong.
    """

    training: Experiment
    optimizer: int = 0
    place: str = "end"
    directions: Choice = field(default_factory=lambda: Choice("random"))
    window: tuple[Interval, ...] | None = None
    cells: tuple[int, int] = (51, 51)
    quantities: tuple[str, ...] = ("loss",)
    samples: int | None = None
    statistics: str = "frozen"
    axes: str = "both"
    towards: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if self.training.landscape.key not in NETWORKS:
            raise ExperimentError(f"training must be of a network, one of: {', '.join(NETWORKS)}")
        _whole("optimizer", self.optimizer, 0, len(self.training.optimizers) - 1)
        _one_of("place", self.place, PLACES)
        _one_of("statistics", self.statistics, STATISTICS)
        _one_of("axes", self.axes, AXES)
        self._check_towards()
        if len(self.cells) != 2:
            raise ExperimentError(f"cells must be two numbers, got {self.cells!r:.60}")
        for cells in self.cells:
            _whole("cells", cells, 1, MOST_CELLS)
        if self.line and self.cells[1] != 1:
            raise ExperimentError(f"cells of a line must be (n, 1), got {self.cells!r:.60}")
        if self.samples is not None:
            _whole("samples", self.samples, 1, 10**9)
        if not self.quantities or len(set(self.quantities)) < len(self.quantities):
            raise ExperimentError("quantities must be one or more, each once")
        for name in self.quantities:
            _one_of("quantities", name, tuple(QUANTITIES))
        if self.window is not None and not (
            len(self.window) == (1 if self.line else 2)
            and all(len(pair) == 2 and all(type(v) is float and abs(v) < 1e300 for v in pair) for pair in self.window)
            and all(low < high for low, high in self.window)
        ):
            count = "one interval" if self.line else "two intervals"
            raise ExperimentError(f"window must be {count} of finite numbers, low before high; got {self.window!r:.80}")
        self.kind()

    @property
    def line(self) -> bool:
        """Whether it is along one axis only."""
        return self.axes != "both"

    @property
    def points(self) -> tuple[int, ...]:
        """Where "through" goes: where it says, else to the first other optimizers' ends, and without any to the start."""
        others = (j for j in range(len(self.training.optimizers)) if j != self.optimizer or self.place == "start")
        return self.towards or tuple(others)[: 1 if self.line else 2] or (START,)

    def _check_towards(self) -> None:
        for index in self.towards:
            _whole("towards", index, START, len(self.training.optimizers) - 1)
        here = START if self.place == "start" else self.optimizer
        if len(self.towards) > 2 or len({*self.towards, here}) <= len(self.towards):
            raise ExperimentError(f"towards must be up to two points, each once and none the place, got {self.towards!r:.60}")

    def kind(self) -> Any:
        """The way to choose the plane. Raises ExperimentError for an unknown one, or options that it does not have."""
        key, options = self.directions.key, dict(self.directions.parameters)
        _one_of("directions", key, tuple(DIRECTIONS))
        known = DIRECTIONS[key]
        try:
            check_names(key, options, {**ranges_of(known), **options_of(known)})
            return known(**options)
        except (TypeError, ValueError) as error:
            raise ExperimentError(f"directions: {error}") from None

    def as_json(self) -> dict[str, Any]:
        """Plain data; equal specifications have equal JSON."""
        return {
            "version": VERSION,
            "training": self.training.as_json(),
            "optimizer": self.optimizer,
            "place": self.place,
            "directions": self.directions.as_json(),
            "window": None if self.window is None else [list(pair) for pair in self.window],
            "cells": list(self.cells),
            "quantities": list(self.quantities),
            "samples": self.samples,
            "statistics": self.statistics,
            **({"axes": self.axes} if self.line else {}),
            **({"towards": list(self.towards)} if self.towards else {}),
        }

    @classmethod
    def from_json(cls, data: Any) -> SliceSpec:
        """What `as_json` gave. Raises ExperimentError naming the field that is wrong."""
        if not isinstance(data, Mapping):
            raise ExperimentError(f"a slice is an object, got {type(data).__name__}")
        known = {"version", *(f.name for f in fields(cls))}
        if unknown := sorted(set(data) - known):
            raise ExperimentError(f"unknown field {unknown[0]!r}; there are: {', '.join(sorted(known))}")
        if data.get("version") != VERSION:
            raise ExperimentError(f"version must be {VERSION}, got {data.get('version')!r:.40}")
        given = {name: data[name] for name in ("optimizer", "place", "samples", "statistics", "axes") if name in data}
        for name in ("cells", "quantities", "towards"):
            if name in data:
                if not isinstance(data[name], list):
                    raise ExperimentError(f"{name} must be a list")
                given[name] = tuple(data[name])
        if data.get("window") is not None:
            given["window"] = _window(data["window"])
        if "directions" in data:
            given["directions"] = Choice.from_json(data["directions"], "directions")
        return cls(Experiment.from_json(data.get("training")), **given)

    @cached_property
    def key(self) -> str:
        """A name for exactly this slice: 16 hexadecimal digits of its content's SHA-256."""
        return sha256(json.dumps(self.as_json(), sort_keys=True).encode()).hexdigest()[:16]


def _whole(name: str, value: Any, low: int, high: int) -> None:
    if type(value) is not int or not low <= value <= high:
        raise ExperimentError(f"{name} must be a whole number in [{low}, {high}], got {value!r:.40}")


def _one_of(name: str, value: Any, allowed: tuple[str, ...]) -> None:
    if not isinstance(value, str) or value not in allowed:
        raise ExperimentError(f"{name} must be one of: {', '.join(allowed)}; got {value!r:.40}")


def _window(data: Any) -> Any:
    pairs = isinstance(data, list) and all(isinstance(pair, list) for pair in data)
    if not pairs or not all(type(v) in (int, float) for pair in data for v in pair):
        raise ExperimentError(f"window must be pairs of numbers or null, got {data!r:.80}")
    return tuple(tuple(float(v) for v in pair) for pair in data)
