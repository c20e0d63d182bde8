"""What a network's grid is of: its identity, its chance level, the rounding of its numbers."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import numpy as np
import torch
from torch import Tensor

from landscapes.directions.span import Span
from landscapes.networks.grids.plain import Plain
from landscapes.networks.grids.planner import network_evaluator
from landscapes.networks.grids.samples import is_cross_entropy
from landscapes.networks.network import Network
from landscapes.networks.normalisation import batch_norms
from landscapes.networks.parts import is_pair, tensors


def identity(network: Network) -> str:
    """A digest of all that its loss depends on beside theta: layers, buffers, frozen weights, criterion, data."""
    digest = sha256()
    free = {block.name for block in network.blocks}
    criterion = network.evaluate.criterion
    words = [repr(network.module), network.statistics, getattr(criterion, "__qualname__", None) or repr(criterion)]
    digest.update("\n".join([*words, *(f"{b.name} {b.shape}" for b in network.blocks)]).encode())
    held = [value for name, value in network.module.state_dict().items() if name not in free]
    sets = [parts for parts in (network.train, network.test) if parts is not None]
    for tensor in [*held, *(t for parts in sets for batch in parts.batches for t in tensors(batch))]:
        array = tensor.detach().cpu().contiguous()
        digest.update(f"{tuple(array.shape)} {array.dtype}".encode() + _bytes(array))
    return digest.hexdigest()[:16]


def _bytes(tensor: Tensor) -> bytes:
    return tensor.reshape(-1).view(torch.uint8).numpy().tobytes() if tensor.numel() else b""


def facts(network: Network, of: int | None = None) -> dict[str, Any]:
    """What a map should say about its numbers.

    statistics: BatchNorm's, or "none" without it. `of`: how many training samples there are in all, if these are some. device:
    only where it is not the CPU.
    """
    like = network.evaluate.like
    return {
        "landscape": network.name,
        "samples": network.samples,
        "of": of or network.samples,
        "precision": str(like.dtype).removeprefix("torch."),
        "statistics": network.statistics if any(batch_norms(network.module)) else "none",
        **({} if like.device.type == "cpu" else {"device": like.device.type}),
    }


def chance_level(network: Network) -> float | None:
    """The training loss of a network that knows nothing of its inputs: the least of some constant outputs.

    With classes: equal outputs, for which cross-entropy is ln(classes), and for other criteria also the classes' frequencies.
    With values: their mean. None where it cannot be told.
    """
    if network.train.joined is None or not is_pair(network.train.joined):
        return None
    inputs, targets = network.train.joined
    with torch.no_grad():
        some = network.evaluate.outputs(network.point(network.start), network.train.batches[0][0])
    if not isinstance(some, Tensor) or some.ndim != 2 or not isinstance(inputs, Tensor):
        return None
    criterion, rows = network.evaluate.criterion, (len(targets), some.shape[1])
    equal = some.new_zeros(rows)
    if targets.is_floating_point() or targets.ndim > 1:
        if targets.shape != rows:
            return None
        constant = [targets.to(some.dtype).mean(dim=0).expand(rows)]
    elif is_cross_entropy(criterion, targets) or rows[1] == 1:
        constant = [equal]
    else:
        constant = [equal, torch.nn.functional.one_hot(targets, rows[1]).to(some.dtype).mean(dim=0).expand(rows)]
    return min(float(criterion(outputs, targets)) for outputs in constant)


def rounding(network: Network, span: Span, coordinates: np.ndarray) -> float:
    """The largest relative difference between the losses as a grid has them and as a plain loop has them in float64."""
    grid = network_evaluator(network, span, ("loss",))(coordinates)["loss"]
    exact = Plain(network.to(torch.float64), span)(coordinates)["loss"]
    both = np.isfinite(grid) & np.isfinite(exact)
    size = np.abs(exact[both])
    return float((np.abs(grid[both] - exact[both]) / np.where(size > 0, size, 1)).max()) if both.any() else float("nan")
