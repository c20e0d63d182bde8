"""What moves a hyperparameter in time: counts steps, and gives the inner optimizer the value of each step.

Several of these around one rule mean the same in any order: the value at step t is what was set last, by the latest change or
from the start, times all schedules.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np

from landscapes.arrays import Array
from landscapes.ranges import Options
from optimizers.optimizer import Number, Optimizer, Oracle, Point, State
from optimizers.wrappers.wrapper import Wrapper, assigned, hyperparameter_ranges, layers, value_of

Hyperparameter = Annotated[str, Options(("lr",))]  # an instance's ranges list all those of its inner optimizer


@dataclass(frozen=True, eq=False)
class Timed(Wrapper):
    """Base of wrappers that set the inner hyperparameter named `of` anew at each step. State: (step number, inner state)."""

    of: Hyperparameter = "lr"

    def allowed(self) -> Mapping[str, Any]:
        movable = tuple(name for name, allowed in hyperparameter_ranges(self.inner).items() if self.moves(allowed))
        return {**type(self).ranges, "of": Options(movable)}

    def moves(self, allowed: Any) -> bool:
        """Whether it can move a hyperparameter of this range."""
        return True

    def changed(self, value: Number, since: Number, t: int) -> tuple[Number, Number]:
        """What is set at step t and since when, where `value` has been set since the step `since`."""
        return value, since

    def multiplier(self, t: int) -> Number:
        return 1.0

    def value_at(self, t: int) -> Number:
        """The inner hyperparameter at step t, the first being 0; schedules further inside then multiply it."""
        value, since = value_of(self.inner, self.of), 0
        for layer in layers(self)[1:]:
            if isinstance(layer, Timed) and layer.of == self.of:
                value, since = layer.changed(value, since, t)
        value = value * self.multiplier(t)
        return float(value) if np.ndim(value) == 0 else value

    def present(self, state: State) -> Optimizer:
        return assigned(self.inner, self.of, self.value_at(state[0]))

    def inner_state(self, state: State) -> State:
        return state[1]

    def init(self, theta: Point) -> State:
        return 0, self.inner.init(theta)

    def update(self, oracle: Oracle, state: State) -> tuple[Point, State]:
        step, inner = super().update(oracle, state)
        return step, (state[0] + 1, inner)

    def state_numbers(self, state: State) -> dict[str, Array]:
        """Those of the inner rule, and the hyperparameter of the last step; before the first one, of that."""
        t, inner = state
        value = self.value_at(max(t - 1, 0))
        return {self.of: value, **assigned(self.inner, self.of, value).state_numbers(inner)}

    @property
    def symbol(self) -> str:
        """The hyperparameter in LaTeX."""
        return r"\eta" if self.of == "lr" else r"\text{" + self.of.replace("_", r"\_") + "}"

    @property
    def limit(self) -> str:  # type: ignore[override]
        return f"{self.inner.limit}, with the hyperparameters of this step"
