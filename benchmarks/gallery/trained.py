"""Trainings that the pictures are of. Each is an experiment, so that the app trains the same from the same link."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple, cast
from urllib.parse import urlencode

import numpy as np

from experiments import Experiment, link
from experiments.loop import as_numpy, walk
from experiments.spec import Choice
from landscapes.networks.network import Network

POINTS = 61  # recorded along a path


class Trained(NamedTuple):
    """A network at its initial weights, and the recorded points `(n, dim)` of each optimizer, the last one its end."""

    network: Network
    steps: np.ndarray
    paths: tuple[np.ndarray, ...]

    def at(self, optimizer: int = 0) -> Network:
        """The network with BatchNorm, if it has any, frozen at the statistics of all training samples at an end."""
        if not any(name.endswith("running_mean") for name, _ in self.network.module.named_buffers()):
            return self.network
        return self.network.frozen_at(self.network.point(self.paths[optimizer][-1]))

    def loss(self, optimizer: int = 0) -> float:
        return float(self.network.loss(self.network.point(self.paths[optimizer][-1])))

    def accuracy(self, optimizer: int = 0) -> float:
        """On the test samples."""
        return float(self.network.accuracy(self.network.point(self.paths[optimizer][-1])))


def experiment(
    network: str, rates: Mapping[str, float], steps: int, batch: int | None, seed: int = 0, **parameters: Any
) -> Experiment:
    """Optimizers with these learning rates on a network of the menu; `seed` draws the batches."""
    choices = tuple(Choice(key, {"lr": rate}) for key, rate in rates.items())
    return Experiment(Choice(network, parameters), choices, steps=steps, batch_size=batch, seed=seed)


@lru_cache(maxsize=16)
def trained(made: Experiment) -> Trained:
    """Every optimizer's walk from the network's initial weights, recorded at evenly spaced steps."""
    network = cast(Network, made.make_landscape())
    seen = network if made.batch_size is None else network.on_batches(made.batch_size)
    steps = np.unique(np.linspace(0, made.steps, POINTS).astype(int))
    wanted = set(steps.tolist())
    paths = []
    for i in range(len(made.optimizers)):
        visits = walk(made.optimizer(i), seen, network.start, made.steps, made.seed)
        paths.append(np.stack([as_numpy(visit.theta).copy() for visit in visits if visit.step in wanted]).astype(np.float64))
    return Trained(network, steps, tuple(paths))


def address(made: Experiment) -> str:
    """The link of the training, below the address of the app."""
    return "network?" + urlencode(link.encode(made))
