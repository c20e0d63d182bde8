"""Our optimizers on ordinary modules: the same weights as torch's own, and what a torch.optim.Optimizer is expected to do."""

from __future__ import annotations

import copy
import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy
from torch.optim import lr_scheduler

from optimizers import OPTIMIZERS, WRAPPERS
from optimizers.optimizer import GRAD
from optimizers.torch_bridge import TorchBridge, torch_bridge

pytestmark = pytest.mark.usefixtures("shapes_unchecked")

X = torch.randn(64, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
Y = (X[:, 0] * X[:, 1] > X[:, 2]).long()
ALIKE = {
    "sgd": (lambda: OPTIMIZERS["sgd"](lr=0.1), lambda p: torch.optim.SGD(p, lr=0.1)),
    "momentum": (lambda: OPTIMIZERS["momentum"](lr=0.05), lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9)),
    "adam": (lambda: OPTIMIZERS["adam"](lr=0.01), lambda p: torch.optim.Adam(p, lr=0.01)),
    "l2": (
        lambda: WRAPPERS["weight_decay"](OPTIMIZERS["adam"](lr=0.01), weight_decay=0.1),
        lambda p: torch.optim.Adam(p, lr=0.01, weight_decay=0.1),
    ),
    "decoupled": (
        lambda: WRAPPERS["decoupled_weight_decay"](OPTIMIZERS["adam"](lr=0.01), weight_decay=0.1),
        lambda p: torch.optim.AdamW(p, lr=0.01, weight_decay=0.1),
    ),
}


def mlp(dtype: torch.dtype = torch.float64) -> torch.nn.Module:
    """No biases before normalisation: their gradient is rounding noise, which Adam would make steps of."""
    torch.manual_seed(0)
    linear, norm = torch.nn.Linear, torch.nn.BatchNorm1d
    hidden = [linear(5, 9, bias=False), norm(9), torch.nn.Tanh(), linear(9, 7, bias=False), norm(7), torch.nn.Tanh()]
    return torch.nn.Sequential(*hidden, linear(7, 2)).to(dtype)


def train(module: Any, optimizer: Any, steps: range | int, before: Callable[[], Any] | None = None, after: Any = None) -> Any:
    """Mini-batches of 16 in a fixed order."""
    dtype = next(module.parameters()).dtype
    for step in range(steps) if isinstance(steps, int) else steps:
        optimizer.zero_grad()
        rows = slice(16 * (step % 4), 16 * (step % 4) + 16)
        cross_entropy(module(X[rows].to(dtype)), Y[rows]).backward()
        if before:
            before()
        optimizer.step()
        if after:
            after.step()
    return module


def gap(module: Any, other: Any) -> float:
    """The largest relative difference of weights and buffers."""
    pairs = zip(module.state_dict().values(), other.state_dict().values(), strict=True)
    return max(float((a - b).abs().max() / (b.abs().max() + 1e-3)) for a, b in pairs)


@pytest.mark.parametrize("key", ALIKE)
@pytest.mark.parametrize(("dtype", "most"), [(torch.float64, 1e-12), (torch.float32, 1e-3)])
def test_a_network_with_batch_norm_gets_the_weights_that_torch_gives_it(key: str, dtype: torch.dtype, most: float) -> None:
    ours, theirs = mlp(dtype), mlp(dtype)
    train(ours, torch_bridge(ALIKE[key][0]())(ours.parameters()), 60)
    train(theirs, ALIKE[key][1](theirs.parameters()), 60)
    assert gap(ours, theirs) < most
    assert gap(ours, mlp(dtype)) > 0.1
    assert int(ours[1].num_batches_tracked) == 60
    assert next(ours.parameters()).dtype == dtype


@pytest.mark.parametrize("key", OPTIMIZERS)
def test_every_optimizer_drives_a_module_or_says_why_not(key: str) -> None:
    rule = OPTIMIZERS[key]()
    if rule.needs != GRAD:
        with pytest.raises(ValueError, match=r"asks for more than gradients \(.*(hessian|hvp|inputs|loss)"):
            torch_bridge(rule)
        return
    if key == "insgd_released":
        with pytest.raises(
            ValueError, match=r"cannot drive bare parameters\. The released code's factor is set by a layer's fan-in"
        ):
            torch_bridge(rule)
        return
    module = mlp()
    loss = cross_entropy(module(X), Y).item()
    train(module, torch_bridge(rule)(module.parameters()), 12)
    assert cross_entropy(module(X), Y).item() < loss


@pytest.mark.parametrize("key", WRAPPERS)
def test_every_wrapper_does(key: str) -> None:
    """The flat vector of all parameters walks as a point does on a landscape of as many coordinates."""
    rule = WRAPPERS[key](OPTIMIZERS["momentum"](lr=0.01))
    weights = torch.linspace(-1, 2, 6, dtype=torch.float64)
    parameters = [torch.nn.Parameter(weights[:2].clone()), torch.nn.Parameter(weights[2:].reshape(2, 2).clone())]
    optimizer = torch_bridge(rule)(parameters)
    theta, state = weights.numpy().copy(), rule.init(weights.numpy().copy())
    for _ in range(13):
        optimizer.zero_grad()
        sum((p**4).sum() for p in parameters).backward()
        optimizer.step()
        step, state = rule.update(_quartic(theta), state)
        theta = theta + step
    np.testing.assert_allclose(torch.cat([p.detach().reshape(-1) for p in parameters]).numpy(), theta, rtol=1e-13)


def _quartic(theta: np.ndarray) -> Any:
    from landscapes.landscape import Block, Landscape

    class Quartic(Landscape):
        name, blocks, start = "quartic", (Block("w", (6,)),), None

        def point(self, values: Any) -> Any:
            return np.asarray(values)

        def loss(self, theta: Any) -> Any:
            return (theta**4).sum(-1)

        def gradient(self, theta: Any) -> Any:
            return 4 * theta**3

        def hessian(self, theta: Any) -> Any:
            raise NotImplementedError

    return Quartic().at(theta)


def test_clipping_by_norm_is_of_the_whole_group() -> None:
    ours, theirs = mlp(), mlp()
    train(ours, torch_bridge(WRAPPERS["clip"](OPTIMIZERS["adam"](lr=0.01), norm=0.2))(ours.parameters()), 50)
    clip = torch.nn.utils.clip_grad_norm_
    train(theirs, torch.optim.Adam(theirs.parameters(), lr=0.01), 50, before=lambda: clip(theirs.parameters(), 0.2))
    assert gap(ours, theirs) < 1e-12


@pytest.mark.parametrize(
    "schedule",
    [
        lambda o: lr_scheduler.StepLR(o, 10, 0.5),
        lambda o: lr_scheduler.CosineAnnealingLR(o, 25),  # down to a learning rate of 0
        lambda o: lr_scheduler.OneCycleLR(o, 0.05, total_steps=60, cycle_momentum=False),
    ],
)
def test_torchs_schedulers_drive_it(schedule: Any) -> None:
    ours, theirs = mlp(), mlp()
    bridge = torch_bridge(OPTIMIZERS["adam"](lr=0.01))(ours.parameters())
    train(ours, bridge, 50, after=schedule(bridge))
    reference = torch.optim.Adam(theirs.parameters(), lr=0.01)
    train(theirs, reference, 50, after=schedule(reference))
    assert bridge.param_groups[0]["lr"] == reference.param_groups[0]["lr"] != 0.01
    assert gap(ours, theirs) < 1e-12


def test_groups_have_their_own_hyperparameters() -> None:
    ours, theirs = mlp(), mlp()
    groups = [lambda m: {"params": m[0].parameters(), "lr": 0.002}, lambda m: {"params": m[3].parameters()}]
    bridge = torch_bridge(OPTIMIZERS["adam"](lr=0.01))([group(ours) for group in groups])
    reference = torch.optim.Adam([group(theirs) for group in groups], lr=0.01)
    for optimizer, module in ((bridge, ours), (reference, theirs)):
        train(module, optimizer, 20)
        optimizer.add_param_group({"params": module[6].parameters(), "lr": 0.03})  # begins to count its steps now
        train(module, optimizer, range(20, 40))
    assert gap(ours, theirs) < 1e-12
    assert [group["lr"] for group in bridge.param_groups] == [0.002, 0.01, 0.03]
    with pytest.raises(TypeError, match="has no parameter 'weight_decay'; it has: lr, beta1, beta2, eps"):
        bridge.add_param_group({"params": [torch.zeros(2, requires_grad=True)], "weight_decay": 0.1})
    with pytest.raises(ValueError, match=r"adam.lr must be a number in \(0, inf\), got -1"):
        bridge.add_param_group({"params": [torch.zeros(2, requires_grad=True)], "lr": -1.0})
    with pytest.raises(ValueError, match="one real type on one device"):
        bridge.add_param_group({"params": [torch.zeros(2, requires_grad=True), torch.zeros(2, dtype=torch.float64)]})
    assert len(bridge.param_groups) == 3


@pytest.mark.parametrize("key", ["sgd", "momentum", "adam", "decoupled"])
def test_what_has_no_gradient_stays(key: str) -> None:
    """Frozen weights and weights that the loss does not use, from the start: to the bit, also under weight decay."""
    ours, theirs = mlp(), mlp()
    for module in (ours, theirs):
        module[0].weight.requires_grad_(False)
        module.unused = torch.nn.Parameter(torch.ones(3, dtype=torch.float64))
        module.forward = lambda x, m=module: m[6](m[5](m[4](m[3](m[2](m[1](m[0](x)))))))
    train(ours, torch_bridge(ALIKE[key][0]())(ours.parameters()), 40)
    train(theirs, ALIKE[key][1](theirs.parameters()), 40)
    assert gap(ours, theirs) < 1e-12
    assert torch.equal(ours[0].weight, mlp()[0].weight)
    assert torch.equal(ours.unused, torch.ones(3, dtype=torch.float64))


FROZEN = {key: lambda key=key: OPTIMIZERS[key](lr=0.01) for key in OPTIMIZERS} | {
    "norms": lambda: WRAPPERS["weight_decay"](WRAPPERS["clip"](OPTIMIZERS["momentum"](lr=0.01), norm=0.1), weight_decay=0.5),
    "slow": lambda: WRAPPERS["lookahead"](OPTIMIZERS["adam"](lr=0.01)),
}
DRIVING = [key for key in FROZEN if FROZEN[key]().needs == GRAD and key != "insgd_released"]


@pytest.mark.parametrize("key", DRIVING)
def test_what_is_frozen_has_no_part_in_the_rule(key: str) -> None:
    """As if the optimizer had never been given it: no norm and no product has anything of it."""
    whole, part = mlp(), mlp()
    for module in (whole, part):
        module[3].requires_grad_(False)
    train(whole, torch_bridge(FROZEN[key]())(whole.parameters()), 15)
    train(part, torch_bridge(FROZEN[key]())(p for p in part.parameters() if p.requires_grad), 15)
    assert gap(whole, part) < 1e-10
    assert gap(whole, mlp()) > 1e-3


def test_a_gradient_that_is_missing_for_a_while_changes_nothing_meanwhile() -> None:
    """Momentum keeps no count of steps, so that torch's is the same; the buffer waits."""
    ours, theirs = mlp(), mlp()
    bridge, reference = torch_bridge(ALIKE["momentum"][0]())(ours.parameters()), ALIKE["momentum"][1](theirs.parameters())
    for module, optimizer in ((ours, bridge), (theirs, reference)):
        train(module, optimizer, 10)
        module[3].requires_grad_(False)
        before = module[3].weight.clone()
        train(module, optimizer, range(10, 20))
        assert torch.equal(module[3].weight, before)
        module[3].requires_grad_(True)
        train(module, optimizer, range(20, 30))
        assert not torch.equal(module[3].weight, before)
    assert gap(ours, theirs) < 1e-12
    nothing = copy.deepcopy(ours.state_dict())
    bridge.zero_grad()
    bridge.step()
    assert all(torch.equal(a, b) for a, b in zip(nothing.values(), ours.state_dict().values()))


RESUMED = {
    "adam": lambda: OPTIMIZERS["adam"](lr=0.01),
    "lbfgs": lambda: OPTIMIZERS["lbfgs"](lr=0.1, history_size=4),
    "nest": lambda: WRAPPERS["lookahead"](WRAPPERS["schedule"](WRAPPERS["clip"](OPTIMIZERS["momentum"](lr=0.05)), steps=20)),
}


@pytest.mark.parametrize("key", RESUMED)
@pytest.mark.parametrize("how", ["state_dict", "file", "deepcopy"])
def test_resumed_to_the_same_bits(key: str, how: str) -> None:
    through = mlp()
    bridge = torch_bridge(RESUMED[key]())(through.parameters())
    train(through, bridge, 17)
    if how == "deepcopy":
        again, other = copy.deepcopy((through, bridge))
    else:
        again = mlp()
        again.load_state_dict(through.state_dict())
        stored: Any = bridge.state_dict()
        if how == "file":
            file = io.BytesIO()
            torch.save(stored, file)
            file.seek(0)
            stored = torch.load(file, weights_only=True)
        other = torch_bridge(RESUMED[key]())(again.parameters())
        other.load_state_dict(stored)
    assert isinstance(other, TorchBridge)
    train(through, bridge, range(17, 37))
    train(again, other, range(17, 37))
    assert gap(through, mlp()) > 0.01
    assert all(torch.equal(a, b) for a, b in zip(through.state_dict().values(), again.state_dict().values(), strict=True))


def test_a_state_of_another_optimizer_is_refused() -> None:
    module = mlp()
    stored = torch_bridge(OPTIMIZERS["sgd"]())(module.parameters()).state_dict()
    with pytest.raises(ValueError, match="the state of another optimizer than Adam: it has no beta1"):
        torch_bridge(OPTIMIZERS["adam"]())(module.parameters()).load_state_dict(stored)


def test_closures_are_called_with_gradients_on_and_their_loss_returned() -> None:
    parameter = torch.nn.Parameter(torch.tensor([3.0, -1.0]))
    optimizer = torch_bridge(OPTIMIZERS["sgd"](lr=0.25))([parameter])

    def closure() -> Any:
        optimizer.zero_grad()
        loss = (parameter**2).sum()
        loss.backward()
        return loss

    with torch.no_grad():
        assert float(optimizer.step(closure)) == 10.0
    assert parameter.tolist() == [1.5, -0.5]
    assert parameter.requires_grad
    optimizer.zero_grad()
    assert parameter.grad is None


def test_what_the_bridge_cannot_do_it_says() -> None:
    with pytest.raises(ValueError, match="lr must be one number: a module's parameters are one run"):
        torch_bridge(OPTIMIZERS["sgd"](lr=np.array([[0.1], [0.2]])))
    with pytest.raises(ValueError, match=r"Newton, clipped to 1 asks for more than gradients \(hessian\)"):
        torch_bridge(WRAPPERS["clip"](OPTIMIZERS["newton"]()))
    embedding = torch.nn.Embedding(4, 2, sparse=True)
    embedding(torch.tensor([1])).sum().backward()
    with pytest.raises(ValueError, match="sparse gradients"):
        torch_bridge(OPTIMIZERS["sgd"]())(embedding.parameters()).step()
