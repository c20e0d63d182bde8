"""The experiment: names, numbers and a seed. It is JSON, and its key names the cache entry, the job, the link and the file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import sha256
from types import NoneType
from typing import Any

from experiments.loop import run
from experiments.trajectory import Trajectory
from landscapes import NETWORKS, SURFACES
from landscapes.landscape import Landscape
from landscapes.ranges import Range, check_names
from optimizers import OPTIMIZERS
from optimizers.optimizer import Optimizer

VERSION = 1
SLICE = "slice"
SLICE_RANGES = {"samples": Range(1, 1e9, scale="log", control=(64, 2048), whole=True)}  # None: all of the training data
MOST_STEPS = 100_000
MOST_OPTIMIZERS = 64


class ExperimentError(ValueError):
    """A specification that cannot be run; the message names the field and what is allowed."""


@dataclass(frozen=True)
class Choice:
    """An entry of a menu with its parameters; what is not given takes the entry's default."""

    key: str
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def __hash__(self) -> int:
        return hash((self.key, tuple(sorted(self.parameters.items()))))

    def with_parameters(self, **changes: Any) -> Choice:
        return replace(self, parameters={**self.parameters, **changes})

    def as_json(self) -> dict[str, Any]:
        return {"key": self.key, **self.parameters}

    @classmethod
    def from_json(cls, data: Any, where: str) -> Choice:
        if not isinstance(data, Mapping) or not isinstance(data.get("key"), str):
            raise ExperimentError(f'{where} must be an object with a "key", got {data!r:.80}')
        return cls(data["key"], {name: value for name, value in data.items() if name != "key"})


@dataclass(frozen=True)
class Experiment:
    """What is run: optimizers from one start on one landscape.

    `start` None is the landscape's own (for a network: its initial weights). `batch_size` None is full batch; it is for
    networks. `training` is the experiment whose joint plane a slice lies in, for the landscape "slice" only.
    Raises ExperimentError for anything that could not run.
    """

    landscape: Choice
    optimizers: tuple[Choice, ...]
    start: tuple[float, ...] | None = None
    steps: int = 150
    seed: int = 0
    batch_size: int | None = None
    training: Experiment | None = None

    def __post_init__(self) -> None:
        for name, value, low, high in (
            ("steps", self.steps, 0, MOST_STEPS),
            ("seed", self.seed, 0, 2**31 - 1),
            ("batch_size", 1 if self.batch_size is None else self.batch_size, 1, 10**9),
        ):
            if type(value) is not int or not low <= value <= high:
                raise ExperimentError(f"{name} must be a whole number in [{low}, {high}], got {value!r:.40}")
        if not 1 <= len(self.optimizers) <= MOST_OPTIMIZERS:
            raise ExperimentError(f"there must be 1 to {MOST_OPTIMIZERS} optimizers, got {len(self.optimizers)}")
        if (self.landscape.key == SLICE) != (self.training is not None):
            raise ExperimentError('"training" belongs to the landscape "slice", and that one needs it')
        dim = 2
        if self.landscape.key == SLICE:
            _checked(SLICE, self.landscape.parameters, SLICE_RANGES, "landscape")
        elif self.landscape.key in NETWORKS:
            _checked(self.landscape.key, self.landscape.parameters, NETWORKS[self.landscape.key].ranges, "landscape")
            dim = 0  # a network starts from its initial weights
        else:
            dim = _made(SURFACES, self.landscape, "landscape").dim
        if self.batch_size is not None and self.landscape.key not in NETWORKS:
            raise ExperimentError(f"batch_size is for networks; {self.landscape.key} has no data to draw batches from")
        if self.training is not None and self.training.landscape.key not in NETWORKS:
            raise ExperimentError(f"training must be of a network, one of: {', '.join(NETWORKS)}")
        made = [_made(OPTIMIZERS, choice, f"optimizers[{index}]") for index, choice in enumerate(self.optimizers)]
        if self.start is not None and not (
            len(self.start) == dim and all(type(v) is float and abs(v) < float("inf") for v in self.start)
        ):
            allowed = f"{dim} finite numbers" if dim else "left out: a network starts from its initial weights"
            raise ExperimentError(f"start must be {allowed}, got {self.start!r:.80}")
        # Defaults are filled in at once, so that experiments that mean the same are equal.
        whole = (Choice(o.key, {name: float(value) for name, value in o.hyperparameters.items()}) for o in made)
        object.__setattr__(self, "optimizers", tuple(whole))
        object.__setattr__(self, "landscape", _completed(self.landscape))

    def as_json(self) -> dict[str, Any]:
        """Plain data; equal experiments have equal JSON."""
        data: dict[str, Any] = {
            "version": VERSION,
            "landscape": self.landscape.as_json(),
            "optimizers": [choice.as_json() for choice in self.optimizers],
            "start": None if self.start is None else list(self.start),
            "steps": self.steps,
            "seed": self.seed,
            "batch_size": self.batch_size,
        }
        if self.training is not None:
            data["training"] = self.training.as_json()
        return data

    @classmethod
    def from_json(cls, data: Any) -> Experiment:
        """The experiment that `as_json` gave. Raises ExperimentError naming the field that is wrong."""
        if not isinstance(data, Mapping):
            raise ExperimentError(f"an experiment is an object, got {type(data).__name__}")
        known = {"version", "landscape", "optimizers", "start", "steps", "seed", "batch_size", "training"}
        unknown = sorted(set(data) - known)
        if unknown:
            raise ExperimentError(f"unknown field {unknown[0]!r}; there are: {', '.join(sorted(known))}")
        if data.get("version") != VERSION:
            raise ExperimentError(f"version must be {VERSION}, got {data.get('version')!r:.40}")
        entries, start, training = data.get("optimizers"), data.get("start"), data.get("training")
        if not isinstance(entries, list):
            raise ExperimentError("optimizers must be a list")
        if start is not None and not (
            isinstance(start, list) and all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in start)
        ):
            raise ExperimentError(f"start must be a list of numbers or null, got {start!r:.80}")
        if isinstance(training, Mapping) and training.get("training") is not None:  # before descending: it may be deep
            raise ExperimentError("training must be of a network, not of another slice")
        return cls(
            landscape=Choice.from_json(data.get("landscape"), "landscape"),
            optimizers=tuple(Choice.from_json(entry, f"optimizers[{i}]") for i, entry in enumerate(entries)),
            start=None if start is None else tuple(_float(v) for v in start),
            steps=data.get("steps", 150),
            seed=data.get("seed", 0),
            batch_size=data.get("batch_size"),
            training=None if training is None else cls.from_json(training),
        )

    @cached_property
    def key(self) -> str:
        """A name for exactly this experiment: 16 hexadecimal digits of its content's SHA-256."""
        return sha256(json.dumps(self.as_json(), sort_keys=True).encode()).hexdigest()[:16]

    def solo(self, index: int) -> Experiment:
        """The same experiment with one of its optimizers: what is computed, and cached, for each entrant."""
        return replace(self, optimizers=(self.optimizers[index],))

    def optimizer(self, index: int) -> Optimizer:
        made: Optimizer = _made(OPTIMIZERS, self.optimizers[index], f"optimizers[{index}]")
        return made

    def make_landscape(self) -> Landscape:
        """The landscape itself. A slice trains its network first, unless the result is on disk."""
        made: Landscape
        if self.training is not None:
            from experiments.slices import slice_of

            plane = slice_of(self.training)
            samples = self.landscape.parameters.get("samples")
            made = plane if samples is None else plane.subset(int(samples))
        else:
            made = _made(_landscape_menu(self.landscape.key), self.landscape, "landscape")
        return made


def _completed(choice: Choice) -> Choice:
    """The landscape with all its parameters, each as the kind of number its default is."""
    if choice.key == SLICE:
        return choice
    defaults = _landscape_menu(choice.key)[choice.key].defaults
    given = {n: float(v) if isinstance(defaults.get(n), float) else v for n, v in choice.parameters.items()}
    return Choice(choice.key, {**defaults, **given})


def _landscape_menu(key: str) -> Mapping[str, Any]:
    return NETWORKS if key in NETWORKS else SURFACES


def _float(value: float) -> float:
    """A number of JSON as a float; whole numbers beyond any float become infinite, and are then refused as such."""
    try:
        return float(value)
    except OverflowError:
        return float("inf")


def _check_plain(parameters: Mapping[str, Any], where: str) -> None:
    """Raise ExperimentError for parameters that are neither numbers nor words: lists would pass for one value per run."""
    for name, value in parameters.items():
        if not isinstance(value, (int, float, str, NoneType)) or isinstance(value, bool):
            raise ExperimentError(f"{where}: {name} must be a number or a word, got {value!r:.80}")


def _checked(owner: str, parameters: Mapping[str, Any], ranges: Mapping[str, Any], where: str) -> None:
    """Raise ExperimentError unless every parameter is known and in its range."""
    _check_plain(parameters, where)
    try:
        check_names(owner, parameters, ranges)
        for name, value in parameters.items():
            ranges[name].check(f"{owner}.{name}", value)
    except (TypeError, ValueError) as error:
        raise ExperimentError(f"{where}: {error}") from None


def _made(menu: Mapping[str, Any], choice: Choice, where: str) -> Any:
    """What a choice stands for; its errors as ExperimentError that names the field."""
    _check_plain(choice.parameters, where)
    try:
        check_names(choice.key, choice.parameters, menu[choice.key].ranges)
        return menu[choice.key](**choice.parameters)
    except KeyError as error:
        raise ExperimentError(f"{where}: {error.args[0]}") from None
    except (TypeError, ValueError) as error:
        raise ExperimentError(f"{where}: {error}") from None


def start_of(experiment: Experiment, landscape: Landscape) -> Any:
    """The experiment's start, or the landscape's own."""
    return landscape.start if experiment.start is None else experiment.start


def execute(experiment: Experiment) -> tuple[Trajectory, ...]:
    """Run every optimizer of the experiment; one trajectory each, in order. Raises ValueError for one that cannot run."""
    landscape = experiment.make_landscape()
    if experiment.batch_size is not None:
        landscape = landscape.on_batches(experiment.batch_size)
    return tuple(
        run(experiment.optimizer(i), landscape, start_of(experiment, landscape), experiment.steps, experiment.seed)
        for i in range(len(experiment.optimizers))
    )
