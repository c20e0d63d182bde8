"""Clouds computed: the runs walk together, and of each step only counts, quantiles and the mean are kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from experiments.loop import walk
from experiments.spec import ExperimentError, start_of
from experiments.sweeps.cloud import QUANTILES, Cloud, CloudResult, Window
from landscapes.landscape import Landscape
from landscapes.noise import GradientNoise
from landscapes.surfaces.surface import Surface

LOOK_UP = 8  # steps between reports


class _Group(NamedTuple):
    """Runs that walk together: `first` and those after it, as many as there are starts."""

    landscape: Landscape
    starts: np.ndarray
    seed: int
    first: int


def drift(cloud: Cloud, on_progress: Callable[[float], None] = lambda share: None) -> CloudResult:
    """Walk a cloud; `on_progress` hears which share is done, and may raise to stop.

    Raises ExperimentError where a method cannot run.
    """
    experiment, frames = cloud.experiment, cloud.frames
    count, steps, dim = len(experiment.optimizers), experiment.steps, len(cloud.window or ())
    shape = (cloud.cells, cloud.cells) if dim == 2 else (1, cloud.cells)
    density = np.zeros((count, len(frames), *shape), np.uint16)
    loss = np.empty((count, len(QUANTILES), steps + 1))
    mean = np.zeros((count, steps + 1, dim))
    slot = {int(step): i for i, step in enumerate(frames)}
    for index in range(count):
        losses = np.empty((steps + 1, cloud.runs))
        for group in _groups(cloud, index):
            optimizer = experiment.optimizer(index)
            if reason := optimizer.disabled_because(group.landscape):
                raise ExperimentError(f"{optimizer.title} cannot run here. {reason}")
            runs = slice(group.first, group.first + len(group.starts))
            with np.errstate(all="ignore"):
                for visit in walk(optimizer, group.landscape, group.starts, steps, group.seed):
                    theta = np.where(np.isfinite(visit.theta).all(-1, keepdims=True), visit.theta, np.nan)
                    losses[visit.step, runs] = group.landscape.loss(theta)
                    mean[index, visit.step] += theta.sum(0) / cloud.runs
                    if visit.step in slot:
                        density[index, slot[visit.step]] += _counted(theta, cloud.window or (), shape)
                    if visit.step % LOOK_UP == 0:
                        within = (runs.start + (runs.stop - runs.start) * visit.step / max(steps, 1)) / cloud.runs
                        on_progress((index + within) / count)
        losses[np.isnan(losses)] = np.inf
        loss[index] = np.quantile(losses, QUANTILES, axis=1, method="inverted_cdf")
    outside = (cloud.runs - density.sum((2, 3), dtype=int)).astype(np.uint16)
    return CloudResult(cloud, frames, density, outside, loss, mean)


def _groups(cloud: Cloud, index: int) -> Iterator[_Group]:
    """All runs at once where only noise is drawn; one by one where mini-batches are, which know a seed and no run."""
    experiment = cloud.experiment
    landscape = experiment.seen_landscape()
    start = np.asarray(start_of(experiment, landscape), dtype=float)
    if experiment.batch_size is None:
        yield _Group(landscape, np.tile(start, (cloud.runs, 1)), experiment.seed, 0)
        return
    for run in range(cloud.runs):
        yield _Group(from_run(landscape, run), start[None], experiment.seed + run, run)


def from_run(landscape: Any, run: int) -> Any:
    """The landscape whose first run sees the noise of run `run`."""
    if isinstance(landscape, Surface):
        return landscape
    inner = from_run(landscape.inner, run)
    return replace(landscape, inner=inner, **({"run": run} if isinstance(landscape, GradientNoise) else {}))


def _counted(theta: np.ndarray, window: Window, shape: tuple[int, int]) -> np.ndarray:
    """How many of the points `(runs, dim)` are in each cell of the window, both ends of which belong to it; rows along y."""
    rows, columns = shape
    inside = np.ones(len(theta), bool)
    flat = np.zeros(len(theta), int)
    for axis, (low, high) in enumerate(window):
        share = (theta[:, axis] - low) / (high - low)
        inside &= (share >= 0) & (share <= 1)
        place = np.minimum(np.where(inside, share, 0.0) * columns, columns - 1).astype(int)
        flat += place * (columns if axis else 1)
    return np.bincount(flat[inside], minlength=rows * columns).reshape(shape).astype(np.uint16)
