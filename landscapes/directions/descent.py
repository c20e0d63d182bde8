"""The plane of the gradient and the momentum."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from landscapes.directions.kind import Directions, Place
from landscapes.directions.span import Plane


@dataclass(frozen=True)
class Descent(Directions):
    """Where the optimizer looks: x along the negative gradient at theta, y along the momentum's part across it."""

    key: ClassVar[str] = "gradient"
    title: ClassVar[str] = "Gradient and momentum"

    def disabled_because(self, place: Place) -> str | None:
        if place.momentum is None:
            return "No momentum is known here: this plane needs an optimizer that has one, after a step."
        g, m = place.gradient, np.asarray(place.momentum, dtype=np.float64)
        lengths = float(np.linalg.norm(g)), float(np.linalg.norm(m))
        if not np.isfinite(lengths).all() or min(lengths) == 0:
            return "The gradient or the momentum is 0 or not finite here, so it has no direction."
        across = m - (m @ g) / lengths[0] ** 2 * g
        if float(np.linalg.norm(across)) < 1e-6 * lengths[1]:
            return "The momentum lies along the gradient: together they span a line, not a plane."
        return None

    def _chosen(self, place: Place) -> Plane:
        g, m = place.gradient, np.asarray(place.momentum, dtype=np.float64)
        x = -g / np.linalg.norm(g)
        across = m - (m @ x) * x
        across -= (across @ x) * x  # once leaves rounding of the size of what was taken away
        apart = np.degrees(np.arccos(np.clip(x @ m / np.linalg.norm(m), -1, 1)))
        made = f"the negative gradient, and the momentum's part across it; the two are {apart:.1f}° apart"
        directions = np.stack([x, across / np.linalg.norm(across)])
        return Plane(place.theta, directions, made=made, labels=("-gradient", "momentum across it"))
