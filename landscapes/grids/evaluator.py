"""The evaluator: a function of coordinates on a plane or line."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from landscapes.directions.span import Span
from landscapes.landscape import Landscape

Tick = Callable[[], None]
Values = Mapping[str, np.ndarray]


def no_tick() -> None:
    """Nobody waits to stop."""


class Evaluator(ABC):
    """Quantities at points of a span, `asked` by name. `together` is how many points make a call that wastes nothing."""

    asked: tuple[str, ...]
    together: int = 1

    @abstractmethod
    def __call__(self, coordinates: np.ndarray, tick: Tick = no_tick) -> Values:
        """At coordinates `(n, axes)`: each quantity `(n,)` float64; not finite where it is so.

        `tick` is called now and then and may raise to stop; nothing is left in a half state.
        """


@dataclass(frozen=True, eq=False)
class Direct(Evaluator):
    """The loss of any landscape, by its own `loss`: all points at once, `together` at a time."""

    landscape: Landscape
    span: Span
    asked: tuple[str, ...] = ("loss",)
    together: int = 4096

    def __post_init__(self) -> None:
        if self.asked != ("loss",):
            raise ValueError(f"{self.landscape.name} has a loss and nothing else on a plane, not {', '.join(self.asked)}")

    def __call__(self, coordinates: np.ndarray, tick: Tick = no_tick) -> Values:
        values = np.empty(len(coordinates))
        with np.errstate(all="ignore"):  # a point far outside is infinite or NaN: that is data
            for low in range(0, len(coordinates), self.together):
                tick()
                points = self.landscape.point(self.span.points(coordinates[low : low + self.together]))
                found = self.landscape.loss(points)
                values[low : low + self.together] = found.detach().cpu().numpy() if hasattr(found, "detach") else found
        return {"loss": values}


@dataclass(frozen=True, eq=False)
class Joined(Evaluator):
    """What several evaluators of one span have, together."""

    parts: tuple[Evaluator, ...]

    @property
    def asked(self) -> tuple[str, ...]:  # type: ignore[override]  # follows from the parts
        return tuple(name for part in self.parts for name in part.asked)

    def __call__(self, coordinates: np.ndarray, tick: Tick = no_tick) -> Values:
        return {name: values for part in self.parts for name, values in part(coordinates, tick).items()}
