"""Our own slices as a plotter."""

from __future__ import annotations

from typing import Any

import numpy as np

from landscapes.directions import DIRECTIONS, Plane
from landscapes.directions.kind import Place
from landscapes.grids import evaluator
from landscapes.networks.conformance.plotter import Case, Plotter
from landscapes.networks.network import Network


class Ours(Plotter):
    """The planes of `landscapes.directions`, evaluated by `landscapes.grids`, on a network of the case's module."""

    name = "Ravine"
    version = ""

    def random(self, case: Case, cells: int, seed: int) -> np.ndarray:
        network = self._network(case)
        plane = self._random(network, seed)
        return self._heights(network, plane, np.linspace(-1, 1, cells), np.linspace(-1, 1, cells))

    def given(self, case: Case, directions: np.ndarray, x: np.ndarray, y: np.ndarray, batch: int | None = None) -> np.ndarray:
        network = self._network(case, batch)
        plane = DIRECTIONS["given"]().plane(Place.of(network, given=directions))
        return self._heights(network, plane, x, y)

    def filter_directions(self, case: Case, seed: int) -> np.ndarray:
        return np.asarray(self._random(self._network(case), seed).directions)

    def _network(self, case: Case, batch: int | None = None) -> Network:
        return Network.of(case.module, case.criterion, (case.inputs, case.targets), part=batch)

    def _random(self, network: Network, seed: int) -> Plane:
        plane: Plane = DIRECTIONS["random"](seed=seed).plane(Place.of(network))
        return plane

    def _heights(self, network: Any, plane: Plane, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        cells = np.stack(np.meshgrid(x, y), axis=-1)
        return np.asarray(evaluator(network, plane)(cells.reshape(-1, 2))["loss"]).reshape(len(y), len(x))
