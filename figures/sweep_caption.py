"""What a map, a line or a cloud shows, in words for print: made from the record alone, so it says what was computed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from experiments import Experiment
from experiments.spec import start_of
from experiments.sweeps.axis import SEED, Axis, coordinate
from experiments.sweeps.cloud import Cloud
from experiments.sweeps.result import QUANTITIES, SweepResult
from figures.sweep_map import axis_label


def caption(result: SweepResult, quantity: str, labels: Sequence[str]) -> str:
    """The caption of a map, of basins or of a line."""
    sweep, experiment = result.sweep, result.sweep.experiment
    landscape: Any = experiment.make_landscape()
    axes = [_axis(axis, landscape.coordinates) for axis in sweep.axes]
    varied = {axis.name for axis in sweep.axes}
    start = "" if {coordinate(name) for name in varied} - {None} else f" from {_place(start_of(experiment, landscape))}"
    said = [
        f"{QUANTITIES[quantity].title} of {len(labels) * sweep.cells:,} runs of {_listed(labels)} on "
        f"{_named(experiment, landscape)}.",
        f"{' and '.join(axes)}; {experiment.steps:,} {'oracle calls' if experiment.budget == 'calls' else 'steps'}{start}"
        f"{_random(experiment, SEED in varied)}.",
        f"{QUANTITIES[quantity].title}: {QUANTITIES[quantity].description}; the tolerance is {sweep.tolerance:g}.",
        " ".join(f"{label}: {_set(experiment, i, varied)}." for i, label in enumerate(labels)),
    ]
    return " ".join(said)


def cloud_caption(cloud: Cloud, labels: Sequence[str]) -> str:
    """The caption of a cloud and its loss."""
    experiment = cloud.experiment
    landscape: Any = experiment.make_landscape()
    who = " ".join(f"{label}: {_set(experiment, i, set())}." for i, label in enumerate(labels))
    return (
        f"{cloud.runs:,} runs of each of {_listed(labels)} on {_named(experiment, landscape)}, {experiment.steps:,} steps "
        f"from {_place(start_of(experiment, landscape))}{_random(experiment, True)}; seed "
        f"{experiment.seed} and those after it. {who}"
    )


def _axis(axis: Axis, coordinates: Sequence[str]) -> str:
    label = axis_label(axis.name, coordinates)
    scale = "evenly on a log scale" if axis.scale == "log" else "evenly"
    return f"{label} from {axis.low:g} to {axis.high:g} ({axis.cells} values, {scale} spaced)"


def _set(experiment: Experiment, index: int, varied: set[str]) -> str:
    """The optimizer's hyperparameters that are the same in every run."""
    choice = experiment.optimizers[index]
    values = [f"{name} {value:g}" for name, value in choice.parameters.items() if name not in varied]
    return ", ".join([*values, *(f"in {wrapper.key}" for wrapper in choice.wrappers)]) or "no other hyperparameters"


def _named(experiment: Experiment, landscape: Any) -> str:
    values = [f"{name} {value:g}" for name, value in experiment.landscape.parameters.items() if isinstance(value, (int, float))]
    return ", ".join([landscape.name, *values])


def _random(experiment: Experiment, seeds: bool) -> str:
    parts = [] if experiment.batch_size is None else [f"batches of {experiment.batch_size}"]
    return "".join(f", {part}" for part in [*parts, *([] if seeds or not experiment.seed else [f"seed {experiment.seed}"])])


def _place(place: Sequence[float]) -> str:
    return f"({', '.join(f'{v:g}' for v in place)})"


def _listed(labels: Sequence[str]) -> str:
    return labels[0] if len(labels) == 1 else f"{', '.join(labels[:-1])} and {labels[-1]}"
