"""What a map of trainings says about its rows: how well one learning rate serves all of them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from experiments.sweeps.networks import NetworkMap


class Tolerance(NamedTuple):
    """The one learning rate that serves all rows best: its mean final losses have the smallest geometric mean over the rows.

    `cost`: how many times the losses of every row's own best rate these are, in geometric mean, so 1 where one rate does for
    all. `lowest` and `highest`: the smallest and the largest of these losses over the rows. All are NaN where every rate
    diverges in some row.
    """

    rate: float
    cost: float
    lowest: float
    highest: float

    @property
    def grows(self) -> float:
        """How many times the loss in the best row that in the worst row is, at the one rate."""
        return self.highest / self.lowest


def tolerances(found: NetworkMap) -> tuple[Tolerance, ...]:
    """Of each optimizer. Raises ValueError for a map that is not complete."""
    if not found.complete:
        raise ValueError("a map that is not complete says nothing about its best rates")
    made = []
    for index, losses in enumerate(found.mean("final")):
        whole = np.isfinite(losses).all(0)
        if not whole.any():
            made.append(Tolerance(*[float("nan")] * 4))
            continue
        means = np.log(np.where(whole, losses, np.inf)).mean(0)
        column = int(np.argmin(means))
        tuned = np.log(losses[np.arange(len(losses)), found.best_rates(index)]).mean()
        at_one = losses[:, column]
        rate = float(found.sweep.x.values[column])
        made.append(Tolerance(rate, float(np.exp(means[column] - tuned)), float(at_one.min()), float(at_one.max())))
    return tuple(made)
