"""A tuning as an exhibit: its search curves with the best settings, and the runs at those."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from experiments.tune import Search, tuned
from experiments.tuning import Tuning
from figures.print.exhibit import Chart, Exhibit, Line
from figures.print.of_exploration import loss_chart, runs
from figures.search import ends_of, kinds_of, on_log
from figures.search_caption import plain
from figures.sweep_map import axis_label

ROOM = 0.08  # of an axis, beyond its ends


def tuning_exhibit(tuning: Tuning, searches: Sequence[Search], labels: Sequence[str], *, title: str) -> Exhibit:
    """A chart for each number that was searched, the runs at the best settings on their surface, and their losses."""
    names = list(dict.fromkeys(name for search in searches for name in search.names))
    best = tuned(tuning, searches)
    details = [", ".join(f"{plain(name)} {search.value(name):.4g}" for name in search.names) for search in searches]
    ground, paths = runs([best.solo(index) for index in range(len(labels))], labels, details)
    charts = tuple(_chart(tuning, searches, labels, name) for name in names)
    return Exhibit(title, "Loss where a run ends", charts, ground, paths, loss_chart(paths), "The runs at the best settings")


def _chart(tuning: Tuning, searches: Sequence[Search], labels: Sequence[str], name: str) -> Chart:
    """The optimizers of which a number was searched, over its values."""
    there = [index for index, search in enumerate(searches) if name in search.names]
    log = on_log([searches[index] for index in there])
    lines = [_line(tuning.experiment.optimizers[i].key, labels[i], searches[i], name, log) for i in there]
    scores = np.concatenate([searches[index].scores for index in there])
    low, high = ends_of(scores, max((searches[index].loss for index in there), key=abs), log)
    room = ROOM * (high - low) or 0.5
    limits = (10 ** (low - room), 10 ** (high + room)) if log else (low - room, high + room)
    on_logs = all(tuning.stretch(index, name).scale == "log" for index in there)
    return Chart(
        axis_label(name), axis_label(name), "loss", lines, limits, "log" if on_logs else "linear", "log" if log else "linear"
    )


def _line(key: str, label: str, search: Search, name: str, log: bool) -> Line:
    """The loss at each value, the best one over another number that was searched with it; and the best setting."""
    column = search.settings[:, search.names.index(name)]
    values = np.unique(column)
    scores = np.array([search.scores[column == value].min() for value in values])
    score = float(search.scores[search.best])
    seen = kinds_of(np.array([score]), log)[0] == ""
    return Line(key, label, values, scores, best=(search.value(name), score) if seen else None)
