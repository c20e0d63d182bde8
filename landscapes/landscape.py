"""The landscape: a loss as a function of a point theta, and how theta is cut into named tensors."""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from math import prod
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

import numpy as np

from landscapes.arrays import Array

if TYPE_CHECKING or "jaxtyping" not in sys.modules:
    Point: TypeAlias = Any
    Scalar: TypeAlias = Any
    Matrix: TypeAlias = Any
else:  # only the tests load jaxtyping: there the shapes in the signatures are executed
    from jaxtyping import Float

    _AnyArray = np.ndarray | np.floating  # a single point's loss is a NumPy number, not an array
    if "torch" in sys.modules:
        _AnyArray |= sys.modules["torch"].Tensor
    Point = Float[_AnyArray, "*runs dim"]
    Scalar = Float[_AnyArray, "*runs"]
    Matrix = Float[_AnyArray, "*runs dim dim"]

Norm = Literal["l2", "l1"]


@dataclass(frozen=True)
class Block:
    """A named tensor inside theta.

    `inputs` says whether its weights multiply inputs, as a layer's weight does. Biases and normalisation gains do not:
    NSGD divides them by exactly 1.
    """

    name: str
    shape: tuple[int, ...]
    inputs: bool = True

    @property
    def size(self) -> int:
        return prod(self.shape)

    @property
    def fan_in(self) -> int:
        """How many inputs each output of this weight sums over."""
        return prod(self.shape[1:])


class Draw(NamedTuple):
    """Which random draw a stochastic landscape makes: counter-based, so that it depends on nothing but these numbers."""

    seed: int
    step: int


@cache
def _oracle() -> Any:
    """The oracle's class, which needs this module first; an import statement in `at` would be paid at every step."""
    from landscapes.oracle import Oracle

    return Oracle


class Landscape(ABC):
    """A loss over points of shape `(*runs, dim)`. Runs never mix; the last axis is parameters."""

    name: str
    blocks: tuple[Block, ...]
    start: Any  # a start that shows something; for a network, its initial weights

    @property
    def dim(self) -> int:
        return sum(block.size for block in self.blocks)

    @property
    def input_reason(self) -> str | None:
        """Why NSGD cannot run here, in a sentence, or None where the landscape has true inputs."""
        return f"{self.name} is a bare formula: no input enters it, so there is nothing for NSGD to divide by."

    @abstractmethod
    def point(self, values: Any) -> Point:
        """Numbers as a point in this landscape's own array library, dtype and device."""

    @abstractmethod
    def loss(self, theta: Point) -> Scalar:
        """The full loss, `(*runs,)`."""

    @abstractmethod
    def gradient(self, theta: Point) -> Point:
        """The exact gradient of `loss`, `(*runs, dim)`."""

    @abstractmethod
    def hessian(self, theta: Point) -> Matrix:
        """The exact Hessian of `loss`, `(*runs, dim, dim)`."""

    def hvp(self, theta: Point, vector: Point) -> Point:
        """Hessian times vector, `(*runs, dim)`."""
        return (self.hessian(theta) @ vector[..., None])[..., 0]

    def hessian_products(self, theta: Point, vectors: Array) -> Array:
        """Hessian times several vectors at each point: vectors and result `(*runs, count, dim)`."""
        return vectors @ self.hessian(theta)  # from the right: it is symmetric

    def input_power(self, theta: Point, norm: Norm = "l2") -> Point:
        """For each weight the mean squared l2 norm (or mean l1 norm) of the input vector of its block, `(*runs, dim)`.

        Parameters of blocks without inputs get 1. Raises ValueError where the landscape has no inputs.
        """
        raise ValueError(self.input_reason)

    def input_terms(self, theta: Point, norm: Norm = "l2") -> tuple[Array, Array]:
        """What NSGD divides, and by what: gradient terms and the input power of each, both `(*runs, terms, dim)`.

        One term, the gradient itself, unless the landscape is made of several residuals that are normalised one by one.
        """
        return self.gradient(theta)[..., None, :], self.input_power(theta, norm)[..., None, :]

    def on_batches(self, size: int) -> Landscape:
        """The landscape whose optimizers see a mini-batch of `size` samples a step; ValueError where there are no data."""
        raise ValueError(f"{self.name} has no data to draw mini-batches from")

    def drawn(self, draw: Draw | None) -> Landscape:
        """The landscape that an optimizer sees in one step: itself, unless mini-batches or noise are drawn."""
        return self

    def feasible(self, theta: Point) -> Point:
        """The nearest point of the feasible set: theta itself, unless the landscape has bounds and says so in its description.

        A walk is projected by it after every step.
        """
        return theta

    def at(self, theta: Point, draw: Draw | None = None, calls: dict[str, int] | None = None) -> Any:
        """The oracle at theta: local knowledge, computed on first use; uses are added to `calls`."""
        return _oracle()(self.drawn(draw), theta, calls)

    def split(self, theta: Point) -> Mapping[str, Array]:
        """A flat point as named tensors `(*runs, *block.shape)`."""
        parts, offset = {}, 0
        for block in self.blocks:
            flat = theta[..., offset : offset + block.size]
            parts[block.name] = flat.reshape(*theta.shape[:-1], *block.shape)
            offset += block.size
        return parts

    @cached_property
    def has_input(self) -> np.ndarray:
        """Which parameters multiply inputs, `(dim,)` bool."""
        return np.concatenate([np.full(block.size, block.inputs) for block in self.blocks])

    @property
    def divided(self) -> np.ndarray:
        """Which entries of the gradient terms of `input_terms` NSGD divides, `(terms, dim)` bool; the others by exactly 1."""
        return self.has_input[None]

    @cached_property
    def fan_in(self) -> np.ndarray:
        """The fan-in of the block that each parameter belongs to, `(dim,)`."""
        return np.concatenate([np.full(block.size, float(block.fan_in)) for block in self.blocks])
