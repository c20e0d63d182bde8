"""The sweep: an experiment with one or two of its numbers varied, as frozen data and JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import sha256
from math import inf, isqrt
from typing import Any

from experiments.spec import Experiment, ExperimentError
from experiments.sweeps.axis import SEED, SEEDS, Axis, coordinate, known, with_value
from optimizers.optimizer import HESSIAN, HVP

VERSION = 1
MOST_CELLS, MOST_STARTS = 256, 512  # along an axis; where both are coordinates of the start
MOST_ALL_CELLS = 2**20  # of all optimizers together: 41 MB of answers
MOST_WORK = 4e8  # steps of all runs together, 3 to 10 seconds
CURVED = 16  # how many of them a step counts for that asks for curvature, whose linear algebra takes so much longer
AT_ONCE = 5e6  # of which nobody needs a coarser map first: 50 ms


@dataclass(frozen=True)
class Sweep:
    """Runs of every optimizer of `experiment`, one for each value of `x` and, where there is one, of `y`.

    `tolerance` is how far above a minimum's loss a run has converged to it. Maps are `(optimizers, rows, columns)`, rows along
    y and columns along x; without y there is one row.
    Raises ExperimentError for axes that the experiment does not have, values that cannot be run, and sizes that do not fit.
    """

    experiment: Experiment
    x: Axis
    y: Axis | None = None
    tolerance: float = 1e-6

    def __post_init__(self) -> None:
        if isinstance(self.tolerance, bool) or not isinstance(self.tolerance, (int, float)) or not 0 < self.tolerance < inf:
            raise ExperimentError(f"tolerance must be a number above 0, got {self.tolerance!r:.40}")
        object.__setattr__(self, "tolerance", float(self.tolerance))
        if self.y is not None and self.y.name == self.x.name:
            raise ExperimentError(f"the two axes must vary different numbers, both are {self.x.name!r:.60}")
        for field in ("x", "y"):
            if (axis := getattr(self, field)) is None:
                continue
            allowed = known(self.experiment, axis.name)
            for end in (axis.low, axis.high):
                try:
                    allowed.check(axis.name, float(round(end)) if allowed.whole else end)
                except ValueError as error:
                    raise ExperimentError(f"axis {field}: {error}") from None
            object.__setattr__(self, field, replace(axis, whole=allowed.whole))
        self._refuse_what_does_not_fit()
        for index in range(len(self.experiment.optimizers)):  # what wrappers refuse together, at the four corners
            for row in {0, self.rows - 1}:
                for column in {0, self.columns - 1}:
                    cell(self, index, row, column).optimizer(0)

    def _refuse_what_does_not_fit(self) -> None:
        starts = self.y is not None and None not in (coordinate(self.x.name), coordinate(self.y.name))
        most, what = (MOST_STARTS, "starts") if starts else (MOST_CELLS, "cells")
        count, steps = len(self.experiment.optimizers), self.experiment.steps
        asked = " x ".join(str(axis.cells) for axis in self.axes)

        def sentence(why: str, fits: int) -> str:
            return f"{asked} {what} do not fit: {why}; {' x '.join([str(max(fits, 1))] * len(self.axes))} would"

        def side(cells: float) -> int:
            """The longest side with so many cells in all that is no longer than allowed."""
            return min(most, isqrt(int(cells)) if len(self.axes) == 2 else int(cells))

        together = f"{count} optimizer{'s' * (count > 1)}"
        if any(axis.cells > most for axis in self.axes):
            raise ExperimentError(sentence(f"an axis has {most} at most", most))
        if count * self.cells > MOST_ALL_CELLS:
            raise ExperimentError(sentence(f"{together} have {MOST_ALL_CELLS:,} at most", side(MOST_ALL_CELLS / count)))
        if self.weight * self.cells * steps > MOST_WORK:
            work = f"{self.weight * self.cells * steps:,} steps of runs, {MOST_WORK:,.0f} at most"
            counted = f" (each {CURVED} times, where it asks for curvature)" if self.weight > count else ""
            why = f"with {steps:,} steps of {together} that is {work}{counted}"
            raise ExperimentError(sentence(why, side(MOST_WORK / self.weight / steps)))

    @property
    def axes(self) -> tuple[Axis, ...]:
        return (self.x,) if self.y is None else (self.x, self.y)

    @property
    def columns(self) -> int:
        return self.x.cells

    @property
    def rows(self) -> int:
        return 1 if self.y is None else self.y.cells

    @property
    def cells(self) -> int:
        """Of one optimizer."""
        return self.rows * self.columns

    @cached_property
    def weight(self) -> int:
        """What one step of a run of every optimizer counts for."""
        needs = [self.experiment.optimizer(i).needs for i in range(len(self.experiment.optimizers))]
        return sum(CURVED if need & (HESSIAN | HVP) else 1 for need in needs)

    @property
    def strides(self) -> tuple[int, ...]:
        """From coarse to fine: every so-manieth cell of each axis; the last one is 1, and each divides the one before."""
        first = 1
        if self.weight * self.cells * self.experiment.steps <= AT_ONCE:
            return (1,)
        while min(self.columns, self.rows if self.rows > 1 else self.columns) // (2 * first) >= COARSEST:
            first *= 2
        return tuple(first >> i for i in range(first.bit_length()))

    def solo(self, index: int) -> Sweep:
        """The same sweep of one of its optimizers."""
        return replace(self, experiment=self.experiment.solo(index))

    def as_json(self) -> dict[str, Any]:
        """Plain data; equal sweeps have equal JSON."""
        axes = {"x": self.x.as_json(), "y": None if self.y is None else self.y.as_json()}
        return {"version": VERSION, "experiment": self.experiment.as_json(), **axes, "tolerance": self.tolerance}

    @classmethod
    def from_json(cls, data: Any) -> Sweep:
        """The sweep that `as_json` gave. Raises ExperimentError naming the field that is wrong."""
        if not isinstance(data, Mapping):
            raise ExperimentError(f"a sweep is an object, got {type(data).__name__}")
        unknown = sorted(set(data) - {"version", "experiment", "x", "y", "tolerance"})
        if unknown:
            raise ExperimentError(f"unknown field {unknown[0]!r:.40}; there are: experiment, tolerance, version, x, y")
        if data.get("version") != VERSION:
            raise ExperimentError(f"version must be {VERSION}, got {data.get('version')!r:.40}")
        return cls(
            Experiment.from_json(data.get("experiment")),
            Axis.from_json(data.get("x"), "x"),
            None if data.get("y") is None else Axis.from_json(data["y"], "y"),
            data.get("tolerance", 1e-6),
        )

    @cached_property
    def key(self) -> str:
        """A name for exactly this sweep: 16 hexadecimal digits of its content's SHA-256."""
        return sha256(json.dumps(self.as_json(), sort_keys=True).encode()).hexdigest()[:16]


COARSEST = 16  # cells along an axis of the first map that is shown


def cell(sweep: Sweep, index: int, row: int, column: int) -> Experiment:
    """The experiment that a cell of optimizer `index` stands for: its single run is `execute(...)[0]`, to be raced."""
    experiment = with_value(sweep.experiment.solo(index), 0, sweep.x.name, float(sweep.x.values[column]))
    return experiment if sweep.y is None else with_value(experiment, 0, sweep.y.name, float(sweep.y.values[row]))


def basin_map(experiment: Experiment, cells: int = 256, domain: Any = None, tolerance: float = 1e-6) -> Sweep:
    """The sweep over starts on a surface: `cells` along each coordinate of its domain, or of another one, ((x0, x1), ...)."""
    if domain is None:
        domain = experiment.make_landscape().domain  # type: ignore[attr-defined]  # surfaces have one
    axes = [Axis(f"start{i}", low, high, cells) for i, (low, high) in enumerate(domain)]
    return Sweep(experiment, axes[0], axes[1] if len(axes) > 1 else None, tolerance)


def line_sweep(experiment: Experiment, x: Axis, seeds: int = 1, tolerance: float = 1e-6) -> Sweep:
    """One number varied for all optimizers, with `seeds` seeds from the experiment's own on: one row for each."""
    if not 1 <= seeds <= SEEDS.high - experiment.seed:
        raise ExperimentError(f"there must be at least 1 seed, got {seeds!r:.40}")
    return Sweep(experiment, x, Axis(SEED, experiment.seed, experiment.seed + seeds - 1, seeds), tolerance)


__all__ = ["Sweep", "basin_map", "cell", "line_sweep"]
