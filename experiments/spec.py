"""The experiment: names, numbers and a seed. It is JSON, and its key names the cache entry, the job, the link and the file."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from hashlib import sha256
from types import NoneType
from typing import Any, cast

from experiments.loop import run
from experiments.trajectory import Trajectory
from landscapes import MODIFIERS, NETWORKS, SURFACES
from landscapes.landscape import Landscape
from landscapes.ranges import Range, check_names
from optimizers import OPTIMIZERS, WRAPPERS
from optimizers.optimizer import Optimizer
from optimizers.wrappers.wrapper import layers

VERSION = 1
SLICE = "slice"
SLICE_RANGES = {"samples": Range(1, 1e9, scale="log", control=(64, 2048), whole=True)}  # None: all of the training data
MOST_STEPS = 100_000
MOST_OPTIMIZERS = 64
MOST_WRAPPERS = MOST_MODIFIERS = 8
BUDGETS = ("steps", "calls")
WEIGHTS_NAME = re.compile(r"[0-9a-f]{64}")
TYPED = "typed"
ALL_SURFACES = SURFACES.extended({TYPED: "typed:TYPED"})  # those of the menu, and what a visitor types


class ExperimentError(ValueError):
    """A specification that cannot be run; the message names the field and what is allowed."""


@dataclass(frozen=True)
class Choice:
    """An entry of a menu with its parameters; what is not given takes the entry's default.

    `wrappers` stand around an optimizer, the first one innermost.
    """

    key: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    wrappers: tuple[Choice, ...] = ()

    def __hash__(self) -> int:
        return hash((self.key, tuple(sorted(self.parameters.items())), self.wrappers))

    def with_parameters(self, **changes: Any) -> Choice:
        return replace(self, parameters={**self.parameters, **changes})

    def as_json(self) -> dict[str, Any]:
        wrappers = {"wrappers": [choice.as_json() for choice in self.wrappers]} if self.wrappers else {}
        return {"key": self.key, **self.parameters, **wrappers}

    @classmethod
    def from_json(cls, data: Any, where: str) -> Choice:
        if not isinstance(data, Mapping) or not isinstance(data.get("key"), str):
            raise ExperimentError(f'{where} must be an object with a "key", got {data!r:.80}')
        wrappers = data.get("wrappers", [])
        if not isinstance(wrappers, list) or any(isinstance(w, Mapping) and "wrappers" in w for w in wrappers):
            raise ExperimentError(f"{where}: wrappers must be a list of objects without wrappers of their own")
        return cls(
            data["key"],
            {name: value for name, value in data.items() if name not in ("key", "wrappers")},
            tuple(cls.from_json(entry, f"{where}.wrappers[{i}]") for i, entry in enumerate(wrappers)),
        )


@dataclass(frozen=True)
class Experiment:
    """What is run: optimizers from one start on one landscape.

    `start` None is the landscape's own (for a network: its initial weights). `batch_size` None is full batch; it is for
    landscapes made of samples. `training` is the experiment whose network a slice goes through, for the landscape "slice" only,
    whose parameters say which slice: see `experiments.slice_choice`.
    `modifiers` change a surface, the first one first. `budget` is what `steps` counts: steps, or oracle calls, so that each
    entrant stops where it has asked for that many (see `calls_spent`). `weights` are those that a network starts from instead
    of its initial ones, by the name that they are kept under (see `experiments.weights`).
    Raises ExperimentError for anything that could not run.
    """

    landscape: Choice
    optimizers: tuple[Choice, ...]
    start: tuple[float, ...] | None = None
    steps: int = 150
    seed: int = 0
    batch_size: int | None = None
    training: Experiment | None = None
    modifiers: tuple[Choice, ...] = ()
    budget: str = "steps"
    weights: str | None = None

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
        if self.budget not in BUDGETS:
            raise ExperimentError(f"budget must be {' or '.join(BUDGETS)}, got {self.budget!r:.40}")
        if len(self.modifiers) > MOST_MODIFIERS:
            raise ExperimentError(f"there are {MOST_MODIFIERS} modifiers at most, got {len(self.modifiers)}")
        if self.modifiers and self.landscape.key not in ALL_SURFACES:
            raise ExperimentError(f"modifiers are for surfaces; {self.landscape.key} is none")
        if self.landscape.wrappers:
            raise ExperimentError("wrappers are for optimizers, not for landscapes")
        dim, sampled = 2, self.landscape.key in NETWORKS
        whole_landscape = self.landscape
        if self.landscape.key == SLICE:
            dim, whole_landscape = self._slice()
        elif self.landscape.key in NETWORKS:
            _checked(self.landscape.key, self.landscape.parameters, NETWORKS[self.landscape.key].ranges, "landscape")
            try:
                NETWORKS[self.landscape.key].check(self.landscape.parameters)  # also what does not fit together
            except ValueError as error:
                raise ExperimentError(f"landscape: {error}") from None
            dim = 0  # a network starts from its initial weights
        else:
            surface = self._surface()
            dim, sampled = surface.dim, getattr(surface, "samples", None) is not None
            if self.batch_size is not None and sampled:
                _on_batches(surface, self.batch_size)
        if self.batch_size is not None and not sampled:
            raise ExperimentError(
                f"batch_size: {self.landscape.key} is not made of samples; it has no data to draw batches from"
            )
        if self.weights is not None:
            if self.landscape.key not in NETWORKS:
                raise ExperimentError(f"weights: {self.landscape.key} is not a network")
            if WEIGHTS_NAME.fullmatch(str(self.weights)) is None:
                raise ExperimentError(
                    f"weights must be the 64 hexadecimal digits of a file's SHA-256, got {self.weights!r:.80}"
                )
        made = [self.optimizer(index) for index in range(len(self.optimizers))]
        if self.start is not None and not (
            len(self.start) == dim and all(type(v) is float and abs(v) < float("inf") for v in self.start)
        ):
            allowed = f"{dim} finite numbers" if dim else "left out: a network starts from its initial weights"
            raise ExperimentError(f"start must be {allowed}, got {self.start!r:.80}")
        # Defaults are filled in at once, so that experiments that mean the same are equal.
        whole = (_completed_rule(choice, layers(o)[0]) for choice, o in zip(self.optimizers, made))
        object.__setattr__(self, "optimizers", tuple(whole))
        object.__setattr__(self, "landscape", _completed(whole_landscape))
        object.__setattr__(self, "modifiers", tuple(_with_defaults(choice, MODIFIERS) for choice in self.modifiers))

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
        # What came later is only written where it is used, so that older keys, links and files stay what they were.
        if self.training is not None:
            data["training"] = self.training.as_json()
        if self.modifiers:
            data["modifiers"] = [choice.as_json() for choice in self.modifiers]
        if self.budget != "steps":
            data["budget"] = self.budget
        if self.weights is not None:
            data["weights"] = self.weights
        return data

    @classmethod
    def from_json(cls, data: Any) -> Experiment:
        """The experiment that `as_json` gave. Raises ExperimentError naming the field that is wrong."""
        if not isinstance(data, Mapping):
            raise ExperimentError(f"an experiment is an object, got {type(data).__name__}")
        known = {"version", *(field.name for field in fields(cls))}
        unknown = sorted(set(data) - known)
        if unknown:
            raise ExperimentError(f"unknown field {unknown[0]!r}; there are: {', '.join(sorted(known))}")
        if data.get("version") != VERSION:
            raise ExperimentError(f"version must be {VERSION}, got {data.get('version')!r:.40}")
        start, training = data.get("start"), data.get("training")
        entries: Any = data.get("optimizers")
        modifiers: Any = data.get("modifiers", [])
        for name, listed in (("optimizers", entries), ("modifiers", modifiers)):
            if not isinstance(listed, list):
                raise ExperimentError(f"{name} must be a list")
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
            modifiers=tuple(Choice.from_json(entry, f"modifiers[{i}]") for i, entry in enumerate(modifiers)),
            budget=data.get("budget", "steps"),
            weights=data.get("weights"),
        )

    @cached_property
    def key(self) -> str:
        """A name for exactly this experiment: 16 hexadecimal digits of its content's SHA-256."""
        return sha256(json.dumps(self.as_json(), sort_keys=True).encode()).hexdigest()[:16]

    def solo(self, index: int) -> Experiment:
        """The same experiment with one of its optimizers: what is computed, and cached, for each entrant."""
        return replace(self, optimizers=(self.optimizers[index],))

    def optimizer(self, index: int, **arrays: Any) -> Optimizer:
        """The optimizer that a choice stands for; `arrays` are hyperparameters that take one value per run, `(*runs, 1)`."""
        choice, where = self.optimizers[index], f"optimizers[{index}]"
        if len(choice.wrappers) > MOST_WRAPPERS:
            raise ExperimentError(f"{where}: {MOST_WRAPPERS} wrappers at most, got {len(choice.wrappers)}")
        made: Optimizer = _made(OPTIMIZERS, choice, where)
        made = made.with_hyperparameters(**arrays) if arrays else made
        for place, wrapper in enumerate(choice.wrappers):
            made = _made(WRAPPERS, wrapper, f"{where}.wrappers[{place}]", made)
        return made

    def make_landscape(self) -> Landscape:
        """The landscape itself. A slice trains its network first, unless the result is on disk."""
        made: Landscape
        if self.training is not None:
            from experiments.slices import landscape_of

            made = landscape_of(self)
        else:
            made = self._surface() if self.landscape.key in ALL_SURFACES else _made(NETWORKS, self.landscape, "landscape")
            if self.weights is not None:
                from experiments.weights import kept
                from landscapes.networks.checkpoint import load_checkpoint

                made = load_checkpoint(cast(Any, made), kept(self.weights))
        return made

    def seen_landscape(self) -> Landscape:
        """The landscape as the optimizers see it: on mini-batches where the experiment says so."""
        landscape = self.make_landscape()
        return landscape if self.batch_size is None else _on_batches(landscape, self.batch_size)

    def _slice(self) -> tuple[int, Choice]:
        """How many axes the slice has, and its choice with all that it stands for."""
        from experiments.slice_choice import choice_of, spec_of

        if self.training is None or self.training.landscape.key not in NETWORKS:
            raise ExperimentError(f"training must be of a network, one of: {', '.join(NETWORKS)}")
        _check_plain(self.landscape.parameters, "landscape")
        spec = spec_of(self.landscape, self.training)
        if spec is None:
            _checked(SLICE, self.landscape.parameters, SLICE_RANGES, "landscape")
            return 2, self.landscape
        return (1 if spec.line else 2), choice_of(spec)

    def _surface(self) -> Any:
        made = _made(ALL_SURFACES, self.landscape, "landscape")
        for place, choice in enumerate(self.modifiers):
            made = _made(MODIFIERS, choice, f"modifiers[{place}]", made)
        return made


def _on_batches(landscape: Landscape, size: int) -> Landscape:
    try:
        return landscape.on_batches(size)
    except ValueError as error:
        raise ExperimentError(f"batch_size: {error}") from None


def _completed_rule(choice: Choice, made: Optimizer) -> Choice:
    numbers = {name: float(value) for name, value in made.hyperparameters.items()}
    return Choice(choice.key, numbers, tuple(_with_defaults(wrapper, WRAPPERS) for wrapper in choice.wrappers))


def _with_defaults(choice: Choice, menu: Mapping[str, Any]) -> Choice:
    """A choice with all its entry's parameters, each as the kind of value its default is."""
    defaults = menu[choice.key].defaults
    return Choice(choice.key, {**defaults, **{n: _like(defaults.get(n), v) for n, v in choice.parameters.items()}})


def _like(default: Any, value: Any) -> Any:
    """A number as the kind that the default is; whatever cannot be one stays as it is."""
    if isinstance(default, float):
        return float(value)
    return int(value) if isinstance(default, int) and isinstance(value, float) and value.is_integer() else value


def _completed(choice: Choice) -> Choice:
    """The landscape with all its parameters, each as the kind of number its default is."""
    if choice.key == SLICE:
        return choice
    return _with_defaults(choice, NETWORKS if choice.key in NETWORKS else ALL_SURFACES)


def surface_of(key: str) -> Any:
    """The family of surfaces with this key."""
    return ALL_SURFACES[key]


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


def _made(menu: Mapping[str, Any], choice: Choice, where: str, *around: Any) -> Any:
    """What a choice stands for, made of what it stands around; its errors as ExperimentError that names the field."""
    _check_plain(choice.parameters, where)
    try:
        check_names(choice.key, choice.parameters, menu[choice.key].ranges)
        return menu[choice.key](*around, **choice.parameters)
    except KeyError as error:
        raise ExperimentError(f"{where}: {error.args[0]}") from None
    except (TypeError, ValueError) as error:
        raise ExperimentError(f"{where}: {error}") from None


def start_of(experiment: Experiment, landscape: Landscape) -> Any:
    """The experiment's start, or the landscape's own."""
    return landscape.start if experiment.start is None else experiment.start


def execute(experiment: Experiment) -> tuple[Trajectory, ...]:
    """Run every optimizer of the experiment; one trajectory each, in order. Raises ValueError for one that cannot run."""
    landscape = experiment.seen_landscape()
    return tuple(run_entrant(experiment, landscape, i) for i in range(len(experiment.optimizers)))


def run_entrant(experiment: Experiment, landscape: Landscape, index: int = 0, **arrays: Any) -> Trajectory:
    """One optimizer's run within the experiment's budget, on a landscape that saves making it again; or many runs, where
    `arrays` gives hyperparameters one value per run, `(*runs, 1)`."""
    start = start_of(experiment, landscape)
    trajectory = run(experiment.optimizer(index, **arrays), landscape, start, experiment.steps, experiment.seed)
    if experiment.budget == "calls":
        spent = calls_spent(trajectory.calls, landscape.dim)
        return trajectory.first(int((spent <= experiment.steps).sum()) - 1)
    return trajectory


def calls_spent(calls: Mapping[str, Any], dim: int) -> Any:
    """Oracle calls of all kinds, `(steps + 1,)`: each counts one; a Hessian counts `dim`, one product for each column; inputs
    count nothing, for they are at hand where the gradient is computed."""
    weight = {"hessian": dim, "inputs": 0}
    return sum((weight.get(kind, 1) * count for kind, count in calls.items()), start=0)
