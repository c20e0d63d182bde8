"""What is kept of many runs while they walk: a few numbers of each, never their paths."""

from __future__ import annotations

from copy import copy

import numpy as np
from numpy import add, fmax, fmin, greater, isfinite, less, logical_and, multiply, subtract

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
        self.first, self.final = np.full(runs, np.nan), np.full(runs, np.nan)
        self.lived = np.full(runs, steps, np.int32)
        self._turns, self._above = _Counter(runs), [_Counter(runs) for _ in levels]
        self.path = np.zeros(runs)
        self.place, self.corner = np.full((dim, runs), np.nan), np.full((dim, runs), np.nan)
        self.highest, self.lowest = np.full((3, runs), -np.inf), np.full((3, runs), np.inf)
        self._moved, self._before = np.zeros((dim, runs)), np.zeros((dim, runs))
        self._a, self._flag, self._flags = np.empty((dim, runs)), np.empty(runs, bool), np.empty((dim, runs), bool)
        self._alive = runs

    def some(self, keep: np.ndarray) -> Tally:
        """What is known of the runs that `keep` `(runs,)` names, to be told on."""
        made = copy(self)
        for name, kept in vars(self).items():
            if name == "levels":
                made.levels = kept[:, keep] if kept.shape[1] > 1 else kept
            elif isinstance(kept, np.ndarray):
                setattr(made, name, np.ascontiguousarray(kept[..., keep]))
        made._turns, made._above = self._turns.some(keep), [counter.some(keep) for counter in self._above]
        made._alive = int(np.count_nonzero(made.lived == self.steps))
        return made

    def waited(self, visits: int) -> Tally:
        """After so many visits more of runs that have left: nothing changes, but that they still wait for a level."""
        for level, above in zip(self.levels, self._above):
            above.count(greater(self.best, level), visits)
        return self

    @property
    def alive(self) -> int:
        """How many runs are still finite."""
        return self._alive

    def bury(self, step: int, theta: np.ndarray) -> None:
        """Make runs of theta `(runs, dim)` that have become infinite or NaN at this step NaN in all coordinates, in place."""
        flags = isfinite(theta.T, self._flags)
        finite = flags[0] if len(flags) == 1 else logical_and(flags[0], flags[1], self._flag)
        alive = int(np.count_nonzero(finite))
        if alive < self._alive:
            fresh = ~finite & (self.lived == self.steps)
            self.lived[fresh], theta[fresh] = step - 1, np.nan
            self._alive = alive

    def see(self, step: int, theta: np.ndarray, loss: np.ndarray) -> None:
        """A visit: theta `(runs, dim)` and the loss there, `(runs,)`."""
        place, before_last = theta.T, self.steps - self.window
        if step:
            self._count_move(place, step > before_last)
        self.place[...] = place
        if step == before_last:
            self.corner[...] = place
        best = fmin(self.best, loss, self.best)
        for level, above in zip(self.levels, self._above):
            above.count(greater(best, level, self._flag))
        quarter = 2 - (self.steps - step) // self.window
        if quarter >= 0:
            highest, lowest = self.highest[quarter], self.lowest[quarter]
            fmax(highest, loss, highest)
            fmin(lowest, loss, lowest)
        if step == 0:
            self.first[:] = loss
        if step == self.steps:
            self.final[:] = loss

    @property
    def turns(self) -> np.ndarray:
        return self._turns.total()

    @property
    def above(self) -> np.ndarray:
        return np.stack([counter.total() for counter in self._above])

    def _count_move(self, place: np.ndarray, last_quarter: bool) -> None:
        moved = subtract(place, self.place, self._moved)
        a = multiply(moved, self._before, self._a)
        along = a[0] if len(a) == 1 else add(a[0], a[1], a[0])
        self._turns.count(less(along, 0.0, self._flag))
        if last_quarter:
            for way in np.abs(moved, out=a):
                add(self.path, way, self.path)
        self._moved, self._before = self._before, moved


class _Counter:
    """How often each run was flagged. In bytes, which are emptied before they overflow: less memory to go through."""

    def __init__(self, runs: int) -> None:
        self._few, self._many, self._left = np.zeros(runs, np.uint8), np.zeros(runs, np.int32), 255

    def some(self, keep: np.ndarray) -> _Counter:
        made = _Counter(0)
        made._few, made._many, made._left = self._few[keep], self._many[keep], self._left
        return made

    def count(self, flags: np.ndarray, times: int = 1) -> None:
        if times > 1:
            self._many += times * flags
            return
        add(self._few, flags.view(np.uint8), self._few)
        self._left -= 1
        if not self._left:
            self.total()

    def total(self) -> np.ndarray:
        """`(runs,)`, so far."""
        self._many += self._few
        self._few[:], self._left = 0, 255
        return self._many
