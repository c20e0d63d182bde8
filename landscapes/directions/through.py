"""The plane through given points."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from landscapes.directions.kind import Directions, Place, Seed
from landscapes.directions.span import Plane


@dataclass(frozen=True)
class Through(Directions):
    """Through theta and two checkpoints; with one checkpoint, through both points and along a random direction across.

    x points from theta to the first checkpoint, y is orthogonal to it and towards the second one. Unit lengths: distances in
    the plane are distances in parameter space. Reference: Garipov et al. 2018, Loss surfaces, mode connectivity, appendix.
    """

    key: ClassVar[str] = "through"
    title: ClassVar[str] = "Through checkpoints"

    seed: Seed = 0

    def disabled_because(self, place: Place) -> str | None:
        if not 1 <= len(place.checkpoints) <= 2:
            return f"A plane goes through the point here and one or two others; there are {len(place.checkpoints)}."
        away = np.asarray(place.checkpoints, dtype=np.float64) - place.theta
        lengths = np.linalg.norm(away, axis=1)
        if not np.isfinite(away).all() or lengths.min() == 0:
            return "The checkpoints must be finite and differ from the point here."
        if len(away) == 2 and np.linalg.norm(_across(away[1], away[0])) < 1e-6 * lengths[1]:
            return "The three points lie on one line."
        return None

    def _chosen(self, place: Place) -> Plane:
        away = np.asarray(place.checkpoints, dtype=np.float64) - place.theta
        lone = len(away) == 1
        second = np.random.default_rng(self.seed).normal(size=len(place.theta)) if lone else away[1]
        across = _across(second, away[0])
        made = "through two points and along a random direction across" if lone else "through three points"
        labels = ("towards the second point", f"random across, seed {self.seed}" if lone else "towards the third, across")
        directions = np.stack([away[0] / np.linalg.norm(away[0]), across / np.linalg.norm(across)])
        return Plane(place.theta, directions, made=made, labels=labels)


def _across(vector: np.ndarray, axis: np.ndarray) -> np.ndarray:
    """The part of a vector that is orthogonal to an axis."""
    for _ in range(2):  # once leaves rounding of the size of what was taken away
        vector = vector - (vector @ axis) / (axis @ axis) * axis
    return vector
