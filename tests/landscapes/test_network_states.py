"""BatchNorm's statistics as a choice, checkpoints, planes through any network, and trainings on it; real data where it is."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import functional
from torch.optim.swa_utils import update_bn

from experiments import run
from experiments.spec import Choice, Experiment
from experiments.training import train
from landscapes import NETWORKS
from landscapes.modifiers import Slice
from landscapes.networks.checkpoint import CheckpointError, load_checkpoint
from landscapes.networks.datasets import DATASETS, DatasetError
from landscapes.networks.network import Network
from landscapes.networks.plan import PlaneMLP
from landscapes.networks.plane import NetworkPlane
from optimizers import OPTIMIZERS

NORMED = {"data": "digits", "samples": 40, "width": 4, "depth": 2, "norm": "batch", "activation": "relu"}


def normed(**changes: Any) -> Network:
    return NETWORKS["mlp"](**{**NORMED, **changes}).to(torch.float64)


def somewhere(network: Network, *runs: int, seed: int = 2) -> Tensor:
    return network.point(np.array(network.start) + 0.1 * np.random.default_rng(seed).normal(size=(*runs, network.dim)))


def ordinary(network: Network, theta: Tensor, mode: bool) -> nn.Module:
    """The module at theta in torch's own train or eval mode."""
    module = deepcopy(network.module).train(mode)
    for layer in module.modules():
        if isinstance(layer, nn.modules.batchnorm._BatchNorm):
            layer.track_running_stats = True
    nn.utils.vector_to_parameters(theta, module.parameters())
    return module


def cross_entropy(module: nn.Module, inputs: Tensor, targets: Tensor) -> float:
    return float(functional.cross_entropy(module(inputs), targets))


def test_recomputed_is_torchs_train_mode_and_frozen_its_eval_mode() -> None:
    network = normed()
    assert network.statistics == "recomputed"
    theta, before = somewhere(network), deepcopy(network.module.state_dict())
    for seen in (network, network.chosen(np.arange(7, 19))):
        expected = cross_entropy(ordinary(network, theta, True), seen.inputs, seen.targets)
        assert float(seen.loss(theta)) == pytest.approx(expected, rel=1e-12)
    network.gradient(theta)
    assert all(torch.equal(before[name], value) for name, value in network.module.state_dict().items())
    frozen = network.with_statistics("frozen")
    expected = cross_entropy(ordinary(network, theta, False), network.inputs, network.targets)
    assert float(frozen.loss(theta)) == pytest.approx(expected, rel=1e-12)
    assert float(frozen.with_statistics("recomputed").loss(theta)) == float(network.loss(theta))
    assert abs(float(frozen.loss(theta)) - float(network.loss(theta))) > 1e-3
    with pytest.raises(ValueError, match="frozen or recomputed"):
        network.with_statistics("eval")


@pytest.mark.parametrize("part", [None, 20])
def test_frozen_at_a_point_has_the_statistics_that_torch_gathers_there(part: int | None) -> None:
    """Those of `update_bn`, in the buffers to the last bit; they stay when theta moves, and the first network's do not move."""
    network = normed()
    network = Network.of(
        network.module.requires_grad_(True), functional.cross_entropy, (network.inputs, network.targets),
        statistics="recomputed", part=part,
    )  # fmt: skip
    theta, other = somewhere(network), somewhere(network, seed=3)
    before = deepcopy(network.module.state_dict())
    frozen = network.frozen_at(theta)
    reference = ordinary(network, theta, False)
    update_bn((batch[0] for batch in network.train.batches), reference)
    for name, buffer in frozen.module.named_buffers():
        torch.testing.assert_close(buffer, reference.get_buffer(name), rtol=1e-12, atol=1e-14)
    for point in (theta, other):
        nn.utils.vector_to_parameters(point, reference.parameters())
        expected = cross_entropy(reference, network.inputs, network.targets)
        assert float(frozen.loss(point)) == pytest.approx(expected, rel=1e-12)
    assert frozen.start == network.start
    assert all(torch.equal(before[name], value) for name, value in network.module.state_dict().items())
    variance = 40 / 39 if part is None else None  # torch's running variance is the unbiased one
    if variance:
        x = network.inputs @ network.split(theta)["0.weight"].T + network.split(theta)["0.bias"]
        torch.testing.assert_close(frozen.module.get_buffer("1.running_var"), variance * x.var(0, correction=0))


def test_test_samples_are_normalised_by_the_training_samples() -> None:
    """A test sample's output must not depend on which other test samples are asked about."""
    network = normed()
    theta = somewhere(network)
    reference = ordinary(network, theta, False)
    update_bn([network.inputs], reference)
    assert network.test is not None
    inputs, labels = network.test.joined
    right = float((reference(inputs).argmax(1) == labels).double().mean())
    assert float(network.accuracy(theta)) == right == float(network.frozen_at(theta).accuracy(theta))
    assert float(network.test_loss(theta)) == pytest.approx(cross_entropy(reference, inputs, labels), rel=1e-12)
    alone = replace(network, test=network.test.chosen(np.arange(1)))
    assert float(alone.accuracy(theta)) == float(reference(inputs[:1]).argmax(1) == labels[:1])
    runs = network.accuracy(torch.stack([theta, theta * float("nan")]))
    assert float(runs[0]) == right and bool(runs[1].isnan())


def test_accuracy_of_one_logit_and_of_values() -> None:
    network = NETWORKS["logistic_regression"](samples=50)
    theta = network.point([1.0, -2.0, 0.3])
    _, test = DATASETS["moons"](samples=50)
    expected = ((test.inputs @ [1.0, -2.0] + 0.3 > 0) == test.labels).mean()
    assert float(network.accuracy(theta)) == pytest.approx(expected, abs=1e-6)
    values = NETWORKS["linear_regression"](data="chebyshev", samples=20)
    assert not values.classifies
    with pytest.raises(ValueError, match="no test samples with classes"):
        values.accuracy(values.point(values.start))
    line = values.point([0.5, 0.25])
    x, y = (a[:, 0].astype(float) for a in (DATASETS["chebyshev"]()[1].inputs, DATASETS["chebyshev"]()[1].labels))
    assert float(values.test_loss(line)) == pytest.approx(np.mean((0.5 * x + 0.25 - y) ** 2), rel=1e-6)


def test_closed_forms_of_the_regressions() -> None:
    """Linear: 2 X'X / N with a column of ones. Logistic: X' diag(s (1 - s)) X / N."""
    for key, data in (("linear_regression", "teacher_student"), ("logistic_regression", "circles")):
        network = NETWORKS[key](data=data, samples=30).to(torch.float64)
        theta = somewhere(network)
        x = np.hstack([network.inputs.numpy(), np.ones((30, 1))])
        s = 1 / (1 + np.exp(-x @ theta.numpy()))
        weight = np.full(30, 2.0) if key == "linear_regression" else s * (1 - s)
        np.testing.assert_allclose(network.hessian(theta), (x * weight[:, None]).T @ x / 30, rtol=1e-10, atol=1e-13)


@pytest.fixture
def saved(tmp_path: Path) -> Callable[[dict[str, Tensor]], Path]:
    def save(state: dict[str, Tensor]) -> Path:
        save_file({name: value.contiguous() for name, value in state.items()}, tmp_path / "weights.safetensors")
        return tmp_path / "weights.safetensors"

    return save


def test_a_checkpoint_is_taken_whole(saved: Any) -> None:
    """Weights and buffers, from another dtype too; the network itself stays what it was."""
    network, other = normed(), normed(seed=5).frozen_at(somewhere(normed(), seed=9))
    state = other.module.state_dict()
    del state["1.num_batches_tracked"]  # some writers leave the counters out
    loaded = load_checkpoint(network.with_statistics("frozen"), saved(state))
    assert loaded.start == other.start and loaded.start != network.start
    theta = other.point(other.start)
    assert float(loaded.loss(theta)) == float(other.loss(theta))
    assert network.start == normed().start
    single = {name: value.float() if value.is_floating_point() else value for name, value in other.module.state_dict().items()}
    again = load_checkpoint(network, saved(single))
    assert again.point(again.start).dtype == torch.float64
    np.testing.assert_allclose(again.start, other.start, rtol=1e-6)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda s: s.pop("0.weight"), r"weights.safetensors does not fit MLP: it lacks 0.weight \(4, 64\)"),
        (lambda s: s.update(extra=torch.zeros(2, 3)), r"beyond what is expected, extra \(2, 3\)"),
        (lambda s: s.update({"0.weight": torch.zeros(64, 4)}), r"other shapes: 0.weight \(64, 4\) instead of \(4, 64\)"),
        (lambda s: s.update({"1.running_var": torch.tensor([1.0, np.nan, 1, 1])}), "not finite in 1.running_var"),
        (lambda s: s.update({"0.weight": torch.zeros(4, 64, dtype=torch.int32)}), r"another kind in 0.weight \(int32\)"),
        (lambda s: s.update({f"module.{n}": s.pop(n) for n in list(s)}), r"it lacks .* and 10 more; it has.* and 12 more"),
    ],
)
def test_a_checkpoint_that_does_not_fit_is_answered_with_names_and_shapes(change: Any, said: str, saved: Any) -> None:
    network = normed()
    state = dict(network.module.state_dict())
    change(state)
    with pytest.raises(CheckpointError, match=said):
        load_checkpoint(network, saved(state))


def test_a_file_that_is_no_checkpoint_is_named(tmp_path: Path) -> None:
    path = tmp_path / "weights.safetensors"
    with pytest.raises(CheckpointError, match=r"weights.safetensors is no safetensors file that can be read"):
        load_checkpoint(normed(), path)
    path.write_bytes(b"\x80\x02ctorch")
    with pytest.raises(CheckpointError, match=r"weights.safetensors is no safetensors file that can be read"):
        load_checkpoint(normed(), path)


@pytest.mark.parametrize("norm", ["batch", "layer", "none"])
def test_a_plane_is_the_slice_of_the_network(norm: str) -> None:
    """Loss, derivatives and NSGD's terms in NumPy; a plain perceptron's by the way without torch, equal to rounding."""
    chosen = {**NORMED, "norm": norm, "activation": "tanh"}
    network = NETWORKS["mlp"](**chosen)
    rng = np.random.default_rng(1)
    directions = np.linalg.qr(rng.normal(size=(network.dim, 2)))[0].T
    plane = NETWORKS["mlp"].plane(chosen, np.array(network.start), directions, ((-1, 1), (-2, 2)), (0.1, 0.2))
    assert isinstance(plane, PlaneMLP if norm == "none" else NetworkPlane)
    points = rng.normal(size=(3, 2))
    double = network.to(torch.float64)
    exact = Slice(double, double.point(network.start), double.point(directions), "", ((-1, 1), (-2, 2)), (0.1, 0.2))
    theta = double.point(points)
    for got, expected in (
        (plane.loss(points), exact.loss(theta)),
        (plane.gradient(points), exact.gradient(theta)),
        (plane.hessian(points), exact.hessian(theta)),
        *zip(plane.input_terms(points), exact.input_terms(theta)),
    ):
        assert isinstance(got, np.ndarray) and got.dtype == np.float64
        np.testing.assert_allclose(got, expected.numpy(), rtol=2e-4, atol=2e-5)
    np.testing.assert_array_equal(plane.divided, exact.divided)
    heights = plane.loss_on_plane(np.array([-1.0, 0, 1]), np.array([0.0, 2]))
    assert heights.shape == (2, 3)
    assert heights[1, 2] == pytest.approx(float(plane.loss(np.array([1.0, 2.0]))), rel=1e-6)
    part = plane.subset(10)
    assert (part.samples, part.of, plane.of) == (10, 40, 40) and plane.subset(99) is plane
    assert (plane.domain, plane.start, plane.input_reason) == (((-1, 1), (-2, 2)), (0.1, 0.2), None)
    walk = run(OPTIMIZERS["nsgd_l2"](lr=0.5), plane, plane.start, 5)
    assert walk.theta.shape == (6, 2) and bool(walk.finite.all())


def test_maps_of_large_networks_are_coarse() -> None:
    cells = {}
    for key, chosen in (("mlp", NORMED), ("resnet20", {"data": "digits", "width": 16, "samples": 500})):
        network = NETWORKS[key](**chosen)
        start = np.array(network.start)
        directions = np.eye(2, network.dim)
        cells[key] = NETWORKS[key].plane(chosen, start, directions, ((-1, 1), (-1, 1)), (0.0, 0.0)).cells
    assert cells["mlp"] == 101 and 15 <= cells["resnet20"] < 101


@pytest.mark.parametrize(
    ("key", "chosen"),
    [
        ("mlp", {"data": "blobs", "samples": 30, "width": 3, "depth": 2, "norm": "batch", "residual": "yes"}),
        ("mlp", {"data": "chebyshev", "samples": 20, "width": 4, "criterion": "mse"}),
        pytest.param("nsgd_cifar_cnn", {"data": "digits", "samples": 12}, marks=pytest.mark.slow),
    ],
)
def test_a_training_of_any_network(key: str, chosen: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """From the first step to the spectrum, with NSGD; values to predict have no accuracy."""
    monkeypatch.setattr("landscapes.networks.plane.CELLS", (4, 4))
    monkeypatch.setattr("landscapes.curvature.spectrum.TOP", 2)
    experiment = Experiment(
        Choice(key, chosen), (Choice("adam", {"lr": 0.05}), Choice("nsgd_l2", {"lr": 0.1})), steps=3, batch_size=6
    )
    result = train(experiment)
    assert result.complete and bool(result.finite.all())
    assert (result.loss[:, -1] < result.loss[:, 0]).all()
    assert np.isnan(result.test_accuracy).all() == (not DATASETS[chosen["data"]].classes)
    network = NETWORKS[key](**chosen)
    np.testing.assert_allclose(result.loss[0, -1], float(network.loss(network.point(result.ends[0]))), rtol=1e-6)
    assert result.heights.shape == (4, 4) and np.isfinite(result.eigenvalues).all()


def own_data(key: str) -> None:
    try:
        whole = len(DATASETS[key](samples=1000)[0]) == 1000  # other tests write small files of these formats
    except DatasetError:
        whole = False
    if not whole:
        pytest.skip(f"the environment's RAVINE_DATA names no folder with {DATASETS[key].title}")


def test_lenet_learns_the_real_mnist() -> None:
    own_data("mnist")
    network = NETWORKS["lenet"](samples=1000)
    seen = network.on_batches(100)
    walk = run(OPTIMIZERS["adam"](lr=0.005), seen, network.start, 40)
    assert float(network.accuracy(network.point(walk.theta[-1]))) > 0.7


def test_resnet_learns_the_real_cifar10() -> None:
    own_data("cifar10")
    network = NETWORKS["resnet20"](samples=250, width=8)
    walk = run(OPTIMIZERS["momentum"](lr=0.05), network.on_batches(125), network.start, 12)
    assert walk.loss[-1] < 2.1 < walk.loss[0]
    for key in ("nsgd_cifar_cnn", "resnet56"):
        other = NETWORKS[key](samples=50)
        assert 2 < float(other.loss(other.point(other.start))) < 12
