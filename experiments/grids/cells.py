"""A slice's cells without the weights of its plane: what a page needs of a grid, small enough to send again and again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from experiments.frames import Arrays
from experiments.grids.grid import Grid


@dataclass(frozen=True, eq=False)
class Cells:
    """Complete cells, perhaps of a coarser map: x `(nx,)`, y `(ny,)` or None on a line, values `(ny, nx)` by quantity.

    made: how the directions were found; labels of the axes; lengths `(axes,)` of one unit of each; facts: the grid's own;
    chance: the loss of a network that knows nothing, None where that cannot be told.
    """

    x: np.ndarray
    y: np.ndarray | None
    values: Mapping[str, np.ndarray]
    made: str
    labels: tuple[str, ...]
    lengths: np.ndarray
    facts: Mapping[str, Any]
    chance: float | None

    @classmethod
    def of(cls, grid: Grid, chance: float | None) -> Cells:
        span = grid.span
        return cls(grid.x, grid.y, grid.values, span.made, tuple(span.labels), span.lengths, grid.facts, chance)

    @property
    def window(self) -> tuple[tuple[float, float], ...]:
        """The interval of each axis."""
        return tuple((float(axis[0]), float(axis[-1])) for axis in (self.x, self.y) if axis is not None)

    @property
    def shape(self) -> tuple[int, int]:
        return (1 if self.y is None else len(self.y)), len(self.x)

    def as_arrays(self) -> Arrays:
        about = {"made": self.made, "labels": self.labels, "facts": dict(self.facts), "chance": self.chance}
        arrays = {"x": self.x, "lengths": self.lengths, "about": np.frombuffer(json.dumps(about).encode(), np.uint8)}
        arrays |= {} if self.y is None else {"y": self.y}
        return arrays | {f"value/{name}": array for name, array in self.values.items()}

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> Cells:
        about = json.loads(arrays["about"].tobytes())
        values = {name.removeprefix("value/"): array for name, array in arrays.items() if name.startswith("value/")}
        labels = tuple(about["labels"])
        return cls(
            arrays["x"], arrays.get("y"), values, about["made"], labels, arrays["lengths"], about["facts"], about["chance"]
        )
