"""The plane of two directions that were given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from landscapes.directions.kind import Directions, Place
from landscapes.directions.span import Plane


@dataclass(frozen=True)
class Given(Directions):
    """Two directions exactly as they were given: neither made orthogonal nor rescaled."""

    key: ClassVar[str] = "given"
    title: ClassVar[str] = "Given directions"

    def disabled_because(self, place: Place) -> str | None:
        wanted = (2, len(place.theta))
        shape = None if place.given is None else np.shape(place.given)
        return None if shape == wanted else f"This plane needs two directions of shape {wanted}, and got {shape or 'none'}."

    def _chosen(self, place: Place) -> Plane:
        return Plane(place.theta, np.asarray(place.given, dtype=np.float64), made="two given directions", labels=("d1", "d2"))
