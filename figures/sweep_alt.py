"""What a figure of an exploration shows, in few words, for who cannot see it: its kind, its axes, and what came of the runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from experiments.sweeps.cloud import QUANTILES, CloudResult
from experiments.sweeps.networks import QUANTITIES as TRAINED
from experiments.sweeps.networks import NetworkMap
from experiments.sweeps.result import QUANTITIES, SweepResult
from experiments.tune import Search
from experiments.tuning import Tuning
from figures.caption import listed
from figures.network_map import LABELS
from figures.search_caption import result as setting
from figures.sweep_caption import found
from figures.sweep_map import axis_label


def sweep_alt(result: SweepResult, quantity: str, labels: Sequence[str]) -> str:
    """Of a map or of basins."""
    sweep = result.sweep
    landscape: Any = sweep.experiment.make_landscape()
    axes = " and ".join(axis_label(axis.name, landscape.coordinates) for axis in sweep.axes)
    size = " by ".join(str(axis.cells) for axis in sweep.axes)
    kind = "Map" if len(labels) == 1 else f"{len(labels)} maps"
    said = [f"{kind} of {size} runs of {listed(list(labels))} on {landscape.name} over {axes}, by {_lower(quantity)}."]
    return " ".join([*said, *[found(result, index, label) for index, label in enumerate(labels)]])


def line_alt(result: SweepResult, quantity: str, labels: Sequence[str]) -> str:
    """Of a line sweep: where each line is lowest."""
    sweep, middle = result.sweep, result.band(quantity, (0.5,))[:, 0]
    landscape: Any = sweep.experiment.make_landscape()
    name = axis_label(sweep.x.name, landscape.coordinates)
    told = []
    for label, values in zip(labels, middle):
        at = int(np.argmin(values))
        ends = f"lowest at {float(result.x[at]):.3g}, with {values[at]:.3g}" if np.isfinite(values[at]) else "nowhere finite"
        told.append(f"{label}: {ends}.")
    seeds = f", medians of {sweep.rows} seeds" if sweep.rows > 1 else ""
    head = f"Lines of {_lower(quantity)} against {name} for {listed(list(labels))} on {landscape.name}{seeds}."
    return " ".join([head, *told])


def cloud_alt(result: CloudResult, labels: Sequence[str], step: int) -> str:
    """Of a cloud at a step: the median loss there, and how many runs are outside."""
    cloud, middle = result.cloud, QUANTILES.index(0.5)
    landscape: Any = cloud.experiment.make_landscape()
    frame = int(np.argmin(np.abs(result.frames - step)))
    told = [
        f"{label}: median loss {result.loss[i, middle, step]:.3g}"
        + (f", {int(result.outside[i, frame])} runs outside" if result.outside[i, frame] else "")
        for i, label in enumerate(labels)
    ]
    return (
        f"Density of {cloud.runs} runs of {listed(list(labels))} on {landscape.name} after {step} steps, and the quantiles of "
        f"their loss. {'; '.join(told)}."
    )


def networks_alt(result: NetworkMap, quantity: str, labels: Sequence[str]) -> str:
    """Of a map of trainings: where the mean final loss of each optimizer is smallest."""
    sweep, final = result.sweep, result.mean("final")
    name = LABELS.get(sweep.y.name, axis_label(sweep.y.name))
    told = []
    for label, losses in zip(labels, final):
        if np.isnan(losses).all():
            told.append(f"{label}: diverged everywhere.")
            continue
        row, column = (int(i) for i in np.unravel_index(int(np.nanargmin(losses)), losses.shape))
        at = f"learning rate {float(sweep.x.values[column]):.3g}, {name} {float(sweep.y.values[row]):.3g}"
        told.append(f"{label}: smallest final loss {losses[row, column]:.3g} at {at}.")
    head = f"{len(labels)} maps of {TRAINED[quantity].title.lower()} of trainings over learning rate and {name}, means of "
    return " ".join([f"{head}{sweep.seeds} seeds.", *told])


def tuning_alt(tuning: Tuning, searches: Sequence[Search], labels: Sequence[str]) -> str:
    """Of a tuning: the best setting of each optimizer."""
    landscape: Any = tuning.experiment.make_landscape()
    names = listed(list(dict.fromkeys(axis_label(name) for search in searches for name in search.names)))
    head = f"Search curves of the loss against {names} for {listed(list(labels))} on {landscape.name}."
    return " ".join([head, *(f"{label}: best at {setting(search)}." for label, search in zip(labels, searches))])


def _lower(quantity: str) -> str:
    return QUANTITIES[quantity].title.lower()
