"""What a sweep finds: arrays over its cells, and what is read from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import IntEnum
from typing import Any, NamedTuple

import numpy as np

from experiments.sweeps.sweep import Sweep
from landscapes.ranges import Scale


class Fate(IntEnum):
    """How a run ended; see `experiments.sweeps.fate` for what decides."""

    CONVERGED = 0
    STUCK = 1
    CYCLING = 2
    DIVERGED = 3
    UNDERWAY = 4


class Quantity(NamedTuple):
    """A number of every cell that a map can be coloured by: its words, and the scale that shows it."""

    title: str
    scale: Scale
    description: str


QUANTITIES: Mapping[str, Quantity] = {
    "steps": Quantity(
        "Steps to tolerance", "log", "the first step within the tolerance of the nearest minimum's loss; -1: never"
    ),
    "final": Quantity(
        "Final loss", "log", "the loss where the budget ends; infinite or NaN where the run diverged beyond any number"
    ),
    "best": Quantity("Best loss", "log", "the smallest loss of the run"),
    "distance": Quantity(
        "Distance to the minimum", "log", "from the run's end to the nearest known minimum; NaN where none is known"
    ),
    "oscillation": Quantity("Oscillation", "linear", "the share of steps that go back: at more than 90° to the step before"),
    "fate": Quantity("Fate", "linear", "converged, stuck, cycling, diverged, or still under way"),
    "minimum": Quantity("Minimum reached", "linear", "which of the known minima, counted from 0; -1: none"),
}


@dataclass(frozen=True, eq=False)
class SweepResult:
    """A sweep's cells, or every `stride`-th of each axis while it is computed; the last result has stride 1.

    All arrays are `(optimizers, rows, columns)`, rows along y and columns along x: `fate` uint8, a `Fate`; `steps` int32, -1
    for never; `final`, `best`, `distance` and `oscillation` float64; `minimum` int8, -1 for none. See QUANTITIES.
    """

    sweep: Sweep
    stride: int
    fate: np.ndarray
    steps: np.ndarray
    final: np.ndarray
    best: np.ndarray
    distance: np.ndarray
    oscillation: np.ndarray
    minimum: np.ndarray

    @property
    def complete(self) -> bool:
        return self.stride == 1

    @property
    def x(self) -> np.ndarray:
        """The values of the columns."""
        return self.sweep.x.values[:: self.stride]

    @property
    def y(self) -> np.ndarray | None:
        """The values of the rows; None where only x is varied."""
        return None if self.sweep.y is None else self.sweep.y.values[:: self.stride]

    def best_cell(self, index: int) -> tuple[int, int] | None:
        """Row and column, on the whole sweep, of an optimizer's best run: fewest steps to the tolerance, of equal ones the
        smallest final loss; where none reached it, the smallest final loss. None where every run diverged beyond any number."""
        steps, final = self.steps[index].ravel(), self.final[index].ravel()
        final = np.where(np.isnan(final), np.inf, final)
        count = np.where(steps < 0, np.iinfo(np.int32).max, steps)
        first = int(np.lexsort((final, count))[0])
        if steps[first] < 0 and not np.isfinite(final[first]):
            return None
        row, column = divmod(first, self.steps.shape[2])
        return row * self.stride, column * self.stride

    def shares(self, index: int) -> dict[str, float]:
        """The part of an optimizer's cells with each fate, by its name; of those, `minimum k` for each minimum reached."""
        fates = {fate.name.lower(): float(np.mean(self.fate[index] == fate)) for fate in Fate}
        reached = {f"minimum {k}": float(np.mean(self.minimum[index] == k)) for k in range(int(self.minimum[index].max()) + 1)}
        return {**fates, **reached}

    def band(self, quantity: str, quantiles: tuple[float, ...] = (0.1, 0.5, 0.9)) -> np.ndarray:
        """Quantiles over the rows, that is over the seeds of a line sweep: `(optimizers, quantiles, columns)`.

        A run that left every number behind, or never arrived, counts as infinite.
        """
        values = np.asarray(getattr(self, quantity), dtype=float)
        values = np.where(np.isnan(values) | ((values < 0) & (quantity == "steps")), np.inf, values)
        # Of the values themselves: between a number and infinity there is nothing to interpolate.
        return np.moveaxis(np.quantile(values, quantiles, axis=1, method="inverted_cdf"), 0, 1)

    def as_arrays(self) -> dict[str, np.ndarray]:
        """The arrays by name, to cross a process boundary."""
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name not in ("sweep", "stride")}

    @classmethod
    def from_arrays(cls, sweep: Sweep, stride: int, arrays: Mapping[str, Any]) -> SweepResult:
        return cls(sweep, stride, **{name: arrays[name] for name in QUANTITIES})
