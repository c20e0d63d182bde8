"""A run looked at closely: for every step the arrows that a stage can draw, and its error direction by direction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

import numpy as np

from experiments.loop import as_numpy, record, walk
from experiments.trajectory import Trajectory
from experiments.why.methods import clipping, recurrence_of, ridge, unwrapped
from experiments.why.recurrence import Recurrence, bounce_limit, factors, limit
from landscapes.arrays import eigh
from landscapes.landscape import Draw, Landscape
from optimizers.optimizer import INPUTS, Optimizer, State
from optimizers.wrappers.wrapper import present_value


@dataclass(frozen=True, eq=False)
class Overlay:
    """What one run saw and did at every point, row by row; the last row's step is the one that would follow.

    theta, gradient (of the full loss), seen (what the rule got: another under noise, mini-batches and wrappers), step (as it
    moved, bounds included) and inertia (step less what follows from the gradient seen: past gradients, and weight decay; NaN
    where the method does not tell), all `(rows, dim)`; loss `(rows + 1,)` includes the point after the last row. eigenvalues
    `(rows, dim)` ascending with eigenvectors `(rows, dim, dim)` in columns, which turn no more than they must from row to row;
    newton_target `(rows, dim)`, the stationary point of the local quadratic model, NaN where it has none or many.
    preconditioner `(rows, dim)` or NaN. nearest `(rows,)` is the index of the nearest declared minimum, -1 without any, and
    distance `(rows,)` how far it is.

    Modes are the eigenvectors of P⁻¹H, P the preconditioner where there is one, H with what L2 decay adds: `curvatures`
    ascending, unit `directions` in columns, and in their own coordinates the gradient before and after the step, and the step:
    `mode_gradient`, `mode_gradient_after`, `mode_step`. `factors` are what linear theory multiplies the error by, `turning`
    where complex, NaN where there is no theory. The present learning rate times `share_to_limit` is where an error begins to
    grow, times `share_to_bounce` where it begins to change sign. `memory` is the recurrence's momentum, `lr` the learning rate
    of the step, `clipping` the share of the gradient's norm that clipping leaves, all `(rows,)`.
    """

    theta: np.ndarray
    loss: np.ndarray
    gradient: np.ndarray
    seen: np.ndarray
    step: np.ndarray
    inertia: np.ndarray
    eigenvalues: np.ndarray
    eigenvectors: np.ndarray
    newton_target: np.ndarray
    preconditioner: np.ndarray
    nearest: np.ndarray
    distance: np.ndarray
    curvatures: np.ndarray
    directions: np.ndarray
    mode_gradient: np.ndarray
    mode_gradient_after: np.ndarray
    mode_step: np.ndarray
    factors: np.ndarray
    turning: np.ndarray
    share_to_limit: np.ndarray
    share_to_bounce: np.ndarray
    memory: np.ndarray
    lr: np.ndarray
    clipping: np.ndarray

    @property
    def grad_norm(self) -> np.ndarray:
        """The full gradient's norm, `(rows,)`."""
        return np.asarray(np.linalg.norm(self.gradient, axis=-1))

    def as_arrays(self) -> dict[str, np.ndarray]:
        """Everything as named arrays, to cross a process boundary; `from_arrays` brings it back."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> Overlay:
        return cls(**{field.name: arrays[field.name] for field in fields(cls)})


class Replay(NamedTuple):
    """A walk repeated with its memory: the trajectory, and before every step the state and the oracle calls so far.

    `following` is the step that would follow the last point.
    """

    trajectory: Trajectory
    states: Sequence[State]
    following: np.ndarray


def replay(optimizer: Optimizer, landscape: Landscape, start: Any, steps: int, seed: int) -> Replay:
    rows, calls, states = [], [], []
    with np.errstate(all="ignore"):
        for visit in walk(optimizer, landscape, start, steps, seed):
            rows.append(visit.theta)
            calls.append(dict(visit.calls))
            states.append(visit.state)
        following = optimizer.cast(visit.theta).update(visit.oracle, visit.state)[0]
        after = as_numpy(landscape.feasible(visit.theta + following)) - as_numpy(visit.theta)
        return Replay(record(landscape, rows, calls), states, after)


def overlay(optimizer: Optimizer, landscape: Landscape, start: Any, steps: int, seed: int = 0) -> Overlay:
    """The overlay of the run that `run` with the same arguments records. `start` is one point, `(dim,)`."""
    return overlaid(optimizer, landscape, replay(optimizer, landscape, start, steps, seed), seed)


def overlaid(optimizer: Optimizer, landscape: Landscape, run: Replay, seed: int) -> Overlay:
    """The overlay of a repeated walk."""
    theta = run.trajectory.theta
    if theta.ndim != 2:
        raise ValueError(f"a run is looked at alone: its start is one point, got points of shape {theta.shape[1:]}")
    with np.errstate(all="ignore"):
        step = np.concatenate([np.diff(theta, axis=0), run.following[None]])
        points = landscape.point(np.concatenate([theta, theta[-1:] + run.following]))
        gradients = np.asarray(as_numpy(landscape.gradient(points)), dtype=float)
        last = as_numpy(landscape.loss(points[-1:]))
        gradient = gradients[:-1]
        hessian = np.asarray(as_numpy(landscape.hessian(points[:-1])), dtype=float)
        values, vectors = eigh(hessian)
        vectors = _steady(vectors)
        along = _into(vectors, gradient)
        flat = (abs(values) <= 1e-14 * abs(values).max(-1, keepdims=True)).any(-1, keepdims=True)
        nearest, distance = _nearest(landscape, theta)
        return Overlay(
            theta=theta,
            loss=np.concatenate([run.trajectory.loss, last]),
            gradient=gradient,
            step=step,
            eigenvalues=values,
            eigenvectors=vectors,
            newton_target=np.where(flat, np.nan, theta - (vectors @ (along / values)[..., None])[..., 0]),
            nearest=nearest,
            distance=distance,
            **_modes(optimizer, landscape, run, gradients, step, hessian, values, vectors, seed),
        )


def _modes(
    optimizer: Optimizer, landscape: Landscape, run: Replay, gradients: np.ndarray, step: np.ndarray,
    hessian: np.ndarray, values: np.ndarray, vectors: np.ndarray, seed: int,
) -> dict[str, np.ndarray]:  # fmt: skip
    """The fields of an overlay that depend on the method: what it saw, divided by, and is in linear theory."""
    theta, decay = run.trajectory.theta, ridge(optimizer)
    descended = gradients + decay * np.concatenate([theta, theta[-1:] + run.following])
    gradient, after = descended[:-1], descended[1:]
    values, along = values + decay, _into(vectors, gradient)
    seen, preconditioner = gradients[:-1].copy(), np.full(theta.shape, np.nan)
    lr, left, recurrences = np.empty(len(theta)), np.ones(len(theta)), []
    for row, state in enumerate(run.states):
        oracle = landscape.at(landscape.point(theta[row]), Draw(seed, row))
        *_, (rule, rule_state, asked) = unwrapped(optimizer, state, oracle)
        lr[row] = present_value(optimizer, "lr", state)
        if asked is not oracle or oracle.landscape is not landscape:
            seen[row] = as_numpy(asked.grad)
            left[row] = clipping(optimizer, state, oracle)
        divisor = rule.preconditioner(asked, rule_state)
        if divisor is not None:
            preconditioner[row] = as_numpy(divisor)
        known = divisor is not None or INPUTS not in rule.needs
        recurrences.append(recurrence_of(optimizer, state, oracle, values[row], along[row]) if known else None)
    r, scale, curvatures = _stacked(recurrences, theta.shape[-1]), np.ones_like(theta), values
    if not np.isnan(preconditioner).all():
        scale = np.sqrt(preconditioner)
        eye = np.eye(theta.shape[-1])
        curvatures, vectors = eigh((hessian + decay * eye) / (scale[:, None, :] * scale[:, :, None]))
        vectors = _steady(vectors)
    multipliers, turning = factors(r, curvatures)
    pull = (vectors @ (r.present * _into(vectors, seen / scale))[..., None])[..., 0] / scale
    return {
        "seen": seen,
        "inertia": step + pull,
        "preconditioner": preconditioner,
        "curvatures": curvatures,
        "directions": _unit(vectors / scale[..., None]),
        "mode_gradient": _into(vectors, gradient / scale),
        "mode_gradient_after": _into(vectors, after / scale),
        "mode_step": _into(vectors, step * scale),
        "factors": multipliers,
        "turning": turning,
        "share_to_limit": limit(r, curvatures),
        "share_to_bounce": bounce_limit(r, curvatures),
        "memory": np.broadcast_to(r.momentum, theta.shape)[:, 0],
        "lr": lr,
        "clipping": left,
    }


def _stacked(recurrences: Sequence[Recurrence | None], dim: int) -> Recurrence:
    """Recurrences as one of arrays `(rows, 1)` or `(rows, dim)`, NaN where there is none."""
    unknown = Recurrence(*[np.nan] * 6)
    rows = [unknown if r is None else r._replace(pull=r.present) for r in recurrences]
    if any(isinstance(r.rate, np.ndarray) for r in rows):
        return Recurrence(*(np.array([np.broadcast_to(entry, (dim,)) for entry in column]) for column in zip(*rows)))
    return Recurrence(*np.array(rows, dtype=float).T[..., None])


def _into(vectors: np.ndarray, arrows: np.ndarray) -> np.ndarray:
    """Components `(rows, dim)` along the columns of `vectors`."""
    return np.asarray((arrows[..., None, :] @ vectors)[..., 0, :])


def _unit(vectors: np.ndarray) -> np.ndarray:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=-2, keepdims=True))


def _steady(vectors: np.ndarray) -> np.ndarray:
    """Eigenvectors with signs that change as little as can be along the rows; the first has its largest entry positive."""
    first = vectors[0]
    largest = np.take_along_axis(first, abs(first).argmax(0)[None], 0)
    turned = (vectors[1:] * vectors[:-1]).sum(-2, keepdims=True)
    signs = np.concatenate([largest[None], turned])
    return np.asarray(vectors * np.cumprod(np.where(signs < 0, -1.0, 1.0), axis=0))


def _nearest(landscape: Any, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    minima = np.asarray(getattr(landscape, "minima", ()), dtype=float)
    if not len(minima):
        return np.full(len(theta), -1), np.full(len(theta), np.nan)
    away = np.linalg.norm(theta[:, None] - minima, axis=-1)
    return away.argmin(-1), away.min(-1)
