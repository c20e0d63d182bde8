"""What is kept of many runs while they walk: a few numbers of each, never their paths."""

from __future__ import annotations

import numpy as np

QUARTERS = 4  # what a run does in the last quarter of its steps is how it ends


class Tally:
    """Running numbers of many runs; every array has one number per run, `(runs,)`, if nothing else is said.

    `see` is told of every visit in turn, step 0 first. Where a run is no longer finite, theta is NaN, as in a trajectory.
    Sums go into buffers that are there already: at this size fresh memory costs as much as the arithmetic.

    `best` and `final` loss, `first` the loss at the start; `lived` the last step at which a run was finite; `turns` how many
    steps went back, at more than 90° to the one before; `path` how far the last quarter went, all coordinates' ways added
    up, and `corner` `(dim, runs)` where it began; `above` `(levels, runs)` visits before the loss was down at a level;
    `highest` and `lowest` `(3, runs)` loss within the second, the third and the last quarter.
    """

    def __init__(self, runs: int, dim: int, steps: int, levels: np.ndarray) -> None:
        """levels `(levels, runs or 1)` are losses to wait for."""
        self.steps, self.window, self.levels = steps, max(1, steps // QUARTERS), levels
        self.best = np.full(runs, np.inf)
        self.first = self.final = np.full(runs, np.nan)
        self.lived = np.full(runs, steps, np.int32)
        self.turns, self.path = np.zeros(runs, np.int32), np.zeros(runs)
        self.corner = self.place = np.full((dim, runs), np.nan)
        self.above = np.zeros((len(levels), runs), np.int32)
        self.highest, self.lowest = np.full((3, runs), -np.inf), np.full((3, runs), np.inf)
        self._moved, self._before = np.zeros((dim, runs)), np.zeros((dim, runs))
        self._a, self._flag, self._flags = np.empty((dim, runs)), np.empty(runs, bool), np.empty((dim, runs), bool)
        self._alive = runs

    def bury(self, step: int, theta: np.ndarray) -> None:
        """Make runs of theta `(runs, dim)` that have become infinite or NaN at this step NaN in all coordinates, in place."""
        np.isfinite(theta.T, out=self._flags)
        np.logical_and.reduce(self._flags, axis=0, out=self._flag)
        alive = int(np.count_nonzero(self._flag))
        if alive < self._alive:
            fresh = ~self._flag & (self.lived == self.steps)
            self.lived[fresh], theta[fresh] = step - 1, np.nan
            self._alive = alive

    def see(self, step: int, theta: np.ndarray, loss: np.ndarray) -> None:
        """A visit: theta `(runs, dim)`, which nobody may change from here on, and the loss there, `(runs,)`."""
        place, before_last = theta.T, self.steps - self.window
        if step:
            self._count_move(place, step > before_last)
        self.place = place
        if step == before_last:
            self.corner = place
        np.fmin(self.best, loss, out=self.best)
        for level, above in zip(self.levels, self.above):
            np.greater(self.best, level, out=self._flag)
            np.add(above, self._flag, out=above)
        quarter = 2 - (self.steps - step) // self.window
        if quarter >= 0:
            np.fmax(self.highest[quarter], loss, out=self.highest[quarter])
            np.fmin(self.lowest[quarter], loss, out=self.lowest[quarter])
        if step == 0:
            self.first = loss
        if step == self.steps:
            self.final = loss

    def _count_move(self, place: np.ndarray, last_quarter: bool) -> None:
        moved, a = self._moved, self._a
        np.subtract(place, self.place, out=moved)
        np.multiply(moved, self._before, out=a)
        along = np.add(a[0], a[1], out=a[0]) if len(a) == 2 else a[0]
        np.less(along, 0.0, out=self._flag)
        np.add(self.turns, self._flag, out=self.turns)
        if last_quarter:
            for way in np.abs(moved, out=a):
                np.add(self.path, way, out=self.path)
        self._moved, self._before = self._before, moved
