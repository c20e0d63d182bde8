"""The loop over steps. A sweep replays a recorded step where it can, which is held against this loop first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from experiments.progress import bar
from experiments.trajectory import Trajectory
from landscapes.arrays import Array, is_numpy, isfinite, norm
from landscapes.landscape import Draw, Landscape, Point
from landscapes.oracle import Oracle
from optimizers.optimizer import Optimizer, State


class Visit(NamedTuple):
    """One step of a walk: where it stands before the step, the oracle asked there, the state, and the calls so far."""

    step: int
    theta: Point
    oracle: Oracle
    state: State
    calls: dict[str, int]


def place(optimizer: Optimizer, landscape: Landscape, starts: Any) -> Point:
    """The starts as points of the landscape, one per run, also where only the hyperparameters tell how many runs there are.

    The last axis is outermost in memory: one coordinate of many runs is then contiguous, which is how formulas read it.
    """
    theta = landscape.point(starts)
    if theta.ndim == 0 or theta.shape[-1] != landscape.dim:
        raise ValueError(f"a start on {landscape.name} has {landscape.dim} numbers, got shape {tuple(theta.shape)}")
    for name, value in optimizer.hyperparameters.items():
        if np.ndim(value) > 0 and np.shape(value)[-1] != 1:  # else it would be taken for one value per coordinate
            raise ValueError(f"{name} must be a number or an array of shape (*runs, 1), got shape {tuple(np.shape(value))}")
    runs = np.broadcast_shapes(
        tuple(theta.shape[:-1]), *(np.shape(v)[:-1] for v in optimizer.hyperparameters.values() if np.ndim(v) > 0)
    )
    if not is_numpy(theta):
        return theta.expand(*runs, landscape.dim).clone()
    theta = np.broadcast_to(theta, (*runs, landscape.dim))
    return np.moveaxis(np.ascontiguousarray(np.moveaxis(theta, -1, 0)), 0, -1)


class Halt(NamedTuple):
    """Where a walk was broken off: all that its next step depends on."""

    step: int
    theta: Point
    state: State
    calls: dict[str, int]


def walk(
    optimizer: Optimizer, landscape: Landscape, starts: Any, steps: int, seed: int = 0, since: Halt | None = None
) -> Iterator[Visit]:
    """Visit `steps` + 1 points: the start, and where each step led. No step is taken from the last one.

    On a landscape with bounds, and on no other, every step is projected on the feasible set: see `Landscape.feasible`.
    Runs that have become infinite or NaN go on as NaN; their neighbours do not notice. `since` goes on from a halt instead of
    the starts, and then does what the unbroken walk would have done.
    """
    theta = place(optimizer, landscape, starts if since is None else since.theta)
    optimizer = optimizer.cast(theta)
    first, state = (0, optimizer.init(theta)) if since is None else (since.step, since.state)
    calls: dict[str, int] = {} if since is None else dict(since.calls)
    for step in range(first, steps):
        oracle = landscape.at(theta, Draw(seed, step), calls)
        yield Visit(step, theta, oracle, state, calls)
        delta, state = optimizer.update(oracle, state)
        theta = landscape.feasible(theta + delta)
    yield Visit(steps, theta, landscape.at(theta, Draw(seed, steps), calls), state, calls)


def run(
    optimizer: Optimizer, landscape: Landscape, starts: Any, steps: int, seed: int = 0, progress: bool = False
) -> Trajectory:
    """Walk and record: theta `(steps + 1, *runs, dim)`, row 0 the start; the full loss and gradient norm at each.

    `progress` draws a bar of the steps.

    Divergence is data: nothing is clamped, clipped or raised. Once a run is infinite or NaN, its later rows are NaN.
    Raises ValueError if the method cannot run on the landscape or the starts do not fit it.
    """
    reason = optimizer.disabled_because(landscape)
    if reason:
        raise ValueError(f"{optimizer.title} cannot run here. {reason}")
    if steps < 0:
        raise ValueError(f"steps must be at least 0, got {steps}")
    rows: list[Array] = []
    calls: list[dict[str, int]] = []
    with np.errstate(all="ignore"):
        with bar(optimizer.title, steps, progress) as told:
            for visit in walk(optimizer, landscape, starts, steps, seed):
                rows.append(visit.theta)
                calls.append(dict(visit.calls))
                told(visit.step)
        return record(landscape, rows, calls)


def record(landscape: Landscape, rows: list[Array], calls: list[dict[str, int]]) -> Trajectory:
    """A trajectory of visited points, with loss and gradient norm evaluated at all of them at once."""
    if is_numpy(rows[0]):
        path = np.moveaxis(np.empty((rows[0].shape[-1], len(rows), *rows[0].shape[:-1]), rows[0].dtype), 0, -1)
        for step, row in enumerate(rows):
            path[step] = row
    else:
        import sys

        path = sys.modules["torch"].stack(rows)
    finite = np.logical_and.accumulate(as_numpy(isfinite(path).all(-1)), axis=0)
    path[~finite] = np.nan
    kinds = sorted({kind for count in calls for kind in count})
    return Trajectory(
        theta=as_numpy(path),
        loss=as_numpy(landscape.loss(path)),
        grad_norm=as_numpy(norm(landscape.gradient(path))[..., 0]),
        finite=finite,
        calls={kind: np.array([count.get(kind, 0) for count in calls]) for kind in kinds},
    )


def as_numpy(a: Array) -> np.ndarray:
    """An array of either library as a NumPy array."""
    return np.asarray(a if is_numpy(a) else a.detach().cpu().numpy())
