"""What theory says of a sweep on a quadratic: the exact rate in every cell, where stability ends, and the best there is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from experiments.spec import Experiment
from experiments.sweeps.axis import MODIFIER, SEED, coordinate
from experiments.sweeps.batch import Batch, batch_of
from experiments.sweeps.sweep import Sweep, cell
from experiments.why.methods import recurrence_of
from experiments.why.recurrence import factors
from landscapes.landscape import Landscape
from landscapes.surfaces.expression import ordered
from landscapes.surfaces.surface import Surface
from optimizers.optimizer import Optimizer
from optimizers.wrappers.wrapper import layers

STEADY = ("sgd", "momentum", "nesterov", "nsgd_l2", "nsgd_l1", "insgd", "insgd_released")  # the same recurrence at every step
BY_EIGENVALUE = ("newton", "newton_eigen", "saddle_free_newton")
WRAPPERS = ("weight_decay", "decoupled_weight_decay")
FLAT = 1e-12  # of the largest curvature: a direction that has no minimum to go to


class Best(NamedTuple):
    """Where theory converges fastest on a map: the point, the rate there, and the cell with the smallest rate.

    `exact` where the point is in closed form; else it is that cell's.
    """

    x: float
    y: float | None
    rate: float
    row: int
    column: int
    exact: bool


@dataclass(frozen=True, eq=False)
class Theory:
    """rate `(optimizers, rows, columns)`: what a step multiplies the error by in the long run, in the slowest direction; below
    1 it converges, above 1 it diverges. NaN where there is no theory, and `reasons` say why, in a sentence, or "".

    borders: for each optimizer the points `(n, 2)` of the map at which the learning rate is its stability limit, as the
    optimizer itself says it; None where the learning rate is on no axis or there is no theory. The contour of rate 1 is there.
    """

    rate: np.ndarray
    borders: tuple[np.ndarray | None, ...]
    bests: tuple[Best | None, ...]
    reasons: tuple[str, ...]


def theory_of(sweep: Sweep) -> Theory:
    """Theory for every optimizer of a sweep. Reference: Polyak 1964; Lessard, Recht and Packard 2016, arXiv 1408.3595."""
    count = len(sweep.experiment.optimizers)
    rate = np.full((count, sweep.rows, sweep.columns), np.nan)
    borders: list[np.ndarray | None] = []
    bests: list[Best | None] = []
    reasons = [reason_for_none(cell(sweep, i, 0, 0)) for i in range(count)]
    for i, reason in enumerate(reasons):
        borders.append(None if reason else _border(sweep, i))
        if not reason:
            rate[i] = _rates(sweep, i)
        bests.append(None if np.isnan(rate[i]).all() else _best(sweep, i, rate[i]))
    return Theory(rate, tuple(borders), tuple(bests), tuple(reasons))


def reason_for_none(experiment: Experiment) -> str:
    """Why there is no exact theory for the experiment's only optimizer on its landscape, in a sentence; "" where there is."""
    landscape, optimizer = experiment.make_landscape(), experiment.optimizer(0)
    rule, *around = layers(optimizer)
    if reason := optimizer.disabled_because(landscape):
        return reason
    if not is_quadratic(landscape):
        return f"{landscape.name} is no quadratic: its curvature changes from place to place."
    if experiment.batch_size is not None:
        return "Every mini-batch is another quadratic."
    if rule.key not in STEADY + BY_EIGENVALUE:
        return f"{rule.title} does not multiply the error by the same factors at every step."
    other = [wrapper.key for wrapper in around if wrapper.key not in WRAPPERS]
    return f"Under {other[0]} the factors change from step to step." if other else ""


def is_quadratic(landscape: Any) -> bool:
    """Whether the Hessian is the same everywhere, and every point feasible."""
    while not isinstance(landscape, Surface):
        landscape = landscape.inner
    graphs, names = landscape.formula.hessian_graphs, landscape.formula.coordinates
    steady = all(e.op != "symbol" or e.args[0] not in names for e in ordered(graphs))
    return steady and landscape.bounds is None


def _rates(sweep: Sweep, index: int) -> np.ndarray:
    """Of every cell, `(rows, columns)`; what does not change the rate is left out of the computing."""
    rows, columns = np.divmod(np.arange(sweep.cells), sweep.columns)
    values = {axis.name: axis.values[place] for axis, place in zip(sweep.axes, (columns, rows)) if _matters(axis.name)}
    solo = sweep.experiment.solo(index)
    if not values:
        values = {"start0": np.zeros(1)}
    rates = rates_of(solo, values)
    return np.broadcast_to(rates.reshape(sweep.rows, -1) if len(rates) > 1 else rates, (sweep.rows, sweep.columns))


def _matters(name: str) -> bool:
    return name != SEED and coordinate(name) is None and not name.startswith(f"{MODIFIER}noise")


def rates_of(experiment: Experiment, values: Mapping[str, np.ndarray]) -> np.ndarray:
    """The rate of each run, `(runs,)`, of an experiment's only optimizer with each named number taking one value per run."""
    batch = batch_of(experiment, values)
    optimizer, oracle, state = _asked(batch)
    with np.errstate(all="ignore"):
        ridge = _added(optimizer, "weight_decay")
        hessian = oracle.hessian
        preconditioner = optimizer.preconditioner(oracle, state)
        if preconditioner is not None:
            root = np.sqrt(preconditioner)
            hessian = hessian / (root[..., None, :] * root[..., :, None])
        curvature = np.linalg.eigvalsh(hessian) + ridge
        rule: Any = layers(optimizer)[0]
        if rule.key in BY_EIGENVALUE:
            size = np.abs(1 - _shares(rule, curvature) * curvature - rule.lr * _added(optimizer, "decoupled_weight_decay"))
        else:
            recurrence = recurrence_of(optimizer, state, oracle, curvature, curvature)
            assert recurrence is not None
            size = np.abs(factors(recurrence, curvature)[0])
        flat = np.abs(curvature) <= FLAT * np.abs(curvature).max(-1, keepdims=True)
        return np.where(flat, 0.0, size).max(-1)


def _asked(batch: Batch) -> tuple[Optimizer, Any, Any]:
    theta = batch.landscape.point(batch.starts)
    return batch.optimizer, batch.landscape.at(theta), batch.optimizer.init(theta)


def _shares(rule: Any, curvature: np.ndarray) -> Any:
    """What Newton's relatives multiply each gradient component by; curvature `(runs, dim)` ascending."""
    if rule.key == "newton":
        damped = curvature + rule.damping
        return np.where(damped[..., :1] > rule.tol, rule.lr / damped, rule.fallback_lr)
    if rule.key == "newton_eigen":
        return np.where(curvature > rule.tol, rule.lr / curvature, rule.fallback_lr)
    return rule.lr / np.maximum(np.abs(curvature), rule.damping)


def _added(optimizer: Any, key: str) -> Any:
    """The weight decay of all wrappers of a kind."""
    around: tuple[Any, ...] = layers(optimizer)[1:]
    return sum(layer.weight_decay for layer in around if layer.key == key)


def _border(sweep: Sweep, index: int) -> np.ndarray | None:
    """Points `(n, 2)` where the learning rate is the limit, one for each value of the other axis."""
    names = [axis.name for axis in sweep.axes]
    if "lr" not in names:
        return None
    other = next((axis for axis in sweep.axes if axis.name != "lr"), None)
    along = np.zeros(1) if other is None else other.values
    values = {other.name: along} if other is not None and _matters(other.name) else {"start0": np.zeros(1)}
    optimizer, oracle, state = _asked(batch_of(sweep.experiment.solo(index), values))
    with np.errstate(all="ignore"):
        limits = np.broadcast_to(optimizer.stability_limit(oracle, state), along.shape)
    points = (limits, along) if names[0] == "lr" else (along, limits)
    return np.stack(points, axis=-1)


def _best(sweep: Sweep, index: int, rate: np.ndarray) -> Best:
    row, column = (int(i) for i in np.unravel_index(int(np.nanargmin(rate)), rate.shape))
    x, y = float(sweep.x.values[column]), None if sweep.y is None else float(sweep.y.values[row])
    found = Best(x, y, float(rate[row, column]), row, column, False)
    closed = _closed_form(sweep, index)
    if closed is None:
        return found
    if not all(axis.low <= closed.get(axis.name, axis.low) <= axis.high for axis in sweep.axes):
        return found
    above = y if sweep.y is None else closed.get(sweep.y.name, y)
    return found._replace(x=closed.get(sweep.x.name, x), y=above, rate=closed["rate"], exact=True)


def _closed_form(sweep: Sweep, index: int) -> Mapping[str, float] | None:
    """The best hyperparameters and the rate they reach, where the axes are free to take them: for gradient descent, the heavy
    ball and Nesterov's method, from the largest and the smallest curvature. Reference: Lessard et al. 2016, table 1."""
    names, choice = {axis.name for axis in sweep.axes if _matters(axis.name)}, sweep.experiment.optimizers[index]
    wanted = {"sgd": {"lr"}, "momentum": {"lr", "momentum"}, "nesterov": {"lr", "momentum"}}.get(choice.key)
    if choice.wrappers or names != wanted:
        return None
    landscape: Landscape = sweep.experiment.make_landscape()
    low, high = (float(v) for v in np.linalg.eigvalsh(landscape.hessian(landscape.point(landscape.start)))[[0, -1]])
    if not low > FLAT * high:
        return None
    if choice.key == "sgd":
        return {"lr": 2 / (high + low), "rate": (high - low) / (high + low)}
    if choice.key == "momentum":
        root = (high**0.5 - low**0.5) / (high**0.5 + low**0.5)
        return {"lr": 4 / (high**0.5 + low**0.5) ** 2, "momentum": root * root, "rate": root}
    root = (3 * high / low + 1) ** 0.5
    return {"lr": 4 / (3 * high + low), "momentum": (root - 2) / (root + 2), "rate": 1 - 2 / root}
