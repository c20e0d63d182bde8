"""The plain loop over points, by the network's own functions: the oracle of the fast ways, and the way for what they cannot."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from landscapes.directions.span import Span
from landscapes.grids.evaluator import Evaluator, Tick, Values, no_tick
from landscapes.networks.grids.samples import Judge, check_asked
from landscapes.networks.network import Network
from landscapes.networks.parts import is_pair


@dataclass(frozen=True, eq=False)
class Plain(Evaluator):
    """Each point by `Network.loss`, `test_loss` and `accuracy`, one after the other."""

    network: Network
    span: Span
    asked: tuple[str, ...] = ("loss",)

    def __post_init__(self) -> None:
        check_asked(self.network, self.asked)

    def __call__(self, coordinates: np.ndarray, tick: Tick = no_tick) -> Values:
        rows = []
        for point in self.span.points(coordinates):
            tick()
            theta = self.network.point(point)
            rows.append([float(self._one(name, theta)) for name in self.asked])
        return dict(zip(self.asked, np.array(rows, dtype=np.float64).reshape(-1, len(self.asked)).T))

    def _one(self, name: str, theta: Tensor) -> Tensor | float:
        if name == "loss":
            return self.network.loss(theta)
        if name == "test_loss":
            return self.network.test_loss(theta)
        if name == "test_accuracy":
            return self.network.accuracy(theta)
        judge = Judge(self.network.evaluate.criterion, accuracy=True, spread=False)
        losses, hits = [], 0.0
        with torch.no_grad():
            for batch in self.network.train.batches:
                assert is_pair(batch)
                outputs = self.network.evaluate.outputs(theta, batch[0])
                if name == "accuracy":
                    hits += float(judge(outputs, batch[1]).hits)
                else:
                    losses.append(judge.each(outputs, batch[1]).double())
        if name == "accuracy":
            return hits / self.network.samples
        return torch.cat(losses).std()
