"""A grid: quantities over the cells of a plane or a line, some of them perhaps still to come."""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import IO, Any

import numpy as np

from landscapes.directions import Line, Plane, Span
from landscapes.grids import QUANTITIES

FORMAT = 1
FEWEST = 12  # cells along an axis of the coarsest map
FACTS = ("landscape", "quantities", "samples", "of", "precision", "statistics")


@dataclass(frozen=True, eq=False)
class Grid:
    """Cells at every (x, y) of a span: rows along y `(ny,)`, columns along x `(nx,)`; of a line one row, and y is None.

    values: arrays `(ny, nx)` float64 by quantity; done `(ny, nx)`: which cells have been computed. A cell that is not done is
    NaN; one that is done may be NaN or infinite, if that is what the landscape has there. facts: what it is of, plain data.
    """

    span: Span
    x: np.ndarray
    y: np.ndarray | None
    values: Mapping[str, np.ndarray]
    done: np.ndarray
    facts: Mapping[str, Any]

    @property
    def shape(self) -> tuple[int, int]:
        return (1 if self.y is None else len(self.y)), len(self.x)

    @property
    def quantities(self) -> tuple[str, ...]:
        return tuple(self.values)

    @property
    def complete(self) -> bool:
        return bool(self.done.all())

    @property
    def share(self) -> float:
        """Of the cells that are done."""
        return float(self.done.mean())

    @cached_property
    def coordinates(self) -> np.ndarray:
        """Of every cell, `(ny, nx, axes)`."""
        if self.y is None:
            return np.asarray(self.x, dtype=np.float64)[None, :, None]
        return np.stack(np.meshgrid(self.x, self.y), axis=-1)

    @property
    def strides(self) -> tuple[int, ...]:
        """Powers of two from coarse to 1; the coarsest leaves at least FEWEST cells along every axis, or is 1."""
        smallest = min(n for n in self.shape if n > 1) if max(self.shape) > 1 else 1
        strides = [1]
        while (smallest - 1) // (2 * strides[-1]) + 1 >= FEWEST:
            strides.append(2 * strides[-1])
        return tuple(reversed(strides))

    def at_stride(self, stride: int) -> tuple[np.ndarray, np.ndarray]:
        """Rows and columns of the map that shows every stride-th cell and the last one, so that it reaches every edge."""
        rows, columns = (np.unique(np.append(np.arange(0, n, stride), n - 1)) for n in self.shape)
        return rows, columns

    def coarse(self) -> Grid:
        """The finest map of those strides whose cells are all done; this grid itself if none is."""
        for stride in reversed(self.strides):
            rows, columns = self.at_stride(stride)
            if self.done[np.ix_(rows, columns)].all():
                return self._cut(rows, columns)
        return self

    def _cut(self, rows: np.ndarray, columns: np.ndarray) -> Grid:
        kept = {name: array[np.ix_(rows, columns)] for name, array in self.values.items()}
        y = None if self.y is None else self.y[rows]
        return replace(self, x=self.x[columns], y=y, values=kept, done=self.done[np.ix_(rows, columns)])

    def with_cells(self, rows: np.ndarray, columns: np.ndarray, found: Mapping[str, np.ndarray]) -> Grid:
        """The grid with some more cells done."""
        values = {name: array.copy() for name, array in self.values.items()}
        done = self.done.copy()
        for name, array in values.items():
            array[rows, columns] = found[name]
        done[rows, columns] = True
        return replace(self, values=values, done=done)

    def with_cells_of(self, other: Grid) -> Grid:
        """The grid with the cells that it shares with another one on the same span, of the same facts. ValueError otherwise."""
        spans = ((self.span.origin, other.span.origin), (self.span.directions, other.span.directions))
        if any(a.shape != b.shape or not np.array_equal(a, b) for a, b in spans) or dict(self.facts) != dict(other.facts):
            raise ValueError("only cells of the same span of the same landscape can be taken over")
        rows, their_rows = _shared(self.y, other.y)
        columns, their_columns = _shared(self.x, other.x)
        done = other.done[np.ix_(their_rows, their_columns)]
        grid_rows, grid_columns = np.meshgrid(rows, columns, indexing="ij")
        found = {name: other.values[name][np.ix_(their_rows, their_columns)][done] for name in self.values}
        return self.with_cells(grid_rows[done], grid_columns[done], found)

    def save(self, file: IO[bytes]) -> None:
        """Write all of it."""
        span = self.span
        about = {"made": span.made, "labels": list(span.labels), "facts": dict(self.facts), "quantities": list(self.values)}
        arrays = {
            "origin": span.origin,
            "directions": span.directions,
            "explained": span.explained,
            "x": self.x,
            "done": self.done,
        }
        arrays |= {f"value_{name}": array for name, array in self.values.items()}
        arrays |= {} if self.y is None else {"y": self.y}
        np.savez_compressed(file, allow_pickle=False, format=FORMAT, about=json.dumps(about), **arrays)

    @classmethod
    def load(cls, file: IO[bytes]) -> Grid:
        """Read what `save` wrote. Raises ValueError for anything else."""
        try:
            with np.load(file, allow_pickle=False) as data:
                if int(data["format"]) != FORMAT:
                    raise ValueError(f"it is of format {int(data['format'])}, this version reads {FORMAT}")
                about = json.loads(str(data["about"]))
                kind = Plane if len(data["directions"]) == 2 else Line
                span = kind(data["origin"], data["directions"], data["explained"], about["made"], tuple(about["labels"]))
                values = {name: data[f"value_{name}"] for name in about["quantities"]}
                y = data["y"] if "y" in data.files else None
                return cls(span, data["x"], y, values, data["done"], about["facts"])
        except (KeyError, OSError, EOFError, TypeError, ValueError, zipfile.BadZipFile, zlib.error) as error:
            raise ValueError(f"this is not a grid that can be read: {error}") from error


def blank(
    span: Span, x: Any, y: Any = None, quantities: Sequence[str] = ("loss",), facts: Mapping[str, Any] | None = None
) -> Grid:
    """A grid with nothing done. Raises ValueError for axes that are not rising finite numbers, or do not fit the span."""
    axes = [np.asarray(axis, dtype=np.float64) for axis in (x, y) if axis is not None]
    for axis in axes:
        if axis.ndim != 1 or not len(axis) or not np.isfinite(axis).all() or (np.diff(axis) <= 0).any():
            raise ValueError("an axis is finite numbers, each larger than the one before")
    if len(axes) != len(span.directions):
        raise ValueError(f"{len(span.directions)} directions need as many axes, got {len(axes)}")
    unknown = [name for name in quantities if name not in QUANTITIES]
    if unknown:
        raise ValueError(f"no quantity {unknown[0]!r}; there are: {', '.join(QUANTITIES)}")
    shape = (1 if y is None else len(axes[1])), len(axes[0])
    values = {name: np.full(shape, np.nan) for name in quantities}
    return Grid(span, axes[0], None if y is None else axes[1], values, np.zeros(shape, bool), dict(facts or {}))


def _shared(ours: np.ndarray | None, theirs: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """Indices of the coordinates that two axes share, to a millionth of our step."""
    if ours is None or theirs is None:
        return np.zeros(1, np.intp), np.zeros(1, np.intp)
    step = float(np.diff(ours).min()) if len(ours) > 1 else 1.0
    nearest = np.abs(ours[:, None] - theirs[None]).argmin(axis=1)
    same = np.abs(ours - theirs[nearest]) <= 1e-6 * step
    return np.flatnonzero(same), nearest[same]
