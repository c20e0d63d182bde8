"""The plan of a training: it keeps to its bounds for every network, says what it leaves out, and the training keeps to it."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from experiments.spec import Choice, Experiment
from experiments.training import train
from experiments.training_plan import CELLS, MOST_BYTES, MOST_POINTS, plan_of
from landscapes import NETWORKS
from optimizers import OPTIMIZERS
from optimizers.optimizer import HESSIAN, HVP

TWO = (Choice("sgd"), Choice("adam"))
BLOBS = Experiment(Choice("mlp", {"data": "blobs", "samples": 9, "width": 3, "depth": 1}), TWO, steps=3, batch_size=4)


def of(key: str, *optimizers: str, steps: int = 100, batch_size: int | None = 2) -> Experiment:
    return Experiment(Choice(key), tuple(Choice(o) for o in optimizers or ("sgd", "adam")), steps=steps, batch_size=batch_size)


@pytest.mark.parametrize("key", NETWORKS)
def test_the_schedule_holds_the_ends_and_fits_into_memory(key: str) -> None:
    dim = NETWORKS[key].task().dim
    for steps in (0, 1, 100, 100_000):
        schedule = plan_of(of(key, steps=steps)).schedule
        assert schedule[0] == 0 and schedule[-1] == steps and (np.diff(schedule) > 0).all()
        assert len(set(np.diff(schedule)[:-1])) <= 1  # equal distances, but for the last
        assert len(schedule) <= 2 + min(MOST_POINTS, MOST_BYTES // (8 * dim))


@pytest.mark.parametrize("key", NETWORKS)
def test_more_work_takes_longer(key: str) -> None:
    """More steps, larger batches, more optimizers, and what asks for more than gradients."""
    asked = [of(key, "sgd", steps=s) for s in (10, 1000, 100_000)]
    asked += [
        of(key, "sgd", steps=100_000, batch_size=None),
        of(key, "sgd", "adam", "newton_cg", steps=100_000, batch_size=None),
    ]
    seconds = [plan_of(e).seconds for e in asked]
    assert all(a < b for a, b in pairwise(seconds)) and seconds[0] > 0
    assert all(CELLS[0] <= plan_of(e).cells <= CELLS[1] for e in asked)


@pytest.mark.parametrize("key", OPTIMIZERS)
def test_every_optimizer_has_its_price(key: str) -> None:
    curved = bool((HESSIAN | HVP) & OPTIMIZERS[key].needs)
    own, plain = (plan_of(of("mlp", k, steps=1000)).seconds for k in (key, "sgd"))
    assert own > plain if curved else own == plain


def test_deeper_networks_get_a_coarser_map_and_no_spectrum() -> None:
    small, large = plan_of(of("digits_mlp")), plan_of(of("resnet56"))
    assert (small.spectrum, small.interactive) == ("exact", True)
    assert (large.spectrum, large.interactive) == ("none", False)
    assert large.cells < small.cells == CELLS[1] and len(large.schedule) < len(small.schedule)


@pytest.mark.parametrize("kind", ["exact", "lanczos", "none"])
def test_the_training_keeps_to_its_plan(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("experiments.training_plan.CELLS", (5, 7))
    if kind != "exact":
        monkeypatch.setattr("experiments.training_plan.EXACT_DIM", 1)
    if kind == "none":
        monkeypatch.setattr("experiments.training_plan.SPECTRA", 0.0)
    heard = []
    result = train(BLOBS, on_progress=heard.append)
    assert result.complete and result.spectrum_kind == kind == plan_of(BLOBS).spectrum
    assert result.heights.shape == (7, 7) and result.steps.tolist() == [0, 1, 2, 3]
    assert np.isnan(result.eigenvalues).all() == (kind == "none")
    assert heard[-1].stage == "analysis" and heard[-1].fraction == pytest.approx(1)


def test_only_networks_have_one() -> None:
    with pytest.raises(ValueError, match="ravine is not a network"):
        plan_of(replace(BLOBS, landscape=Choice("ravine"), batch_size=None))
