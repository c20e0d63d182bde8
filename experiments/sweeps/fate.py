"""How runs ended, from what was tallied."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from experiments.sweeps.result import Fate
from experiments.sweeps.tally import Tally

GROWTH = 4.0  # by which a loss that runs away grows from the second quarter of the steps to the last


class Ends(NamedTuple):
    """The columns of a SweepResult, `(runs,)` each."""

    fate: np.ndarray
    steps: np.ndarray
    final: np.ndarray
    best: np.ndarray
    distance: np.ndarray
    oscillation: np.ndarray
    minimum: np.ndarray


def levels_of(heights: np.ndarray, tolerance: float) -> tuple[np.ndarray, np.ndarray]:
    """The losses to wait for, each once, `(levels, runs or 1)`, and which of them belongs to each minimum `(minima,)`.

    Without minima it is the tolerance itself.
    """
    wanted = heights + tolerance
    if not len(wanted):
        return np.full((1, 1), tolerance), np.zeros(0, int)
    levels, which = np.unique(wanted, axis=0, return_inverse=True)
    return levels, which.reshape(-1)


def ends_of(
    tally: Tally, minima: np.ndarray, heights: np.ndarray, level_of: np.ndarray, pixel: np.ndarray, tolerance: float
) -> Ends:
    """What became of each run; minima `(minima, dim, runs or 1)`, heights `(minima, runs or 1)`, pixel `(runs or 1,)`.

    Its minimum is the nearest one to its last point, and its losses are counted from there: E is the largest distance of the
    loss from that height within a quarter of the steps. Without a known minimum the height is 0. A run has

    - diverged: it or its loss is infinite or NaN, or E grew from the second to the third to the last quarter, more than
      `GROWTH` times in all, and beyond what it was at the start;
    - converged: its last loss is within the tolerance of its minimum's, and it only passes by in no cycle;
    - got stuck: its last quarter is shorter than a pixel of the map, and its minimum is further away than that;
    - come into a cycle: E of the last quarter is above the tolerance and more than half of the third's, and the last quarter's
      way is more than twice as long as from its one end to the other;
    - and is under way else. The first of these that holds is the fate.
    """
    runs = len(tally.final)
    alive = (tally.lived == tally.steps) & np.isfinite(tally.final)
    distance, minimum, base, counts = np.full(runs, np.nan), np.full(runs, -1), np.zeros(runs), tally.above[0]
    every = np.arange(runs)
    if len(minima):
        apart = minima - tally.place
        lengths = np.hypot(apart[:, 0], apart[:, 1]) if apart.shape[1] == 2 else np.abs(apart[:, 0])
        minimum = np.argmin(np.where(np.isnan(lengths), np.inf, lengths), axis=0)
        distance = lengths[minimum, every]
        base = np.broadcast_to(heights, (len(heights), runs))[minimum, every]
        counts = tally.above[level_of[minimum], every]
    second, third, last = np.maximum(abs(tally.highest - base), abs(base - tally.lowest))
    grown = (second < third) & (third < last) & (last > GROWTH * second) & (last > abs(tally.first - base))
    across = np.abs(tally.place - tally.corner).sum(0)
    cycling = (last > tolerance) & (last > third / 2) & (tally.path > 2 * across)
    there = (abs(tally.final - base) <= tolerance) & ~cycling & alive & (minimum >= 0)
    stuck = (tally.path < pixel) & ~(distance <= pixel)
    fate = np.select(
        [~alive | (grown & ~there), there, stuck, cycling],
        [Fate.DIVERGED, Fate.CONVERGED, Fate.STUCK, Fate.CYCLING],
        Fate.UNDERWAY,
    )
    return Ends(
        fate=fate.astype(np.uint8),
        steps=np.where(counts > tally.steps, -1, counts).astype(np.int32),
        final=tally.final,
        best=np.where(np.isinf(tally.best) & (tally.best > 0), np.nan, tally.best),
        distance=distance,
        oscillation=tally.turns / np.maximum(tally.lived - 1, 1),
        minimum=np.where(there, minimum, -1).astype(np.int8),
    )
