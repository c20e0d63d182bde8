"""A claim about optimizers: what is said, whether it holds here, and the numbers that decide, measured each time anew."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, NamedTuple

import numpy as np

from experiments.spec import Choice, Experiment, run_entrant
from experiments.trajectory import Trajectory

Verdict = Literal["true", "true, with a limit", "partly", "false here"]
TARGET = 1e-6  # a loss below it counts as solved


class Measured(NamedTuple):
    """One number and what it is the number of."""

    what: str
    value: float


@dataclass(frozen=True)
class Claim:
    """What somebody says, in `claim`; our `verdict` with its reason; and `races` that show it: a name and an experiment each.

    `measure` runs them, a few hundredths of a second together, and gives the numbers the verdict rests on. `source` says who
    makes the claim.
    """

    key: str
    title: str
    claim: str
    verdict: Verdict
    reason: str
    source: str
    races: Mapping[str, Experiment]
    measure: Callable[[Claim], tuple[Measured, ...]]

    @cached_property
    def measured(self) -> tuple[Measured, ...]:
        with np.errstate(all="ignore"):
            return self.measure(self)

    @property
    def race(self) -> Experiment:
        """The race to open first."""
        return next(iter(self.races.values()))


def ravine(*optimizers: Choice, start: tuple[float, float] = (1.0, 1.0), steps: int = 200, **more: Any) -> Experiment:
    """A race on f = 1/2 (100 x^2 + y^2), the base surface of most claims."""
    return Experiment(Choice("ravine", {"condition": 100.0, "angle": 0.0}), optimizers, start=start, steps=steps, **more)


def sgd(lr: float) -> Choice:
    return Choice("sgd", {"lr": lr})


def momentum(lr: float, beta: float) -> Choice:
    return Choice("momentum", {"lr": lr, "momentum": beta})


def paths(experiment: Experiment) -> list[Trajectory]:
    """Each entrant's run."""
    landscape = experiment.seen_landscape()
    return [run_entrant(experiment, landscape, index) for index in range(len(experiment.optimizers))]


def solved_after(path: Trajectory, target: float = TARGET) -> float:
    """Steps until the loss is at most `target`; NaN if that was never."""
    steps = int(path.steps_to(target))
    return float(steps) if steps >= 0 else float("nan")


def sign_changes(values: np.ndarray) -> float:
    """How often a sequence changes its sign from one step to the next."""
    return float((values[1:] * values[:-1] < 0).sum())
