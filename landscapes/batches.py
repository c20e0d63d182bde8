"""What optimizers see of a landscape, step by step: mini-batches of its samples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np

from landscapes.arrays import Array, empty
from landscapes.landscape import Draw, Landscape, Matrix, Norm, Point, Scalar


@dataclass(frozen=True, eq=False)
class Seen(Landscape):
    """Base of what changes only what optimizers see in a step, by `drawn`: everything else is inner's."""

    inner: Any

    def __getattr__(self, name: str) -> Any:
        """Whatever a landscape may have besides: domain, minima, samples ..."""
        if name.startswith("_") or name == "inner":  # else unpickling would look for them for ever
            raise AttributeError(name)
        return getattr(self.inner, name)

    @property
    def input_reason(self) -> str | None:
        return self.inner.input_reason

    @property
    def divided(self) -> np.ndarray:
        return self.inner.divided

    def on_batches(self, size: int) -> Landscape:
        return replace(self, inner=self.inner.on_batches(size))

    def point(self, values: Any) -> Point:
        return self.inner.point(values)

    def feasible(self, theta: Point) -> Point:
        return self.inner.feasible(theta)

    def loss(self, theta: Point) -> Scalar:
        return self.inner.loss(theta)

    def gradient(self, theta: Point) -> Point:
        return self.inner.gradient(theta)

    def hessian(self, theta: Point) -> Matrix:
        return self.inner.hessian(theta)

    def hvp(self, theta: Point, vector: Point) -> Point:
        return self.inner.hvp(theta, vector)

    def hessian_products(self, theta: Point, vectors: Array) -> Array:
        return self.inner.hessian_products(theta, vectors)

    def input_power(self, theta: Point, norm: Norm = "l2") -> Point:
        return self.inner.input_power(theta, norm)

    def input_terms(self, theta: Point, norm: Norm = "l2") -> tuple[Array, Array]:
        return self.inner.input_terms(theta, norm)


@dataclass(frozen=True, eq=False)
class OnBatch(Seen):
    """A landscape with data as its optimizers see it: `size` samples a step, while `loss` and `gradient` stay the full ones.

    Every epoch is a permutation that depends on (seed, epoch) alone, cut into whole batches; what is left over at its end is
    left out of that epoch. So step t shows the same batch to every optimizer and every run. inner has `samples`, their number,
    and `chosen(indices)`.
    """

    size: int

    def __post_init__(self) -> None:
        if not 1 <= self.size <= self.inner.samples:
            raise ValueError(f"a batch has 1 to {self.inner.samples} samples here, got {self.size}")

    def on_batches(self, size: int) -> Landscape:
        return replace(self, size=size)

    def indices(self, draw: Draw) -> np.ndarray:
        """The samples of the batch that a draw shows."""
        epoch, batch = divmod(draw.step, self.inner.samples // self.size)
        return _order(self.inner.samples, draw.seed, epoch)[batch * self.size : (batch + 1) * self.size].copy()

    def drawn(self, draw: Draw | None) -> Landscape:
        return self.inner if draw is None else self.inner.chosen(self.indices(draw))


@lru_cache(maxsize=4)
def _order(samples: int, seed: int, epoch: int) -> np.ndarray:
    """The permutation of an epoch: drawn once, not for every batch of it."""
    return np.random.Generator(np.random.Philox(key=[seed, epoch])).permutation(samples)


@dataclass(frozen=True, eq=False)
class MeanOf(Landscape):
    """The mean of landscapes that differ in their samples alone."""

    parts: Sequence[Any]

    @property
    def name(self) -> str:  # type: ignore[override]  # a landscape's name may be computed
        return self.parts[0].name

    @property
    def blocks(self) -> Any:  # type: ignore[override]
        return self.parts[0].blocks

    @property
    def start(self) -> Any:
        return self.parts[0].start

    @property
    def input_reason(self) -> str | None:
        return self.parts[0].input_reason

    def point(self, values: Any) -> Point:
        return self.parts[0].point(values)

    def _mean(self, values: Sequence[Array]) -> Array:
        return sum(values[1:], values[0]) / len(self.parts)

    def loss(self, theta: Point) -> Scalar:
        return self._mean([part.loss(theta) for part in self.parts])

    def gradient(self, theta: Point) -> Point:
        return self._mean([part.gradient(theta) for part in self.parts])

    def hessian(self, theta: Point) -> Matrix:
        return self._mean([part.hessian(theta) for part in self.parts])

    def input_power(self, theta: Point, norm: Norm = "l2") -> Point:
        return self._mean([part.input_power(theta, norm) for part in self.parts])

    has_residuals = False

    def input_vectors(self, theta: Point) -> list[Array]:
        """For each block the input vectors of all samples, `(*runs, samples, fan_in)`."""
        return [concatenated(vectors) for vectors in zip(*(part.input_vectors(theta) for part in self.parts))]


def concatenated(parts: Sequence[Array]) -> Array:
    """Arrays one after the other along the last axis but one."""
    counts = np.cumsum([0, *(part.shape[-2] for part in parts)])
    out = empty((*parts[0].shape[:-2], int(counts[-1]), parts[0].shape[-1]), like=parts[0])
    for low, high, part in zip(counts, counts[1:], parts):
        out[..., low:high, :] = part
    return out
