"""The plane of several trajectories' principal axes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from landscapes.directions.kind import Directions, Place
from landscapes.directions.principal import principal_plane
from landscapes.directions.span import Plane


@dataclass(frozen=True)
class Joint(Directions):
    """The two principal axes of all recorded points of all paths, through their mean: the plane that loses least of them.

    The same axes for every path, so that they can be compared; orthonormal, in units of parameter space.
    Reference: Lorch 2016, Visualizing deep network training trajectories with PCA.
    """

    key: ClassVar[str] = "principal"
    title: ClassVar[str] = "Principal axes of the paths"

    def disabled_because(self, place: Place) -> str | None:
        count = len(place.recorded)
        return None if count > 1 else f"Principal axes need at least two recorded points, and there are {count}."

    def _chosen(self, place: Place) -> Plane:
        plane = principal_plane(place.recorded)
        paths = "one path" if len(place.paths) == 1 else f"{len(place.paths)} paths together"
        return replace(plane, made=f"the two principal axes of the {len(place.recorded)} recorded points of {paths}")
