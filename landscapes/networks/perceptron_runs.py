"""A perceptron at many weights at once: one batched matrix product for each layer and all runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.autograd import forward_ad

from landscapes.arrays import Array
from landscapes.batches import OnBatch, Seen
from landscapes.landscape import Landscape, Matrix, Norm, Point, Scalar
from landscapes.networks.network import Network
from landscapes.networks.perceptron_hessian import VALUES, perceptron_hessian
from landscapes.networks.stacked_runs import OneByOne, StackedRuns, stacks
from landscapes.networks.task import Perceptron

CHUNK_BYTES = {"cpu": 2**19}  # of a chunk's widest layer: larger arrays are mapped anew at every step, which takes longer
SLOPED: dict[str, Callable[[Tensor, Tensor], Tensor]] = {  # what comes back, times the derivative by the value h
    "tanh": lambda back, h: back * (1 - h * h),
    "relu": lambda back, h: torch.ops.aten.threshold_backward(back, h, 0),  # one pass; 0 where h is, whatever comes back
    "sigmoid": lambda back, h: back * (h - h * h),
}


def side_by_side(network: Network) -> Landscape:
    """The same landscape, its gradients at many points from one stacked program where its layers are dense."""
    if network.plan is None:
        return StackedRuns(network) if stacks(network) else OneByOne(network)
    return PerceptronRuns(network, network.plan, network.inputs, network.targets)


class _Pass(NamedTuple):
    """What enters each layer, `(runs, features, samples)`, the first without runs; the logits; the weights and biases."""

    entering: list[Tensor]
    logits: Tensor
    weights: Sequence[Tensor]
    biases: Sequence[Tensor]


@dataclass(frozen=True, eq=False)
class PerceptronRuns(Seen):
    """The mean cross-entropy of `inner`'s perceptron over inputs `(samples, features)` with labels `(samples,)`.

    Equal to the network's own loss, gradient, input power and Hessian products to rounding; points are `(*runs, dim)`.
    """

    plan: Perceptron
    inputs: Tensor
    labels: Tensor

    @property
    def name(self) -> str:  # type: ignore[override]  # the network's
        return self.inner.name

    @property
    def blocks(self) -> Any:  # type: ignore[override]  # the network's
        return self.inner.blocks

    @property
    def start(self) -> Any:
        return self.inner.start

    @property
    def samples(self) -> int:
        return len(self.labels)

    def chosen(self, indices: np.ndarray) -> PerceptronRuns:
        """The landscape on some of the samples."""
        places = torch.from_numpy(indices).to(self.labels.device)
        inputs, labels = self.inputs.index_select(0, places), self.labels.index_select(0, places)  # twice as fast as [places]
        return PerceptronRuns(self.inner, self.plan, inputs, labels)

    def on_batches(self, size: int) -> Landscape:
        return OnBatch(self, size)

    def loss(self, theta: Point) -> Scalar:
        logits = self._pass(theta).logits
        right = logits.gather(1, self._labels(len(logits)))[:, 0]
        return (torch.logsumexp(logits, 1) - right).mean(-1).reshape(theta.shape[:-1])

    def gradient(self, theta: Point) -> Point:
        rows = theta.reshape(-1, theta.shape[-1])
        parts = [self._gradient(self._pass(part)) for part in torch.split(rows, self._at_once)]
        return (parts[0] if len(parts) == 1 else torch.cat(parts)).reshape(theta.shape)

    @property
    def _at_once(self) -> int:
        """How many runs keep their widest layer within the budget."""
        each = max(self.plan.sizes[1:]) * self.samples * self.inputs.element_size()
        return max(1, CHUNK_BYTES.get(self.inputs.device.type, 2**30) // each)

    def hessian(self, theta: Point) -> Matrix:
        rows = [perceptron_hessian(self.plan, row, self.inputs, self.labels) for row in theta.reshape(-1, theta.shape[-1])]
        return torch.stack(rows).reshape(*theta.shape, theta.shape[-1])

    def hvp(self, theta: Point, vector: Point) -> Point:
        with forward_ad.dual_level():  # torch.func.jvp does the same, after 3 seconds of imports
            dual = forward_ad.make_dual(theta, vector)  # type: ignore[no-untyped-call]
            return forward_ad.unpack_dual(self.gradient(dual)).tangent  # type: ignore[no-untyped-call]

    def hessian_products(self, theta: Point, vectors: Array) -> Array:
        return torch.stack([self.hvp(theta, vector) for vector in vectors.unbind(-2)], dim=-2)

    def input_power(self, theta: Point, norm: Norm = "l2") -> Point:
        return self._power(self._pass(theta), norm).reshape(theta.shape)

    def input_terms(self, theta: Point, norm: Norm = "l2") -> tuple[Array, Array]:
        done = self._pass(theta)
        shape = (*theta.shape[:-1], 1, theta.shape[-1])
        return self._gradient(done).reshape(shape), self._power(done, norm).reshape(shape)

    def accuracy(self, theta: Point) -> Scalar:
        """The fraction of test samples whose largest output is the label, `(*runs,)`; NaN where an output is not finite."""
        (inputs, labels), *others = self.inner.test.batches
        assert not others, "a perceptron's test samples go through it at once"
        logits = self._pass(theta, inputs).logits
        share = (logits.argmax(1) == labels).to(logits.dtype).mean(-1)
        return torch.where(logits.isfinite().all(1).all(1), share, float("nan")).reshape(theta.shape[:-1])

    def _labels(self, runs: int) -> Tensor:
        return self.labels.expand(runs, 1, -1)

    def _pass(self, theta: Tensor, inputs: Tensor | None = None) -> _Pass:
        rows = theta.reshape(-1, theta.shape[-1])
        parts = torch.split(rows, [block.size for block in self.plan.blocks], dim=1)
        weights = [part.reshape(-1, *block.shape) for part, block in zip(parts[::2], self.plan.blocks[::2])]
        entering, z = [(self.inputs if inputs is None else inputs).T], rows
        for layer, (weight, bias) in enumerate(zip(weights, parts[1::2])):
            if layer == 0:  # what enters is the same for all runs: one product, as if they were one wide layer
                flat = torch.addmm(bias.reshape(-1, 1), weight.reshape(-1, weight.shape[-1]), entering[0])
                z = flat.reshape(*weight.shape[:2], -1)
            else:
                entering.append(VALUES[self.plan.activation](z))
                z = torch.baddbmm(bias[..., None], weight, entering[-1])
        return _Pass(entering, z, weights, parts[1::2])

    def _gradient(self, done: _Pass) -> Tensor:
        right = self._labels(len(done.logits))
        delta = torch.softmax(done.logits, 1).scatter_add(1, right, done.logits.new_tensor(-1.0).expand(right.shape))
        delta = delta / done.logits.shape[-1]
        parts: list[Tensor] = []
        for layer in range(len(done.weights) - 1, 0, -1):
            entered = done.entering[layer]
            parts = [(delta @ entered.mT).flatten(1), delta.sum(-1), *parts]
            delta = SLOPED[self.plan.activation](done.weights[layer].mT @ delta, entered)
        first = delta.reshape(-1, delta.shape[-1]) @ done.entering[0].T
        return torch.cat([first.reshape(len(delta), -1), delta.sum(-1), *parts], dim=1)

    def _power(self, done: _Pass, norm: Norm) -> Tensor:
        """The mean over samples of each layer's squared l2 or l1 norm of its inputs, 1 for biases: `(runs, dim)`."""
        runs = len(done.logits)
        parts = []
        for entered, weight, bias in zip(done.entering, done.weights, done.biases):
            size = (entered.abs() if norm == "l1" else entered * entered).sum(-2).mean(-1)
            parts += [size.expand(runs)[:, None].expand(-1, weight[0].numel()), torch.ones_like(bias)]
        return torch.cat(parts, dim=1)
