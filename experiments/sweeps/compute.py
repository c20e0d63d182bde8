"""Sweeps computed: cells in blocks of one program each, coarse maps first, nothing twice, nothing but a few numbers kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from experiments.spec import ExperimentError, run_entrant
from experiments.sweeps.axis import MODIFIER, SEED
from experiments.sweeps.batch import Batch, batch_of
from experiments.sweeps.fate import Ends, ends_of, levels_of
from experiments.sweeps.replay import walker
from experiments.sweeps.result import SweepResult
from experiments.sweeps.sweep import Sweep, cell
from experiments.sweeps.tally import Tally
from optimizers.optimizer import HVP, INPUTS

BLOCK = 16384  # runs: longer than the calls take to begin with, and their state and buffers stay in the cache
FRESH = 31 * 2**20  # bytes
LEFT_BEHIND = 0.25  # of the runs
LOOK_UP = 8  # steps between reports


def ends_in(batch: Batch, steps: int, tolerance: float, on_step: Callable[[int], None] = lambda step: None) -> Ends:
    """Walk a batch and tell how each run ended; `on_step` hears of a step now and then, and may raise to stop.

    Once a quarter of the runs are infinite or NaN, they are left behind: nothing more becomes of them.
    """
    runs, dim = batch.starts.shape
    levels, level_of = levels_of(batch.heights, tolerance)
    tally, places = Tally(runs, dim, steps, levels), np.arange(runs)
    found: list[tuple[np.ndarray, Ends]] = []

    def end(places: np.ndarray, tally: Tally) -> None:
        some = (array if array.shape[-1] == 1 else array[..., places] for array in (batch.minima, batch.heights, batch.pixel))
        minima, heights, pixel = some
        found.append((places, ends_of(tally, minima, heights, level_of, pixel, tolerance)))

    with np.errstate(all="ignore"):
        walks = walker(batch, steps)
        for step, theta, loss in walks.visits(steps):
            tally.bury(step, theta)
            tally.see(step, theta, loss())
            if step % LOOK_UP:
                continue
            on_step(step)
            if tally.alive <= len(places) * (1 - LEFT_BEHIND) and steps - step > LOOK_UP and tally.alive:
                alive = tally.lived == steps
                end(places[~alive], tally.some(~alive).waited(steps - step))
                walks.keep(alive)
                tally, places = tally.some(alive), places[alive]
        end(places, tally)
    if len(found) == 1:
        return found[0][1]
    order = np.argsort(np.concatenate([places for places, _ in found]))
    return Ends(*(np.concatenate(columns)[order] for columns in zip(*(ends for _, ends in found))))


def compute(sweep: Sweep, on_progress: Callable[[float], None] = lambda share: None) -> Iterator[SweepResult]:
    """The sweep at every stride, coarse first; the last result is the whole. No cell is computed twice.

    `on_progress` hears now and then which share of all steps is done, and may raise to stop. A cell equals its single run to
    the bit, save where its method uses LAPACK or raises a varied number to a power (Adam's beta), which rounds otherwise.
    Raises ExperimentError where a method cannot run.
    """
    count, shape = len(sweep.experiment.optimizers), (sweep.rows, sweep.columns)
    solos = [sweep.experiment.solo(i) for i in range(count)]
    steps = [_steps(sweep, i) for i in range(count)]
    whole = {
        name: np.zeros((count, *shape), dtype)
        for name, dtype in zip(Ends._fields, (np.uint8, np.int32, float, float, float, float, np.int8))
    }
    np.empty(FRESH, np.uint8)  # freed at once: from here on the allocator keeps blocks of this size instead of returning them
    done, of = 0, count * sweep.cells
    known = np.zeros(shape, bool)
    for stride in sweep.strides:
        rows, columns = np.nonzero(_fresh(shape, stride, known))
        for index in range(count):
            for block in _blocks(sweep, index, rows, columns):
                values = {sweep.x.name: sweep.x.values[columns[block]]}
                if sweep.y is not None:
                    values[sweep.y.name] = sweep.y.values[rows[block]]
                batch = batch_of(solos[index], values)
                share, size = done / of, len(block) / of / max(steps[index], 1)
                ends = ends_in(batch, steps[index], sweep.tolerance, partial(_tell, on_progress, share, size))
                for name, column in ends._asdict().items():
                    whole[name][index, rows[block], columns[block]] = column
                done += len(block)
        known[rows, columns] = True
        yield SweepResult(sweep, stride, **{name: array[:, ::stride, ::stride] for name, array in whole.items()})


def _tell(on_progress: Callable[[float], None], share: float, size: float, step: int) -> None:
    on_progress(share + size * step)


def _fresh(shape: tuple[int, int], stride: int, known: np.ndarray) -> np.ndarray:
    """The cells of a stride that are not known yet."""
    asked = np.zeros(shape, bool)
    asked[::stride, ::stride] = True
    return asked & ~known


def _blocks(sweep: Sweep, index: int, rows: np.ndarray, columns: np.ndarray) -> Iterator[np.ndarray]:
    """Which of the cells are computed together: those of one seed, and of one change of coordinates where inputs change too."""
    needs = sweep.experiment.optimizer(index).needs
    groups = np.zeros(len(rows), int)
    for axis, place in ((sweep.x, columns), (sweep.y, rows)):
        if axis is not None and (axis.name == SEED or (axis.name.startswith(MODIFIER) and INPUTS in needs)):
            groups = groups * axis.cells + place
    for group in np.unique(groups):
        cells = np.flatnonzero(groups == group)
        parts = -(-len(cells) // BLOCK)
        yield from np.array_split(cells, parts)


def _steps(sweep: Sweep, index: int) -> int:
    """How many steps the budget is; of oracle calls, which a method asks alike in every run or cannot be swept."""
    experiment = cell(sweep, index, 0, 0)
    landscape = experiment.seen_landscape()
    optimizer = experiment.optimizer(0)
    if reason := optimizer.disabled_because(landscape):
        raise ExperimentError(f"{optimizer.title} cannot run here. {reason}")
    if experiment.budget == "steps":
        return experiment.steps
    if HVP in optimizer.needs:
        raise ExperimentError(f"{optimizer.title} asks more in one run than in another; sweep it with a budget of steps")
    return run_entrant(experiment, landscape).steps
