"""A whole run's error, direction by direction: what bounces in one and crawls in another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from experiments.loop import as_numpy
from experiments.trajectory import Trajectory
from landscapes.arrays import eigh


@dataclass(frozen=True, eq=False)
class Modes:
    """A run's error along the eigenvectors of the Hessian at the minimum that is nearest to its last finite point.

    error `(steps + 1, dim)`, eigenvalues ascending `(dim,)`, eigenvectors `(dim, dim)` in columns, minimum `(dim,)`.
    `constant` says that the Hessian is the same all along the path, so that each direction goes its own way.
    """

    error: np.ndarray
    eigenvalues: np.ndarray
    eigenvectors: np.ndarray
    minimum: np.ndarray
    constant: bool


def modes(landscape: Any, trajectory: Trajectory) -> Modes | None:
    """The modes of a single run; None where no minimum is declared, or nothing of the run is finite."""
    minima = np.asarray(getattr(landscape, "minima", ()), dtype=float)
    path = trajectory.theta[: int(trajectory.last_finite) + 1]
    if not len(minima) or not len(path):
        return None
    with np.errstate(all="ignore"):
        minimum = minima[np.hypot.reduce(minima - path[-1], axis=-1).argmin()]
        at = np.asarray(as_numpy(landscape.hessian(landscape.point(minimum))), dtype=float)
        hessians = np.asarray(as_numpy(landscape.hessian(landscape.point(path))), dtype=float)
        values, vectors = eigh(at)
        constant = bool((abs(hessians - at) <= 1e-12 * abs(at).max()).all())
        return Modes((trajectory.theta - minimum) @ vectors, values, vectors, minimum, constant)
