"""The cloud: hundreds of runs that differ only in what is drawn at random, as a density that plays."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from hashlib import sha256
from math import isfinite, isqrt
from typing import Any

import numpy as np

from experiments.spec import ALL_SURFACES, Experiment, ExperimentError

VERSION = 1
MOST_RUNS, MOST_WINDOW = 2000, 256
MOST_BYTES = 24 * 2**20  # of density frames
MOST_WORK = 4_000_000  # steps of all runs together: 32 MB of losses
MOST_FRAMES = 151
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)

Window = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Cloud:
    """`runs` runs of every optimizer of `experiment`, which must draw noise or mini-batches, seen through a window.

    Run i draws the noise of run i, as `GradientNoise(run=i)`; mini-batches depend on the seed alone, so where there are any,
    its seed is `experiment.seed` + i. `window` is an interval for each coordinate, None for the domain; it has `cells`
    cells along each. Raises ExperimentError for what cannot be run or would not fit.
    """

    experiment: Experiment
    runs: int = 300
    cells: int = 96
    window: Window | None = None

    def __post_init__(self) -> None:
        if self.experiment.landscape.key not in ALL_SURFACES:
            raise ExperimentError(f"clouds are of surfaces; {self.experiment.landscape.key} is none")
        if self.experiment.batch_size is None and all(choice.key != "noise" for choice in self.experiment.modifiers):
            raise ExperimentError("a cloud needs something random: gradient noise, or mini-batches")
        for name, value, most in (("runs", self.runs, MOST_RUNS), ("cells", self.cells, MOST_WINDOW)):
            if type(value) is not int or not 1 <= value <= most:
                raise ExperimentError(f"{name} must be a whole number from 1 to {most}, got {value!r:.40}")
        domain: Any = self.experiment.make_landscape().domain  # type: ignore[attr-defined]  # surfaces have one
        window = tuple((float(low), float(high)) for low, high in (domain if self.window is None else self.window))
        if len(window) != len(domain) or not all(isfinite(low) and isfinite(high) and low < high for low, high in window):
            raise ExperimentError(f"window must be {len(domain)} intervals of finite numbers, got {window!r:.80}")
        object.__setattr__(self, "window", window)
        count, steps = len(self.experiment.optimizers), self.experiment.steps
        if count * self.runs * steps > MOST_WORK:
            fits = max(1, MOST_WORK // (count * steps))
            raise ExperimentError(f"{self.runs} runs of {count} optimizers over {steps} steps do not fit; {fits} runs would")
        size = count * len(self.frames) * 2
        if size * self.cells ** len(window) > MOST_BYTES:
            fits = isqrt(MOST_BYTES // size) if len(window) > 1 else MOST_BYTES // size
            raise ExperimentError(f"a window of {self.cells} cells a side does not fit for {count} optimizers; {fits} would")

    @property
    def frames(self) -> np.ndarray:
        """The steps that are shown, `(frames,)`: evenly spaced, the start and the end among them."""
        steps = self.experiment.steps
        return np.unique(np.round(np.linspace(0, steps, min(steps + 1, MOST_FRAMES))).astype(int))

    def as_json(self) -> dict[str, Any]:
        """Plain data; equal clouds have equal JSON."""
        window = [list(interval) for interval in self.window or ()]
        return {
            "version": VERSION,
            "experiment": self.experiment.as_json(),
            "runs": self.runs,
            "cells": self.cells,
            "window": window,
        }

    @classmethod
    def from_json(cls, data: Any) -> Cloud:
        """The cloud that `as_json` gave. Raises ExperimentError naming the field that is wrong."""
        known = {"version", "experiment", "runs", "cells", "window"}
        if not isinstance(data, Mapping) or set(data) - known:
            raise ExperimentError(f"a cloud is an object with {', '.join(sorted(known))}, got {data!r:.80}")
        if data.get("version") != VERSION:
            raise ExperimentError(f"version must be {VERSION}, got {data.get('version')!r:.40}")
        window = data.get("window")
        try:
            window = None if window is None else tuple((float(low), float(high)) for low, high in window)
        except (TypeError, ValueError):
            raise ExperimentError(f"window must be a list of intervals, got {window!r:.80}") from None
        return cls(Experiment.from_json(data.get("experiment")), data.get("runs", 300), data.get("cells", 96), window)

    @cached_property
    def key(self) -> str:
        """A name for exactly this cloud: 16 hexadecimal digits of its content's SHA-256."""
        return sha256(json.dumps(self.as_json(), sort_keys=True).encode()).hexdigest()[:16]


@dataclass(frozen=True, eq=False)
class CloudResult:
    """Where the runs of a cloud are, step by step.

    frames `(frames,)` the steps shown; density `(optimizers, frames, rows, columns)` uint16, how many runs are in each cell of
    the window, rows along y (one row on a single coordinate); outside `(optimizers, frames)` uint16, how many are in none;
    loss `(optimizers, quantiles, steps + 1)`, the `QUANTILES` of the full loss over the runs, infinite from where so many have
    diverged; mean `(optimizers, steps + 1, dim)`, the mean place of the runs, NaN once one of them has diverged.
    """

    cloud: Cloud
    frames: np.ndarray
    density: np.ndarray
    outside: np.ndarray
    loss: np.ndarray
    mean: np.ndarray

    def as_arrays(self) -> dict[str, np.ndarray]:
        """The arrays by name, to cross a process boundary."""
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name != "cloud"}

    @classmethod
    def from_arrays(cls, cloud: Cloud, arrays: Mapping[str, np.ndarray]) -> CloudResult:
        return cls(cloud, **{f.name: arrays[f.name] for f in fields(cls) if f.name != "cloud"})
