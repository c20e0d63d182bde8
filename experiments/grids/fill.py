"""Computing a grid's cells: coarse maps first, in calls short enough to look up in between."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import reduce

import numpy as np

from experiments.grids.grid import Grid
from landscapes.grids import Evaluator

CALL = 0.05  # seconds that a call should take, once its pace is known
REPORT = 0.2  # between grids that are handed out in the middle of a map


def fill(
    grid: Grid,
    evaluate: Evaluator,
    on_progress: Callable[[float], None] = lambda share: None,
    on_cells: Callable[[Grid], None] = lambda grid: None,
) -> Iterator[Grid]:
    """The grid with more and more cells done, the last time complete. Cells that are done already are not computed again.

    A grid is handed out whenever a stride's map is whole, and several times a second in between. `on_progress` hears of the
    share that is done before every call and within long ones, and may raise to stop; `on_cells` hears of all cells until then.
    """
    missing = [name for name in grid.values if name not in evaluate.asked]
    if missing:
        raise ValueError(f"nothing here evaluates {missing[0]!r}: only {', '.join(evaluate.asked)}")
    pace = 0.0
    for stride in grid.strides:
        rows, columns = _fresh(grid, stride)
        low, told = 0, time.monotonic()
        while low < len(rows):
            size = max(evaluate.together, int(CALL * pace)) if pace else evaluate.together
            cut = slice(low, low + size)
            share = grid.share
            on_progress(share)
            began = time.perf_counter()
            found = evaluate(grid.coordinates[rows[cut], columns[cut]], lambda share=share: on_progress(share))  # type: ignore[misc]
            if low or stride != grid.strides[0]:  # the first call also prepares
                pace = len(rows[cut]) / max(time.perf_counter() - began, 1e-9)
            grid = grid.with_cells(rows[cut], columns[cut], found)
            on_cells(grid)
            low += size
            if low < len(rows) and time.monotonic() - told >= REPORT:
                told = time.monotonic()
                yield grid
        if len(rows):
            yield grid
    on_progress(grid.share)


def filled(grid: Grid, evaluate: Evaluator) -> Grid:
    """The complete grid."""
    return reduce(lambda _, later: later, fill(grid, evaluate), grid)


def _fresh(grid: Grid, stride: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows and columns of the stride's cells that are not done."""
    asked = np.zeros(grid.shape, bool)
    asked[np.ix_(*grid.at_stride(stride))] = True
    rows, columns = np.nonzero(asked & ~grid.done)
    return rows, columns
