"""A search for the best settings as one short Python text that needs nothing but torch and runs all that was tried again."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from experiments.script.landscape_code import LandscapeCode
from experiments.script.many import assembled, named
from experiments.script.script import steps_of
from experiments.script.wrapper_code import Nest
from experiments.tune import Search, starts_of
from experiments.tuning import Tuning
from optimizers import OPTIMIZERS
from optimizers.optimizer import HVP

LOOP = """for (name, walk), (names, settings) in zip(OPTIMIZERS, SETTINGS):
    scores = []
    for setting in settings:
        globals().update(zip(names.values(), setting))
        losses = []
        for SEED in SEEDS:
            for START in STARTS:
                path, values = run(walk())
                alive = bool(path.isfinite().all()) and math.isfinite(values[-1])
                losses.append(values[-1].item() if alive else math.inf)
        scores.append(sum(losses) / len(losses))
        RESULTS.append((name, setting, losses))
        print(name, dict(zip(names, setting)), *losses)
    best = scores.index(min(scores))
    print(f"{name}: the smallest mean loss is {scores[best]:.17g}, at {dict(zip(names, settings[best]))}")"""


def tuning_script(tuning: Tuning, searches: Sequence[Search]) -> str:
    """A Python text that needs torch alone, runs every setting that the searches tried, from every start and with every seed,
    and prints the losses where the budget of a run ends, infinite where it diverged, and each optimizer's best setting.

    float64, all values in full precision. Raises ValueError for what `script` does not write, for searches on slices, and where
    a run's steps differ from setting to setting.
    """
    experiment = tuning.experiment
    if experiment.training is not None:
        raise ValueError("A script of a search is of surfaces: a slice's data are in this project's packages.")
    landscape, seen = experiment.make_landscape(), experiment.seen_landscape()
    optimizers, settings = [], []
    for index, (choice, search) in enumerate(zip(experiment.optimizers, searches)):
        if experiment.budget == "calls" and HVP in OPTIMIZERS[choice.key].needs:
            raise ValueError(
                f"What {OPTIMIZERS[choice.key].title} asks for differs from run to run, and so does how many steps a budget of "
                "oracle calls pays for: this search has no script. With equal steps for all it has one."
            )
        told = {name: f"{re.sub(r'[^a-z0-9]', '_', name)}_{index + 1}" for name in search.names}
        nest = Nest(named(choice, told.get))
        optimizers.append((f"{index + 1} {experiment.optimizer(index).title}", nest, steps_of(experiment, seen, index)))
        rows = [_row(tuning, index, search.names, row) for row in search.settings]
        settings += [f"    ({told}, [", *(f"        {row}," for row in rows), "    ]),"]
    starts = [np.asarray(start, dtype=float).tolist() for start in starts_of(tuning, landscape)]
    constants = [
        f"STARTS = {starts}",
        f"SEEDS = range({experiment.seed}, {experiment.seed + tuning.seeds})",
        "RESULTS = []",
        "SETTINGS = [  # for each optimizer what is searched, and its name here, and all that was tried",
        *settings,
        "]",
    ]
    return assembled(
        f"Tuning {tuning.key}: every setting that was tried, by torch alone. Prints its losses, and each optimizer's best.",
        experiment, LandscapeCode(experiment, landscape), optimizers, constants, [], [LOOP],
    )  # fmt: skip


def _row(tuning: Tuning, index: int, names: Sequence[str], row: np.ndarray) -> str:
    """A setting as code; whole numbers as such."""
    ranges = tuning.ranges(index)
    values = [repr(int(value)) if ranges[name].whole else repr(float(value)) for name, value in zip(names, row)]
    return f"({', '.join(values)}{',' * (len(values) == 1)})"
