"""Networks at many weights at once: a stacked program is each run's own loss and gradient, and says where it is none."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.parametrizations import orthogonal, weight_norm

from landscapes import NETWORKS
from landscapes.landscape import Draw
from landscapes.networks.network import Network
from landscapes.networks.perceptron_runs import PerceptronRuns, side_by_side
from landscapes.networks.stacked_runs import OneByOne, StackedRuns

SWITCHES = [
    {"norm": norm, "residual": residual, "activation": activation, "criterion": criterion}
    for norm, residual, activation, criterion in itertools.product(
        ("none", "layer", "weight"), ("no", "yes"), ("relu", "gelu", "none"), ("cross-entropy", "mse")
    )
]
REGRESSIONS = ["linear_regression", "logistic_regression", "softmax_regression"]
X = torch.randn(12, 4, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
Y = torch.randint(0, 3, (12,), generator=torch.Generator().manual_seed(2))


def around(network: Network, *runs: int) -> Tensor:
    noise = np.random.default_rng(0).normal(size=(*runs, network.dim))
    return network.point(np.array(network.start) + 0.3 * noise)


def agrees(network: Network, wanted: type[Any]) -> None:
    """Loss and gradient, in all and in batches, at several points and at one."""
    stacked = side_by_side(network)
    assert type(stacked) is wanted
    batch = 5
    for one, all_at_once in ((network, stacked), *[tuple(n.on_batches(batch).drawn(Draw(3, 1)) for n in (network, stacked))]):
        for theta in (around(network, 4), around(network, 2, 3), around(network)):
            rows = theta.reshape(-1, network.dim)
            losses = torch.stack([one.loss(row) for row in rows]).reshape(theta.shape[:-1])
            gradients = torch.stack([one.gradient(row) for row in rows]).reshape(theta.shape)
            torch.testing.assert_close(all_at_once.loss(theta), losses, rtol=1e-12, atol=1e-13)
            torch.testing.assert_close(all_at_once.gradient(theta), gradients, rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize("chosen", SWITCHES, ids=lambda s: "-".join(s.values()))
def test_the_mlps_switches(chosen: dict[str, Any]) -> None:
    network = NETWORKS["mlp"](data="blobs", samples=12, width=3, depth=3, **chosen).to(torch.float64)
    agrees(network, PerceptronRuns if network.plan is not None else StackedRuns)


@pytest.mark.parametrize("key", REGRESSIONS)
def test_regressions(key: str) -> None:
    network = NETWORKS[key](samples=12).to(torch.float64)
    agrees(network, PerceptronRuns if network.plan is not None else StackedRuns)


def test_batch_normalisation_is_left_to_one_run_after_the_other() -> None:
    agrees(NETWORKS["mlp"](data="blobs", samples=12, width=3, norm="batch").to(torch.float64), OneByOne)


class Twice(nn.Module):
    """One layer that is used twice."""

    def __init__(self) -> None:
        super().__init__()
        self.layer, self.out = nn.Linear(4, 4), nn.Linear(4, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.out(self.layer(torch.tanh(self.layer(x))))


class Doubled(nn.Linear):
    def forward(self, x: Tensor) -> Tensor:
        return 2 * super().forward(x)


class DoubledNorm(nn.LayerNorm):
    def forward(self, x: Tensor) -> Tensor:
        return 2 * super().forward(x)


def tied() -> nn.Module:
    first, second = nn.Linear(4, 4), nn.Linear(4, 4)
    second.weight = first.weight
    return nn.Sequential(first, nn.Tanh(), second, nn.Linear(4, 3))


def frozen() -> nn.Module:
    module = nn.Sequential(nn.Linear(4, 4), nn.Tanh(), nn.Linear(4, 3))
    module[0].weight.requires_grad_(False)
    return module


def hooked() -> nn.Module:
    module = nn.Sequential(nn.Linear(4, 3), nn.Tanh(), nn.Linear(3, 3))
    module[1].register_forward_hook(lambda layer, given, out: 2 * out)
    return module


STACKED: dict[str, Callable[[], nn.Module]] = {
    "nested": lambda: nn.Sequential(nn.Sequential(nn.Linear(4, 5, bias=False), nn.LayerNorm(5), nn.SiLU()), nn.Linear(5, 3)),
    "what is dropped in training": lambda: nn.Sequential(nn.Linear(4, 5), nn.Dropout(0.5), nn.Identity(), nn.Linear(5, 3)),
    "weight normalisation": lambda: nn.Sequential(weight_norm(nn.Linear(4, 5)), nn.ReLU(), nn.Linear(5, 3)),
    "an activation first": lambda: nn.Sequential(nn.Tanh(), nn.LayerNorm(4), nn.Linear(4, 3)),
}
OTHERS: dict[str, Callable[[], nn.Module]] = {
    "used twice": Twice,
    "tied": tied,
    "frozen": frozen,
    "hooked": hooked,
    "a linear layer of another kind": lambda: nn.Sequential(Doubled(4, 3), nn.Linear(3, 3)),
    "and with weight normalisation": lambda: nn.Sequential(weight_norm(Doubled(4, 3)), nn.Linear(3, 3)),
    "a norm of another kind": lambda: nn.Sequential(nn.Linear(4, 3), DoubledNorm(3), nn.Linear(3, 3)),
    "a norm without a shift": lambda: nn.Sequential(nn.Linear(4, 5), nn.LayerNorm(5, bias=False), nn.Linear(5, 3)),
    "another parametrisation": lambda: nn.Sequential(orthogonal(nn.Linear(4, 4)), nn.Linear(4, 3)),
    "weights normalised by column": lambda: nn.Sequential(weight_norm(nn.Linear(4, 4), dim=1), nn.Linear(4, 3)),
    "learned slopes": lambda: nn.Sequential(nn.Linear(4, 4), nn.PReLU(), nn.Linear(4, 3)),
}


@pytest.mark.parametrize("name", [*STACKED, *OTHERS])
def test_own_modules(name: str) -> None:
    torch.manual_seed(0)
    module = (STACKED | OTHERS)[name]().double()
    agrees(Network.of(module, functional.cross_entropy, (X, Y)), StackedRuns if name in STACKED else OneByOne)


def test_a_sum_over_parts_is_left_to_the_network() -> None:
    """Which weighs the parts' losses by their sizes: of a sum over samples that is not the sum over all."""
    total = nn.CrossEntropyLoss(reduction="sum")
    agrees(Network.of(nn.Linear(4, 3).double(), total, (X, Y)), StackedRuns)
    agrees(Network.of(nn.Linear(4, 3).double(), total, (X, Y), part=5), OneByOne)


def test_rows_of_rows_are_left_to_the_network() -> None:
    agrees(
        Network.of(nn.Sequential(nn.Flatten(), nn.Linear(4, 3)).double(), functional.cross_entropy, (X.reshape(12, 2, 2), Y)),
        OneByOne,
    )


def test_a_run_that_is_nan_leaves_its_neighbours_alone() -> None:
    network = NETWORKS["mlp"](data="blobs", samples=12, width=3, residual="yes", norm="layer").to(torch.float64)
    theta = around(network, 3)
    calm = side_by_side(network).gradient(theta)
    theta[1] = float("nan")
    wild = side_by_side(network).gradient(theta)
    assert bool(wild[1].isnan().any()) and torch.equal(wild[[0, 2]], calm[[0, 2]])


def test_many_runs_go_through_in_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    network = NETWORKS["mlp"](data="blobs", samples=12, width=3, residual="yes").to(torch.float64)
    stacked, theta = side_by_side(network), around(network, 7)
    whole, losses = stacked.gradient(theta), stacked.loss(theta)
    monkeypatch.setattr("landscapes.networks.stacked_runs.CHUNK_BYTES", {"cpu": 1})
    torch.testing.assert_close(stacked.gradient(theta), whole, rtol=1e-12, atol=1e-14)
    torch.testing.assert_close(stacked.loss(theta), losses, rtol=1e-12, atol=1e-14)


def test_one_after_the_other_is_the_same_to_the_bit() -> None:
    """Also where so many runs would be tried vmapped, and the faster way taken."""
    network = NETWORKS["mlp"](data="blobs", samples=12, width=3, norm="batch")
    theta = around(network, 9)
    assert torch.equal(side_by_side(network).gradient(theta), torch.stack([network.gradient(row) for row in theta]))
