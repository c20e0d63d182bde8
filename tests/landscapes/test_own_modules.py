"""Any module, loss and data as a network: the loss is the module's own, and what was given comes back bit-identical."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import DataLoader, TensorDataset

from experiments import run
from experiments.grids import report, slice_through
from landscapes.directions import DIRECTIONS
from landscapes.landscape import Draw
from landscapes.networks.network import Network
from landscapes.networks.parts import tensors
from optimizers import OPTIMIZERS

INPUTS = torch.randn(10, 5, 3, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
CLASSES = torch.randint(0, 2, (10,), generator=torch.Generator().manual_seed(2))
WORDS = torch.randint(0, 7, (10, 4), generator=torch.Generator().manual_seed(3))


class Recurrent(nn.Module):
    def __init__(self, batch_first: bool = True) -> None:
        super().__init__()
        self.lstm = nn.LSTM(3, 4, 2, batch_first=batch_first, dropout=0.5)
        self.out = nn.Linear(4, 2)

    def forward(self, x: Tensor) -> Tensor:
        states = self.lstm(x)[0]
        return self.out(states[:, -1] if self.lstm.batch_first else states[-1])


class Tied(nn.Module):
    """A language model in small: what reads the words also writes them."""

    def __init__(self) -> None:
        super().__init__()
        self.read = nn.Embedding(7, 3)
        self.write = nn.Linear(3, 7, bias=False)
        self.write.weight = self.read.weight

    def forward(self, words: Tensor) -> Tensor:
        return self.write(torch.tanh(self.read(words)).mean(1))


class TiedBack(nn.Module):
    """The same, where the linear layer comes first and so gives the weight its name."""

    def __init__(self) -> None:
        super().__init__()
        self.write = nn.Linear(3, 7, bias=False)
        self.read = nn.Embedding(7, 3)
        self.read.weight = self.write.weight

    def forward(self, words: Tensor) -> Tensor:
        return self.write(torch.tanh(self.read(words)).mean(1))


class Attentive(nn.Module):
    """With a mask for padding, which attention's short cut without gradients treats in another way."""

    def __init__(self) -> None:
        super().__init__()
        layer = nn.TransformerEncoderLayer(4, 2, 8, batch_first=True, dropout=0.1)
        self.lift, self.encoder = nn.Linear(3, 4), nn.TransformerEncoder(layer, 1)

    def forward(self, x: Tensor, padded: Tensor) -> Tensor:
        return self.encoder(self.lift(x), src_key_padding_mask=padded).mean(1)


class Counting(nn.Module):
    """A buffer that every forward pass moves, in whatever mode, and that the output depends on."""

    seen: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(3, 2)
        self.register_buffer("seen", torch.zeros(()))

    def forward(self, x: Tensor) -> Tensor:
        self.seen += 1
        return self.linear(x) * self.seen


class Named(nn.Module):
    """Its outputs are a dict."""

    def __init__(self) -> None:
        super().__init__()
        self.code, self.back = nn.Linear(3, 2), nn.Linear(2, 3)

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        code = torch.tanh(self.code(x))
        return {"code": code, "back": self.back(code)}


class TwoHeaded(nn.Module):
    """Its outputs are a pair."""

    def __init__(self) -> None:
        super().__init__()
        self.body, self.kind, self.size = nn.Linear(3, 4), nn.Linear(4, 2), nn.Linear(4, 1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        body = torch.tanh(self.body(x))
        return self.kind(body), self.size(body)[:, 0]


class Reader(nn.Module):
    """A small encoder of words, with positions that are learned."""

    def __init__(self) -> None:
        super().__init__()
        self.words, self.places = nn.Embedding(7, 4), nn.Parameter(0.1 * torch.randn(4, 4))
        self.encoder = nn.TransformerEncoderLayer(4, 2, 4, batch_first=True, dropout=0.2)
        self.out = nn.Linear(4, 3)

    def forward(self, words: Tensor) -> Tensor:
        return self.out(self.encoder(self.words(words) + self.places).mean(1))


class Gated(nn.Module):
    """A recurrent regression."""

    def __init__(self) -> None:
        super().__init__()
        self.gru, self.out = nn.GRU(3, 3, batch_first=True), nn.Linear(3, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.out(self.gru(x)[1][-1])


class Mixed(nn.Module):
    """Its first layer has fewer digits than its last one."""

    def __init__(self) -> None:
        super().__init__()
        self.coarse, self.fine = nn.Linear(3, 4).half(), nn.Linear(4, 2).double()

    def forward(self, x: Tensor) -> Tensor:
        return self.fine(self.coarse(x.half()).double().relu())


class Noisy(nn.Module):
    """Drops in every mode."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(3, 2)

    def forward(self, x: Tensor) -> Tensor:
        return functional.dropout(self.linear(x), 0.5)


class Phases(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.phases = nn.Parameter(torch.ones(3, dtype=torch.complex64))


class Batch(NamedTuple):
    x: Tensor
    y: Tensor
    weight: Tensor


def half_frozen() -> nn.Module:
    module = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))
    module[0].requires_grad_(False)
    return module


def normed() -> nn.Module:
    module = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Dropout(0.5), nn.Linear(4, 2))
    module(torch.randn(20, 3, dtype=torch.float64) + 1)  # so that its running statistics are not those of a new one
    return module


def small() -> nn.Module:
    return nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))


def by_name(module: nn.Module, batch: Any) -> Tensor:
    return functional.cross_entropy(module(batch["x"]), batch["y"])


def weighted(module: nn.Module, batch: Batch) -> Tensor:
    return (functional.cross_entropy(module(batch.x), batch.y, reduction="none") * batch.weight).mean()


def penalised(module: nn.Module, batch: Any) -> Tensor:
    penalty: Tensor = sum(p.square().sum() for p in module.parameters())  # type: ignore[assignment]
    return by_name(module, batch) + 0.1 * penalty


def rebuilt(outputs: dict[str, Tensor], x: Tensor) -> Tensor:
    return functional.mse_loss(outputs["back"], x) + 0.1 * outputs["code"].square().mean()


def both(outputs: tuple[Tensor, Tensor], targets: Any) -> Tensor:
    return functional.cross_entropy(outputs[0], targets[0]) + functional.mse_loss(outputs[1], targets[1])


def noisy(outputs: Tensor, targets: Tensor) -> Tensor:
    return functional.cross_entropy(outputs + torch.randn_like(outputs), targets)


def share_wrong(outputs: Tensor, targets: Tensor) -> Tensor:
    return (outputs.argmax(-1) != targets).to(outputs.dtype).mean()


def differential_equation(module: nn.Module) -> Tensor:
    """u' = -u with u(0) = 1: no data, and a derivative by the network's input."""
    like = next(module.parameters())
    t = torch.linspace(0, 1, 16, dtype=like.dtype, device=like.device)[:, None].requires_grad_()
    u = module(t)
    slope = torch.autograd.grad(u.sum(), t, create_graph=True)[0]
    return (slope + u).square().mean() + (module(t[:1] * 0) - 1).square().mean()


@dataclass(frozen=True)
class Case:
    """`reference` is the loss by the module itself, in eval mode, on the data as they stand."""

    module: Callable[[], nn.Module]
    criterion: Callable[..., Tensor]
    data: Callable[[], Any]
    reference: Callable[[nn.Module], Tensor]


def pair(inputs: Any = INPUTS[:, 0], targets: Tensor = CLASSES) -> Callable[[], Any]:
    return lambda: (inputs, targets)


def named() -> dict[str, Tensor]:
    return {"x": INPUTS[:, 0], "y": CLASSES}


def loader(size: int, shuffle: bool = False) -> DataLoader[Any]:
    own = torch.Generator().manual_seed(5) if shuffle else None
    return DataLoader(TensorDataset(INPUTS[:, 0], CLASSES), batch_size=size, shuffle=shuffle, generator=own)


def dict_loader() -> DataLoader[Any]:
    return DataLoader([{"x": INPUTS[i, 0], "y": CLASSES[i]} for i in range(10)], batch_size=4, shuffle=True)  # type: ignore[arg-type]


def plain(module: nn.Module) -> Tensor:
    return functional.cross_entropy(module(INPUTS[:, 0]), CLASSES)


SIZES = INPUTS.sum((1, 2))
TABLE = functional.one_hot(CLASSES)
PADDED = torch.arange(5) >= torch.tensor([5, 4, 3, 5, 2, 1, 5, 4, 3, 2])[:, None]
CASES = {
    "tensors": Case(small, functional.cross_entropy, pair(), plain),
    "a criterion that is a module": Case(small, nn.CrossEntropyLoss(), pair(), plain),
    "batch norm": Case(normed, functional.cross_entropy, pair(), plain),
    "a buffer that moves": Case(Counting, functional.cross_entropy, pair(), plain),
    "tied weights": Case(
        Tied, functional.cross_entropy, pair(WORDS, WORDS[:, 0]), lambda m: functional.cross_entropy(m(WORDS), WORDS[:, 0])
    ),
    "half frozen": Case(half_frozen, functional.cross_entropy, pair(), plain),
    "LSTM": Case(
        Recurrent, functional.cross_entropy, pair(INPUTS), lambda m: functional.cross_entropy(m(INPUTS), CLASSES)
    ),
    "LSTM with time first": Case(
        lambda: Recurrent(False), functional.cross_entropy, pair(INPUTS.transpose(0, 1)),
        lambda m: functional.cross_entropy(m(INPUTS.transpose(0, 1)), CLASSES),
    ),
    "two inputs": Case(
        Attentive, functional.cross_entropy, pair((INPUTS, PADDED)),
        lambda m: functional.cross_entropy(m(INPUTS, PADDED), CLASSES),
    ),
    "inputs by name": Case(
        Attentive, functional.cross_entropy, pair({"x": INPUTS, "padded": PADDED}),
        lambda m: functional.cross_entropy(m(INPUTS, PADDED), CLASSES),
    ),
    "dict": Case(small, by_name, named, plain),
    "three tensors": Case(
        small, weighted, lambda: Batch(INPUTS[:, 0], CLASSES, torch.linspace(0, 2, 10, dtype=torch.float64)),
        lambda m: weighted(m, Batch(INPUTS[:, 0], CLASSES, torch.linspace(0, 2, 10, dtype=torch.float64))),
    ),
    "a penalty on the weights": Case(half_frozen, penalised, named, lambda m: penalised(m, named())),
    "no data": Case(
        lambda: nn.Sequential(nn.Linear(1, 5), nn.Tanh(), nn.Linear(5, 1)), differential_equation, lambda: None,
        differential_equation,
    ),
    "loader": Case(small, functional.cross_entropy, lambda: loader(10), plain),
    "loader of unequal batches": Case(small, functional.cross_entropy, lambda: loader(4, shuffle=True), plain),
    "loader of dicts": Case(small, by_name, dict_loader, plain),
    "outputs by name": Case(
        Named, rebuilt, pair(INPUTS[:, 0], INPUTS[:, 0]), lambda m: rebuilt(m(INPUTS[:, 0]), INPUTS[:, 0])
    ),
    "two outputs and two targets": Case(
        TwoHeaded, both, lambda: (INPUTS[:, 0], (CLASSES, SIZES)), lambda m: both(m(INPUTS[:, 0]), (CLASSES, SIZES))
    ),
    "loader of two targets": Case(
        TwoHeaded, both, lambda: DataLoader([(INPUTS[i, 0], (CLASSES[i], SIZES[i])) for i in range(10)], batch_size=4),  # type: ignore[arg-type]
        lambda m: both(m(INPUTS[:, 0]), (CLASSES, SIZES)),
    ),
    "a table of whole numbers": Case(
        small, functional.mse_loss, pair(INPUTS[:, 0], TABLE), lambda m: functional.mse_loss(m(INPUTS[:, 0]), TABLE)
    ),
    "words": Case(
        Reader, functional.cross_entropy, pair(WORDS, WORDS[:, 1] % 3),
        lambda m: functional.cross_entropy(m(WORDS), WORDS[:, 1] % 3),
    ),
    "GRU": Case(
        Gated, functional.mse_loss, pair(INPUTS, SIZES[:, None]), lambda m: functional.mse_loss(m(INPUTS), SIZES[:, None])
    ),
    "parametrised": Case(
        lambda: nn.utils.parametrizations.weight_norm(nn.Linear(3, 2)), functional.cross_entropy, pair(), plain
    ),
}  # fmt: skip


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> Iterator[Case]:
    torch.set_default_dtype(torch.float64)
    torch.manual_seed(8)
    yield CASES[request.param]
    torch.set_default_dtype(torch.float32)


def trainable(module: nn.Module) -> list[nn.Parameter]:
    return [p for p in module.parameters() if p.requires_grad]


def filled(module: nn.Module, theta: Tensor) -> nn.Module:
    """A copy in eval mode with its trainable parameters set: the ordinary way to evaluate it."""
    copy = deepcopy(module).eval()
    nn.utils.vector_to_parameters(theta, trainable(copy))
    return copy


def test_the_loss_and_its_derivatives_are_the_modules(case: Case) -> None:
    """Against two backward passes through the module itself; runs looped and vmapped alike."""
    module = case.module()
    network = Network.of(module, case.criterion, case.data())
    assert torch.equal(network.point(network.start), nn.utils.parameters_to_vector(trainable(module)))
    thetas = network.point(np.array(network.start) + 0.2 * np.random.default_rng(4).normal(size=(9, network.dim)))
    vector = torch.linspace(-1, 1, network.dim)
    for _ in range(2):  # nothing moves from one call to the next
        losses, gradients = network.loss(thetas), network.gradient(thetas)
    for theta, got_loss, got_gradient in list(zip(thetas, losses, gradients))[:3]:
        copy = filled(module, theta)
        with torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.MATH):
            loss = case.reference(copy)
        gradient = torch.autograd.grad(loss, trainable(copy), create_graph=True)
        along = nn.utils.parameters_to_vector(gradient) @ vector
        product = torch.autograd.grad(along, trainable(copy), materialize_grads=True)
        assert float(got_loss) == pytest.approx(float(loss.detach()), rel=1e-11)
        assert float(network.loss(theta)) == pytest.approx(float(got_loss), rel=1e-12)
        torch.testing.assert_close(got_gradient, nn.utils.parameters_to_vector(gradient).detach(), rtol=1e-9, atol=1e-12)
        torch.testing.assert_close(network.hvp(theta, vector), nn.utils.parameters_to_vector(product), rtol=1e-8, atol=1e-10)


def bits(module: nn.Module) -> list[Any]:
    return [
        {name: (value.clone(), value.requires_grad) for name, value in module.state_dict(keep_vars=True).items()},
        [m.training for m in module.modules()],
        [p.requires_grad for p in module.parameters()],
        [id(p) for p in module.parameters()],
        [(len(m._forward_hooks), len(m._forward_pre_hooks)) for m in module.modules()],
    ]


def same(a: Any, b: Any) -> bool:
    if isinstance(a, Tensor):
        return torch.equal(a, b)
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b)) if isinstance(a, (list, tuple)) else bool(a == b)


def test_everything_comes_back_bit_identical(case: Case) -> None:
    """Weights, buffers, requires_grad, mode, gradients, hooks; the data; torch's generator, and the loader's own."""
    module, data = case.module(), case.data()
    module.train()
    for parameter in trainable(module)[:1]:
        parameter.grad = torch.ones_like(parameter)
    before, generator = bits(module), torch.get_rng_state()
    kept = [(t, t.clone(), t.requires_grad) for t in tensors(data)]
    own = data.generator.get_state() if isinstance(data, DataLoader) and data.generator else None
    network = Network.of(module, case.criterion, data)
    theta = network.point(network.start) + 0.1
    network.loss(theta)
    network.gradient(theta)
    network.hvp(theta, theta)
    if not network.input_reason:
        network.input_terms(theta)
    network.frozen_at(theta)
    network.to(torch.float32)
    assert same(before, bits(module))
    assert torch.equal(trainable(module)[0].grad, torch.ones_like(trainable(module)[0]))  # type: ignore[arg-type]
    assert all(p.grad is None for p in trainable(module)[1:])
    assert torch.equal(generator, torch.get_rng_state())
    assert all(torch.equal(t, copy) and t.requires_grad == flag and t.grad is None for t, copy, flag in kept)
    if own is not None:
        assert torch.equal(own, data.generator.get_state())
    assert not torch.is_inference_mode_enabled() and torch.backends.mha.get_fastpath_enabled()


STEPS, RATE = 3, 0.05


def test_it_is_trained_sliced_and_curved(case: Case) -> None:
    """Gradient descent, a plane, eigenvalues over it, and what is said of it, each against the module by itself."""
    module = case.module()
    before = bits(module)
    network = Network.of(module, case.criterion, case.data())
    path = run(OPTIMIZERS["sgd"](lr=RATE), network, network.start, steps=STEPS).theta
    theta = nn.utils.parameters_to_vector(trainable(module)).detach()
    for _ in range(STEPS):
        copy = filled(module, theta)
        with torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.MATH):
            found = torch.autograd.grad(case.reference(copy), trainable(copy), materialize_grads=True)
        theta = theta - RATE * nn.utils.parameters_to_vector(found)
    np.testing.assert_allclose(path[-1], theta.numpy(), rtol=1e-9, atol=1e-12)
    way, window = DIRECTIONS["random"](seed=2), [(-0.5, 0.5), (-0.25, 0.75)]
    drawn = slice_through(network, way, at=path[-1], window=window, cells=(3, 2)).grid
    for cell in ((0, 1), (1, 2)):
        here = torch.as_tensor(drawn.span.points(drawn.coordinates[cell]))
        assert drawn.values["loss"][cell] == pytest.approx(float(case.reference(filled(module, here)).detach()), rel=1e-9)
    curved = slice_through(network, way, at=path[-1], window=window, cells=1, quantities=("largest", "smallest")).grid
    here = torch.as_tensor(curved.span.points(curved.coordinates[0, 0]))
    spectrum = np.linalg.eigvalsh(network.hessian(here).numpy())
    ends = [curved.values[name][0, 0] for name in ("smallest", "largest")]
    np.testing.assert_allclose(ends, spectrum[[0, -1]], atol=0.01 * np.abs(spectrum).max())
    joint = slice_through(network, "principal", paths=[path], cells=3)
    assert np.isfinite(joint.grid.values["loss"]).all() and f"It shows 2 of {network.dim}" in report(joint.trust())
    assert same(before, bits(module))


@pytest.mark.parametrize("name", ["dict", "loader of unequal batches", "loader of dicts", "tensors", "three tensors"])
def test_mini_batches_are_rows_of_the_data(name: str) -> None:
    case = CASES[name]
    network = Network.of(case.module().double(), case.criterion, case.data())
    assert network.samples == 10
    batches = network.on_batches(3)
    theta = network.point(network.start)
    rows = batches.indices(Draw(7, 1))
    seen = float(batches.at(theta, Draw(7, 1)).loss)
    whole = [float(network.chosen(np.array([i])).loss(theta)) for i in range(10)]
    assert seen == pytest.approx(np.mean([whole[i] for i in rows]), rel=1e-12)
    assert float(network.loss(theta)) == pytest.approx(np.mean(whole), rel=1e-12)


@pytest.mark.parametrize(
    ("name", "said"), [("no data", "it has no data"), ("LSTM with time first", "first axes, which should be samples")]
)
def test_no_mini_batches_where_samples_cannot_be_told_apart(name: str, said: str) -> None:
    case = CASES[name]
    network = Network.of(case.module().double(), case.criterion, case.data())
    with pytest.raises(ValueError, match=said):
        network.on_batches(3)
    with pytest.raises(ValueError, match=said):
        network.chosen(np.arange(3))


def test_batches_of_different_shapes_make_a_loss_but_no_mini_batches() -> None:
    """As texts of different lengths do."""
    module = Recurrent().double()
    batches = [(INPUTS[:6], CLASSES[:6]), (INPUTS[6:, :3], CLASSES[6:])]
    network = Network.of(module, functional.cross_entropy, batches)
    expected = sum(len(y) / 10 * functional.cross_entropy(module.eval()(x), y).item() for x, y in batches)
    assert float(network.loss(network.point(network.start))) == pytest.approx(float(expected), rel=1e-12)
    with pytest.raises(ValueError, match="its batches differ in shape"):
        network.on_batches(2)
    assert Network.of(module, functional.cross_entropy, iter(batches), samples=6).samples == 6


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Network.of(small().requires_grad_(False), functional.cross_entropy, pair()()), "no parameter .* requires"),
        (lambda: Network.of(nn.ReLU(), functional.cross_entropy, pair()()), "no parameter .* requires"),
        (lambda: Network.of(Phases(), functional.cross_entropy, pair()()), "'phases' is torch.complex64"),
        (lambda: Network.of(small(), functional.cross_entropy, []), "no batches"),
        (lambda: Network.of(small(), by_name, [{"x": INPUTS, "y": CLASSES[:2]}] * 2), "how many samples they have"),
        (lambda: Network.of(small(), by_name, named(), statistics="moved"), "must be frozen or recomputed"),
        (lambda: Network.of(nn.DataParallel(small()), functional.cross_entropy, pair()()), "give its .module"),
        (lambda: Network.of(torch.jit.script(small()), functional.cross_entropy, pair()()), "the module that it was made of"),
        (lambda: Network.of(nn.LazyLinear(2), functional.cross_entropy, pair()()), "'weight' has no shape yet"),
        (lambda: Network.of(small().bfloat16(), functional.cross_entropy, pair()()), "'0.weight' is torch.bfloat16"),
        (lambda: Network.of(small(), functional.cross_entropy, (INPUTS[:, 0].numpy(), CLASSES)), "arrays of NumPy"),
        (lambda: Network.of(small(), by_name, [{"x": [INPUTS.numpy()], "y": CLASSES}]), "arrays of NumPy"),
        (lambda: Network.of(small(), functional.cross_entropy, TensorDataset(INPUTS, CLASSES)), "a DataLoader of it"),
        (lambda: Network.of(Noisy().double(), functional.cross_entropy, pair()()), "draws random numbers in eval mode"),
        (lambda: Network.of(small().double(), noisy, pair()()), "draws random numbers in eval mode"),
    ],
)
def test_what_cannot_be_a_landscape_is_refused_in_a_sentence(make: Callable[[], Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        make()


@pytest.mark.parametrize(
    ("criterion", "said"),
    [
        (nn.CrossEntropyLoss(reduction="none"), r"one number, a mean over the samples; it gave shape \(10,\)"),
        (lambda outputs, targets: float(outputs.sum()), "it gave a float"),
    ],
)
def test_a_criterion_must_give_one_number(criterion: Any, said: str) -> None:
    network = Network.of(small().double(), criterion, pair()())
    with pytest.raises(ValueError, match=said):
        network.loss(network.point(network.start))


def test_a_loss_without_a_derivative_is_still_a_surface() -> None:
    network = Network.of(small().double(), share_wrong, pair()())
    grid = slice_through(network, "random", window=[(-3, 3), (-3, 3)], cells=5).grid
    assert set(np.round(grid.values["loss"].ravel() * 10, 9)) <= set(range(11)) and np.ptp(grid.values["loss"]) > 0
    for ask in (network.gradient, lambda theta: network.hvp(theta, theta)):
        with pytest.raises(ValueError, match="no derivative by the weights"):
            ask(network.point(network.start))


def test_a_point_has_the_digits_of_the_finest_weights() -> None:
    module = Mixed()
    network = Network.of(module, functional.cross_entropy, pair()())
    theta = network.point(network.start)
    assert theta.dtype == torch.float64 and torch.equal(network.split(theta)["fine.weight"], module.fine.weight)
    assert float(network.loss(theta)) == float(plain(module).detach()) and network.gradient(theta).dtype == torch.float64


def test_an_accuracy_needs_one_label_for_each_sample() -> None:
    """Classes of every pixel or word stand along another axis of the outputs."""
    images, masks = torch.rand(6, 1, 2, 2), torch.randint(0, 2, (6, 2, 2))
    module = nn.Conv2d(1, 2, 3, padding=1)
    network = Network.of(module, functional.cross_entropy, (images, masks), test=(images, masks))
    assert not network.classifies and slice_through(network, "random", cells=3).grid.complete
    with pytest.raises(ValueError, match="no test samples with classes"):
        network.accuracy(network.point(network.start))
    with pytest.raises(ValueError, match="has no classes"):
        slice_through(network, "random", cells=3, quantities=("loss", "accuracy"))


class Borrowing(nn.Module):
    """A linear layer whose weight is used without calling it."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(3, 2)

    def forward(self, x: Tensor) -> Tensor:
        return x @ self.layer.weight.T


@pytest.mark.parametrize(
    ("module", "unknown"),
    [
        (Recurrent, "lstm.weight_ih_l0"),
        (Tied, "read.weight"),
        (TiedBack, "write.weight"),
        (Attentive, "encoder.layers.0.self_attn.in_proj_weight"),
        (lambda: nn.Conv2d(4, 4, 3, groups=2), "weight"),
        (lambda: nn.Conv2d(4, 4, 3, padding=1, padding_mode="circular"), "weight"),
        (lambda: nn.ConvTranspose2d(4, 4, 3), "weight"),
        (lambda: nn.Bilinear(3, 3, 2), "weight"),
        (lambda: nn.utils.parametrizations.weight_norm(nn.Linear(3, 2)), "parametrizations.weight.original0"),
    ],
)
def test_nsgd_is_refused_where_an_input_is_not_known(module: Callable[[], nn.Module], unknown: str) -> None:
    """Better no NSGD than a guess."""
    network = Network.of(module(), functional.cross_entropy, pair()(), name="Mine")
    assert network.input_reason is not None and network.input_reason.startswith(f"Mine has weights, '{unknown}'")
    with pytest.raises(ValueError, match="whose input is not known"):
        network.input_power(network.point(network.start))


def test_a_layer_that_is_not_called_has_no_input_to_see() -> None:
    network = Network.of(Borrowing().double(), functional.cross_entropy, pair()())
    with pytest.raises(ValueError, match=r"'layer.weight' is not called as a module"):
        network.input_power(network.point(network.start))


@pytest.mark.parametrize("layer", [nn.Conv1d, nn.Conv2d, nn.Conv3d])
def test_input_power_of_convolutions_in_every_dimension(layer: Any) -> None:
    """Each output is a linear function of its patch: with weights of one, squared inputs summed by the layer itself."""
    axes = int(layer.__name__[4])
    module = layer(2, 3, (2, 3, 2)[:axes], stride=(2, 1, 1)[:axes], padding=1, dilation=(1, 2, 1)[:axes]).double()
    x = torch.randn(4, 2, *(5, 6, 4)[:axes], dtype=torch.float64)
    network = Network.of(module, lambda outputs, targets: outputs.square().mean(), (x, CLASSES[:4]))
    ones = deepcopy(module)
    nn.init.ones_(ones.weight), nn.init.zeros_(ones.bias)
    for norm, size in (("l2", x**2), ("l1", x.abs())):
        power = network.split(network.input_power(network.point(network.start), norm))  # type: ignore[arg-type]
        torch.testing.assert_close(power["weight"][0].reshape(-1)[0], ones(size).mean().detach(), rtol=1e-12, atol=0)
        assert bool((power["bias"] == 1).all())


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device")
def test_on_a_gpu_the_numbers_are_the_same(case: Case) -> None:
    module, data = case.module(), case.data()
    here = Network.of(module, case.criterion, data)
    given = deepcopy(module).cuda()
    before = bits(given)
    there = Network.of(given, case.criterion, data)
    theta = here.point(here.start) + 0.1
    vector = torch.linspace(-1, 1, here.dim)
    for network in (there, here.to("cuda")):
        place = network.point(theta)
        assert place.is_cuda
        torch.testing.assert_close(network.loss(place).cpu(), here.loss(theta), rtol=1e-10, atol=0)
        torch.testing.assert_close(network.gradient(place).cpu(), here.gradient(theta), rtol=1e-8, atol=1e-11)
        torch.testing.assert_close(network.hvp(place, vector.cuda()).cpu(), here.hvp(theta, vector), rtol=1e-7, atol=1e-9)
        asked: dict[str, Any] = {"window": [(-0.5, 0.5)] * 2, "cells": 3, "at": theta.numpy()}
        found, wanted = (slice_through(one, "random", **asked).grid.values["loss"] for one in (network, here))
        np.testing.assert_allclose(found, wanted, rtol=1e-8)
        found, wanted = (run(OPTIMIZERS["sgd"](lr=RATE), one, one.start, steps=STEPS).theta[-1] for one in (network, here))
        np.testing.assert_allclose(found, wanted, rtol=1e-8, atol=1e-11)
    assert same(before, bits(given))
