"""The plane that holds most of given points."""

from __future__ import annotations

import numpy as np

from landscapes.directions.span import Plane


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
    made = f"the two principal axes of {count} points"
    return Plane(origin, orthonormal(spread, dim), explained, made, ("PC 1", "PC 2"))


def orthonormal(vectors: list[np.ndarray], dim: int) -> np.ndarray:
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
