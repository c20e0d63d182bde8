"""The best learning rate under a budget, by a search that can be shown."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from experiments.spec import Experiment, run_entrant
from landscapes.landscape import Landscape
from optimizers import OPTIMIZERS

COARSE, FINE = 49, 17  # learning rates tried over the whole range, then between the neighbours of the best


@dataclass(frozen=True, eq=False)
class Search:
    """Every learning rate tried, ascending, and the loss after the budget with each; infinite where the run diverged."""

    rates: np.ndarray
    losses: np.ndarray

    @property
    def best(self) -> float:
        """The learning rate with the smallest loss; of equal ones the smallest."""
        return float(self.rates[int(np.argmin(self.losses))])


def tune(experiment: Experiment, index: int = 0, landscape: Landscape | None = None) -> Search:
    """Search the learning rate of one optimizer, all else held: a grid of `COARSE` over the rate's control range, evenly spaced
    on a log scale, then `FINE` between the neighbours of the best one. The score is the loss where the budget ends.

    Raises ValueError if the method cannot run there.
    """
    landscape = experiment.seen_landscape() if landscape is None else landscape
    low, high = OPTIMIZERS[experiment.optimizers[index].key].ranges["lr"].control
    rates = np.geomspace(low, high, COARSE)
    losses = _scores(experiment, index, landscape, rates)
    best = int(np.argmin(losses))
    inner = np.geomspace(rates[max(best - 1, 0)], rates[min(best + 1, COARSE - 1)], FINE + 2)[1:-1]
    rates, losses = np.concatenate([rates, inner]), np.concatenate([losses, _scores(experiment, index, landscape, inner)])
    order = np.argsort(rates, kind="stable")
    return Search(rates[order], losses[order])


def _scores(experiment: Experiment, index: int, landscape: Landscape, rates: np.ndarray) -> np.ndarray:
    """The loss at the end of a run with each rate, `(n,)`; all of them are one program."""
    trajectory = run_entrant(experiment, landscape, index, lr=rates[:, None])
    return np.where(trajectory.finite[-1] & np.isfinite(trajectory.loss[-1]), trajectory.loss[-1], np.inf)
