"""Our slices pass every check; plots that are wrong as published ones are wrong fail the check that is meant for it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from benchmarks.conformance.__main__ import PAGE, RAW, page
from landscapes.networks.conformance import CHECKS, Case, NotOfferedError, Ours, Outcome, Plotter, run_checks
from landscapes.networks.conformance.checks import run_check


@pytest.mark.parametrize("key", CHECKS)
def test_our_slices_conform(key: str) -> None:
    outcome = run_check(key, Ours())
    assert outcome.passed, outcome.sentence
    assert outcome.measured is not None and outcome.check == key and CHECKS[key].title and CHECKS[key].why


class Wrong(Ours):
    """Our slices with one thing changed."""

    heights: Callable[[np.ndarray], np.ndarray] = staticmethod(lambda h: h)

    def random(self, case: Case, cells: int, seed: int) -> np.ndarray:
        return self.heights(super().random(case, cells, seed))

    def given(self, case: Case, directions: np.ndarray, x: np.ndarray, y: np.ndarray, batch: int | None = None) -> np.ndarray:
        return self.heights(super().given(case, directions, x, y, batch))


def saw(h: np.ndarray) -> np.ndarray:
    h = h.copy()
    h[:, 1::2] = np.roll(h[:, 1::2], 1, axis=0)
    return h


class Saw(Wrong):
    heights = staticmethod(saw)


class Shifted(Wrong):
    heights = staticmethod(lambda h: np.roll(h, 1, axis=1))


class Transposed(Wrong):
    heights = staticmethod(lambda h: h.T)


class Positive(Wrong):
    heights = staticmethod(lambda h: np.maximum(h, 0))


class Filled(Wrong):
    heights = staticmethod(lambda h: np.nan_to_num(h, nan=float(np.nanmax(h))))


class Clipped(Wrong):
    heights = staticmethod(lambda h: np.minimum(h, 0.8 * h.max()))


class Raised(Wrong):
    heights = staticmethod(lambda h: h + 0.01 * h.max())


class PerTensor(Ours):
    def filter_directions(self, case: Case, seed: int) -> np.ndarray:
        draws = np.random.default_rng(seed).normal(size=(2, len(case.theta)))
        return draws / np.linalg.norm(draws, axis=1, keepdims=True) * float(case.theta.norm())


class Raw(Ours):
    def filter_directions(self, case: Case, seed: int) -> np.ndarray:
        return np.random.default_rng(seed).normal(size=(2, len(case.theta)))


class Skewed(Ours):
    def _random(self, network: Any, seed: int) -> Any:
        plane = super()._random(network, seed)
        return replace(plane, directions=np.stack([plane.directions[0], plane.directions.sum(axis=0)]))


class MeanOfBatches(Ours):
    def given(self, case: Case, directions: np.ndarray, x: np.ndarray, y: np.ndarray, batch: int | None = None) -> np.ndarray:
        parts = zip(case.inputs.split(batch or 23), case.targets.split(batch or 23))
        return np.mean(
            [super(MeanOfBatches, self).given(replace(case, inputs=i, targets=t), directions, x, y) for i, t in parts], 0
        )


class Doubled(Ours):
    def given(self, case: Case, directions: np.ndarray, x: np.ndarray, y: np.ndarray, batch: int | None = None) -> np.ndarray:
        return super().given(case, 2 * directions, x, y, batch)


class Moving(Ours):
    def random(self, case: Case, cells: int, seed: int) -> np.ndarray:
        with torch.no_grad():
            next(iter(case.module.parameters())).mul_(1 + 1e-6)
        return super().random(case, cells, seed)


class Training(Ours):
    def random(self, case: Case, cells: int, seed: int) -> np.ndarray:
        case.module(case.inputs)
        return super().random(case, cells, seed)


class Broken(Ours):
    def random(self, case: Case, cells: int, seed: int) -> np.ndarray:
        raise ZeroDivisionError("a filter of norm 0")


CAUGHT: dict[type[Plotter], set[str]] = {
    Saw: {"third_differences", "places", "curvature"},
    Shifted: {"centre", "minimum", "corners", "holes", "zero_edge"},
    Transposed: {"rectangle"},
    Positive: {"negative"},
    Filled: {"holes"},
    Clipped: {"third_differences", "corners", "places"},
    Raised: {"centre", "places"},
    PerTensor: {"filters", "rescaling"},
    Raw: {"filters", "rescaling"},
    Skewed: {"axes"},
    MeanOfBatches: {"batches", "order"},
    Doubled: {"places", "curvature"},
    Moving: {"untouched", "train_mode"},
    Training: {"train_mode"},
    Broken: {"third_differences", "untouched"},
}


@pytest.mark.parametrize("plotter", CAUGHT, ids=lambda plotter: plotter.__name__)
def test_wrong_plots_are_caught(plotter: type[Plotter]) -> None:
    for key in CAUGHT[plotter]:
        outcome = run_check(key, plotter())
        assert outcome.passed is False, outcome
    if plotter is Broken:
        assert "a filter of norm 0" in outcome.sentence


def test_every_check_catches_something() -> None:
    assert set(CHECKS) == set().union(*CAUGHT.values())


def test_what_is_not_offered_is_neither_passed_nor_failed() -> None:
    class Bare(Plotter):
        name, version = "bare", "1"

        def random(self, case: Case, cells: int, seed: int) -> np.ndarray:
            raise NotOfferedError("It draws nothing.")

    outcomes = list(run_checks(Bare()))
    assert len(outcomes) == len(CHECKS) and all(outcome.passed is None and outcome.sentence for outcome in outcomes)
    assert outcomes[0] == Outcome("third_differences", None, None, "", "It draws nothing.")


def test_the_published_page_is_the_raw_outputs() -> None:
    data = json.loads(RAW.read_text(encoding="utf-8"))
    assert PAGE.read_text(encoding="utf-8") == page(data)
    ours = data["libraries"][0]
    assert [outcome["check"] for outcome in ours["outcomes"]] == list(CHECKS)
    assert ours["name"] == "Ravine" and all(outcome["passed"] for outcome in ours["outcomes"])


def test_the_global_generator_is_left_alone() -> None:
    before = torch.random.get_rng_state()
    list(run_checks(Ours()))
    assert torch.equal(before, torch.random.get_rng_state())
