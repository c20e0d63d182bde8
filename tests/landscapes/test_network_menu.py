"""Every network of the menu on every data set it takes: its tensors, its loss and derivatives, its size, its words."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from experiments.loop import walk
from experiments.spec import Choice, Experiment, ExperimentError
from landscapes import NETWORKS
from landscapes.landscape import Draw
from landscapes.networks.datasets import DATASETS, DatasetError
from landscapes.networks.network import Network
from landscapes.networks.outline import network_outline, plane_outline
from landscapes.networks.perceptron_runs import side_by_side
from optimizers import OPTIMIZERS
from tests.landscapes.data_files import write_cifar10, write_mnist
from tests.some import some

SMALL: dict[str, dict[str, Any]] = {
    "digits_mlp": {"width": 3},
    "mlp": {"width": 3, "depth": 3},
    "resnet20": {"width": 2},
    "resnet56": {"width": 1},
}
SAMPLES = 6


def settings(key: str, data: str | None) -> dict[str, Any]:
    chosen = dict(SMALL.get(key, {}))
    if data is not None:
        chosen |= {"data": data, "samples": SAMPLES}
        if "criterion" in NETWORKS[key].ranges and not DATASETS[data].classes:
            chosen["criterion"] = "mse"
    return chosen


def data_of(key: str) -> tuple[Any, ...]:
    return NETWORKS[key].ranges["data"].values if "data" in NETWORKS[key].ranges else (None,)


CASES = [(key, data) for key in NETWORKS for data in data_of(key) if key != "resnet56" or data == "digits"]
FIRST = {key: data for key, data in reversed(CASES)}  # of each network one data set
SOME = [case if FIRST[case[0]] == case[1] else pytest.param(*case, marks=pytest.mark.slow) for case in CASES]
SWITCHES = [
    {"width": 3, "depth": 3, "norm": norm, "residual": residual, "activation": activation, "data": "blobs", "samples": 9}
    for norm, residual, activation in itertools.product(
        ("none", "batch", "layer", "weight"), ("no", "yes"), ("tanh", "relu", "gelu", "none")
    )
]


@pytest.fixture(scope="module", autouse=True)
def files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Small files in the formats of MNIST and CIFAR-10."""
    place = tmp_path_factory.mktemp("data")
    write_mnist(place / "mnist")
    write_cifar10(place)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAVINE_DATA", str(place))
        yield place


def made(key: str, **parameters: Any) -> Network:
    """In float64, on the first few samples where the family has no number of samples."""
    network: Network = NETWORKS[key](**parameters)
    network = network if "samples" in NETWORKS[key].ranges else network.chosen(np.arange(SAMPLES))  # type: ignore[assignment]
    return network.to(torch.float64)


def near(network: Network, *runs: int) -> Tensor:
    noise = np.random.default_rng(3).normal(size=(*runs, network.dim))
    return network.point(np.array(network.start) + 0.05 * noise)


def ordinary(network: Network, theta: Tensor) -> nn.Module:
    """The module with its parameters set, as one trains it: batch normalisation in train mode, without dropout."""
    module = deepcopy(network.module).requires_grad_(True).train()
    for layer in module.modules():
        if isinstance(layer, nn.Dropout):
            layer.eval()
        if isinstance(layer, nn.modules.batchnorm._BatchNorm):
            layer.track_running_stats = True
    nn.utils.vector_to_parameters(theta, module.parameters())
    return module


def judged(outputs: Tensor, targets: Tensor, criterion: str) -> Tensor:
    """The criteria, by their formulas."""
    if criterion == "logistic":
        return functional.softplus((1 - 2 * targets.to(outputs.dtype)) * outputs[:, 0]).mean()
    if criterion == "mse":
        wanted = torch.eye(outputs.shape[1])[targets].to(outputs) if targets.ndim == 1 else targets
        return ((outputs - wanted) ** 2).sum() / outputs.numel()
    return (outputs.logsumexp(1) - outputs.gather(1, targets[:, None])[:, 0]).mean()


def flat(tensors: Any) -> Tensor:
    return torch.cat([t.detach().reshape(-1) for t in tensors])


def agrees_with_autograd(key: str, chosen: dict[str, Any]) -> None:
    """Loss, gradient and Hessian times vector against the ordinary module and two backward passes."""
    network, task = made(key, **chosen), NETWORKS[key].task(**chosen)
    theta = near(network)
    module = ordinary(network, theta)
    loss = judged(module(network.inputs), network.targets, task.criterion)
    parameters = list(module.parameters())
    gradient = torch.autograd.grad(loss, parameters, create_graph=True)
    vector = torch.linspace(-1, 1, network.dim, dtype=torch.float64)
    along = flat_dot(gradient, vector)
    product = torch.autograd.grad(along, parameters, allow_unused=True, materialize_grads=True)
    assert float(network.loss(theta)) == pytest.approx(float(loss.detach()), rel=1e-12)
    scale = float(flat(gradient).norm())
    torch.testing.assert_close(network.gradient(theta), flat(gradient), rtol=1e-8, atol=1e-10 * scale)
    scale = float(flat(product).norm())
    torch.testing.assert_close(network.hvp(theta, vector), flat(product), rtol=1e-7, atol=1e-9 * scale)


def flat_dot(tensors: Any, vector: Tensor) -> Tensor:
    return torch.cat([t.reshape(-1) for t in tensors]) @ vector


@pytest.mark.parametrize(("key", "data"), SOME)
def test_loss_and_derivatives_are_autograds(key: str, data: str | None) -> None:
    agrees_with_autograd(key, settings(key, data))


@pytest.mark.parametrize(("key", "data"), CASES)
def test_what_is_known_without_torch_is_true(key: str, data: str | None) -> None:
    """Blocks, and how many multiplications a forward pass takes."""
    chosen = settings(key, data)
    network, task = NETWORKS[key](**chosen), NETWORKS[key].task(**chosen)
    assert network.blocks == task.blocks and network.dim == task.dim and network.products == task.products
    counted = 0

    def count(layer: Any, given: Any, output: Tensor) -> None:
        nonlocal counted
        counted += output.numel() * layer.weight[0].numel()

    for layer in network.module.modules():
        if isinstance(layer, (nn.Linear, nn.Conv2d)):
            layer.register_forward_hook(count)
    network.loss(network.point(network.start))
    assert counted == task.products


@pytest.mark.parametrize(("key", "data"), CASES)
def test_outlines_say_what_the_networks_and_their_planes_are(key: str, data: str | None) -> None:
    family, chosen = NETWORKS[key], settings(key, data)
    network, outline = family(**chosen), network_outline(family, chosen)
    assert (outline.name, outline.blocks, outline.input_reason) == (network.name, network.blocks, network.input_reason)
    directions, sides = np.eye(2, network.dim), ((-1.0, 1.0), (-2.0, 2.0))
    plane: Any = family.plane(chosen, np.array(network.start), directions, sides, (0.0, 0.5))
    drawn: Any = plane_outline(family, chosen, sides, (0.0, 0.5))
    for whole, same in ((plane, drawn), (plane.subset(2), drawn.subset(2)), (plane.subset(10**6), drawn.subset(10**6))):
        for name in (
            "name", "blocks", "domain", "start", "samples", "of", "coordinates", "minima", "saddles", "description", "latex",
            "input_reason", "input_note", "measured",
        ):  # fmt: skip
            assert getattr(same, name) == getattr(whole, name), name
        np.testing.assert_array_equal(same.divided, whole.divided)
    for asked in (drawn.loss, drawn.gradient, drawn.hessian):
        with pytest.raises(TypeError, match="only outlined"):
            asked(np.zeros(2))


@pytest.mark.parametrize(("key", "data"), SOME)
def test_every_network_runs_nsgd_or_says_why_not(key: str, data: str | None) -> None:
    network = made(key, **settings(key, data))
    theta = near(network)
    assert network.input_reason is None
    power = network.split(network.input_power(theta))
    terms, same = network.input_terms(theta)
    torch.testing.assert_close(terms[0], network.gradient(theta), rtol=1e-9, atol=1e-14)
    for block in network.blocks:
        assert block.inputs == (len(block.shape) > 1)
        values = power[block.name]
        assert torch.equal(values, values.reshape(-1)[:1].expand_as(values.reshape(-1)).reshape(values.shape))
        if not block.inputs:
            assert bool((values == 1).all())
    assert torch.equal(network.input_power(theta), same[0])
    step, _ = OPTIMIZERS["nsgd_l2"](lr=1.0).update(network.at(theta), 0 * theta)
    assert bool(step.isfinite().all()) and float(step.norm()) > 0


@pytest.mark.parametrize("key", NETWORKS)
def test_initial_weights_are_drawn_by_the_seed(key: str) -> None:
    chosen = settings(key, data_of(key)[0])
    torch.manual_seed(11)
    expected = torch.rand(3)
    torch.manual_seed(11)
    one, same, other = (NETWORKS[key](**chosen, seed=seed) for seed in (4, 4, 5))
    assert torch.equal(torch.rand(3), expected)
    assert one.start == same.start != other.start
    assert all(p.dtype == torch.float32 for p in one.module.parameters())


@pytest.mark.parametrize("chosen", SWITCHES, ids=lambda s: f"{s['norm']}-{s['residual']}-{s['activation']}")
def test_the_mlps_switches(chosen: dict[str, Any]) -> None:
    """Against the layers written out, from the same tensors in the same order."""
    agrees_with_autograd("mlp", chosen)
    network = made("mlp", **chosen)
    theta = near(network)
    named = network.split(theta)
    tensors = iter([named[b.name].numpy() for b in network.blocks])
    phi: Any = {
        "tanh": np.tanh,
        "relu": lambda z: np.maximum(z, 0),
        "gelu": lambda z: functional.gelu(torch.tensor(z)).numpy(),
        "none": lambda z: z,
    }[chosen["activation"]]

    def linear(x: np.ndarray) -> np.ndarray:
        if chosen["norm"] == "weight":
            bias, g, v = next(tensors), next(tensors), next(tensors)
            return x @ (g * v / np.linalg.norm(v, axis=1, keepdims=True)).T + bias
        weight, bias = next(tensors), next(tensors)
        return x @ weight.T + bias

    def normed(z: np.ndarray) -> np.ndarray:
        if chosen["norm"] not in ("batch", "layer"):
            return z
        gain, shift, axis = next(tensors), next(tensors), 0 if chosen["norm"] == "batch" else 1
        mean, variance = z.mean(axis, keepdims=True), z.var(axis, keepdims=True)
        return gain * (z - mean) / np.sqrt(variance + 1e-5) + shift

    x = network.inputs.numpy()
    for layer in range(3):
        out = phi(normed(linear(x)))
        x = x + out if layer and chosen["residual"] == "yes" else out
    expected = judged(torch.tensor(linear(x)), network.targets, "cross-entropy")
    assert float(network.loss(theta)) == pytest.approx(float(expected), rel=1e-12)
    assert next(tensors, None) is None
    weight_normed = chosen["norm"] == "weight"
    assert network_outline(NETWORKS["mlp"], chosen).input_reason == network.input_reason
    assert (network.input_reason is not None) == weight_normed
    if weight_normed:
        with pytest.raises(ValueError, match="whose input is not known"):
            network.input_power(theta)


def test_initialisations_have_their_deviations() -> None:
    weights = {
        init: NETWORKS["mlp"](data="mnist", samples=2, width=256, depth=1, init=init).module[0]
        for init in ("torch", "he", "xavier")
    }
    fan_in, fan_out = 784, 256
    expected = {"torch": 1 / (3 * fan_in), "he": 2 / fan_in, "xavier": 2 / (fan_in + fan_out)}
    for init, layer in weights.items():
        assert float(layer.weight.var()) == pytest.approx(expected[init], rel=0.02)
        assert (float(layer.bias.abs().max()) == 0) == (init != "torch")
    once, thrice = (NETWORKS["mlp"](samples=2, scale=scale) for scale in (1.0, 3.0))
    a, b = (network.split(network.point(network.start)) for network in (once, thrice))
    assert torch.equal(3 * a["0.weight"], b["0.weight"]) and torch.equal(a["0.bias"], b["0.bias"])
    normed = [NETWORKS["mlp"](samples=2, scale=scale, norm="weight").module[0].weight for scale in (1.0, 3.0)]
    torch.testing.assert_close(3 * normed[0], normed[1])


@pytest.mark.parametrize(
    ("key", "chosen", "count"),
    [
        ("digits_mlp", {}, 760),
        ("lenet", {}, 61_706),
        ("lenet", {"data": "cifar10"}, 62_006),
        ("nsgd_mnist_cnn", {}, 21_522),
        ("nsgd_cifar_cnn", {}, 34_898),
        ("resnet20", {}, 269_722),
        ("resnet20", {"skips": "projection"}, 272_474),
        ("resnet20", {"skips": "none"}, 269_722),
        ("resnet56", {}, 853_018),
        ("resnet56", {"skips": "projection"}, 855_770),
    ],
)
def test_published_sizes(key: str, chosen: dict[str, Any], count: int) -> None:
    assert NETWORKS[key].task(**chosen).dim == count


def test_the_toy_networks_of_nsgd_end_in_the_layers_of_its_code() -> None:
    assert NETWORKS["nsgd_mnist_cnn"].task().blocks[-2].shape == (10, 1568)
    assert NETWORKS["nsgd_cifar_cnn"].task().blocks[-2].shape == (10, 1024)
    module = NETWORKS["nsgd_cifar_cnn"](samples=4).module
    assert [type(m).__name__ for m in module] == (
        ["Conv2d", "BatchNorm2d"] * 2 + ["ReLU", "Conv2d", "BatchNorm2d", "ReLU", "Conv2d", "BatchNorm2d", "Dropout", "ReLU"]
        + ["Flatten", "Linear"]
    )  # fmt: skip


@pytest.mark.parametrize("norm", ["batch", "none"])
@pytest.mark.parametrize("skips", ["identity", "projection", "none"])
def test_a_residual_network_is_the_articles(skips: str, norm: str) -> None:
    """Written out in functions, from the same tensors in the same order."""
    network = made("resnet20", data="digits", samples=5, width=2, skips=skips, norm=norm)
    theta = near(network)
    tensors = iter(network.split(theta).values())

    def conv(x: Tensor, stride: int = 1, padding: int = 1) -> Tensor:
        weight = next(tensors)
        if norm == "none":
            return functional.conv2d(x, weight, next(tensors), stride, padding)
        return functional.batch_norm(
            functional.conv2d(x, weight, None, stride, padding), None, None, next(tensors), next(tensors), training=True
        )

    x = functional.relu(conv(network.inputs))
    for stage in range(3):
        for block in range(3):
            stride = 2 if stage and not block else 1
            out = conv(functional.relu(conv(x, stride)))
            if skips == "projection" and stride == 2:
                out = out + conv(x, 2, 0)
            elif skips != "none":
                thin = x[:, :, ::stride, ::stride]
                out[:, : thin.shape[1]] += thin
            x = functional.relu(out)
    weight, bias = next(tensors), next(tensors)
    outputs = x.mean((2, 3)) @ weight.T + bias
    assert next(tensors, None) is None
    assert float(network.loss(theta)) == pytest.approx(float(judged(outputs, network.targets, "cross-entropy")), rel=1e-12)


def test_lenet_written_out() -> None:
    network = made("lenet", samples=4)
    theta = near(network)
    w1, b1, w2, b2, w3, b3, w4, b4, w5, b5 = network.split(theta).values()
    x = functional.pad(network.inputs, (2, 2, 2, 2))
    for w, b in ((w1, b1), (w2, b2)):
        patches = x.unfold(2, 5, 1).unfold(3, 5, 1)  # (samples, channels, rows, columns, 5, 5)
        z = torch.tanh(torch.einsum("ncrsij,ocij->nors", patches, w) + b[:, None, None])
        x = z.reshape(*z.shape[:2], z.shape[2] // 2, 2, z.shape[3] // 2, 2).mean((3, 5))
    z = x.flatten(1)
    for w, b in ((w3, b3), (w4, b4)):
        z = torch.tanh(z @ w.T + b)
    expected = judged(z @ w5.T + b5, network.targets, "cross-entropy")
    assert float(network.loss(theta)) == pytest.approx(float(expected), rel=1e-12)


@pytest.mark.parametrize("norm", ["l2", "l1"])
def test_a_convolutions_input_power_is_that_of_its_patches(norm: Any) -> None:
    """Mean over samples and positions of what enters one output: the patch, with the zeros around the picture."""
    network = made("nsgd_mnist_cnn", data="digits", samples=5)
    theta = near(network)
    w1, w2, w3, w4, b4 = network.split(theta).values()
    x, powers = network.inputs, []
    for w, stride, active in ((w1, 1, False), (w2, 2, True), (w3, 2, True)):
        patches = functional.unfold(x, 3, padding=1, stride=stride)  # (samples, channels * 9, positions)
        powers.append((patches**2).sum(1).mean() if norm == "l2" else patches.abs().sum(1).mean())
        x = functional.conv2d(x, w, stride=stride, padding=1)
        x = functional.relu(x) if active else x
    z = x.flatten(1)
    powers.append((z**2).sum(1).mean() if norm == "l2" else z.abs().sum(1).mean())
    expected = torch.cat([p.expand(w.numel()) for p, w in zip(powers, (w1, w2, w3, w4))] + [torch.ones_like(b4)])
    torch.testing.assert_close(network.input_power(theta, norm), expected, rtol=1e-12, atol=0)


@pytest.mark.parametrize("key", ["nsgd_cifar_cnn", "lenet"])
def test_parts_are_weighted_by_their_sizes(key: str) -> None:
    """The mean over parts, each with its own BatchNorm statistics: in loss, derivatives and input power."""
    chosen = {"data": "cifar10", "samples": 10}
    network = made(key, **chosen)
    cut = Network.of(
        network.module.requires_grad_(True), functional.cross_entropy, (network.inputs, network.targets), part=4,
        statistics="recomputed",
    )  # fmt: skip
    network.module.requires_grad_(False)
    assert cut.train.sizes == (4, 4, 2)
    theta, vector = near(network), near(network) * 0 + 1
    pieces = [network.chosen(np.arange(10)[s]) for s in (slice(0, 4), slice(4, 8), slice(8, 10))]

    def mean(what: Any) -> Any:
        return sum(share * what(piece) for share, piece in zip((0.4, 0.4, 0.2), pieces))

    assert float(cut.loss(theta)) == pytest.approx(float(mean(lambda n: n.loss(theta))), rel=1e-12)
    torch.testing.assert_close(cut.gradient(theta), mean(lambda n: n.gradient(theta)), rtol=1e-10, atol=1e-14)
    torch.testing.assert_close(cut.hvp(theta, vector), mean(lambda n: n.hvp(theta, vector)), rtol=1e-9, atol=1e-11)
    torch.testing.assert_close(cut.input_power(theta), mean(lambda n: n.input_power(theta)), rtol=1e-11, atol=1e-14)
    torch.testing.assert_close(cut.input_terms(theta)[0][0], cut.gradient(theta), rtol=1e-10, atol=1e-14)
    same = abs(float(cut.loss(theta)) - float(network.loss(theta))) < 1e-12
    assert same == (key == "lenet")  # where BatchNorm is, the parts matter


def test_what_does_not_fit_together_is_said_before_anything_runs() -> None:
    for chosen, said in (
        ({"data": "chebyshev"}, "its criterion must be 'mse'"),
        ({"data": "digits", "samples": 1501}, r"samples of digits must be a whole number in \[1, 1500\]"),
        ({"data": "mnits"}, "mlp.data must be digits, mnist"),
    ):
        with pytest.raises(ValueError, match=said):
            NETWORKS["mlp"].check(chosen)
        with pytest.raises(ExperimentError, match=said):
            Experiment(Choice("mlp", chosen), (Choice("sgd"),))
    with pytest.raises(ValueError, match="must be two_spirals, moons or circles"):
        NETWORKS["logistic_regression"].check({"data": "blobs"})


def test_missing_files_are_said_when_the_network_is_made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("RAVINE_DATA", str(tmp_path))
    experiment = Experiment(Choice("lenet"), (Choice("sgd"),))
    with pytest.raises(ExperimentError, match=r"python -m landscapes\.networks\.datasets mnist"):
        experiment.make_landscape()
    with pytest.raises(DatasetError):
        NETWORKS["lenet"]()


class OneDevice(TorchDispatchMode):
    """Refuses what mixes devices, as a GPU does; the meta device itself lets some of it pass."""

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        given = [tensor for tensor in tree_leaves((args, kwargs)) if isinstance(tensor, Tensor) and tensor.ndim]
        places = {tensor.device.type for tensor in given}
        assert len(places) < 2 or func.overloadpacket in MOVERS, f"{func} on {places}"
        return func(*args, **(kwargs or {}))


MOVERS = (torch.ops.aten.copy_, torch.ops.aten._to_copy, torch.ops.aten.index)  # places may be a CPU's


@pytest.mark.parametrize("key", some(NETWORKS, set(NETWORKS) - {"resnet20", "resnet56"}))
def test_all_of_a_network_moves_to_another_device(key: str) -> None:
    """The meta device knows shapes and places but no numbers, and so stands for a GPU."""
    network = made(key, **settings(key, FIRST[key])).to("meta")
    with OneDevice():
        asked = all_that_is_asked(key, network)
    assert {tensor.device.type for tensor in asked} == {"meta"}


def all_that_is_asked(key: str, network: Network) -> list[Tensor]:
    theta = network.point(network.start)
    batch = network.on_batches(2).at(theta, Draw(0, 1))
    asked = [network.loss(theta), network.gradient(theta), network.hvp(theta, torch.ones_like(theta)), batch.grad]
    if not network.input_reason:
        asked += [network.input_power(theta), *batch.input_terms("l2")]
    side = side_by_side(network)
    asked += [side.loss(theta.expand(2, -1)), side.on_batches(2).at(theta.expand(2, -1), Draw(0, 1)).grad]
    if key in ("digits_mlp", "softmax_regression"):
        asked.append(side.hessian(theta))
    return asked


@pytest.mark.parametrize("key", sorted(set(OPTIMIZERS) - {"newton_eigen", "newton_cg", "saddle_free_newton", "lbfgs"}))
def test_optimizers_move_with_it(key: str) -> None:
    """All but those that read numbers to decide, which the meta device has not."""
    network = made("digits_mlp", width=2).to("meta")
    optimizer = OPTIMIZERS[key]()
    if reason := optimizer.disabled_because(network):
        pytest.skip(reason)
    with OneDevice():
        *_, last = walk(optimizer, network.on_batches(2), network.start, 2)
    assert last.theta.device.type == "meta"
