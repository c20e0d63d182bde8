"""BatchNorm's statistics as an explicit choice."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any, TypeAlias

import torch
from torch import Tensor, nn

# "frozen": the running statistics in the module's buffers, whatever theta. "recomputed": those of the samples themselves,
# computed anew at every theta; in a mini-batch that is torch's train mode.
STATISTICS = ("frozen", "recomputed")
Statistics: TypeAlias = str


def batch_norms(module: nn.Module) -> Iterator[tuple[str, Any]]:
    """The batch normalisations that keep running statistics, by name."""
    for name, layer in module.named_modules():
        if isinstance(layer, nn.modules.batchnorm._BatchNorm) and layer.running_mean is not None:
            yield name, layer


def set_mode(module: nn.Module, statistics: Statistics) -> None:
    """Evaluation mode: no dropout; batch normalisation by its buffers, or by each batch without touching them.

    Raises ValueError for statistics that are neither.
    """
    if statistics not in STATISTICS:
        raise ValueError(f"statistics must be {' or '.join(STATISTICS)}, got {statistics!r:.40}")
    module.eval()
    for _, layer in batch_norms(module):
        layer.train(statistics == "recomputed")
        layer.track_running_stats = statistics == "frozen"  # else a batch would move the buffers
    for layer in module.modules():
        if isinstance(layer, nn.RNNBase):  # on a GPU they have derivatives in train mode only; without dropout it is the same
            layer.dropout = 0.0
            layer.train()


def tracking(module: nn.Module) -> nn.Module:
    """A copy whose forward passes gather running statistics: those of all batches since the last reset, in equal shares."""
    copy = deepcopy(module)
    for _, layer in batch_norms(copy):
        layer.train()
        layer.track_running_stats, layer.momentum = True, None
    return copy


def blank_statistics(module: nn.Module) -> dict[str, Tensor]:
    """Buffers of the batch normalisations before any batch, by name."""
    blank: dict[str, Tensor] = {}
    for name, layer in batch_norms(module):
        dot = f"{name}." if name else ""
        blank[f"{dot}running_mean"] = torch.zeros_like(layer.running_mean)
        blank[f"{dot}running_var"] = torch.ones_like(layer.running_var)
        blank[f"{dot}num_batches_tracked"] = torch.zeros_like(layer.num_batches_tracked)
    return blank
