"""Chains that begin with a convolution: its outputs are affine on the plane, so that three of them serve all points."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from landscapes.grids.evaluator import Tick, Values, no_tick
from landscapes.networks.grids.chain import NORMS, Layer, commuted, layers_on, plain_chain
from landscapes.networks.grids.folding import Written, written
from landscapes.networks.grids.in_place import InPlace, exact
from landscapes.networks.grids.in_place import reason_against as reason_against_any
from landscapes.networks.grids.samples import Judge
from landscapes.networks.network import Network
from landscapes.networks.normalisation import batch_norms


def reason_against(network: Network) -> str | None:
    """Why this way does not serve a network, or None."""
    if reason := reason_against_any(network):
        return reason
    chain = plain_chain(network.module)
    if chain is None or len(chain) < 2 or type(chain[0]) is not nn.Conv2d or isinstance(chain[1], NORMS):
        return "it does not begin with a convolution without normalisation"
    if network.statistics == "recomputed" and any(batch_norms(network.module)):
        return "its statistics are recomputed"
    return None


@dataclass(frozen=True, eq=False)
class Headed(InPlace):
    """As `InPlace`, with the first convolution's output as A + a B + b C: blocks of samples outside, points inside."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if reason := reason_against(self.network):
            raise ValueError(f"{self.network.name} has no head to compute ahead: {reason}")

    @cached_property
    def together(self) -> int:  # type: ignore[override]  # the head of each block is computed once a call
        return 64

    @cached_property
    def _head(self) -> Layer:
        return next(iter(layers_on(self.network, self.span, plain_chain(self.network.module) or [])))

    @cached_property
    def _rest(self) -> Written:
        """All of the chain but its head, as one module."""
        whole = written(self.network, self.network.module, fold=False)
        chain = plain_chain(whole.module) or []
        return replace(whole, module=nn.Sequential(*(layer for layer in commuted(chain) if layer is not chain[0])))

    def _through(self, inputs: Tensor) -> list[Tensor]:
        module: Any = self._head.module
        weight, bias = self._head.affine["weight"], self._head.affine.get("bias")
        rows = [
            functional.conv2d(inputs, weight[k], None if bias is None else bias[k], module.stride, module.padding)
            for k in range(len(weight))
        ]
        return [row.contiguous(memory_format=torch.channels_last) for row in rows]

    def __call__(self, coordinates: np.ndarray, tick: Tick = no_tick) -> Values:
        sums = {"": np.zeros((len(coordinates), 3)), "test_": np.zeros((len(coordinates), 3))}
        with torch.inference_mode(), exact():
            for prefix, blocks in self._blocks.items():
                asked = [name for name in self.asked if name.startswith("test_") == bool(prefix)]
                for inputs, targets in blocks if asked else []:
                    judge = Judge(self.network.evaluate.criterion, f"{prefix}accuracy" in asked, "spread" in asked)
                    sums[prefix] += self._block(inputs, targets, coordinates, judge, tick)
        return {name: self._value(name, sums["test_" if name.startswith("test_") else ""]) for name in self.asked}

    def _block(self, inputs: Tensor, targets: Tensor, coordinates: np.ndarray, judge: Judge, tick: Tick) -> np.ndarray:
        """Sums over one block's samples at every point, `(points, 3)`."""
        head = self._through(inputs)
        origin, *directions = (self.network.point(row) for row in (self.span.origin, *self.span.directions))
        rows, z = [], torch.empty_like(head[0])
        for c in np.asarray(coordinates, dtype=np.float64):
            tick()
            point = origin.clone()
            z.copy_(head[0])
            for share, direction, along in zip(c, directions, head[1:]):
                point.add_(direction, alpha=float(share))
                z.add_(along, alpha=float(share))
            self._rest.write(point)
            rows.append(torch.stack(judge(self._rest.module(z), targets)))
        return torch.stack(rows).cpu().numpy() if rows else np.zeros((0, 3))

    def _value(self, name: str, sums: np.ndarray) -> np.ndarray:
        samples: Any = self.network.test if name.startswith("test_") else self.network.train
        count = samples.samples
        if name == "spread":
            return np.asarray(np.sqrt(np.maximum(sums[:, 1] - sums[:, 0] ** 2 / count, 0) / max(count - 1, 1)))
        return np.asarray(sums[:, 2 if name.endswith("accuracy") else 0] / count)
