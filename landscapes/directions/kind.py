"""Ways to choose a plane: frozen options and one pure function. They see a `Place`, which holds what is known there."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Annotated, Any, ClassVar

import numpy as np

from landscapes.curvature.spectrum import as_numpy
from landscapes.directions.span import Line, Plane
from landscapes.landscape import Landscape
from landscapes.ranges import Range, options_of, ranges_of

Seed = Annotated[Any, Range(0, 2**31 - 1, control=(0, 100), whole=True)]


@dataclass(frozen=True, eq=False)
class Place:
    """Where a plane is to go: a point theta `(dim,)` of a landscape, and what else is known.

    paths: recorded points of trajectories, `(n, dim)` each; rows that are not finite are left out. checkpoints: other points
    `(dim,)`. momentum: an optimizer's velocity `(dim,)` at theta. given: directions `(axes, dim)`.
    """

    landscape: Landscape
    theta: np.ndarray
    paths: Sequence[np.ndarray] = ()
    checkpoints: Sequence[np.ndarray] = ()
    momentum: np.ndarray | None = None
    given: np.ndarray | None = None

    @classmethod
    def of(cls, landscape: Landscape, theta: Any = None, **known: Any) -> Place:
        """At theta, or at the landscape's own start; in NumPy float64 whatever the landscape's library."""
        return cls(landscape, flat(landscape.start if theta is None else theta), **known)

    @cached_property
    def recorded(self) -> np.ndarray:
        """All finite points of all paths, `(n, dim)`."""
        rows = [np.asarray(path, dtype=np.float64).reshape(-1, len(self.theta)) for path in self.paths]
        every = np.concatenate(rows) if rows else np.zeros((0, len(self.theta)))
        return every[np.isfinite(every).all(axis=1)]

    @cached_property
    def gradient(self) -> np.ndarray:
        """Of the loss at theta, `(dim,)`."""
        return as_numpy(self.landscape.gradient(self.landscape.point(self.theta))).astype(np.float64)


def flat(values: Any) -> np.ndarray:
    """A point of any array library as NumPy float64."""
    return np.asarray(as_numpy(values) if hasattr(values, "detach") else values, dtype=np.float64)


@dataclass(frozen=True)
class Directions(ABC):
    """A way to choose a plane. Its fields are options; each is annotated with what it may be."""

    key: ClassVar[str]
    title: ClassVar[str]

    def __post_init__(self) -> None:
        allowed: dict[str, Any] = {**ranges_of(type(self)), **options_of(type(self))}
        for field in fields(self):
            allowed[field.name].check(f"{self.key}.{field.name}", getattr(self, field.name))

    def disabled_because(self, place: Place) -> str | None:
        """Why no plane can be chosen this way here, in a sentence, or None."""
        return None

    @abstractmethod
    def _chosen(self, place: Place) -> Plane: ...

    def plane(self, place: Place) -> Plane:
        """The plane through the place. Raises ValueError where `disabled_because` says why there is none."""
        if reason := self.disabled_because(place):
            raise ValueError(reason)
        return self._chosen(place)

    def line(self, place: Place, axis: int = 0) -> Line:
        """The line along one axis of the plane."""
        plane = self.plane(place)
        return Line(plane.origin, plane.directions[[axis]], made=f"{plane.labels[axis]} of {plane.made}", labels=("t",))

    def with_options(self, **options: Any) -> Any:
        return replace(self, **options)
