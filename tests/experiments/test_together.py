"""Walks that share their gradients are the walks that each would take alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from experiments.loop import walk
from experiments.together import together
from landscapes import NETWORKS, SURFACES
from landscapes.networks.perceptron_runs import side_by_side
from optimizers import OPTIMIZERS

SOME = ["sgd", "momentum", "adam", "rmsprop", "lion", "nsgd_l2"]


def network(activation: str) -> Any:
    return side_by_side(NETWORKS["digits_mlp"](width=4, activation=activation).to(torch.float64).chosen(np.arange(60)))


def paths(landscapes: list[Any], keys: list[str], start: Any, steps: int) -> tuple[list[Any], list[dict[str, int]]]:
    """All walks in step; where each stood, and its calls."""
    walks = [walk(OPTIMIZERS[key](lr=0.01), landscape, start, steps, seed=3) for key, landscape in zip(keys, landscapes)]
    visits = [next(w) for w in walks]
    rows = [[v.theta] for v in visits]
    for _ in range(steps):
        visits = [next(w) for w in walks]
        for row, visit in zip(rows, visits):
            row.append(visit.theta)
    return rows, [dict(v.calls) for v in visits]


@pytest.mark.parametrize("activation", ["tanh", "relu", "sigmoid"])
@pytest.mark.parametrize("batch", [None, 32])
def test_shared_gradients_are_each_walks_own(batch: int | None, activation: str) -> None:
    """Each walk's gradients alone come from the network's autograd."""
    whole = network(activation)
    seen, plain = (each if batch is None else each.on_batches(batch) for each in (whole, whole.inner))
    alone, calls = paths([plain] * len(SOME), SOME, whole.start, 12)
    shared, counted = paths(list(together(seen, len(SOME))), SOME, whole.start, 12)
    for key, one, other in zip(SOME, alone, shared):
        np.testing.assert_allclose(torch.stack(other), torch.stack(one), rtol=1e-9, atol=1e-12, err_msg=key)
    assert counted == calls


def test_one_stacked_product_serves_all_of_a_step(monkeypatch: pytest.MonkeyPatch) -> None:
    surface, asked = SURFACES["rosenbrock"](), []
    kind = type(surface)
    own = kind.gradient

    def gradient(self: Any, theta: Any) -> Any:
        asked.append(theta.shape)
        return own(self, theta)

    monkeypatch.setattr(kind, "gradient", gradient)
    paths(list(together(surface, 3)), ["sgd", "momentum", "adam"], surface.start, 5)
    assert asked == [(3, 2)] * 5


def test_runs_and_walks_out_of_step() -> None:
    """Walks of several runs each; one that is a step ahead, and one that is asked again after all have gone on."""
    surface = SURFACES["rosenbrock"]()
    members = together(surface, 2)
    start = np.array([[0.0, 0.5], [1.0, -0.5], [2.0, 0.1]])
    first = walk(OPTIMIZERS["sgd"](lr=1e-3), members[0], start, 6)
    second = walk(OPTIMIZERS["adam"](lr=1e-3), members[1], start, 6)
    old = next(first)
    for _ in range(4):
        next(first)
    late = [next(second) for _ in range(7)][-1]
    alone = list(walk(OPTIMIZERS["adam"](lr=1e-3), surface, start, 6))[-1]
    np.testing.assert_allclose(late.theta, alone.theta, rtol=1e-12)
    np.testing.assert_allclose(old.oracle.grad, surface.gradient(start), rtol=1e-12)
    np.testing.assert_allclose(members[0].at(start).grad, surface.gradient(start), rtol=1e-12)
    again = [members[0].at(theta).grad for theta in (start, start + 0.5)]
    np.testing.assert_allclose(again[1], surface.gradient(start + 0.5), rtol=1e-12)
