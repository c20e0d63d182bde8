"""The race that a training's plane opens with: as much of the usual one as a visitor can wait for."""

from __future__ import annotations

from dataclasses import replace

from experiments.presets import DIGITS_SLICE
from experiments.spec import SLICE, Choice, Experiment
from experiments.training_plan import GRADIENT, PRODUCT, pass_seconds
from landscapes import NETWORKS
from landscapes.networks.task import Task

SECONDS = 20.0
FEWEST = 16  # samples that still make a loss worth racing on
SHORT = 60  # steps
PASSES = 1 + 2 * GRADIENT + 2 * PRODUCT  # for a step: a gradient, then loss, gradient and curvature recorded


def plane_race(training: Experiment) -> Experiment | None:
    """The usual race inside the plane of a training; a shorter one of its first-order methods, on as many samples as are
    affordable, where networks are dear; None where even that takes too long.

    Plain perceptrons have a faster way of their own, and get the whole of it.
    """
    task: Task = NETWORKS[training.landscape.key].task(**training.landscape.parameters)
    race = replace(DIGITS_SLICE, training=training)
    if task.perceptron is not None:
        return race
    simple = tuple(choice for choice in race.optimizers if choice.key in ("sgd", "momentum", "adam"))
    for tried in (race, replace(race, optimizers=simple, steps=SHORT)):
        count = task.samples
        while count >= min(FEWEST, task.samples):
            if len(tried.optimizers) * tried.steps * PASSES * pass_seconds(task, count) <= SECONDS:
                return tried if count == task.samples else replace(tried, landscape=Choice(SLICE, {"samples": count}))
            count //= 2
    return None
