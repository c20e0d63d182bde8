"""What the generic tests range over: surfaces with settings, points on them, optimizers that can run there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from landscapes import SURFACES
from landscapes.landscape import Landscape, Norm
from landscapes.ranges import Range
from landscapes.surfaces.surface import Surface
from optimizers import OPTIMIZERS


def within(allowed: Range, share: float) -> float:
    """The value at this share of a control's way, on its scale."""
    low, high = allowed.control
    value = low * (high / low) ** share if allowed.scale == "log" else low + (high - low) * share
    return float(round(value)) if allowed.whole else value


def surface_cases() -> list[tuple[str, Mapping[str, float]]]:
    """Every surface with its defaults and, where it has parameters, with three settings along its controls."""
    cases: list[tuple[str, Mapping[str, float]]] = []
    for key in SURFACES:
        family = SURFACES[key]
        cases.append((key, {}))
        for share in (0.0, 0.3, 1.0) if family.ranges else ():
            shares = ((share + 0.4 * i) % 1.01 for i in range(len(family.ranges)))  # no two parameters at the same place
            cases.append((key, {name: within(allowed, s) for s, (name, allowed) in zip(shares, family.ranges.items())}))
    return cases


SURFACE_CASES = surface_cases()
SURFACE_IDS = [f"{key}-{'-'.join(f'{v:.3g}' for v in given.values()) or 'defaults'}" for key, given in SURFACE_CASES]


def case(key: str, given: Mapping[str, float]) -> Surface:
    made: Surface = SURFACES[key](**given)
    return made


def some_points(surface: Surface, shape: tuple[int, ...], seed: int = 0) -> np.ndarray:
    """Points of the drawn domain, `(*shape, dim)`."""
    low, high = np.array(surface.domain).T
    return low + (high - low) * np.random.default_rng(seed).random((*shape, surface.dim))


# A quadratic with inputs, inputs that depend on weights, a curvature below 0, and residuals: what a method can meet. No more,
# since every law times every method times every surface would take minutes.
TELLING = ("ravine", "two_layer_neuron", "saddle", "rosenbrock")

PAIRS = [
    (o, s) for o in OPTIMIZERS for s in TELLING if OPTIMIZERS[o]().disabled_because(SURFACES[s]()) is None
]  # every method on those of these surfaces where it can run


class OnTorch(Landscape):
    """A surface whose points are torch tensors: the same program in the other array library."""

    def __init__(self, inner: Surface) -> None:
        self.inner, self.name, self.blocks = inner, inner.name, inner.blocks

    @property
    def input_reason(self) -> str | None:
        return self.inner.input_reason

    @property
    def start(self) -> tuple[float, ...]:
        return self.inner.start

    @property
    def divided(self) -> np.ndarray:
        return self.inner.divided

    def point(self, values: Any) -> torch.Tensor:
        return torch.as_tensor(np.asarray(values, dtype=np.float64))

    def loss(self, theta: torch.Tensor) -> torch.Tensor:
        return self.inner.loss(theta)

    def gradient(self, theta: torch.Tensor) -> torch.Tensor:
        return self.inner.gradient(theta)

    def hessian(self, theta: torch.Tensor) -> torch.Tensor:
        return self.inner.hessian(theta)

    def input_power(self, theta: torch.Tensor, norm: Norm = "l2") -> torch.Tensor:
        return self.inner.input_power(theta, norm)

    def input_terms(self, theta: torch.Tensor, norm: Norm = "l2") -> tuple[torch.Tensor, torch.Tensor]:
        return self.inner.input_terms(theta, norm)
