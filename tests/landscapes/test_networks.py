"""Networks as landscapes: the flat loss is the module's, derivatives are exact, batches repeat, the module stays untouched."""

from __future__ import annotations

import subprocess
import sys
from copy import deepcopy
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from landscapes import NETWORKS
from landscapes.landscape import Draw
from landscapes.networks.datasets import DATASETS
from landscapes.networks.network import Network
from landscapes.ranges import Options, Range
from optimizers import OPTIMIZERS

SETTINGS: list[dict[str, Any]] = [
    {"depth": 0},
    {"width": 4},
    {"width": 3, "depth": 2, "activation": "relu"},
    {"width": 3, "depth": 3, "activation": "sigmoid"},
]


def made(settings: dict[str, Any], samples: int = 60) -> Network:
    network: Network = NETWORKS["digits_mlp"](**settings)
    return network.chosen(np.arange(samples)).to(torch.float64)


def somewhere(network: Network, *runs: int) -> torch.Tensor:
    """Points around the initial weights, in float64."""
    noise = np.random.default_rng(1).normal(size=(*runs, network.dim))
    return network.point(np.array(network.start) + 0.3 * noise)


@pytest.fixture(params=SETTINGS, ids=[str(s) for s in SETTINGS])
def network(request: pytest.FixtureRequest) -> Network:
    return made(request.param)


def filled(network: Network, theta: torch.Tensor) -> nn.Module:
    """A copy of the module whose parameters are theta: the ordinary way to evaluate it."""
    module = deepcopy(network.module).requires_grad_(True)
    nn.utils.vector_to_parameters(theta, module.parameters())
    return module


def test_flat_loss_and_gradient_are_the_modules(network: Network) -> None:
    theta = somewhere(network)
    module = filled(network, theta)
    loss = nn.functional.cross_entropy(module(network.inputs), network.targets)
    loss.backward()
    gradient = torch.cat([p.grad.reshape(-1) for p in module.parameters() if p.grad is not None])
    assert float(network.loss(theta)) == pytest.approx(float(loss.detach()), rel=1e-14)
    torch.testing.assert_close(network.gradient(theta), gradient, rtol=1e-12, atol=1e-15)


def test_split_gives_the_modules_parameters(network: Network) -> None:
    theta = somewhere(network)
    for name, parameter in filled(network, theta).named_parameters():
        assert torch.equal(network.split(theta)[name], parameter.detach())


def test_the_hessian_is_the_derivative_of_the_gradient(network: Network) -> None:
    """A perceptron's block form, the columns by double backward, and central differences of the gradient."""
    theta = somewhere(network)
    hessian = network.hessian(theta)
    torch.testing.assert_close(hessian, replace(network, plan=None).hessian(theta), rtol=1e-10, atol=1e-13)
    vector = somewhere(network) - theta + torch.linspace(-1, 1, network.dim, dtype=torch.float64)
    h = 1e-5
    difference = (network.gradient(theta + h * vector) - network.gradient(theta - h * vector)) / (2 * h)
    torch.testing.assert_close(network.hvp(theta, vector), difference, rtol=1e-6, atol=1e-7)
    torch.testing.assert_close(hessian @ vector, network.hvp(theta, vector), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("vmapped", [False, True])
def test_runs_do_not_mix(network: Network, vmapped: bool) -> None:
    """Every run of a batch is what it is alone, and a NaN run leaves its neighbours alone; looped or vmapped."""
    theta = somewhere(network, 3, 3)
    theta[1, 2] = float("nan")
    network._runs.vmapped.update(loss=vmapped, gradient=vmapped)
    loss, gradient = network.loss(theta), network.gradient(theta)
    products = network.hvp(theta, 0 * theta + 1)
    power = network.input_power(theta)
    assert loss.shape == (3, 3) and gradient.shape == products.shape == power.shape == theta.shape
    for i in range(3):
        for j in range(3):
            alone = theta[i, j]
            torch.testing.assert_close(loss[i, j], network.loss(alone), rtol=1e-13, atol=0, equal_nan=True)
            torch.testing.assert_close(gradient[i, j], network.gradient(alone), rtol=1e-11, atol=1e-15, equal_nan=True)
            expected = network.hvp(alone, torch.ones_like(alone))
            torch.testing.assert_close(products[i, j], expected, rtol=1e-11, atol=1e-15, equal_nan=True)
            assert torch.equal(power[i, j].isnan(), network.input_power(alone).isnan())
    assert int(loss.isnan().sum()) == 1


@pytest.mark.parametrize("norm", ["l2", "l1"])
def test_input_power_by_hand(norm: Any) -> None:
    network = made({"width": 3, "depth": 2, "activation": "tanh"})
    theta = somewhere(network)
    part = {name: value.numpy() for name, value in network.split(theta).items()}
    entering = [network.inputs.numpy()]
    for layer in (0, 2):
        entering.append(np.tanh(entering[-1] @ part[f"{layer}.weight"].T + part[f"{layer}.bias"]))
    powers = [(x**2).sum(1).mean() if norm == "l2" else np.abs(x).sum(1).mean() for x in entering]
    expected = np.concatenate(
        [np.full(block.size, powers[i // 2] if block.inputs else 1.0) for i, block in enumerate(network.blocks)]
    )
    np.testing.assert_allclose(network.input_power(theta, norm).numpy(), expected, rtol=1e-13)
    terms, power = network.input_terms(theta, norm)
    np.testing.assert_allclose(power[0].numpy(), expected, rtol=1e-13)
    torch.testing.assert_close(terms[0], network.gradient(theta), rtol=1e-12, atol=1e-16)
    assert [block.inputs for block in network.blocks] == [True, False] * 3


def test_nsgd_divides_weights_by_their_input_power_and_biases_by_one() -> None:
    network = made({"width": 3})
    theta = somewhere(network)
    step, _ = OPTIMIZERS["nsgd_l2"](lr=1.0, eps=0.01).update(network.at(theta), 0 * theta)
    divisor = torch.where(torch.as_tensor(network.has_input), network.input_power(theta) + 0.01, 1.0)
    torch.testing.assert_close(step, -network.gradient(theta) / divisor, rtol=1e-12, atol=1e-16)


def test_the_module_is_bit_identical_afterwards() -> None:
    """Also its BatchNorm buffers, which a forward pass in train mode would move, its mode, its hooks and its gradients."""
    torch.manual_seed(3)
    module = nn.Sequential(nn.Linear(5, 4), nn.BatchNorm1d(4), nn.Tanh(), nn.Linear(4, 3)).train()
    x, y = torch.randn(20, 5), torch.randint(0, 3, (20,))
    before = deepcopy(module.state_dict())
    network = Network.of(module, nn.functional.cross_entropy, (x, y))
    theta = network.point(network.start) + 0.1
    for use in (network.loss, network.gradient, network.hessian, network.input_power, network.input_terms):
        use(theta)
    network.hvp(theta, theta)
    after = module.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before) and before.keys() == after.keys()
    assert module.training and all(p.requires_grad and p.grad is None for p in module.parameters())
    assert all(not m._forward_hooks and not m._forward_pre_hooks for m in module.modules())
    assert [b.inputs for b in network.blocks] == [True, False, False, False, True, False]


def test_a_network_without_linear_layers_has_no_inputs() -> None:
    network = Network.of(nn.BatchNorm1d(2), nn.functional.mse_loss, (torch.ones(4, 2), torch.ones(4, 2)), name="Norm")
    assert network.input_reason and OPTIMIZERS["nsgd_l2"]().disabled_because(network) == network.input_reason
    with pytest.raises(ValueError, match="Norm has no linear layer"):
        network.input_terms(network.point(network.start))


def test_closed_form_hessians() -> None:
    """Linear regression XᵀX·2/N, logistic regression Xᵀdiag(s(1-s))X/N and softmax regression (diag(p)-ppᵀ)⊗xxᵀ."""
    rng = np.random.default_rng(2)
    x = rng.normal(size=(30, 3))
    inputs = torch.tensor(x)

    linear = nn.Linear(3, 1, bias=False, dtype=torch.float64)
    regression = Network.of(linear, nn.functional.mse_loss, (inputs, torch.tensor(rng.normal(size=(30, 1)))))
    theta = regression.point(rng.normal(size=3))
    np.testing.assert_allclose(regression.hessian(theta), 2 * x.T @ x / 30, rtol=1e-12)

    labels = torch.tensor(rng.integers(0, 2, (30, 1)), dtype=torch.float64)
    logistic = Network.of(linear, nn.functional.binary_cross_entropy_with_logits, (inputs, labels))
    s = 1 / (1 + np.exp(-x @ theta.numpy()))
    np.testing.assert_allclose(logistic.hessian(theta), (x * (s * (1 - s))[:, None]).T @ x / 30, rtol=1e-11)

    network = made({"depth": 0}, samples=40)
    theta = somewhere(network)
    pixels = np.hstack([network.inputs.numpy(), np.ones((40, 1))])
    part = {name: value.numpy() for name, value in network.split(theta).items()}
    z = pixels @ np.hstack([part["0.weight"], part["0.bias"][:, None]]).T
    p = np.exp(z - z.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    inner = np.einsum("na,ab->nab", p, np.eye(10)) - np.einsum("na,nb->nab", p, p)
    whole = np.einsum("nab,nj,nk->ajbk", inner, pixels, pixels) / 40
    order = np.concatenate([np.arange(650).reshape(10, 65)[:, :64].ravel(), np.arange(650).reshape(10, 65)[:, 64]])
    np.testing.assert_allclose(network.hessian(theta), whole.reshape(650, 650)[np.ix_(order, order)], rtol=1e-9, atol=1e-14)


def test_newton_solves_a_linear_regression_in_one_step_beyond_32_parameters() -> None:
    """The Cholesky way of large Hessians: one step to the minimum, and plain descent where the Hessian is not positive."""
    rng = np.random.default_rng(5)
    x, y = torch.tensor(rng.normal(size=(100, 40))), torch.tensor(rng.normal(size=(100, 1)))
    linear = Network.of(nn.Linear(40, 1, bias=False, dtype=torch.float64), nn.functional.mse_loss, (x, y))
    theta = linear.point(linear.start)
    for key, settings in (("newton", {}), ("newton_cg", {"accuracy": 0.0, "cg_steps": 80})):
        step, _ = OPTIMIZERS[key](**settings).update(linear.at(theta), None)
        assert float(linear.gradient(theta + step).norm()) < 1e-8 * float(linear.gradient(theta).norm())
    flat = Network.of(nn.Linear(40, 1, bias=False, dtype=torch.float64), nn.functional.mse_loss, (x[:10], y[:10]))
    step, _ = OPTIMIZERS["newton"](fallback_lr=0.3).update(flat.at(theta), None)
    torch.testing.assert_close(step, -0.3 * flat.gradient(theta))
    damped, _ = OPTIMIZERS["newton"](damping=0.1).update(flat.at(theta), None)
    expected = torch.linalg.solve(flat.hessian(theta) + 0.1 * torch.eye(40, dtype=torch.float64), flat.gradient(theta))
    torch.testing.assert_close(damped, -expected, rtol=1e-9, atol=1e-12)


def test_newton_cg_is_damped_newton_where_the_model_is_convex() -> None:
    network = made({"width": 3})
    theta = somewhere(network)
    full, _ = OPTIMIZERS["newton"](damping=2.0).update(network.at(theta), None)
    cg, _ = OPTIMIZERS["newton_cg"](damping=2.0, accuracy=0.0, cg_steps=network.dim).update(network.at(theta), None)
    torch.testing.assert_close(cg, full, rtol=1e-7, atol=1e-10)


def test_batches_are_the_same_for_everyone_and_cover_an_epoch() -> None:
    network = NETWORKS["digits_mlp"](depth=0)
    batches = network.on_batches(400)
    first = [batches.indices(Draw(7, step)) for step in range(3)]
    assert len(np.unique(np.concatenate(first))) == 1200
    again = network.on_batches(400)
    assert all(np.array_equal(a, again.indices(Draw(7, step))) for step, a in enumerate(first))
    assert not np.array_equal(first[0], batches.indices(Draw(7, 3)))  # the next epoch
    assert not np.array_equal(first[0], batches.indices(Draw(8, 0)))  # another seed
    theta = network.point(network.start)
    seen = batches.at(theta, Draw(7, 0)).loss
    rows = network.inputs[first[0]], network.targets[first[0]]
    expected = nn.functional.cross_entropy(filled(network, theta)(rows[0]), rows[1]).detach()
    assert float(seen) == pytest.approx(float(expected), rel=1e-6)
    assert float(batches.loss(theta)) == float(network.loss(theta))
    with pytest.raises(ValueError, match="1 to 1500 samples"):
        network.on_batches(1501)


def test_accuracy_counts_test_digits() -> None:
    network = NETWORKS["digits_mlp"]()
    theta = network.point(network.start)
    test = DATASETS["digits"]()[1]
    guesses = filled(network, theta)(torch.tensor(test.inputs).flatten(1)).argmax(1).numpy()
    assert float(network.accuracy(theta)) == pytest.approx((guesses == test.labels).mean(), abs=1e-7)
    assert bool(network.accuracy(theta * float("nan")).isnan())


@pytest.mark.parametrize("key", NETWORKS)
def test_every_family_says_what_it_takes(key: str) -> None:
    family = NETWORKS[key]
    assert family.key == key and family.title and family.description and family.reference
    assert list(family.defaults) == list(family.ranges)
    family.check(family.defaults)
    with pytest.raises(TypeError, match=f"no parameter 'wdth'; it has: {next(iter(family.ranges))}"):
        family.check({"wdth": 3})
    for name, allowed in family.ranges.items():
        bad: Any = "nonsense" if isinstance(allowed, Options) else allowed.high + 1
        with pytest.raises(ValueError, match=name):
            family.check({name: bad})
        assert isinstance(allowed, (Options, Range))


def test_a_wrong_word_is_answered_with_the_right_ones() -> None:
    with pytest.raises(ValueError, match="tanh, relu or sigmoid"):
        NETWORKS["digits_mlp"](activation="Tanh")


def test_the_initial_weights_are_the_seeds_and_leave_torchs_generator_alone() -> None:
    torch.manual_seed(11)
    expected = torch.rand(3)
    torch.manual_seed(11)
    one, same, other = (NETWORKS["digits_mlp"](seed=seed) for seed in (4, 4, 5))
    assert torch.equal(torch.rand(3), expected)
    assert one.start == same.start != other.start


def test_the_plan_has_the_modules_blocks() -> None:
    for settings in SETTINGS:
        assert NETWORKS["digits_mlp"].perceptron(**settings).blocks == NETWORKS["digits_mlp"](**settings).blocks


def test_an_experiment_on_a_network_and_its_slice_need_no_torch() -> None:
    program = (
        "import sys; from experiments.presets import DIGITS, DIGITS_SLICE; from experiments import execute; "
        "assert DIGITS.key and all(t.finite.all() for t in execute(DIGITS_SLICE)); print('torch' in sys.modules)"
    )
    out = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "False"


def test_dense_newton_names_newton_cg_where_it_ends() -> None:
    wide = NETWORKS["digits_mlp"](width=60)
    assert wide.dim > 3000
    assert "Newton-CG" in (OPTIMIZERS["newton"]().disabled_because(wide) or "")
    assert OPTIMIZERS["newton"]().disabled_because(NETWORKS["digits_mlp"]()) is None
    assert OPTIMIZERS["newton_cg"]().disabled_because(wide) is None
