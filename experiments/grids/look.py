"""What a network does at one point of a slice: its numbers, its decisions over all inputs, the images it gets wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from experiments.grids.compute import Ready
from landscapes import NETWORKS
from landscapes.curvature.spectrum import as_numpy
from landscapes.grids import evaluator
from landscapes.networks.task import CROSS_ENTROPY, LOGISTIC, Task

MOST_IMAGES = 24
NODES = 121  # of the map of decisions, along each axis
MARGIN = 0.1  # of the inputs' extent, on each side
NUMBERS = ("loss", "accuracy", "test_loss", "test_accuracy")


@dataclass(frozen=True, eq=False)
class Decisions:
    """The class that the network chooses at inputs x `(nx,)`, y `(ny,)`: guess `(ny, nx)` whole, probability `(ny, nx)`, NaN
    without one; and the test samples: points `(n, 2)`, labels `(n,)`."""

    x: np.ndarray
    y: np.ndarray
    guess: np.ndarray
    probability: np.ndarray
    points: np.ndarray
    labels: np.ndarray


@dataclass(frozen=True, eq=False)
class Mistakes:
    """The first test images that the network gets wrong: images `(n, channels, height, width)`; `wrong` of `of` are."""

    images: np.ndarray
    guess: np.ndarray
    labels: np.ndarray
    probability: np.ndarray
    wrong: int
    of: int


@dataclass(frozen=True, eq=False)
class Fit:
    """What the network predicts of one input: x `(n,)`, outputs `(n, k)`; the test samples: points `(m,)`, labels `(m, k)`."""

    x: np.ndarray
    outputs: np.ndarray
    points: np.ndarray
    labels: np.ndarray


@dataclass(frozen=True, eq=False)
class Look:
    """At coordinates `at` of a slice: `numbers` by quantity, those that there are; a picture, if its data have one."""

    at: tuple[float, ...]
    numbers: Mapping[str, float]
    picture: Decisions | Mistakes | Fit | None


def looked(made: Ready, at: Sequence[float]) -> Look:
    """The network at a point of its slice. Raises ValueError where `at` has not one finite number for each axis."""
    place = np.asarray(at, dtype=np.float64)
    if place.shape != (len(made.plane.directions),) or not np.isfinite(place).all():
        raise ValueError(f"a point of this slice has {len(made.plane.directions)} finite coordinates")
    numbers = {}
    for name in NUMBERS:
        try:
            found = evaluator(made.network, made.plane, (name,))
        except ValueError:
            continue  # no test samples, or no classes
        numbers[name] = float(found(place[None])[name][0])
    return Look(tuple(float(v) for v in place), numbers, _picture(made, made.network.point(made.plane.points(place))))


def _picture(made: Ready, theta: Any) -> Decisions | Mistakes | Fit | None:
    choice, network = made.spec.training.landscape, made.network
    task: Task = NETWORKS[choice.key].task(**choice.parameters)
    shape, parts = task.dataset.shape, network.test
    if parts is None or parts.joined is None:
        return None
    inputs, labels = parts.joined

    def outputs(values: np.ndarray) -> np.ndarray:
        return as_numpy(network.predictions(theta, network.point(values.reshape(-1, *task.shape)))).astype(np.float64)

    flat, labels = as_numpy(inputs).reshape(len(inputs), -1), as_numpy(labels)
    if shape == (2,) and task.dataset.classes:
        return _decisions(outputs, flat, _classes(labels), task)
    if len(shape) == 3 and task.dataset.classes:
        return _mistakes(outputs(flat), flat.reshape(-1, *shape), _classes(labels), task)
    if shape == (1,) and not task.dataset.classes:
        x = np.linspace(*_around(flat[:, 0]), 4 * NODES)
        return Fit(x, outputs(x[:, None]), flat[:, 0], labels.reshape(len(labels), -1))
    return None


def _classes(labels: np.ndarray) -> np.ndarray:
    """Labels as classes, also where the criterion wants ones and zeros."""
    return np.asarray(labels.argmax(axis=1) if labels.ndim == 2 else labels).astype(int)


def _decisions(outputs: Any, points: np.ndarray, labels: np.ndarray, task: Task) -> Decisions:
    x, y = (np.linspace(*_around(column), NODES) for column in points.T)
    guess, probability = chosen(outputs(np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)), task)
    return Decisions(x, y, guess.reshape(NODES, NODES), probability.reshape(NODES, NODES), points, labels)


def _mistakes(found: np.ndarray, images: np.ndarray, labels: np.ndarray, task: Task) -> Mistakes:
    guess, probability = chosen(found, task)
    wrong = np.flatnonzero(guess != labels)
    first = wrong[:MOST_IMAGES]
    return Mistakes(images[first], guess[first], labels[first], probability[first], len(wrong), len(labels))


def chosen(outputs: np.ndarray, task: Task) -> tuple[np.ndarray, np.ndarray]:
    """Of outputs `(n, k)` the class with the largest one, or of a single output class 1 where it is positive; and how probable
    the network says that is: by softmax or the logistic function where its criterion is theirs, else NaN. `(n,)` each.

    Where an output is not finite, the class is -1.
    """
    outputs = outputs.reshape(len(outputs), -1)
    lone = outputs.shape[1] == 1
    guess = (outputs[:, 0] > 0).astype(int) if lone else outputs.argmax(axis=1)
    probability = np.full(len(outputs), np.nan)
    with np.errstate(all="ignore"):
        if task.criterion == CROSS_ENTROPY:
            probability = 1 / np.exp(outputs - outputs.max(axis=1, keepdims=True)).sum(axis=1)
        elif task.criterion == LOGISTIC:
            probability = 1 / (1 + np.exp(-np.abs(outputs[:, 0])))
    return np.where(np.isfinite(outputs).all(axis=1), guess, -1), probability


def _around(values: np.ndarray) -> tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    margin = MARGIN * (high - low) or 1.0
    return low - margin, high + margin
