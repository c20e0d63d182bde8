"""What is said of the trainings that ship: every number is read from a file. Formatting only."""

from __future__ import annotations

import numpy as np

from experiments.shipped.files import Making
from experiments.shipped.trainings import Pair, Training
from experiments.training_result import TrainingResult
from landscapes import NETWORKS
from pages.race_view import labels

PLANES = (
    "Each plane holds the two principal axes of its own training's paths, so that places on the two cannot be compared; "
    "colours can: they are on one scale. Heights are losses over all training samples."
)


def trained_on(training: Training, result: TrainingResult | None, making: Making | None) -> str:
    """The network, its data, the batches and the steps; how long it took, and where."""
    experiment = training.experiment
    family = NETWORKS[experiment.landscape.key]
    task = family.task(**experiment.landscape.parameters)
    size = experiment.batch_size or task.samples
    steps = experiment.steps if result is None else int(result.steps[-1])
    said = [
        f"{family.title} with {task.dim:,} weights on the first {task.samples:,} samples of {task.dataset.title}.",
        f"{_counted(steps, experiment.steps)} of {size:,} samples, {steps * size / task.samples:.3g} epochs.",
    ]
    if result is None:
        return " ".join([*said, "Not run."])
    if making is not None:
        busy = making.processor_minutes
        clock = f"{making.minutes:.2g} minutes by the clock"
        said.append(f"It took {clock if busy is None else f'{busy:.2g} minutes of computing, {clock}'}, on {making.machine}.")
        said += [making.note] if making.note else []
    said.append(
        "Its file leaves the weights out: the plane can be looked at, not zoomed into or raced on."
        if result.pictured
        else "Its file has the weights where each optimizer ended, and the plane's axes in float32."
    )
    return " ".join(said)


def _counted(steps: int, planned: int) -> str:
    return f"{steps:,} steps" if steps == planned else f"Stopped after {steps:,} of {planned:,} steps"


def best(result: TrainingResult) -> int:
    """The optimizer of the best test accuracy at its end."""
    return int(np.nanargmax(np.where(np.isfinite(_accuracy(result)), _accuracy(result), -1.0)))


def shows(result: TrainingResult) -> str:
    """The best test accuracy, whose it is, and how sharp it is there."""
    at = best(result)
    sharp = f", where λmax is {result.sharpness[at]:.3g}" if np.isfinite(result.sharpness[at]) else ""
    return f"The best test accuracy is {_accuracy(result)[at]:.1%} ({labels(result.experiment)[at]}){sharp}."


def pair_shows(pair: Pair, off: TrainingResult, on: TrainingResult) -> str:
    """What the switch did to the best test accuracy and to the sharpness there."""
    said = []
    for word, result in (("with", on), ("without", off)):
        at = best(result)
        sharp = f", λmax {result.sharpness[at]:.3g} there" if np.isfinite(result.sharpness[at]) else ""
        said.append(f"{word} it is {_accuracy(result)[at]:.1%} ({labels(result.experiment)[at]}{sharp})")
    return f"The best test accuracy {said[0].replace('it is', f'{pair.switch} is', 1)}, {said[1]}."


def rows(off: TrainingResult, on: TrainingResult) -> list[dict[str, str]]:
    """A row for each optimizer: every quantity at its end without the switch and with it. What is not known is empty."""
    table = []
    for i, label in enumerate(labels(on.experiment)):
        row = {"Optimizer": label}
        for name, values, form in (
            ("Training loss", [_last(r, r.loss) for r in (off, on)], ".4g"),
            ("Test accuracy", [_accuracy(r) for r in (off, on)], ".1%"),
            ("λmax", [r.sharpness for r in (off, on)], ".4g"),
            ("Trace", [r.trace for r in (off, on)], ".4g"),
        ):
            for word, found in zip(("off", "on"), values):
                row[f"{name}, {word}"] = format(found[i], form) if np.isfinite(found[i]) else ""
        table.append(row)
    return [{column: text for column, text in row.items() if any(other[column] for other in table)} for row in table]


def _last(result: TrainingResult, values: np.ndarray) -> np.ndarray:
    """Each optimizer's number at its last finite point, `(n,)`."""
    return np.asarray(values[np.arange(len(values)), result.last_finite])


def _accuracy(result: TrainingResult) -> np.ndarray:
    return _last(result, result.test_accuracy)


def alike(result: TrainingResult) -> str:
    """A sentence for optimizers that went the same way, to the bit; empty where none did."""
    names = labels(result.experiment)
    found = []
    for i, one in enumerate(names):
        for j in range(i):
            if np.array_equal(result.coordinates[i], result.coordinates[j]):
                newton = result.experiment.optimizers[i].key == "newton"
                why = ": its Hessian never became positive definite, so that every step was its fall-back" if newton else ""
                found.append(f"{one} went exactly as {names[j]} did{why}.")
    return " ".join(found)


def span(*results: TrainingResult) -> tuple[float, float]:
    """The least and the largest finite height on the planes."""
    heights = np.concatenate([result.heights[np.isfinite(result.heights)] for result in results])
    return float(heights.min()), float(heights.max())
