"""What the checks ask of a library."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn


class NotOfferedError(Exception):
    """A library does not offer what a check is about; the message says what."""


@dataclass(frozen=True, eq=False)
class Case:
    """A module and data. The loss is criterion(module(inputs), targets) over all of the data at once."""

    module: nn.Module
    criterion: Callable[[Tensor, Tensor], Tensor]
    inputs: Tensor
    targets: Tensor

    @property
    def theta(self) -> Tensor:
        """The module's parameters in one vector."""
        return torch.cat([p.detach().reshape(-1) for p in self.module.parameters()])

    def tensors(self, theta: Any) -> list[Tensor]:
        """A flat vector as tensors of the parameters' shapes and dtype."""
        sizes = [p.numel() for p in self.module.parameters()]
        like = next(self.module.parameters())
        flat = torch.as_tensor(np.asarray(theta), dtype=like.dtype)
        return [part.view(p.shape).clone() for part, p in zip(torch.split(flat, sizes), self.module.parameters())]


class Plotter(ABC):
    """A library that computes a loss on a plane through a module's weights. What it does not offer raises NotOfferedError."""

    name: str
    version: str

    @abstractmethod
    def random(self, case: Case, cells: int, seed: int) -> np.ndarray:
        """Losses `(cells, cells)` on a plane of two random directions of the library's own, centred on the weights."""

    def given(self, case: Case, directions: np.ndarray, x: np.ndarray, y: np.ndarray, batch: int | None = None) -> np.ndarray:
        """Losses `(len(y), len(x))` at weights + x d1 + y d2, for directions `(2, dim)`; data in batches of that size."""
        raise NotOfferedError("It takes no directions.")

    def filter_directions(self, case: Case, seed: int) -> np.ndarray:
        """Two random directions `(2, dim)` with what the library calls filter normalisation."""
        raise NotOfferedError("It has no filter normalisation.")
