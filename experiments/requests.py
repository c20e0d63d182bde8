"""What the warm worker can be asked: a fixed table of named functions. Arguments are JSON, answers are JSON and arrays.

To add one: a function `(arguments, report, cancelled) -> Answer` here or in a module of its own, and a line in REQUESTS.
`report(meta, arrays)` streams progress, `cancelled()` is asked between steps: return by raising `Cancelled`. The function runs
in the child, `decode` in the process that asked; that one never loads torch, so imports of torch belong inside the function.
"""

from __future__ import annotations

import pickle
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from functools import lru_cache, partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from experiments.frames import Arrays
from experiments.race import Entrant, enter, height_map
from experiments.slice_choice import spec_of
from experiments.spec import Choice, Experiment
from experiments.tune import Search, tune
from experiments.tuning import Tuning
from experiments.why import explained_entrant
from landscapes.landscape import Landscape

if TYPE_CHECKING:
    from experiments.training_result import TrainingResult

INTERACTIVE, TRAINING = "interactive", "training"
PAUSE = 0.05  # seconds between reports of how much is done

Report = Callable[[Mapping[str, Any], Arrays], None]
Answer = tuple[Mapping[str, Any], Arrays]


class Cancelled(Exception):
    """The request was cancelled; it has no answer."""


@dataclass(frozen=True)
class Request:
    """`place` is "module:function", imported in the child only. `lane` is the process that answers: a training never stands
    before a race. `decode` makes the record that the caller gets. `patience`: seconds that it has to look up after it was
    cancelled, before its process is ended. `needs` is a module that takes long to load; a child loads it while it waits.
    `turns`: it asks `cancelled()` every few milliseconds, and there makes room for others; all requests of a lane do, or none.
    """

    lane: str
    place: str
    decode: Callable[[Mapping[str, Any], Arrays], Any]
    patience: float = 5.0
    needs: str = "torch"
    turns: bool = False

    def answer(self, arguments: Mapping[str, Any], report: Report, cancelled: Callable[[], bool]) -> Answer:
        module, function = self.place.split(":")
        made: Answer = getattr(import_module(module), function)(arguments, report, cancelled)
        return made


def race(arguments: Mapping[str, Any], report: Report, cancelled: Callable[[], bool]) -> Answer:
    """{"experiment": JSON, "tolerance": 1e-6} -> an Entrant for each of its optimizers; reports how many are done.

    With "samples", a slice has its loss over so many of them.
    """
    experiment = Experiment.from_json(arguments["experiment"])
    seen = seen_landscape(experiment)
    if "samples" in arguments:
        seen = _subset(seen, arguments["samples"])
    arrays: dict[str, np.ndarray] = {}
    for index in range(len(experiment.optimizers)):
        if cancelled():
            raise Cancelled
        entrant = enter(experiment.solo(index), seen, arguments.get("tolerance", 1e-6))
        arrays |= {f"{index}/{name}": array for name, array in entrant.as_arrays().items()}
        report({"done": index + 1, "of": len(experiment.optimizers)}, {})
    return {"entrants": len(experiment.optimizers)}, arrays


def entrants_from(meta: Mapping[str, Any], arrays: Arrays) -> tuple[Entrant, ...]:
    """The answer of `race` as records."""
    grouped: list[dict[str, np.ndarray]] = [{} for _ in range(meta["entrants"])]
    for name, array in arrays.items():
        index, _, field = name.partition("/")
        grouped[int(index)][field] = array
    return tuple(Entrant.from_arrays(group) for group in grouped)


def heights(arguments: Mapping[str, Any], report: Report, cancelled: Callable[[], bool]) -> Answer:
    """{"experiment": JSON, "domain": [[x0, x1], [y0, y1]], "cells": 160} -> float32 `(cells, cells)`, rows along y.

    A specified slice has cells of its own: `(ny, nx)`, or of a line `(nx,)`.
    """
    experiment = Experiment.from_json(arguments["experiment"])
    spec = None if experiment.training is None else spec_of(experiment.landscape, experiment.training)
    if spec is not None:
        from experiments.slice_surface import heights as heights_of

        experiment.make_landscape()  # which trains its network first, unless that is stored
        return {}, {"heights": heights_of(spec, tuple((low, high) for low, high in arguments["domain"]))}
    landscape = _landscape(experiment)
    return {}, {"heights": height_map(landscape, arguments["domain"], arguments.get("cells", 160))}


def search(arguments: Mapping[str, Any], report: Report, cancelled: Callable[[], bool]) -> Answer:
    """{"tuning": JSON} -> a Search for each of its optimizers; reports {"share": spent} of all their budgets."""
    tuning = Tuning.from_json(arguments["tuning"])
    seen, count = seen_landscape(tuning.experiment), len(tuning.searched)
    told, arrays = -PAUSE, dict[str, np.ndarray]()

    def tell(index: int, share: float) -> None:
        nonlocal told
        if cancelled():
            raise Cancelled
        if time.monotonic() - told >= PAUSE:
            told = time.monotonic()
            report({"share": (index + share) / count}, {})

    for index in range(count):
        found = tune(tuning, index, seen, partial(tell, index))
        arrays |= {f"{index}/{name}": array for name, array in found.as_arrays().items()}
    return {"searched": tuning.searched}, arrays


def searches_from(meta: Mapping[str, Any], arrays: Arrays) -> tuple[Search, ...]:
    """The answer of `search` as records."""
    return tuple(
        Search.from_arrays(names, {n.removeprefix(f"{i}/"): a for n, a in arrays.items() if n.startswith(f"{i}/")})
        for i, names in enumerate(meta["searched"])
    )


def why(arguments: Mapping[str, Any], report: Report, cancelled: Callable[[], bool]) -> Answer:
    """{"experiment": JSON, "step": whole} -> the Overlay of its only optimizer's run, and the Why of that step."""
    experiment = Experiment.from_json(arguments["experiment"])
    return {}, packed(explained_entrant(experiment, seen_landscape(experiment), arguments["step"]))


def packed(record: Any) -> Arrays:
    """Records of ours, on their way from our own child."""
    return {"record": np.frombuffer(pickle.dumps(record), np.uint8)}


def unpacked(meta: Mapping[str, Any], arrays: Arrays) -> Any:
    return pickle.loads(arrays["record"].tobytes())


def train(arguments: Mapping[str, Any], report: Report, cancelled: Callable[[], bool]) -> Answer:
    """{"experiment": JSON} -> a TrainingResult; reports its Progress as JSON. Stopped early, it is what there is so far.

    A complete one is stored, so that its plane can be raced on.
    """
    from experiments import slices, training

    result = training.train(
        Experiment.from_json(arguments["experiment"]),
        on_progress=lambda progress: report(progress.as_json(), {}),
        cancelled=cancelled,
    )
    if result.complete:
        slices.keep(result)
    meta: dict[str, Any] = {}
    arrays: dict[str, np.ndarray] = {}
    for field in fields(result):
        value = getattr(result, field.name)
        if isinstance(value, np.ndarray):
            arrays[field.name] = value
        elif isinstance(value, Mapping):
            arrays |= {f"{field.name}/{name}": array for name, array in value.items()}
        else:
            meta[field.name] = value.as_json() if isinstance(value, Experiment) else value
    return meta, arrays


def result_from(meta: Mapping[str, Any], arrays: Arrays) -> TrainingResult:
    """The answer of `train` as a record."""
    from experiments.training_result import TrainingResult

    given: dict[str, Any] = {**meta, "experiment": Experiment.from_json(meta["experiment"])}
    for name, array in arrays.items():
        field, _, kind = name.partition("/")
        if kind:
            given.setdefault(field, {})[kind] = array
        else:
            given[field] = array
    return TrainingResult(**given)


def check_weights(arguments: Mapping[str, Any], report: Report, cancelled: Callable[[], bool]) -> Answer:
    """{"landscape": JSON, "file": path} -> True; an error that names tensors and shapes for a file that does not fit."""
    from pathlib import Path

    from landscapes.networks.checkpoint import load_checkpoint

    choice = Choice.from_json(arguments["landscape"], "landscape")
    network: Any = _landscape(Experiment(choice, (Choice("sgd"),)))
    load_checkpoint(network, Path(arguments["file"]))
    return {"fits": True}, {}


def seen_landscape(experiment: Experiment) -> Landscape:
    """The landscape as its optimizers see it."""
    landscape = _landscape(experiment)
    return landscape if experiment.batch_size is None else landscape.on_batches(experiment.batch_size)


def _landscape(experiment: Experiment) -> Landscape:
    """Networks and slices are dear to make (a slice loads its training), so the last few stay with the worker."""
    return _made(replace(experiment, optimizers=(Choice("sgd"),), start=None, steps=0, seed=0, batch_size=None))


@lru_cache(maxsize=8)
def _made(experiment: Experiment) -> Landscape:
    return experiment.make_landscape()


@lru_cache(maxsize=4)
def _subset(landscape: Any, samples: int) -> Landscape:
    """The last few that were dragged on stay, too."""
    made: Landscape = landscape.subset(samples)
    return made


REQUESTS: Mapping[str, Request] = {
    "race": Request(INTERACTIVE, "experiments.requests:race", entrants_from),
    "heights": Request(INTERACTIVE, "experiments.requests:heights", lambda meta, arrays: arrays["heights"]),
    "search": Request(INTERACTIVE, "experiments.requests:search", searches_from),
    "why": Request(INTERACTIVE, "experiments.requests:why", unpacked),
    "slice_outline": Request(INTERACTIVE, "experiments.slice_requests:outline", unpacked),
    "slice_opening": Request(
        INTERACTIVE, "experiments.slice_requests:opening", lambda meta, arrays: Experiment.from_json(meta["experiment"])
    ),
    "check_weights": Request(INTERACTIVE, "experiments.requests:check_weights", lambda meta, arrays: meta["fits"]),
    "train": Request(TRAINING, "experiments.requests:train", result_from, patience=30.0),
}
