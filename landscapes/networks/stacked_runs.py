"""A network of dense layers at many weights at once: one stacked program for all runs, differentiated as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils import parametrize

from landscapes.batches import OnBatch, Seen
from landscapes.landscape import Landscape, Point, Scalar
from landscapes.networks.build import CRITERIA, Residue
from landscapes.networks.grids.chain import ELEMENTWISE, NOTHING
from landscapes.networks.grids.samples import is_cross_entropy
from landscapes.networks.network import Network
from landscapes.networks.parts import is_pair

CHUNK_BYTES = {"cpu": 2**19}  # of a chunk's inputs in its widest layer: larger arrays are mapped anew at every step


@dataclass(frozen=True, eq=False)
class StackedRuns(Seen):
    """Loss and gradient of `inner` at points `(*runs, dim)`, equal to its own to rounding; everything else is inner's.

    Values are feature-major, `(runs, features, samples)`, and a layer is one batched product for all runs. A run's loss knows
    nothing of the others' weights, so that the gradient of the sum of all losses is each run's own. Convolutions are left to
    one run after the other: in groups, which is how they would be stacked, they take up to twice as long on a CPU.
    """

    inner: Network

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
        return self.inner.samples

    def chosen(self, indices: np.ndarray) -> StackedRuns:
        """The landscape on some of the samples."""
        return StackedRuns(self.inner.chosen(indices))

    def on_batches(self, size: int) -> Landscape:
        return OnBatch(self, size)

    def loss(self, theta: Point) -> Scalar:
        with torch.no_grad():
            losses = [self._losses(rows) for rows in self._chunks(theta)]
        return torch.cat(losses).reshape(theta.shape[:-1])

    def gradient(self, theta: Point) -> Point:
        if theta.numel() == theta.shape[-1]:  # one run alone is faster as it is
            return self.inner.gradient(theta.reshape(-1)).reshape(theta.shape)
        parts: list[Tensor] = []
        for rows in self._chunks(theta):
            leaf = rows.detach().requires_grad_()
            with torch.enable_grad():
                parts += torch.autograd.grad(self._losses(leaf).sum(), leaf)
        return torch.cat(parts).reshape(theta.shape)

    def _chunks(self, theta: Tensor) -> tuple[Tensor, ...]:
        """The runs, so many at a time that what goes through their widest layer stays within the budget."""
        widest = max(max(block.shape) for block in self.blocks)
        budget = CHUNK_BYTES.get(theta.device.type, 2**30)
        at_once = max(1, budget // (widest * self.samples * theta.element_size()))
        return torch.split(theta.reshape(-1, theta.shape[-1]), at_once)

    def _losses(self, rows: Tensor) -> Tensor:
        """Each run's loss, `(runs,)`."""
        moving = {}
        for block, part in zip(self.blocks, torch.split(rows, [block.size for block in self.blocks], dim=1)):
            moving[block.name] = part.reshape(-1, *block.shape)
        values = _through(self.inner.module, "", moving, self.inner.inputs.T[None])
        criterion, targets = self.inner.evaluate.criterion, self.inner.targets
        if is_cross_entropy(criterion, targets):
            each = functional.cross_entropy(values, targets.expand(len(rows), -1), reduction="none")
            return each.mean(1)
        return torch.stack([criterion(outputs.T, targets) for outputs in values])


def stacks(network: Network) -> bool:
    """Whether all of a network's layers are known here, its parameters are theirs, all and each once, and its data are rows of
    inputs with targets, whose loss is a mean or that of all of them at once."""
    data, criterion = network.train.joined, network.evaluate.criterion
    if data is None or not is_pair(data) or not isinstance(data[0], Tensor) or data[0].ndim != 2:
        return False
    if not (criterion in CRITERIA.values() or is_cross_entropy(criterion, data[1]) or len(network.train.batches) == 1):
        return False
    names = {name for name, _ in network.module.named_parameters(remove_duplicate=False)}
    return names == {block.name for block in network.blocks} and _known(network.module)


def _known(module: nn.Module) -> bool:
    """Whether `_through` does what the module does: what it is made of, and that nothing hangs on it."""
    if module._forward_hooks or module._forward_pre_hooks:
        return False
    kind: type[nn.Module] = type(module)
    if kind in (nn.Sequential, Residue):
        return all(_known(child) for child in module.children())
    if isinstance(module, nn.LayerNorm):
        return kind is nn.LayerNorm and len(module.normalized_shape) == 1 and module.bias is not None
    if isinstance(module, nn.Flatten):
        return kind is nn.Flatten and (module.start_dim, module.end_dim) == (1, -1)
    return kind in (nn.Linear, *ELEMENTWISE, *NOTHING) or _weight_normed(module)


def _weight_normed(module: nn.Module) -> bool:
    """Whether it is a linear layer whose only parametrisation is weight normalisation, row by row."""
    if type(module).__base__ is not nn.Linear or not parametrize.is_parametrized(module):
        return False
    made: Any = module.parametrizations
    return list(made) == ["weight"] and [(type(one).__name__, getattr(one, "dim", None)) for one in made["weight"]] == [
        ("_WeightNorm", 0)
    ]


def _through(module: nn.Module, prefix: str, moving: Mapping[str, Tensor], x: Tensor) -> Tensor:
    """What a module makes of x `(runs, features, samples)`, or `(1, ...)` while all runs see the same; its parameters from
    `moving`, by name, `(runs, *shape)`."""
    if isinstance(module, nn.Sequential):
        for name, child in module.named_children():
            x = _through(child, f"{prefix}{name}.", moving, x)
        return x
    if isinstance(module, Residue):
        body = _through(module.body, f"{prefix}body.", moving, x)
        return body if module.shortcut is None else body + _through(module.shortcut, f"{prefix}shortcut.", moving, x)
    if isinstance(module, nn.Linear):
        return _linear(_weight(module, prefix, moving), moving.get(f"{prefix}bias"), x)
    if isinstance(module, nn.LayerNorm):
        centred = x - x.mean(1, keepdim=True)
        normed = centred * (centred.square().mean(1, keepdim=True) + module.eps).rsqrt()
        return torch.addcmul(moving[f"{prefix}bias"][..., None], moving[f"{prefix}weight"][..., None], normed)
    return x if isinstance(module, (*NOTHING, nn.Flatten)) else module(x)


def _weight(module: nn.Module, prefix: str, moving: Mapping[str, Tensor]) -> Tensor:
    if not parametrize.is_parametrized(module):
        return moving[f"{prefix}weight"]
    length, towards = (moving[f"{prefix}parametrizations.weight.original{i}"] for i in (0, 1))
    return towards * (length / towards.norm(dim=-1, keepdim=True))


def _linear(weight: Tensor, bias: Tensor | None, x: Tensor) -> Tensor:
    """W x + b; where all runs see the same, one product, as if they were one wide layer."""
    if len(x) == 1 and len(weight) > 1:
        out = (weight.reshape(-1, weight.shape[-1]) @ x[0]).reshape(*weight.shape[:2], -1)
        return out if bias is None else out + bias[..., None]
    return weight @ x if bias is None else torch.baddbmm(bias[..., None], weight, x)


@dataclass(frozen=True, eq=False)
class OneByOne(Seen):
    """A landscape whose gradients come from one run after the other: what is faster is a matter of the moment, and a training
    that is done again has to end at the same bits."""

    def gradient(self, theta: Point) -> Point:
        rows = [self.inner.gradient(row) for row in theta.reshape(-1, theta.shape[-1])]
        return torch.stack(rows).reshape(theta.shape)

    def chosen(self, indices: np.ndarray) -> OneByOne:
        return OneByOne(self.inner.chosen(indices))

    def on_batches(self, size: int) -> Landscape:
        self.inner.on_batches(size)  # which says why it cannot
        return OnBatch(self, size)
