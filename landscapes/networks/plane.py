"""A slice through any network's loss, in NumPy's numbers outside and torch's inside: what `PlaneMLP` is to a perceptron."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from torch import Tensor

from landscapes.arrays import Array
from landscapes.landscape import Block, Landscape, Matrix, Norm, Point, Scalar
from landscapes.modifiers import INPUT_NOTE, Slice, plane_latex
from landscapes.networks.measured import measured
from landscapes.networks.network import Network
from landscapes.networks.normalisation import batch_norms
from landscapes.networks.plan import DESCRIPTION, SUBSET_SEED

MULTIPLICATIONS = 2e12
CELLS = (15, 101)


@dataclass(frozen=True, eq=False)
class NetworkPlane(Landscape):
    """The loss of `slice.inner`, a network, on the slice origin + c @ directions: coordinates c and values are NumPy float64.

    `whole` is how many samples there are in all, if the loss is over a subset.
    """

    slice: Slice
    whole: int | None = None
    description: str = DESCRIPTION

    minima: Sequence[tuple[float, ...]] = ()
    saddles: Sequence[tuple[float, ...]] = ()
    input_note = INPUT_NOTE

    @classmethod
    def through(
        cls,
        network: Network,
        name: str,
        origin: np.ndarray,
        directions: np.ndarray,
        domain: Sequence[tuple[float, float]],
        start: tuple[float, ...],
    ) -> NetworkPlane:
        """The plane through `origin` `(dim,)` along `directions` `(2, dim)`."""
        return cls(Slice(network, network.point(origin), network.point(directions), name, domain, start))

    @property
    def blocks(self) -> tuple[Block, ...]:  # type: ignore[override]  # follows from the directions
        return (Block("plane", (len(self.slice.directions),), inputs=False),)

    @property
    def coordinates(self) -> tuple[str, ...]:
        return self.slice.coordinates

    @property
    def latex(self) -> str:
        return plane_latex(self.dim)

    @property
    def measured(self) -> str:
        """What the loss is over, in which precision, and what BatchNorm normalises by."""
        statistics = self.network.statistics if any(batch_norms(self.network.module)) else "none"
        precision = str(self.network.evaluate.like.dtype).removeprefix("torch.")
        return measured(self.samples, self.of, precision, statistics)

    @property
    def name(self) -> str:  # type: ignore[override]  # a landscape's name may be computed
        return self.slice.name

    @property
    def domain(self) -> Sequence[tuple[float, float]]:
        return self.slice.domain

    @property
    def start(self) -> tuple[float, ...]:
        return self.slice.start

    @property
    def network(self) -> Any:
        return self.slice.inner

    @property
    def samples(self) -> int:
        return self.network.samples

    @property
    def of(self) -> int:
        """How many samples there are in all."""
        return self.whole or self.samples

    @property
    def cells(self) -> int:
        """How many points on each side make a map that is computed within minutes: its multiplications are bounded."""
        each = self.network.products or self.network.dim * self.samples
        return int(np.clip((MULTIPLICATIONS / each) ** 0.5, *CELLS))

    @property
    def input_reason(self) -> str | None:
        return self.network.input_reason

    def subset(self, samples: int) -> NetworkPlane:
        """The same plane with the loss over a fixed random choice of `samples` training samples; all of them if fewer."""
        if samples < 1:
            raise ValueError(f"samples must be at least 1, got {samples}")
        if samples >= self.samples:
            return self
        chosen = np.sort(np.random.default_rng(SUBSET_SEED).permutation(self.samples)[:samples])
        return replace(self, slice=replace(self.slice, inner=self.network.chosen(chosen)), whole=self.of)

    def point(self, values: Any) -> Point:
        return np.asarray(values, dtype=np.float64)

    def _through(self, function: Callable[[Any], Tensor], theta: Point) -> np.ndarray:
        return function(self.slice.point(np.array(theta))).detach().cpu().numpy().astype(np.float64)

    def loss(self, theta: Point) -> Scalar:
        return self._through(self.slice.loss, theta)

    def loss_on_plane(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """The loss at every (x, y), `(len(y), len(x))`."""
        return np.asarray(self.loss(np.stack(np.meshgrid(x, y), axis=-1)))

    def gradient(self, theta: Point) -> Point:
        return self._through(self.slice.gradient, theta)

    def hessian(self, theta: Point) -> Matrix:
        return self._through(self.slice.hessian, theta)

    def input_power(self, theta: Point, norm: Norm = "l2") -> Point:
        raise ValueError("a plane's coordinates multiply no input; its NSGD terms are in `input_terms`")

    def input_terms(self, theta: Point, norm: Norm = "l2") -> tuple[Array, Array]:
        """As `Slice.input_terms`."""
        terms, power = self.slice.input_terms(self.slice.point(np.array(theta)), norm)
        return self._through(lambda _: terms, theta), self._through(lambda _: power, theta)

    @property
    def divided(self) -> np.ndarray:
        return self.slice.divided
