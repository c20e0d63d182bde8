"""The tuning: which hyperparameters of each optimizer are searched, and on what budget, as frozen data and JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Any

from experiments.spec import Experiment, ExperimentError
from landscapes import NETWORKS
from landscapes.ranges import Range
from optimizers.wrappers.wrapper import hyperparameter_ranges, value_of

VERSION = 1
UNITS = ("calls", "runs")
MOST_NAMES, MOST_TRIES = 2, 64
FEWEST_RUNS, MOST_RUNS, MOST_STEPS = 8, 4096, 2_000_000  # runs of one optimizer, and their steps
SMALL, REACH = 100.0, 1e4  # below a hundredth of its range a number is searched on a log scale, so far around what is set


@dataclass(frozen=True)
class Tuning:
    """A search for the best setting of every optimizer of `experiment`, all on the same budget.

    `searched` names one or two hyperparameters of each optimizer. Every setting is run from `starts` starts and with `seeds`
    seeds, the experiment's own first, and each of these runs is paid for. The budget of each optimizer is that of `runs` runs:
    counted in "calls" it is `runs` times the experiment's steps in oracle calls, so that a method that asks more in a step
    makes fewer runs; counted in "runs", all make as many.
    Raises ExperimentError for what cannot be searched or would not fit.
    """

    experiment: Experiment
    searched: tuple[tuple[str, ...], ...]
    runs: int = 100
    unit: str = "calls"
    starts: int = 1
    seeds: int = 1

    def __post_init__(self) -> None:
        if self.experiment.landscape.key in NETWORKS:
            raise ExperimentError("tuning is for surfaces and slices; trainings have maps of their own")
        if self.unit not in UNITS:
            raise ExperimentError(f"unit must be {' or '.join(UNITS)}, got {self.unit!r:.40}")
        for name, value, low, high in (
            ("runs", self.runs, FEWEST_RUNS, MOST_RUNS),
            ("starts", self.starts, 1, MOST_TRIES),
            ("seeds", self.seeds, 1, MOST_TRIES),
        ):
            if type(value) is not int or not low <= value <= high:
                raise ExperimentError(f"{name} must be a whole number from {low} to {high}, got {value!r:.40}")
        if self.tries > MOST_TRIES:
            raise ExperimentError(f"{self.starts} starts with {self.seeds} seeds are more than {MOST_TRIES} runs of a setting")
        if self.runs * self.experiment.steps > MOST_STEPS:
            fits = MOST_STEPS // self.experiment.steps
            raise ExperimentError(f"{self.runs} runs of {self.experiment.steps} steps do not fit; {fits} runs would")
        if self.experiment.seed + self.seeds > 2**31:
            raise ExperimentError(f"there are not {self.seeds} seeds from {self.experiment.seed} on")
        if len(self.searched) != len(self.experiment.optimizers):
            raise ExperimentError("searched must have an entry for every optimizer")
        for index, names in enumerate(self.searched):
            there = self.ranges(index)
            if not 1 <= len(names) <= MOST_NAMES or len(set(names)) < len(names):
                raise ExperimentError(f"one or two different hyperparameters are searched, got {', '.join(names) or 'none'}")
            for name in names:
                if name not in there:
                    key = self.experiment.optimizers[index].key
                    raise ExperimentError(f"{key} has no {name!r:.40} to search; there are: {', '.join(there)}")

    def ranges(self, index: int) -> Mapping[str, Range]:
        """What can be searched of an optimizer, its wrappers' numbers included."""
        return hyperparameter_ranges(self.experiment.optimizer(index))

    def stretch(self, index: int, name: str) -> Range:
        """The range of a hyperparameter, whose `control` and `scale` say where its search begins.

        That of its slider; where the value that is set is tiny beside it, such as Adam's eps, `REACH` times it either way, on a
        log scale.
        """
        allowed, value = self.ranges(index)[name], float(value_of(self.experiment.optimizer(index), name))
        if allowed.scale == "log" or allowed.low < 0 or not 0 < value < allowed.control[1] / SMALL:
            return allowed
        low, high = value / REACH, min(value * REACH, allowed.control[1])
        return Range(allowed.low, allowed.high, allowed.open_low, allowed.open_high, "log", (low, high), allowed.whole)

    @property
    def tries(self) -> int:
        """Runs of each setting."""
        return self.starts * self.seeds

    @property
    def budget(self) -> int:
        """What each optimizer may spend, in units."""
        return self.runs * self.experiment.steps if self.unit == "calls" else self.runs

    def as_json(self) -> dict[str, Any]:
        """Plain data; equal tunings have equal JSON."""
        return {
            "version": VERSION,
            "experiment": self.experiment.as_json(),
            "searched": [list(names) for names in self.searched],
            "runs": self.runs,
            "unit": self.unit,
            "starts": self.starts,
            "seeds": self.seeds,
        }

    @classmethod
    def from_json(cls, data: Any) -> Tuning:
        """The tuning that `as_json` gave. Raises ExperimentError naming the field that is wrong."""
        known = {"version", "experiment", "searched", "runs", "unit", "starts", "seeds"}
        if not isinstance(data, Mapping) or set(data) - known:
            raise ExperimentError(f"a tuning is an object with {', '.join(sorted(known))}, got {data!r:.80}")
        if data.get("version") != VERSION:
            raise ExperimentError(f"version must be {VERSION}, got {data.get('version')!r:.40}")
        listed = data.get("searched")
        if not isinstance(listed, list) or not all(isinstance(n, list) and all(isinstance(w, str) for w in n) for n in listed):
            raise ExperimentError(f"searched must be a list of lists of names, got {listed!r:.80}")
        given = {name: data[name] for name in ("runs", "unit", "starts", "seeds") if name in data}
        return cls(Experiment.from_json(data.get("experiment")), tuple(tuple(names) for names in listed), **given)

    @cached_property
    def key(self) -> str:
        """A name for exactly this tuning: 16 hexadecimal digits of its content's SHA-256."""
        return sha256(json.dumps(self.as_json(), sort_keys=True).encode()).hexdigest()[:16]
