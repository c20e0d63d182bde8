"""Directions and planes through parameter space."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class Plane:
    """origin `(dim,)` and two orthonormal directions `(2, dim)`, float64.

    explained `(components,)`: the share of the points' variance that each principal component holds; the first two are the
    plane's.
    """

    origin: np.ndarray
    directions: np.ndarray
    explained: np.ndarray

    def coordinates(self, points: np.ndarray) -> np.ndarray:
        """The orthogonal projections of `(*n, dim)` points, `(*n, 2)`."""
        return (np.asarray(points, dtype=np.float64) - self.origin) @ self.directions.T

    def distance(self, points: np.ndarray) -> np.ndarray:
        """How far `(*n, dim)` points lie off the plane, `(*n,)`."""
        away = np.asarray(points, dtype=np.float64) - self.origin
        return np.linalg.norm(away - (away @ self.directions.T) @ self.directions, axis=-1)


def principal_plane(points: np.ndarray, components: int = 10) -> Plane:
    """The plane that loses least of `(n, dim)` points in the mean square: through their mean, along their principal axes.

    From the eigenpairs of the smaller of the two Gram matrices, in float64. A direction's sign makes its largest component
    positive. Points without a second (or first) extent get an arbitrary orthogonal axis.
    """
    points = np.asarray(points, dtype=np.float64)
    origin = points.mean(axis=0)
    away = points - origin
    count, dim = away.shape
    if dim < 2:
        raise ValueError(f"a plane needs at least two parameters, got {dim}")
    small = away @ away.T if count < dim else away.T @ away
    values, vectors = np.linalg.eigh(small)
    values, vectors = np.maximum(values[::-1], 0), vectors[:, ::-1]
    total = float(np.einsum("ij,ij->", away, away))
    explained = np.zeros(components)
    kept = min(components, len(values))
    if total > 0:
        explained[:kept] = values[:kept] / total
    spread = [vectors[:, i] @ away if count < dim else vectors[:, i] for i in range(min(2, len(values)))]
    return Plane(origin, _orthonormal(spread, dim), explained)


def _orthonormal(vectors: list[np.ndarray], dim: int) -> np.ndarray:
    """Two orthonormal directions from at most two vectors, completed by unit vectors where those have no length."""
    found: list[np.ndarray] = []
    for candidate in [*vectors, *np.eye(min(dim, 3), dim)]:
        rest = candidate
        for _ in range(2):  # once leaves rounding of the size of what was taken away
            for direction in found:
                rest = rest - (rest @ direction) * direction
        length = float(np.linalg.norm(rest))
        if length > 1e-6 * max(float(np.linalg.norm(candidate)), 1e-30) and len(found) < 2:
            unit = rest / length
            found.append(unit * np.sign(unit[np.argmax(np.abs(unit))]))
    return np.stack(found)
