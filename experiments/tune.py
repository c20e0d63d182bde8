"""The best setting under a budget, by a search that can be shown: grids, the first over the whole range, the next around the
best one so far, or beyond the range where that is at its border."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from math import ceil
from typing import Any

import numpy as np

from experiments.loop import as_numpy, walk
from experiments.spec import Experiment, ExperimentError, calls_spent, start_of
from experiments.sweeps.axis import with_value
from experiments.sweeps.batch import shared
from experiments.tuning import Tuning
from landscapes.arrays import isfinite
from landscapes.landscape import Landscape
from landscapes.ranges import Range
from optimizers.optimizer import HVP

FIRST, LATER = 2, 4  # the first grid takes half of the settings, each later one a quarter
SPREAD = 0.1  # of the domain's sides: how far from the start further starts are drawn
KEPT = 0.99  # of the way down that the best setting makes: a setting that keeps so much of it is as good
LOOK_UP = 8  # steps between reports
TOLD: Callable[[float], None] = lambda share: None  # noqa: E731


@dataclass(frozen=True, eq=False)
class Search:
    """Every setting tried of one optimizer, in its order.

    settings `(n, names)`, the first that of the experiment; losses `(n, tries)` where the budget of a run ends, infinite where
    it diverged; rounds `(n,)` the grid that a setting belongs to: 0 the experiment's own, then 1, 2, ...; `runs` and `calls`
    that were spent, `loss` at the starts, and `bounds` `(names, 2)` between which values are allowed.
    """

    names: tuple[str, ...]
    settings: np.ndarray
    losses: np.ndarray
    rounds: np.ndarray
    runs: int
    calls: int
    loss: float
    bounds: np.ndarray

    @property
    def scores(self) -> np.ndarray:
        """The mean loss of each setting, `(n,)`; infinite where one of its runs diverged."""
        with np.errstate(over="ignore"):
            return self.losses.mean(1)

    @property
    def best(self) -> int:
        """The setting with the smallest mean loss, by its place; of equal ones the first tried."""
        return int(np.argmin(self.scores))

    def value(self, name: str) -> float:
        """What the best setting has."""
        return float(self.settings[self.best, self.names.index(name)])

    @property
    def good(self) -> np.ndarray:
        """Which settings are as good: those that come down from the loss at the starts `KEPT` as far as the best, `(n,)`."""
        scores, best = self.scores, float(self.scores[self.best])
        if not best < self.loss:
            return scores == best
        return self.loss - scores >= KEPT * (self.loss - best)

    def span(self, name: str) -> tuple[float, float]:
        """The smallest and the largest value of a hyperparameter among the settings that are as good as the best."""
        there = self.settings[self.good, self.names.index(name)]
        return float(there.min()), float(there.max())

    def border(self, name: str) -> str:
        """ "smallest" or "largest" where the best value is that of all tried, though more would be allowed; "" else."""
        column = self.settings[:, self.names.index(name)]
        value, (low, high) = column[self.best], self.bounds[self.names.index(name)]
        if column.min() == column.max():
            return ""
        return "smallest" if value == column.min() > low else "largest" if value == column.max() < high else ""

    def as_arrays(self) -> dict[str, np.ndarray]:
        """Numbers as arrays by name, to cross a process boundary; `names` go as they are."""
        return {f.name: np.asarray(getattr(self, f.name)) for f in fields(self) if f.name != "names"}

    @classmethod
    def from_arrays(cls, names: Sequence[str], arrays: Mapping[str, Any]) -> Search:
        given = {f.name: arrays[f.name] for f in fields(cls) if f.name != "names"}
        return cls(
            tuple(names), **given | {"runs": int(arrays["runs"]), "calls": int(arrays["calls"]), "loss": float(arrays["loss"])}
        )


def tune(
    tuning: Tuning, index: int = 0, landscape: Landscape | None = None, on_progress: Callable[[float], None] = TOLD
) -> Search:
    """Search for one optimizer. `landscape` saves making it again; `on_progress` hears what share of the budget is spent, and
    may raise to stop.

    The experiment's own setting is run first. Half of the rest goes into a grid over the ranges of `Tuning.stretch`, each later
    quarter into one between the neighbours of the best setting so far; an axis whose best value is at a border goes beyond it,
    as far as values are allowed. Raises ExperimentError where the method cannot run or the budget is too small.
    """
    paid = _Account(tuning, index, landscape, on_progress)
    stretches = [tuning.stretch(index, name) for name in paid.names]
    paid.run(np.array([[float(paid.own[name]) for name in paid.names]]))
    settings, least = paid.affordable(), 2 ** len(paid.names)
    if settings < least:
        fits = ceil(tuning.runs * paid.price * tuning.tries * (least + 1) / max(tuning.budget, 1))
        raise ExperimentError(
            f"{paid.title}: {tuning.budget:,} {tuning.unit} are too few to search; a budget of {fits} runs would do"
        )
    while (left := paid.affordable()) >= least:
        share = -(-settings // (LATER if paid.grids else FIRST))
        side = int(min(left, max(least, share)) ** (1 / len(paid.names)) + 1e-9)
        grids = [_values(stretch, paid.tried(at), paid.best(at), side) for at, stretch in enumerate(stretches)]
        fresh = paid.unknown(np.stack(np.meshgrid(*grids, indexing="ij"), -1).reshape(-1, len(grids)))
        if not len(fresh):
            break
        paid.run(fresh)
    return paid.found(stretches)


def tuned(tuning: Tuning, searches: Sequence[Search]) -> Experiment:
    """The experiment with every optimizer at its best setting."""
    experiment = tuning.experiment
    for index, search in enumerate(searches):
        for name in search.names:
            experiment = with_value(experiment, index, name, search.value(name))
    return experiment


def starts_of(tuning: Tuning, landscape: Landscape) -> np.ndarray:
    """The starts of every setting, `(starts, dim)`: the experiment's, then some drawn evenly by its seed from a box around it
    that reaches `SPREAD` of the domain's sides to each side."""
    own = np.asarray(start_of(tuning.experiment, landscape), dtype=float)
    if tuning.starts == 1:
        return own[None]
    seen: Any = landscape  # surfaces and slices have a domain
    sides = np.array([high - low for low, high in seen.domain], dtype=np.float64)
    draws = np.random.default_rng(tuning.experiment.seed).uniform(-1, 1, (tuning.starts - 1, len(own)))
    drawn = own + SPREAD * draws * sides
    return np.concatenate([own[None], as_numpy(landscape.feasible(landscape.point(drawn)))])


def _values(allowed: Range, tried: np.ndarray, best: float | None, side: int) -> np.ndarray:
    """The next values of one hyperparameter, `side` of them at most: over the whole stretch, or new ones around the best."""
    spaced = np.geomspace if allowed.scale == "log" else np.linspace
    if best is None:
        values = spaced(*allowed.control, side)
    else:
        side = side - side % 2 if side > 2 else side  # an odd number of them would meet the best one again
        low, high = tried[tried < best].max(initial=-np.inf), tried[tried > best].min(initial=np.inf)
        below, above = not np.isfinite(low), not np.isfinite(high)
        low, high = _beyond(allowed, best, -1) if below else low, _beyond(allowed, best, 1) if above else high
        first, last = int(not below or low == best), int(not above or high == best)
        values = spaced(low, high, side + first + last)[first : side + first]
    values = np.unique(np.round(values)) if allowed.whole else values
    return np.asarray(values[[allowed.holds(float(value)) for value in values]], dtype=float)


def _beyond(allowed: Range, best: float, way: int) -> float:
    """How far an axis goes beyond its border: half as wide again, on its scale, as it was; towards a bound that is left out,
    nine tenths of what is left."""
    low, high = allowed.control
    bound, open_ = (allowed.high, allowed.open_high) if way > 0 else (allowed.low, allowed.open_low)
    if allowed.scale == "log":
        found = best * (high / low) ** (way / 2)
    elif open_ and np.isfinite(bound):
        return bound + (best - bound) / 10
    else:
        found = best + way * (high - low) / 2
    return float(min(found, bound) if way > 0 else max(found, bound))


class _Account:
    """Runs, and what they cost."""

    def __init__(self, tuning: Tuning, index: int, landscape: Landscape | None, on_progress: Callable[[float], None]) -> None:
        self.tuning, self.names, self.on_progress = tuning, tuning.searched[index], on_progress
        self.experiment = tuning.experiment.solo(index)
        self.optimizer = self.experiment.optimizer(0)
        self.own, self.title = self.optimizer.hyperparameters, self.optimizer.title
        self.landscape: Any = shared(self.experiment.seen_landscape() if landscape is None else landscape)
        if reason := self.optimizer.disabled_because(self.landscape):
            raise ExperimentError(f"{self.title} cannot run here. {reason}")
        self.starts = starts_of(tuning, self.landscape)
        # What is asked for Hessian-vector products differs from run to run: these are walked, and paid for, one by one.
        self.alone = HVP in self.optimizer.needs and "calls" in (tuning.unit, self.experiment.budget)
        self.settings, self.losses = np.empty((0, len(self.names))), np.empty((0, tuning.tries))
        self.rounds = np.empty(0, int)
        self.grids, self.runs, self.calls = -1, 0, 0

    @property
    def spent(self) -> int:
        return self.calls if self.tuning.unit == "calls" else self.runs

    @property
    def price(self) -> float:
        """Of a run, on average."""
        return self.spent / self.runs

    def affordable(self) -> int:
        """How many more settings the budget holds."""
        return int((self.tuning.budget - self.spent) / max(self.price, 1e-9) / self.tuning.tries + 1e-9)

    def tried(self, at: int) -> np.ndarray:
        """The values of one hyperparameter on grids so far."""
        return np.unique(self.settings[self.rounds > 0, at])

    def best(self, at: int) -> float | None:
        """The best value of it so far; None before the first grid."""
        return float(self.settings[int(np.argmin(self.losses.mean(1))), at]) if self.grids > 0 else None

    def unknown(self, settings: np.ndarray) -> np.ndarray:
        return settings[~(settings[:, None] == self.settings).all(-1).any(1)]

    def run(self, settings: np.ndarray) -> None:
        """A round of settings `(n, names)`; in the experiment's own round there is one, which is run whatever it costs."""
        self.grids += 1
        groups = [settings[i : i + 1] for i in range(len(settings))] if self.alone else [settings]
        for group in groups:
            losses, calls = self.walked(group)
            if self.grids and self.alone and self.spent + (calls if self.tuning.unit == "calls" else 0) > self.tuning.budget:
                return  # it was not paid for, so it is not known
            self.settings, self.losses = np.concatenate([self.settings, group]), np.concatenate([self.losses, losses])
            self.rounds = np.append(self.rounds, np.full(len(group), self.grids))
            self.runs, self.calls = self.runs + losses.size, self.calls + calls

    def walked(self, settings: np.ndarray) -> tuple[np.ndarray, int]:
        """The losses of settings, `(n, tries)`, and the oracle calls of all these runs."""
        if self.alone:  # each start is a run of its own
            made = [self.walk(settings, start[None], seed) for seed in range(self.tuning.seeds) for start in self.starts]
        else:
            made = [self.walk(settings, self.starts, seed) for seed in range(self.tuning.seeds)]
        return np.concatenate([losses for losses, _ in made], axis=1), sum(calls for _, calls in made)

    def walk(self, settings: np.ndarray, starts: np.ndarray, seed: int) -> tuple[np.ndarray, int]:
        """All settings from some starts with one seed: losses `(n, starts)` and calls."""
        experiment, count = self.experiment, len(starts)
        given = {name: np.repeat(column, count)[:, None] for name, column in zip(self.names, settings.T)}
        optimizer = self.optimizer.with_hyperparameters(**given)
        alive: Any = True
        with np.errstate(all="ignore"):
            for visit in walk(
                optimizer, self.landscape, np.tile(starts, (len(settings), 1)), experiment.steps, experiment.seed + seed
            ):
                spent = int(calls_spent(visit.calls, self.landscape.dim))
                if experiment.budget == "calls" and spent > experiment.steps:
                    break
                theta, asked, alive = visit.theta, spent, alive & as_numpy(isfinite(visit.theta).all(-1))
                if visit.step % LOOK_UP == 0:
                    self.on_progress(min(1.0, self.spent / self.tuning.budget))
            losses = as_numpy(self.landscape.loss(theta))
        losses = np.where(alive & np.isfinite(losses), losses, np.inf).reshape(len(settings), count)
        return losses, asked * losses.size

    def found(self, stretches: Sequence[Range]) -> Search:
        loss = float(np.mean(as_numpy(self.landscape.loss(self.landscape.point(self.starts)))))
        bounds = np.array([[s.low, s.high] for s in stretches], dtype=float)
        return Search(self.names, self.settings, self.losses, self.rounds, self.runs, self.calls, loss, bounds)
