"""A torch module, a criterion and data as a landscape over one flat vector."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field, replace
from functools import cached_property
from time import perf_counter
from typing import Any, Self

import numpy as np
import torch
from torch import Tensor, nn
from torch.func import functional_call

from landscapes.arrays import Array
from landscapes.batches import OnBatch
from landscapes.landscape import Block, Landscape, Matrix, Norm, Point, Scalar
from landscapes.networks.datasets import Samples
from landscapes.networks.models import Perceptron
from landscapes.networks.perceptron_hessian import perceptron_hessian

GRAPH_BYTES = 256 * 2**20  # what the activations of one chunk of Hessian columns may take
MOST_COLUMNS = 64  # more at once is slower: a chunk then leaves the cache
ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {"tanh": nn.Tanh, "relu": nn.ReLU, "sigmoid": nn.Sigmoid}


@dataclass(eq=False)
class _Memory:
    """What a network remembers between calls, for speed only: how to loop over runs, and the last point's graph."""

    vmapped: dict[str, bool] = field(default_factory=dict)
    point: Tensor | None = None
    version: int = -1
    leaf: Tensor | None = None
    grad: Tensor | None = None


@dataclass(frozen=True, eq=False)
class Network(Landscape):
    """criterion(module(inputs), targets), the mean loss over the samples, as a function of all parameters in one vector.

    The module is a copy in eval mode (a BatchNorm keeps its running statistics): the caller's stays bit-identical.
    theta `(*runs, dim)` takes the parameters in the module's own order. Loss, gradient and Hessian are torch's autograd, exact
    to the dtype's rounding. `test` are samples that no loss sees. `plan` says that this is a perceptron with
    mean cross-entropy, whose Hessian has a faster form. Made by `Network.of`.
    """

    name: str
    module: nn.Module
    criterion: Callable[[Tensor, Tensor], Tensor]
    inputs: Tensor
    targets: Tensor
    test_inputs: Tensor | None
    test_targets: Tensor | None
    blocks: tuple[Block, ...]
    start: tuple[float, ...]
    plan: Perceptron | None = None
    _memory: _Memory = field(default_factory=_Memory, repr=False)

    @classmethod
    def of(
        cls,
        module: nn.Module,
        criterion: Callable[[Tensor, Tensor], Tensor],
        data: tuple[Tensor, Tensor],
        test: tuple[Tensor, Tensor] | None = None,
        name: str = "Network",
    ) -> Network:
        """The landscape of a module on its data `(inputs, targets)`; it starts at the module's present weights."""
        copy = deepcopy(module).eval().requires_grad_(False)
        named = dict(copy.named_parameters())
        with_inputs = {f"{n}.weight".lstrip(".") for n, m in copy.named_modules() if isinstance(m, nn.Linear)}
        blocks = tuple(Block(n, tuple(p.shape), inputs=n in with_inputs) for n, p in named.items())
        start = torch.cat([p.reshape(-1) for p in named.values()]).tolist()
        inputs, targets = data
        test_inputs, test_targets = test or (None, None)
        return cls(name, copy, criterion, inputs, targets, test_inputs, test_targets, blocks, tuple(start))

    @property
    def samples(self) -> int:
        return len(self.targets)

    @property
    def input_reason(self) -> str | None:
        if any(block.inputs for block in self.blocks):
            return None
        return f"{self.name} has no linear layer whose input NSGD could divide by."

    input_note = "Every layer's true input: the mean over the batch of the squared norm of what enters it."

    def chosen(self, indices: np.ndarray) -> Network:
        """The landscape on some of the samples, with the same weights."""
        index = torch.as_tensor(indices, device=self.inputs.device)
        return replace(self, inputs=self.inputs[index], targets=self.targets[index], _memory=_Memory())

    def on_batches(self, size: int) -> OnBatch:
        return OnBatch(self, size)

    def to(self, place: str | torch.dtype) -> Self:
        """The same landscape on another device ("cuda") or in another floating-point type."""
        data = {n: getattr(self, n) for n in ("inputs", "targets", "test_inputs", "test_targets")}
        keep = isinstance(place, torch.dtype)
        moved = {n: t if t is None or (keep and not t.is_floating_point()) else t.to(place) for n, t in data.items()}
        return replace(self, module=deepcopy(self.module).to(place), _memory=_Memory(), **moved)

    @cached_property
    def _like(self) -> Tensor:
        return next(self.module.parameters())

    def point(self, values: Any) -> Point:
        return torch.as_tensor(values, dtype=self._like.dtype, device=self._like.device)

    def _parameters(self, theta: Tensor) -> dict[str, Tensor]:
        """One split, not one slice a block: the backward of a slice allocates a whole zero vector each time."""
        parts = torch.split(theta, [block.size for block in self.blocks])
        return {block.name: part.view(block.shape) for block, part in zip(self.blocks, parts)}

    def _one_loss(self, theta: Tensor) -> Tensor:
        return self.criterion(functional_call(self.module, self._parameters(theta), (self.inputs,)), self.targets)

    def _one_gradient(self, theta: Tensor) -> Tensor:
        leaf = theta.detach().requires_grad_()
        return torch.autograd.grad(self._one_loss(leaf), leaf)[0]

    def _each(self, kind: str, one: Callable[[Tensor], Tensor], vmapped: Callable[[Tensor], Tensor], theta: Tensor) -> Tensor:
        """A function of one run on all runs: looped, or vmapped where this machine is seen to be faster with it.

        The first call with 8 runs or more times both; the two agree to rounding.
        """
        if theta.ndim == 1:
            return one(theta)
        flat = theta.reshape(-1, theta.shape[-1])
        if len(flat) >= 8 and kind not in self._memory.vmapped:
            self._memory.vmapped[kind] = _seconds(vmapped, flat[:8]) < _seconds(lambda t: [one(row) for row in t], flat[:8])
        if len(flat) and self._memory.vmapped.get(kind, False):
            out = torch.cat([vmapped(flat[i : i + 8]) for i in range(0, len(flat), 8)])
        else:
            out = torch.stack([one(row) for row in flat]) if len(flat) else flat.sum(-1, keepdim=kind == "gradient")
        return out.reshape(*theta.shape[:-1], *out.shape[1:])

    def loss(self, theta: Point) -> Scalar:
        with torch.no_grad():
            return self._each("loss", self._one_loss, torch.vmap(self._one_loss), theta.detach())

    def gradient(self, theta: Point) -> Point:
        return self._each("gradient", self._one_gradient, torch.vmap(torch.func.grad(self._one_loss)), theta.detach())

    def _graph(self, theta: Tensor) -> tuple[Tensor, Tensor]:
        """The gradient with its graph at one point, kept while the same tensor is asked about again."""
        memory = self._memory
        if memory.point is not theta or memory.version != theta._version:
            memory.leaf = theta.detach().clone().requires_grad_()
            memory.grad = torch.autograd.grad(self._one_loss(memory.leaf), memory.leaf, create_graph=True)[0]
            memory.point, memory.version = theta, theta._version
        assert memory.leaf is not None and memory.grad is not None
        return memory.leaf, memory.grad

    def _products(self, theta: Tensor, vectors: Tensor) -> Tensor:
        """Hessian times each of `(count, dim)` vectors at one point, by a second backward pass through a kept graph."""
        leaf, grad = self._graph(theta)
        if not grad.requires_grad:  # the loss is linear in theta
            return torch.zeros_like(vectors)
        if len(vectors) == 1:
            return torch.autograd.grad(grad, leaf, vectors[0], retain_graph=True)[0][None]
        size = self._columns
        parts = [
            torch.autograd.grad(grad, leaf, vectors[i : i + size], retain_graph=True, is_grads_batched=True)[0]
            for i in range(0, len(vectors), size)
        ]
        return parts[0] if len(parts) == 1 else torch.cat(parts)

    @cached_property
    def _columns(self) -> int:
        """How many Hessian columns at once keep their activations within the byte budget."""
        saved = 0

        def count(tensor: Tensor) -> Tensor:
            nonlocal saved
            saved += tensor.numel() * tensor.element_size()
            return tensor

        leaf = self.point(self.start).requires_grad_()
        with torch.autograd.graph.saved_tensors_hooks(count, lambda tensor: tensor):
            torch.autograd.grad(self._one_loss(leaf), leaf, create_graph=True)
        return int(np.clip(GRAPH_BYTES // max(saved, 1), 1, MOST_COLUMNS))

    def hvp(self, theta: Point, vector: Point) -> Point:
        return self.hessian_products(theta, vector[..., None, :])[..., 0, :]

    def hessian_products(self, theta: Point, vectors: Array) -> Array:
        """Hessian times `(*runs, count, dim)` vectors; those of one run share its graph."""
        if theta.ndim == 1:
            return self._products(theta, vectors)
        pairs = zip(theta.reshape(-1, theta.shape[-1]), vectors.reshape(-1, *vectors.shape[-2:]))
        return torch.stack([self._products(t, v) for t, v in pairs]).reshape(vectors.shape)

    def hessian(self, theta: Point) -> Matrix:
        """Every column by `hvp`, then made exactly symmetric: `(*runs, dim, dim)`; a perceptron's by its blocks."""
        if theta.ndim == 1 and self.plan is not None:
            return perceptron_hessian(self.plan, theta.detach(), self.inputs, self.targets)
        if theta.ndim == 1:
            eye = torch.eye(theta.shape[-1], dtype=theta.dtype, device=theta.device)
            columns = self._products(theta, eye)
            return (columns + columns.mT) / 2
        rows = [self.hessian(row) for row in theta.reshape(-1, theta.shape[-1])]
        return torch.stack(rows).reshape(*theta.shape, theta.shape[-1])

    def _power_and_loss(self, theta: Tensor, norm: Norm) -> tuple[Tensor, Tensor]:
        """Each block's input power `(blocks,)`, 1 for blocks without inputs, and the loss, in one forward pass.

        Power of a linear layer: the mean over samples (and over positions, if its input has more axes) of Σx² or Σ|x|.
        """
        seen: dict[str, Tensor] = {}

        def keep(name: str) -> Callable[[nn.Module, tuple[Tensor, ...]], None]:
            def hook(module: nn.Module, given: tuple[Tensor, ...]) -> None:
                x = given[0].detach()
                size = x * x if norm == "l2" else x.abs()
                seen[name] = size.sum(-1).mean()

            return hook

        linear = [(n, m) for n, m in self.module.named_modules() if isinstance(m, nn.Linear)]
        handles = [m.register_forward_pre_hook(keep(f"{n}.weight".lstrip("."))) for n, m in linear]
        try:
            loss = self._one_loss(theta)
        finally:
            for handle in handles:
                handle.remove()
        one = theta.new_ones(())
        return torch.stack([seen[b.name].to(one) if b.inputs else one for b in self.blocks]), loss

    @cached_property
    def _sizes(self) -> Tensor:
        return torch.tensor([block.size for block in self.blocks], device=self._like.device)

    def input_power(self, theta: Point, norm: Norm = "l2") -> Point:
        if self.input_reason:
            raise ValueError(self.input_reason)
        with torch.no_grad():
            rows = [self._power_and_loss(row, norm)[0] for row in theta.reshape(-1, theta.shape[-1])]
        return torch.stack(rows).repeat_interleave(self._sizes, dim=-1).reshape(theta.shape)

    def input_terms(self, theta: Point, norm: Norm = "l2") -> tuple[Array, Array]:
        """The gradient as the one term, and the input power: both from the same forward pass."""
        if self.input_reason:
            raise ValueError(self.input_reason)
        gradients, powers = [], []
        for row in theta.reshape(-1, theta.shape[-1]):
            leaf = row.detach().requires_grad_()
            power, loss = self._power_and_loss(leaf, norm)
            gradients.append(torch.autograd.grad(loss, leaf)[0])
            powers.append(power.detach())
        shape = (*theta.shape[:-1], 1, theta.shape[-1])
        spread = torch.stack(powers).repeat_interleave(self._sizes, dim=-1)
        return torch.stack(gradients).reshape(shape), spread.reshape(shape)

    def accuracy(self, theta: Point) -> Scalar:
        """The fraction of test samples whose largest output is the label, `(*runs,)`; NaN where an output is not finite."""
        if self.test_inputs is None or self.test_targets is None:
            raise ValueError(f"{self.name} has no test samples")
        with torch.no_grad():
            rows = []
            for row in theta.reshape(-1, theta.shape[-1]):
                outputs = functional_call(self.module, self._parameters(row), (self.test_inputs,))
                right = (outputs.argmax(-1) == self.test_targets).to(outputs.dtype).mean()
                rows.append(torch.where(outputs.isfinite().all(), right, right * float("nan")))
        return torch.stack(rows).reshape(theta.shape[:-1])


def _seconds(function: Callable[[Tensor], Any], theta: Tensor) -> float:
    """The faster of two calls, after one that is not counted."""
    times = []
    for _ in range(3):
        began = perf_counter()
        function(theta)
        times.append(perf_counter() - began)
    return min(times[1:])


def perceptron_module(plan: Perceptron, seed: int) -> nn.Sequential:
    """The perceptron as a torch module, with torch's own initial weights from `seed`; the global generator is left alone."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        layers: list[nn.Module] = [nn.Linear(plan.sizes[0], plan.sizes[1])]
        for inputs, outputs in zip(plan.sizes[1:], plan.sizes[2:]):
            layers += [ACTIVATIONS[plan.activation](), nn.Linear(inputs, outputs)]
    return nn.Sequential(*layers)


def perceptron_network(name: str, plan: Perceptron, train: Samples, test: Samples, seed: int) -> Network:
    """A perceptron with mean cross-entropy on samples."""
    tensors = [torch.tensor(array) for samples in (train, test) for array in (samples.inputs, samples.labels)]
    module = perceptron_module(plan, seed)
    made = Network.of(module, nn.functional.cross_entropy, (tensors[0], tensors[1]), (tensors[2], tensors[3]), name)
    return replace(made, plan=plan)
