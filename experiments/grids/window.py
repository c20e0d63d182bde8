"""Which part of a plane to show, and the range of colours of several maps."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from experiments.grids.grid import Grid
from landscapes.directions import Span
from landscapes.grids import Evaluator

MARGIN = 0.3  # of the paths' extent, on each side
ROUNDING = 1e-12  # of the points' size: what is closer together is one point
RISE = 5.0  # times the loss at the centre
Interval = tuple[float, float]


def automatic_window(
    span: Span, evaluate: Evaluator, paths: Sequence[np.ndarray] = (), chance: float | None = None
) -> list[Interval]:
    """An interval for each axis of the span.

    With paths: their projections and 30 % more on each side, or one unit where they have no extent. Without: along each axis as
    far to both sides of the origin as the mean loss of the two sides takes to reach a height, within 2 %. The height is
    `chance`, where the centre is well below it, or else 5 times the loss at the centre. One unit where 40 doublings do not get
    there.
    """
    if len(paths):
        points = np.concatenate([np.asarray(path, dtype=np.float64).reshape(-1, span.dim) for path in paths])
        finite = points[np.isfinite(points).all(axis=1)]
        if len(finite):
            rounding = ROUNDING * float(np.linalg.norm(finite, axis=1).max()) / span.lengths
            return [_around(column, least) for column, least in zip(span.coordinates(finite).T, rounding)]
    axes = len(span.directions)
    centre = float(evaluate(np.zeros((1, axes)))["loss"][0])
    target = chance if chance is not None and centre < chance / 2 else RISE * abs(centre)
    return [_reaching(evaluate, axis, axes, target if target > centre else centre + 1.0) for axis in range(axes)]


def _around(values: np.ndarray, rounding: float) -> Interval:
    low, high = float(values.min()), float(values.max())
    margin = MARGIN * (high - low) if high - low > rounding else 1.0
    return low - margin, high + margin


def _reaching(evaluate: Evaluator, axis: int, axes: int, target: float) -> Interval:
    """Where the mean of both sides is at the target: bracketed by doubling or halving, then bisected in the logarithm."""

    def rises(reach: float) -> bool:
        sides = np.zeros((2, axes))
        sides[:, axis] = -reach, reach
        mean = float(np.mean(evaluate(sides)["loss"]))
        return not mean < target  # infinite and NaN are above every height

    low, high = 1.0, 1.0
    for _ in range(40):
        if rises(high):
            break
        low, high = high, 2 * high
    else:
        return -1.0, 1.0  # flat as far as numbers go
    if low == high:
        for _ in range(40):
            low = low / 2
            if not rises(low):
                break
            high = low
    while high / low > 1.02:
        middle = (low * high) ** 0.5
        low, high = (low, middle) if rises(middle) else (middle, high)
    return -high, high


def shared_range(grids: Sequence[Grid], quantity: str) -> Interval | None:
    """The least and the largest finite value of a quantity over all maps that are compared; None where there is none."""
    values = np.concatenate([grid.values[quantity][grid.done] for grid in grids if quantity in grid.values] or [np.zeros(0)])
    values = values[np.isfinite(values)]
    return (float(values.min()), float(values.max())) if len(values) else None
