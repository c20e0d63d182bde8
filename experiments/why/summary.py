"""A whole run in a few numbers, and its progress against what it cost."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np

from experiments.loop import as_numpy, walk
from experiments.spec import calls_spent
from experiments.trajectory import Trajectory
from landscapes.arrays import eigh
from landscapes.landscape import Landscape
from optimizers.optimizer import Optimizer

END, MINIMUM = "end", "minimum"


@dataclass(frozen=True, eq=False)
class Summary:
    """What a single run came to.

    `best_loss` is the lowest and `best_step` the first step that has it. `crossings` is how often the run changed sides across
    the ravine: sign changes of its component along the steepest eigenvector, `steepest` `(dim,)`, of the Hessian at the
    minimum, seen from there, where the Hessian is the same everywhere; else of that at the run's last finite point, seen from
    there. `crossings_seen_from` says which, "minimum" or "end". `ended_at` is the index of the declared minimum that is
    nearest to that last point, `distance` how far it is; None and NaN where none is declared.
    """

    best_loss: float
    best_step: int
    crossings: int
    crossings_seen_from: str
    steepest: np.ndarray
    ended_at: int | None
    distance: float


@dataclass(frozen=True, eq=False)
class Progress:
    """How far a run had come, row by row, and what it had cost: everything `(steps + 1,)`.

    distance is to the nearest declared minimum, NaN without any; calls are oracle calls as `calls_spent` adds them up.
    """

    loss: np.ndarray
    grad_norm: np.ndarray
    distance: np.ndarray
    steps: np.ndarray
    calls: np.ndarray


def summarise(landscape: Landscape, trajectory: Trajectory) -> Summary:
    """The summary of a single run. Raises ValueError for several at once."""
    if trajectory.theta.ndim != 2:
        raise ValueError(f"a run is summarised alone, got {trajectory.theta.shape[1:-1]} of them")
    path = trajectory.theta[: int(trajectory.last_finite) + 1]
    if not len(path):
        nowhere = np.full(trajectory.theta.shape[-1], np.nan)
        return Summary(float("nan"), 0, 0, END, nowhere, None, float("nan"))
    minima = np.asarray(getattr(landscape, "minima", ()), dtype=float)
    with np.errstate(all="ignore"):
        away = np.linalg.norm(minima - path[-1], axis=-1) if len(minima) else np.empty(0)
        nearest = int(away.argmin()) if len(away) else None
        hessians = np.asarray(as_numpy(landscape.hessian(landscape.point(path))), dtype=float)
        constant = bool((abs(hessians - hessians[0]) <= 1e-12 * abs(hessians[0]).max()).all())
        steepest = eigh(hessians[-1])[1][:, -1]
    centred = constant and nearest is not None
    centre = minima[nearest] if centred else path[-1]
    lowest = int(np.where(np.isnan(trajectory.loss), np.inf, trajectory.loss).argmin())
    return Summary(
        best_loss=float(trajectory.loss[lowest]),
        best_step=lowest,
        crossings=sign_changes((path - centre) @ steepest),
        crossings_seen_from=MINIMUM if centred else END,
        steepest=steepest,
        ended_at=nearest,
        distance=float("nan") if nearest is None else float(away[nearest]),
    )


def sign_changes(values: np.ndarray) -> int:
    """How often a sequence changes its sign; what is 0 but for rounding, relative to the largest, has none."""
    significant = values[abs(values) > 64 * np.finfo(float).eps * abs(values).max(initial=0.0)]
    return int((np.sign(significant[1:]) != np.sign(significant[:-1])).sum())


def progress(landscape: Landscape, trajectory: Trajectory) -> Progress:
    """The progress of a single run."""
    minima = np.asarray(getattr(landscape, "minima", ()), dtype=float)
    distance = np.full(len(trajectory.theta), np.nan)
    if len(minima):
        distance = np.linalg.norm(trajectory.theta[:, None] - minima, axis=-1).min(-1)
    steps = np.arange(len(trajectory.theta))
    calls = np.asarray(calls_spent(trajectory.calls, landscape.dim) + 0 * steps)
    return Progress(trajectory.loss, trajectory.grad_norm, distance, steps, calls)


def seconds(optimizer: Optimizer, landscape: Landscape, start: Any, steps: int, seed: int = 0, repeats: int = 3) -> np.ndarray:
    """The time that a walk has taken at each of its points on this machine, `(steps + 1,)` seconds, measured now.

    Of every step the shortest of `repeats` counts: what disturbs a computer only ever adds.
    """
    stamps = np.empty((repeats, steps + 1))
    with np.errstate(all="ignore"):
        for repeat in range(repeats):
            for visit in walk(optimizer, landscape, start, steps, seed):
                stamps[repeat, visit.step] = perf_counter()
    return np.concatenate([[0.0], np.cumsum(np.diff(stamps, axis=1).min(0))])
