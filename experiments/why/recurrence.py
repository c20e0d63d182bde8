"""Linear theory: what a method does to the error along one direction of constant curvature.

Most methods are one recurrence there, of a few numbers; all that a page says about factors, limits and bounces follows from
them in closed form.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np


class Recurrence(NamedTuple):
    """How the error e along a direction goes on, μ its eigenvalue of P⁻¹H and the preconditioner P held still:

        e' = (1 + momentum - R) e - (momentum - Q) e_before,  R = rate μ + decay,  Q = ahead μ + ahead_decay

    `rate` is what the learning rate becomes, `ahead` what a look-ahead adds (Nesterov), the decays are weight decay's shares.
    All but `momentum` are proportional to the learning rate. `pull` is the rate at which this very step follows the gradient
    it sees, where the correction of a start at zero makes it another than `rate`. Numbers, or arrays that broadcast.
    Reference: Polyak 1964; for Adam Cohen et al. 2022, arXiv 2207.14484.
    """

    rate: Any
    momentum: Any = 0.0
    ahead: Any = 0.0
    decay: Any = 0.0
    ahead_decay: Any = 0.0
    pull: Any = None

    @property
    def present(self) -> Any:
        """The rate at which this step follows the gradient it sees."""
        return self.rate if self.pull is None else self.pull

    def along(self, curvature: Any) -> tuple[np.ndarray, np.ndarray]:
        """R and Q for each curvature."""
        curvature = np.asarray(curvature, dtype=float)
        return self.rate * curvature + self.decay, self.ahead * curvature + self.ahead_decay


def factors(r: Recurrence, curvature: Any) -> tuple[np.ndarray, np.ndarray]:
    """What a step multiplies the error by in the long run, and whether it turns (complex roots), as arrays of one shape.

    The root of largest modulus of z² - (1 + momentum - R) z + (momentum - Q): with its sign where it is real, so that
    gradient descent has 1 - rate μ, and the modulus where the two are complex.
    """
    now, before = r.along(curvature)
    middle, product = (1 + r.momentum - now) / 2, r.momentum - before
    square = middle * middle - product
    turning = square < 0
    reach = np.sqrt(np.where(turning, 0.0, square))
    real = middle + np.where(middle < 0, -reach, reach)
    return np.where(turning, np.sqrt(np.where(turning, product, 0.0)), real), turning


def limit(r: Recurrence, curvature: Any) -> np.ndarray:
    """The share of the present learning rate beyond which the error grows; infinity where nothing curves up.

    2 (1 + momentum) / (R + Q), where a root leaves through -1; (1 + momentum) / Q, where a pair does, comes first if at all.
    """
    now, before = r.along(curvature)
    with np.errstate(all="ignore"):
        flips = np.where(now + before <= 0, np.inf, 2 * (1 + r.momentum) / (now + before))  # NaN stays NaN
        pairs = np.where(before <= 0, np.inf, (1 + r.momentum) / before)
    return np.minimum(flips, pairs)


def bounce_limit(r: Recurrence, curvature: Any) -> np.ndarray:
    """The share of the present learning rate up to which the error, from rest, never changes sign; infinity where μ ≤ 0.

    The smallest s with (1 + momentum - s R)² = 4 (momentum - s Q): 1 / (rate μ) without momentum, and
    (1 - √momentum)² / (rate μ) for the heavy ball.
    """
    now, before = r.along(curvature)
    half = now * (1 + r.momentum) - 2 * before
    product = (1 - r.momentum) ** 2
    with np.errstate(all="ignore"):  # the smaller root, written so that it does not cancel
        smaller = product / (half + np.sqrt(np.maximum(half * half - now * now * product, 0.0)))
    return np.where(now <= 0, np.inf, smaller)  # NaN stays NaN


def calm_momentum(r: Recurrence, curvature: float) -> float | None:
    """The largest momentum at which the error along this curvature, from rest, never changes sign; None where there is none.

    With x the learning rate times μ, (1 - √x)² for the heavy ball and (1 - √x) / (1 + √x) for Nesterov's. None also for the
    others, whose rate depends on their momentum.
    """
    if r.pull is not None or curvature <= 0 or r.decay:
        return None
    if r.ahead:
        root = float(np.sqrt(r.rate / (1 + r.momentum) * curvature))
        return (1 - root) / (1 + root) if root < 1 else None
    root = float(np.sqrt(r.rate * curvature))
    return (1 - root) ** 2 if root < 1 else None


def steps_to_tenth(factor: float) -> float:
    """How many steps take a factor 10 off an error, or put it on where |factor| exceeds 1; infinity for ±1, 0 for 0."""
    size = abs(factor)
    if size == 1:
        return float("inf")
    return abs(float(np.log(0.1) / np.log(size))) if size > 0 else 0.0
