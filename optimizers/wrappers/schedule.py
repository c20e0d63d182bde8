"""Schedules that multiply a hyperparameter by a number which follows from the step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import pi
from typing import Annotated, Any, NamedTuple

import numpy as np

from landscapes.arrays import cos, maximum, sqrt
from landscapes.ranges import Options
from optimizers.optimizer import Count, NonNegative, Number
from optimizers.wrappers.timed import Hyperparameter, Timed
from optimizers.wrappers.wrapper import as_numbers, hyperparameter_ranges, value_of, wrapper

RISE = 0.3  # the part of a one-cycle schedule in which it rises, and how far below its start it ends: torch's defaults
FINAL = 1e-4


class Shape(NamedTuple):
    """A schedule over `steps` steps between 1 and `factor`: words in a title, LaTeX, and the multiplier at step t."""

    phrase: str
    formula: str
    multiplier: Callable[[int, Number, Number], Number]


def _cosine(t: int, steps: Number, factor: Number) -> Number:
    return _between(1.0, factor, t / steps)


def _step(t: int, steps: Number, factor: Number) -> Number:
    if np.ndim(factor) == np.ndim(steps) == 0:
        factor = np.float64(factor)  # a plain number would raise where its power is beyond any float
    return factor ** (t // steps)


def _one_cycle(t: int, steps: Number, factor: Number) -> Number:
    top = RISE * steps - 1
    falls = _from(t, top) - 1.0 * (t == top)
    up = t / maximum(top, 1e-9)  # no steps for rising: nothing of it is used
    down = _at_most_one((t - top) / (steps - 1 - top))
    return (1 - falls) * _between(factor, 1.0, up) + falls * _between(1.0, factor * FINAL, down)


def _warm_up(t: int, steps: Number, factor: Number) -> Number:
    return factor + (1 - factor) * _at_most_one(t / steps)


def _constant(t: int, steps: Number, factor: Number) -> Number:
    return factor + (1 - factor) * _from(t, steps)


def _inverse_sqrt(t: int, steps: Number, factor: Number) -> Number:
    return 1 / sqrt(1 + t / steps * (1 / factor**2 - 1))


def _between(start: Number, end: Number, progress: Number) -> Number:
    """Along half a cosine."""
    return end + (start - end) / 2 * (1 + cos(pi * progress))


def _at_most_one(a: Number) -> Number:
    return 1.0 - maximum(1.0 - a, 0.0)


def _from(t: int, since: Number) -> Number:
    """1 from a step on and 0 before, in the dtype of `since`."""
    return 1.0 * (t >= since) + 0.0 * since


SHAPES: Mapping[str, Shape] = {
    "cosine": Shape("cosine", r"\left(f + (1-f)\,\tfrac{1 + \cos(\pi t / T)}{2}\right)", _cosine),
    "step": Shape("step decay", r"f^{\lfloor t / T \rfloor}", _step),
    "one_cycle": Shape(
        "one cycle", r"\left(f \to 1 \to 10^{-4} f \;\text{ at } t = 0,\, 0.3\,T - 1,\, T - 1\right)", _one_cycle
    ),
    "warm_up": Shape("warm-up", r"\left(f + (1-f) \min(t / T, 1)\right)", _warm_up),
    "constant": Shape("constant warm-up", r"\left(f \text{ if } t < T \text{, else } 1\right)", _constant),
    "inverse_sqrt": Shape("1/√t", r"\frac{1}{\sqrt{1 + (f^{-2} - 1)\, t / T}}", _inverse_sqrt),
}


@wrapper(name="Schedule")
class Schedule(Timed):
    """Multiply a hyperparameter of the inner optimizer by a number that follows from the step t = 0, 1, 2 ...

    Δθ = that of the inner rule whose hyperparameter `of` is multiplied by, with f = `factor` and T = `steps`,

    - cosine: f + (1 - f) (1 + cos(π t / T)) / 2, which is f at T and then rises again (CosineAnnealingLR, eta_min = f lr)
    - step: f^⌊t / T⌋ (StepLR)
    - one_cycle: half a cosine from f up to 1 at 0.3 T - 1, another down to f / 10⁴ at T - 1, where it stays (OneCycleLR with
      div_factor = 1 / f and cycle_momentum = False; torch refuses to go on beyond T)
    - warm_up: f + (1 - f) min(t / T, 1) (LinearLR, start_factor = f)
    - constant: f before T, then 1 (ConstantLR)
    - inverse_sqrt: 1 / √(1 + (f⁻² - 1) t / T), which falls like 1/√t and is f at T (torch has none)

    Equals those of torch.optim.lr_scheduler, stepped after each step of the optimizer. ValueError where it would take the
    hyperparameter out of its range. Reference: Robbins and Monro 1951; Loshchilov and Hutter 2017, arXiv 1608.03983 (cosine);
    Smith and Topin 2019, arXiv 1708.07120 (one cycle); Goyal et al. 2017, arXiv 1706.02677 (warm-up).
    """

    of: Hyperparameter = "lr"
    shape: Annotated[str, Options(tuple(SHAPES))] = "cosine"
    steps: Count = 100
    factor: NonNegative = 0.1

    def __post_init__(self) -> None:
        super().__post_init__()
        factor, value = np.asarray(as_numbers(self.factor)), np.asarray(as_numbers(value_of(self.inner, self.of)))
        if self.shape == "inverse_sqrt" and not ((factor > 0) & (factor <= 1)).all():
            raise ValueError(f"schedule.factor must be in (0, 1] for inverse_sqrt, got {factor.min():g} to {factor.max():g}")
        allowed = hyperparameter_ranges(self.inner)[self.of]
        highest = np.inf if self.shape == "step" else float((value * factor).max())
        if (factor > 1).any() and np.isfinite(allowed.high) and not allowed.holds(highest):
            raise ValueError(f"schedule.factor of {factor.max():g} takes {self.of} out of {allowed}")

    def moves(self, allowed: Any) -> bool:
        return not allowed.whole  # what is counted has nothing between

    def multiplier(self, t: int) -> Number:
        return SHAPES[self.shape].multiplier(t, self.steps, self.factor)

    @property
    def phrase(self) -> str:
        return SHAPES[self.shape].phrase + ("" if self.of == "lr" else f" of {self.of}")

    @property
    def formula(self) -> str:  # type: ignore[override]
        return rf"{self.symbol}_t = {self.symbol} \cdot {SHAPES[self.shape].formula} \qquad {self.inner.formula}"
