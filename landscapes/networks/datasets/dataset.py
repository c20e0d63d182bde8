"""The data set: an entry of the menu, which gives samples to train on and samples to test on."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any

import numpy as np

from landscapes.networks.datasets.download import DatasetError, Remote, found, names_of
from landscapes.ranges import Range, check_names, ranges_of

Noise = Annotated[Any, Range(0, 10, control=(0.0, 0.5))]
Seed = Annotated[Any, Range(0, 2**31 - 1, control=(0, 100), whole=True)]
Some = Annotated[Any, Range(2, 100_000, scale="log", control=(10, 2000), whole=True)]


@dataclass(frozen=True, eq=False)
class Samples:
    """Inputs `(samples, *shape)` float32, and labels: `(samples,)` int64 classes, or `(samples, outputs)` float32 values."""

    inputs: np.ndarray
    labels: np.ndarray

    def __post_init__(self) -> None:
        for array in (self.inputs, self.labels):
            array.flags.writeable = False

    def __len__(self) -> int:
        return len(self.labels)

    def first(self, count: int) -> Samples:
        """The first `count` samples; all of them if there are fewer."""
        return replace(self, inputs=self.inputs[:count], labels=self.labels[:count])


Pair = tuple[Samples, Samples]


@dataclass(frozen=True)
class Dataset:
    """A data set on the menu: call it to get its samples to train on and to test on.

    `shape` is one input's, `outputs` the number of classes, or of values to predict where `classes` is False. `remotes` are the
    files that it is read from, if it is not made or shipped. Every data set has the parameter `samples`: how many to train on.
    """

    key: str
    title: str
    description: str
    shape: tuple[int, ...]
    outputs: int
    classes: bool
    reference: str
    defaults: Mapping[str, Any]
    ranges: Mapping[str, Range]
    load: Callable[..., Pair]
    remotes: tuple[Remote, ...] = ()

    def missing(self) -> str:
        """What to do about files that are not there, in a sentence; empty where none is missing. Nothing is read."""
        try:
            for remote in self.remotes:
                for name in remote.wanted:
                    found(self.key, names_of(name))
        except DatasetError as error:
            return str(error)
        return ""

    def __call__(self, **parameters: Any) -> Pair:
        """Training and test samples. Unknown names raise TypeError, values out of range ValueError.

        Raises DatasetError, a ValueError, for a missing or damaged file, with a sentence that says what to do.
        """
        check_names(self.key, parameters, self.ranges)
        for name, value in parameters.items():
            self.ranges[name].check(f"{self.key}.{name}", value)
        return self.load(**{**self.defaults, **parameters})


def dataset(
    *,
    title: str,
    shape: tuple[int, ...],
    outputs: int,
    reference: str,
    classes: bool = True,
    remotes: tuple[Remote, ...] = (),
) -> Callable[[Callable[..., Pair]], Dataset]:
    """Make a menu entry of a function of parameters, whose annotations and defaults are the entry's."""

    def decorate(function: Callable[..., Pair]) -> Dataset:
        ranges = ranges_of(function)
        defaults = {name: inspect.signature(function).parameters[name].default for name in ranges}
        text = inspect.getdoc(function) or ""
        return Dataset(function.__name__, title, text, shape, outputs, classes, reference, defaults, ranges, function, remotes)

    return decorate


def drawn(make: Callable[[np.random.Generator, int], Samples], samples: Any, seed: Any) -> Pair:
    """As many samples to test on as to train on, from two streams of random numbers that `seed` begins."""
    train, test = (make(np.random.default_rng([int(seed), part]), int(samples)) for part in (0, 1))
    return train, test


def labelled(parts: list[np.ndarray], noise: float, random: np.random.Generator) -> Samples:
    """Points `(count, features)` of each class in turn, with normal noise of deviation `noise` on every coordinate."""
    points = np.concatenate(parts)
    labels = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
    return Samples((points + noise * random.normal(size=points.shape)).astype(np.float32), labels)


def shares(samples: int, classes: int) -> list[int]:
    """How many of the samples belong to each class: equally many, the first ones one more where they don't divide."""
    return [samples // classes + (i < samples % classes) for i in range(classes)]
