"""What became of a run: whether it left the map, and whether it diverged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

Window = Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Fate:
    """`left`: the first step outside the map; `diverged`: the first step that is infinite or NaN. None where it never was."""

    left: int | None
    diverged: int | None

    def words(self, loss: np.ndarray | None = None, steps: np.ndarray | None = None) -> str:
        """In words, "" for a run that stayed; with the losses `(steps + 1,)` also what it had when it left. `steps` are
        those of the path's rows, where not every step was recorded."""
        told = []
        if self.left is not None:
            at = "" if loss is None else f" at loss {float(loss[self.left]):.3g}"
            told.append(f"left the map at step {_step(self.left, steps)}{at}")
        if self.diverged is not None:
            told.append(f"diverged at step {_step(self.diverged, steps)}")
        return ", ".join(told)


def _step(row: int, steps: np.ndarray | None) -> int:
    return row if steps is None else int(steps[row])


def fate(path: np.ndarray, window: Window) -> Fate:
    """The fate of a path `(steps + 1, dim)` over a map of `window`, a (low, high) for each coordinate."""
    if len(path) == 0:
        return Fate(None, None)
    finite = np.isfinite(path).all(axis=1)
    low, high = np.array(window, dtype=float).T
    with np.errstate(invalid="ignore"):
        outside = finite & ((path < low) | (path > high)).any(axis=1)
    return Fate(*(int(found[0]) if len(found) else None for found in (np.flatnonzero(outside), np.flatnonzero(~finite))))
