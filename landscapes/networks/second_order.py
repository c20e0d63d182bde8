"""Products of a network's Hessian with vectors, by a second backward pass through the gradient's graph."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from landscapes.networks.module_loss import ModuleLoss
from landscapes.networks.parts import Parts

GRAPH_BYTES = 256 * 2**20  # what the activations of one chunk of Hessian columns may take
MOST_COLUMNS = 64  # more at once is slower: a chunk then leaves the cache


@dataclass(eq=False)
class _Graph:
    """The gradient's graph at the last point, for speed only."""

    point: Tensor | None = None
    version: int = -1
    leaf: Tensor | None = None
    grad: Tensor | None = None


@dataclass(frozen=True, eq=False)
class HessianProducts:
    """The Hessian of the mean loss over `train`, times vectors.

    Of a loss over one batch the graph is kept while the same tensor is asked about again; else each batch's is made anew, so
    that there is room for it.
    """

    loss: ModuleLoss
    train: Parts
    _graph: _Graph = field(default_factory=_Graph, repr=False)

    def __call__(self, theta: Tensor, vectors: Tensor) -> Tensor:
        """At one point `(dim,)`, times each of `(count, dim)` vectors."""
        if len(self.train.batches) == 1:
            return self._through(*self._kept(theta), vectors)
        total = torch.zeros_like(vectors)
        for weight, batch in self.train.weighted:
            leaf = theta.detach().clone().requires_grad_()
            total += weight * self._through(leaf, self.loss.with_graph(leaf, batch), vectors)
        return total

    def _kept(self, theta: Tensor) -> tuple[Tensor, Tensor]:
        graph = self._graph
        if graph.point is not theta or graph.version != theta._version:
            graph.leaf = theta.detach().clone().requires_grad_()
            graph.grad = self.loss.with_graph(graph.leaf, self.train.batches[0])
            graph.point, graph.version = theta, theta._version
        assert graph.leaf is not None and graph.grad is not None
        return graph.leaf, graph.grad

    def _through(self, leaf: Tensor, grad: Tensor, vectors: Tensor) -> Tensor:
        if not grad.requires_grad:  # the loss is linear in theta
            return torch.zeros_like(vectors)

        def product(rows: Tensor, batched: bool) -> Tensor:
            return torch.autograd.grad(
                grad, leaf, rows, retain_graph=True, is_grads_batched=batched, materialize_grads=True
            )[0]  # fmt: skip

        if len(vectors) == 1:
            return product(vectors[0], False)[None]
        size = self._columns
        parts = [product(vectors[i : i + size], True) for i in range(0, len(vectors), size)]
        return parts[0] if len(parts) == 1 else torch.cat(parts)

    @cached_property
    def _columns(self) -> int:
        """How many Hessian columns at once keep their activations within the byte budget."""
        saved = 0

        def count(tensor: Tensor) -> Tensor:
            nonlocal saved
            saved += tensor.numel() * tensor.element_size()
            return tensor

        blocks = [self.loss.module.get_parameter(block.name).reshape(-1) for block in self.loss.blocks]
        leaf = torch.cat(blocks).detach().requires_grad_()
        with torch.autograd.graph.saved_tensors_hooks(count, lambda tensor: tensor):
            self.loss.with_graph(leaf, self.train.batches[0])
        return int(np.clip(GRAPH_BYTES // max(saved, 1), 1, MOST_COLUMNS))
