"""How settings were tuned, in words: for the page, for print, and for a race that is run at them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from experiments.tune import KEPT, SPREAD, Search
from experiments.tuning import Tuning
from figures.sweep_map import axis_label


def caption(tuning: Tuning, searches: Sequence[Search], labels: Sequence[str]) -> str:
    """What was searched on which budget, what was found, and what was spent."""
    experiment = tuning.experiment
    landscape: Any = experiment.make_landscape()
    steps = "oracle calls" if experiment.budget == "calls" else "steps"
    return " ".join(
        [
            f"Tuning on {landscape.name}, {experiment.steps:,} {steps} a run, seed {experiment.seed}.",
            terms(tuning.runs, tuning.unit, experiment.steps, tuning.starts, tuning.seeds),
            *(f"{label}: {result(search)}." for label, search in zip(labels, searches)),
            "By grid search: half of the settings over the whole range, then a quarter around the best one, again and again.",
        ]
    )


def terms(runs: int, unit: str, steps: int, starts: int, seeds: int) -> str:
    budget = f"{runs * steps:,} oracle calls" if unit == "calls" else f"{runs:,} runs of {steps:,} steps"
    tries = [f"{starts} starts (its own, and others within {SPREAD:.0%} of the domain around it)"] if starts > 1 else []
    tries += [f"{seeds} seeds"] if seeds > 1 else []
    mean = f"the mean loss where the budget of a run ends, over {' and '.join(tries)}" if tries else "the loss where a run ends"
    return f"Each optimizer had {budget} to find its best setting, by {mean}."


def result(search: Search) -> str:
    """The best setting, how it does, and what the search cost."""
    values = ", ".join(f"{plain(name)} {search.value(name):.4g}" for name in search.names)
    score = float(search.scores[search.best])
    loss = f"loss {score:.3g}" if np.isfinite(score) else "every setting diverged"
    said = f"{values} ({loss}; {len(search.settings)} settings, {search.calls:,} oracle calls)"
    return "; ".join([said, *borders(search)])


def borders(search: Search) -> list[str]:
    """Where the best value is at the border of all that was tried, a phrase for each."""
    found = {name: search.border(name) for name in search.names}
    return [f"the {which} {plain(name)} tried was the best" for name, which in found.items() if which]


def sharpness(search: Search) -> str:
    """How sharp the optimum is: which of the settings tried are as good."""
    ends = [(name, *search.span(name)) for name in search.names]
    spans = ", ".join(
        f"{plain(name)} {low:.4g} to {high:.4g}" if low < high else f"{plain(name)} {low:.3g} alone" for name, low, high in ends
    )
    return f"{int(search.good.sum())} of {len(search.settings)}: {spans}"


GOOD = f"The settings tried that come at least {KEPT:.0%} as far down from the loss at the start as the best one."


def plain(name: str) -> str:
    """A hyperparameter's name as it is read; the learning rate's is short, as in a table."""
    return "lr" if name == "lr" else axis_label(name)
