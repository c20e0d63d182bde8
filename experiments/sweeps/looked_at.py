"""The cell that is looked at before one is chosen."""

from __future__ import annotations

import numpy as np

from experiments.spec import start_of
from experiments.sweeps.result import SweepResult


def first_cell(result: SweepResult, tab: str) -> tuple[int, int, int] | None:
    """Optimizer, row and column: the first optimizer's best; among starts the experiment's own; of a line the middle where
    every run of the first one diverged. None on a map where that is so, or before it is complete."""
    sweep = result.sweep
    if tab == "basins":
        start = start_of(sweep.experiment, sweep.experiment.make_landscape())
        places = [int(np.argmin(np.abs(axis.values - at))) for axis, at in zip(sweep.axes, start)]
        return 0, places[1] if len(places) > 1 else 0, places[0]
    best = result.best_cell(0)
    if tab == "line":
        return 0, 0, sweep.columns // 2 if best is None else best[1]
    return None if best is None or not result.complete else (0, *best)
