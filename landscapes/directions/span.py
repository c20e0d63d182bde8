"""Planes and lines through parameter space: an origin, directions, and how they were made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True, eq=False)
class Span:
    """The points origin + c @ directions: origin `(dim,)`, directions `(axes, dim)`, both float64.

    Directions need be neither orthogonal nor of length one; `made` says in a sentence where they come from, `labels` name the
    axes. Coordinates c `(*n, axes)` count in lengths of the directions.
    """

    origin: np.ndarray
    directions: np.ndarray
    explained: np.ndarray = field(default_factory=lambda: np.zeros(0))
    made: str = ""
    labels: Sequence[str] = ("x", "y")

    def __post_init__(self) -> None:
        if self.directions.ndim != 2 or self.origin.shape != self.directions.shape[1:]:
            raise ValueError(f"directions {self.directions.shape} do not fit an origin {self.origin.shape}")
        if not np.isfinite(self.origin).all() or not np.isfinite(self.directions).all():
            raise ValueError("origin and directions must be finite")
        if not (self.lengths > 0).all():
            raise ValueError("a direction has length 0")

    @property
    def dim(self) -> int:
        return len(self.origin)

    @property
    def lengths(self) -> np.ndarray:
        """The directions' lengths, `(axes,)`."""
        return np.asarray(np.linalg.norm(self.directions, axis=1))

    def points(self, coordinates: Any) -> np.ndarray:
        """Coordinates `(*n, axes)` as points `(*n, dim)`."""
        return self.origin + np.asarray(coordinates, dtype=np.float64) @ self.directions

    def coordinates(self, points: np.ndarray) -> np.ndarray:
        """Of the orthogonal projections of `(*n, dim)` points, `(*n, axes)`."""
        along = (np.asarray(points, dtype=np.float64) - self.origin) @ self.directions.T
        gram = self.directions @ self.directions.T
        off = gram - np.eye(len(gram))
        return along if np.abs(off).max() < 1e-12 else np.asarray(np.linalg.solve(gram, along[..., None])[..., 0])

    def distance(self, points: np.ndarray) -> np.ndarray:
        """How far `(*n, dim)` points lie off it, `(*n,)`."""
        points = np.asarray(points, dtype=np.float64)
        return np.asarray(np.linalg.norm(points - self.points(self.coordinates(points)), axis=-1))

    def captured(self, points: np.ndarray) -> float:
        """The share of the variance of `(n, dim)` points that lies along the directions; NaN for points without variance."""
        away = np.asarray(points, dtype=np.float64)
        away = away - away.mean(axis=0)
        total = float(np.einsum("ij,ij->", away, away))
        basis = np.linalg.qr(self.directions.T)[0]
        return float(((away @ basis) ** 2).sum()) / total if total > 0 else float("nan")


@dataclass(frozen=True, eq=False)
class Plane(Span):
    """A span of two directions, `(2, dim)`.

    explained `(components,)`: for a principal plane the share of the points' variance that each component holds; the first two
    are the plane's. Else empty. Raises ValueError for directions that are parallel.
    """

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self.directions) != 2:
            raise ValueError(f"a plane has two directions, got {len(self.directions)}")
        if abs(self.cosine) > 1 - 1e-12:
            raise ValueError("the two directions are parallel: they span a line")

    @property
    def cosine(self) -> float:
        """Of the angle between the axes; 0 where they are orthogonal."""
        unit = self.directions / self.lengths[:, None]
        return float(unit[0] @ unit[1])

    @property
    def angle(self) -> float:
        """Between the axes, in degrees; a picture with square axes shows true angles only at 90."""
        return float(np.degrees(np.arccos(np.clip(self.cosine, -1, 1))))


@dataclass(frozen=True, eq=False)
class Line(Span):
    """A span of one direction, `(1, dim)`."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self.directions) != 1:
            raise ValueError(f"a line has one direction, got {len(self.directions)}")


def line_between(a: np.ndarray, b: np.ndarray, labels: Sequence[str] = ("t",)) -> Line:
    """The line with a at 0 and b at 1. Raises ValueError where they are the same point."""
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    apart = float(np.linalg.norm(b - a))
    return Line(a, (b - a)[None], made=f"the straight line between two points {apart:.4g} apart", labels=labels)


def line_along(origin: np.ndarray, direction: np.ndarray, made: str = "along a given direction") -> Line:
    """The line through a point along a direction; one unit of the axis is the direction's length."""
    return Line(np.asarray(origin, dtype=np.float64), np.asarray(direction, dtype=np.float64)[None], made=made, labels=("t",))
