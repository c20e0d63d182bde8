"""What is known of a network, and of a plane through it, before torch makes it: for pages, which never load torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NoReturn

import numpy as np

from landscapes.landscape import Block, Landscape, Matrix, Point, Scalar
from landscapes.modifiers import INPUT_NOTE, PLANE_AXES, plane_latex
from landscapes.networks.family import NetworkFamily
from landscapes.networks.layers import Layer, Norm, Residual, input_reason
from landscapes.networks.measured import measured
from landscapes.networks.plan import DESCRIPTION
from landscapes.networks.task import Task


@dataclass(frozen=True, eq=False)
class Outline(Landscape):
    """A landscape that says what it is and evaluates nothing: asked for a loss it raises TypeError."""

    name: str
    blocks: tuple[Block, ...]
    start: tuple[float, ...]
    reason: str | None

    @property
    def input_reason(self) -> str | None:
        return self.reason

    def point(self, values: Any) -> Point:
        return np.asarray(values, dtype=np.float64)

    def loss(self, theta: Point) -> Scalar:
        self._refuse()

    def gradient(self, theta: Point) -> Point:
        self._refuse()

    def hessian(self, theta: Point) -> Matrix:
        self._refuse()

    def _refuse(self) -> NoReturn:
        raise TypeError(f"{self.name} is only outlined here; a process that has torch evaluates it")


@dataclass(frozen=True, eq=False)
class PlaneOutline(Outline):
    """The outline of a slice through a network of `of` training samples, with the loss over `samples` of them.

    `precision` is that of the network's own numbers, `statistics` what BatchNorm normalises by, "none" without it; `terms` say
    which of the gradient's terms NSGD divides.
    """

    domain: Sequence[tuple[float, float]]
    samples: int
    of: int
    terms: tuple[bool, ...]
    coordinates: tuple[str, ...] = PLANE_AXES
    description: str = DESCRIPTION
    precision: str = "float32"
    statistics: str = "none"

    minima: Sequence[tuple[float, ...]] = ()
    saddles: Sequence[tuple[float, ...]] = ()
    input_note = INPUT_NOTE

    @property
    def latex(self) -> str:
        return plane_latex(self.dim)

    @property
    def divided(self) -> np.ndarray:
        return np.repeat(np.array(self.terms)[:, None], self.dim, axis=1)

    @property
    def measured(self) -> str:
        """What the loss is over, in which precision, and what BatchNorm normalises by."""
        return measured(self.samples, self.of, self.precision, self.statistics)

    def subset(self, samples: int) -> PlaneOutline:
        """The outline of the same plane over so many samples; of all if there are fewer."""
        if samples < 1:
            raise ValueError(f"samples must be at least 1, got {samples}")
        return self if samples >= self.samples else replace(self, samples=samples)


def network_outline(family: NetworkFamily, parameters: Mapping[str, Any]) -> Outline:
    """The network of a family. Its start is not known before torch has drawn it."""
    task = family.task(**parameters)
    return Outline(family.title, task.blocks, (), input_reason(family.title, task.blocks))


def plane_outline(
    family: NetworkFamily, parameters: Mapping[str, Any], domain: Sequence[tuple[float, float]], start: tuple[float, float]
) -> PlaneOutline:
    """The plane that `family.plane` makes."""
    task: Task = family.task(**parameters)
    reason, plane = input_reason(family.title, task.blocks), (Block("plane", (2,), inputs=False),)
    statistics = "recomputed" if normalises_batches(task.layers) else "none"
    inputs = [block.inputs for block in task.blocks]
    terms = (True,) * sum(inputs) + (False,) * (not all(inputs))
    return PlaneOutline(
        f"Slice of the {family.title}", plane, start, reason, domain, task.samples, task.samples, terms, statistics=statistics
    )


def normalises_batches(layers: Sequence[Layer]) -> bool:
    """Whether there is a batch normalisation among layers."""
    inside = [chain for layer in layers if isinstance(layer, Residual) for chain in (layer.body, layer.shortcut or ())]
    return any(isinstance(layer, Norm) and layer.kind == "batch" for layer in layers) or any(map(normalises_batches, inside))
