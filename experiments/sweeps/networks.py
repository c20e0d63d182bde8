"""Sweeps on networks: learning rate against batch size or a number of the network, as frozen data; and what they find."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from experiments.spec import Experiment, ExperimentError
from experiments.sweeps.axis import SURFACE, Axis
from landscapes import NETWORKS
from landscapes.ranges import Range, Scale
from optimizers.wrappers.wrapper import hyperparameter_ranges

VERSION = 1
BATCH, RATE = "batch", "lr"
MOST_SEEDS, MOST_CELLS, MOST_RUNS = 16, 64, 20_000
BATCHES = Range(1, 10**6, scale="log", whole=True)


class NetworkQuantity(NamedTuple):
    """A number of every run that a map can be coloured by: its words, and the scale that shows it."""

    title: str
    scale: Scale
    description: str


QUANTITIES: Mapping[str, NetworkQuantity] = {
    "final": NetworkQuantity("Final loss", "log", "the loss over all training samples where the run ends"),
    "accuracy": NetworkQuantity("Test accuracy", "linear", "the share of the test samples that the run's end gets right"),
    "sharpness": NetworkQuantity("Sharpness", "log", "the largest eigenvalue of the training loss's Hessian at the run's end"),
}


@dataclass(frozen=True)
class NetworkSweep:
    """Trainings of every optimizer of `experiment`, one for each learning rate of `x`, each value of `y` and each seed.

    y is "batch", the batch size, or "on.NAME", a number of the network. Seed s adds s to the experiment's seed, which draws the
    batches, and to the network's, which draws its initial weights. Maps are `(optimizers, rows, columns)`, rows along y.
    Raises ExperimentError for what is no network, axes that it does not have, values that cannot be, and too many runs.
    """

    experiment: Experiment
    x: Axis
    y: Axis
    seeds: int = 3

    def __post_init__(self) -> None:
        key = self.experiment.landscape.key
        if key not in NETWORKS:
            raise ExperimentError(f"a sweep of networks is on one of: {', '.join(NETWORKS)}; not on {key}")
        if self.x.name != RATE:
            raise ExperimentError(f"axis x must be {RATE!r}, the learning rate, got {self.x.name!r:.60}")
        if type(self.seeds) is not int or not 1 <= self.seeds <= MOST_SEEDS:
            raise ExperimentError(f"seeds must be a whole number from 1 to {MOST_SEEDS}, got {self.seeds!r:.40}")
        numbers = {f"{SURFACE}{n}": r for n, r in NETWORKS[key].ranges.items() if isinstance(r, Range) and n != "seed"}
        allowed = {BATCH: BATCHES, **numbers}
        if self.y.name not in allowed:
            raise ExperimentError(f"axis y must be one of: {', '.join(allowed)}; got {self.y.name!r:.60}")
        object.__setattr__(self, "y", replace(self.y, whole=allowed[self.y.name].whole))
        if max(self.columns, self.rows) > MOST_CELLS:
            raise ExperimentError(f"an axis has {MOST_CELLS} cells at most, got {self.columns} x {self.rows}")
        if self.runs > MOST_RUNS:
            raise ExperimentError(f"{self.runs:,} trainings are too many; {MOST_RUNS:,} at most")
        for index in range(len(self.experiment.optimizers)):
            if RATE not in hyperparameter_ranges(self.experiment.optimizer(index)):
                raise ExperimentError(f"{self.experiment.optimizers[index].key} has no learning rate")
            for row in range(self.rows):
                for column in {0, self.columns - 1}:
                    made = cell(self, index, row, column)
                    samples = NETWORKS[key].task(**made.landscape.parameters).samples
                    if made.batch_size is not None and made.batch_size > samples:
                        raise ExperimentError(f"axis y: a batch has {samples} samples at most here, got {made.batch_size}")

    @property
    def columns(self) -> int:
        return self.x.cells

    @property
    def rows(self) -> int:
        return self.y.cells

    @property
    def runs(self) -> int:
        return len(self.experiment.optimizers) * self.rows * self.columns * self.seeds

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """Optimizers, rows, columns, seeds."""
        return len(self.experiment.optimizers), self.rows, self.columns, self.seeds

    def as_json(self) -> dict[str, Any]:
        """Plain data; equal sweeps have equal JSON."""
        axes = {"x": self.x.as_json(), "y": self.y.as_json()}
        return {"version": VERSION, "experiment": self.experiment.as_json(), **axes, "seeds": self.seeds}

    @classmethod
    def from_json(cls, data: Any) -> NetworkSweep:
        """The sweep that `as_json` gave. Raises ExperimentError naming the field that is wrong."""
        if not isinstance(data, Mapping):
            raise ExperimentError(f"a sweep is an object, got {type(data).__name__}")
        unknown = sorted(set(data) - {"version", "experiment", "x", "y", "seeds"})
        if unknown:
            raise ExperimentError(f"unknown field {unknown[0]!r:.40}; there are: experiment, seeds, version, x, y")
        if data.get("version") != VERSION:
            raise ExperimentError(f"version must be {VERSION}, got {data.get('version')!r:.40}")
        x, y = (Axis.from_json(data.get(name), name) for name in ("x", "y"))
        return cls(Experiment.from_json(data.get("experiment")), x, y, data.get("seeds", 3))

    @cached_property
    def key(self) -> str:
        """A name for exactly this sweep: 16 hexadecimal digits of its content's SHA-256."""
        return sha256(json.dumps(self.as_json(), sort_keys=True).encode()).hexdigest()[:16]


def cell(sweep: NetworkSweep, index: int, row: int, column: int, seed: int = 0) -> Experiment:
    """The experiment that one run of a cell of optimizer `index` stands for: it can be trained alone."""
    made = sweep.experiment.solo(index)
    choice = made.optimizers[0].with_parameters(lr=float(sweep.x.values[column]))
    value, landscape, batch = float(sweep.y.values[row]), made.landscape, made.batch_size
    if sweep.y.name == BATCH:
        batch = round(value)
    else:
        landscape = landscape.with_parameters(**{sweep.y.name.removeprefix(SURFACE): round(value) if sweep.y.whole else value})
    if "seed" in landscape.parameters:
        landscape = landscape.with_parameters(seed=landscape.parameters["seed"] + seed)
    return replace(made, optimizers=(choice,), landscape=landscape, batch_size=batch, seed=made.seed + seed)


@dataclass(frozen=True, eq=False)
class NetworkMap:
    """What became of every training: arrays `(optimizers, rows, columns, seeds)`, float64 and NaN where a row is not computed.

    final: the loss over all training samples at the end; accuracy: over all test samples; sharpness: the largest Ritz value of
    the training loss's Hessian there, which is within `sharpness_error` of a true eigenvalue. diverged: the end is infinite or
    NaN, or its loss is above the start's. done `(optimizers, rows)`: which rows are computed.
    """

    sweep: NetworkSweep
    final: np.ndarray
    accuracy: np.ndarray
    sharpness: np.ndarray
    sharpness_error: np.ndarray
    diverged: np.ndarray
    done: np.ndarray

    @classmethod
    def empty(cls, sweep: NetworkSweep) -> NetworkMap:
        """The map of a sweep before its first row."""
        numbers = {name: np.full(sweep.shape, np.nan) for name in (*QUANTITIES, "sharpness_error")}
        flags = {"diverged": np.zeros(sweep.shape, bool), "done": np.zeros(sweep.shape[:2], bool)}
        return cls.from_arrays(sweep, {**numbers, **flags})

    @property
    def complete(self) -> bool:
        return bool(self.done.all())

    def mean(self, quantity: str) -> np.ndarray:
        """The mean over seeds, `(optimizers, rows, columns)`; NaN where any of them diverged or is not computed."""
        values = np.where(self.diverged, np.nan, getattr(self, quantity))
        return np.asarray(values.mean(-1))

    def spread(self, quantity: str) -> np.ndarray:
        """The largest less the smallest over seeds, `(optimizers, rows, columns)`; NaN where `mean` is."""
        values = np.where(self.diverged, np.nan, getattr(self, quantity))
        return np.asarray(values.max(-1) - values.min(-1))

    def best_rates(self, index: int) -> np.ndarray:
        """The column of the smallest mean final loss in each row of an optimizer, `(rows,)`; -1 where all diverged."""
        means = self.mean("final")[index]
        none = np.isnan(means).all(1)
        return np.where(none, -1, np.argmin(np.where(np.isnan(means), np.inf, means), axis=1))

    def as_arrays(self) -> dict[str, np.ndarray]:
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name != "sweep"}

    @classmethod
    def from_arrays(cls, sweep: NetworkSweep, arrays: Mapping[str, Any]) -> NetworkMap:
        return cls(sweep, **{f.name: arrays[f.name] for f in fields(cls) if f.name != "sweep"})

    def save(self, path: Path) -> None:
        """Write as an .npz file, whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        with part.open("wb") as file:
            arrays: dict[str, Any] = dict(self.as_arrays())
            np.savez_compressed(file, allow_pickle=False, sweep=json.dumps(self.sweep.as_json()), **arrays)
        part.replace(path)

    @classmethod
    def load(cls, path: Path) -> NetworkMap:
        """Read what `save` wrote. Raises ValueError for a file that is not such a map, or a broken one."""
        try:
            with np.load(path, allow_pickle=False) as file:
                return cls.from_arrays(NetworkSweep.from_json(json.loads(str(file["sweep"]))), file)
        except (KeyError, OSError, EOFError, TypeError, ValueError, zipfile.BadZipFile) as error:
            raise ValueError(f"{path.name} is not a map of trainings that can be read: {error}") from error
