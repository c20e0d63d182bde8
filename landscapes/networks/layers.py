"""Layers as plain records: what shape they make of what shape, and which tensors they hold. No torch is imported here.

An experiment about a network is checked, counted and linked from these; `build.py` makes torch modules of them, and tests hold
the two equal.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from math import prod
from typing import Literal

from landscapes.landscape import Block

Shape = tuple[int, ...]


class Layer(ABC):
    """One step of a feed-forward network. Shapes are those of one sample: `(features,)` or `(channels, height, width)`."""

    @abstractmethod
    def after(self, shape: Shape) -> Shape:
        """The shape that comes out. Raises ValueError for a shape that cannot go in."""

    def blocks(self, shape: Shape) -> tuple[Block, ...]:
        """The layer's parameters in torch's order, named as torch names them."""
        return ()

    def products(self, shape: Shape) -> int:
        """Multiplications of a weight with an input, for one sample."""
        return 0


@dataclass(frozen=True)
class Linear(Layer):
    """y = W x + b. With `weight_norm`, W = g v / |v| row by row (Salimans and Kingma 2016)."""

    outputs: int
    bias: bool = True
    weight_norm: bool = False

    def after(self, shape: Shape) -> Shape:
        if len(shape) != 1:
            raise ValueError(f"a linear layer takes features, not {shape}")
        return (self.outputs,)

    def blocks(self, shape: Shape) -> tuple[Block, ...]:
        bias = (Block("bias", (self.outputs,), inputs=False),) if self.bias else ()
        if self.weight_norm:
            length = Block("parametrizations.weight.original0", (self.outputs, 1), inputs=False)
            return (*bias, length, Block("parametrizations.weight.original1", (self.outputs, *shape), inputs=False))
        return (Block("weight", (self.outputs, *shape)), *bias)

    def products(self, shape: Shape) -> int:
        return self.outputs * shape[0]


@dataclass(frozen=True)
class Conv(Layer):
    """A square two-dimensional convolution."""

    outputs: int
    kernel: int = 3
    stride: int = 1
    padding: int = 0
    bias: bool = True

    def after(self, shape: Shape) -> Shape:
        sides = tuple((side + 2 * self.padding - self.kernel) // self.stride + 1 for side in shape[1:])
        if len(shape) != 3 or min(sides) < 1:
            raise ValueError(f"a convolution of {self.kernel} x {self.kernel} pixels does not fit into {shape}")
        return (self.outputs, *sides)

    def blocks(self, shape: Shape) -> tuple[Block, ...]:
        weight = Block("weight", (self.outputs, shape[0], self.kernel, self.kernel))
        return (weight, Block("bias", (self.outputs,), inputs=False)) if self.bias else (weight,)

    def products(self, shape: Shape) -> int:
        return prod(self.after(shape)) * shape[0] * self.kernel**2


@dataclass(frozen=True)
class Norm(Layer):
    """Batch normalisation of channels or features, or layer normalisation of features; with gain and shift."""

    kind: Literal["batch", "layer"]

    def after(self, shape: Shape) -> Shape:
        return shape

    def blocks(self, shape: Shape) -> tuple[Block, ...]:
        return Block("weight", shape[:1], inputs=False), Block("bias", shape[:1], inputs=False)


@dataclass(frozen=True)
class Activate(Layer):
    """An elementwise function."""

    function: str

    def after(self, shape: Shape) -> Shape:
        return shape


@dataclass(frozen=True)
class Dropout(Layer):
    """A module in training drops inputs with this probability; the landscape, a function of theta alone, drops none."""

    rate: float

    def after(self, shape: Shape) -> Shape:
        return shape


@dataclass(frozen=True)
class Pool(Layer):
    """The mean or the largest of squares of `size` x `size` pixels; of the whole picture for size 0."""

    kind: Literal["mean", "max"]
    size: int = 0

    def after(self, shape: Shape) -> Shape:
        sides = tuple(side // (self.size or side) for side in shape[1:])
        if len(shape) != 3 or min(sides) < 1:
            raise ValueError(f"squares of {self.size} x {self.size} pixels do not fit into {shape}")
        return (shape[0], *sides)


@dataclass(frozen=True)
class Flatten(Layer):
    """Channels, rows and columns as one row of features."""

    def after(self, shape: Shape) -> Shape:
        return (prod(shape),)


@dataclass(frozen=True)
class Subsample(Layer):
    """Every `stride`-th pixel, and channels of zeros behind the others (He et al. 2016, shortcut A)."""

    channels: int
    stride: int

    def after(self, shape: Shape) -> Shape:
        return (self.channels, *(-(-side // self.stride) for side in shape[1:]))


@dataclass(frozen=True)
class Residual(Layer):
    """body(x) + shortcut(x); an empty shortcut is x itself, None is none: then it is body(x) alone."""

    body: tuple[Layer, ...]
    shortcut: tuple[Layer, ...] | None = ()

    def after(self, shape: Shape) -> Shape:
        out = after(self.body, shape)
        if self.shortcut is not None and after(self.shortcut, shape) != out:
            raise ValueError(f"the shortcut makes {after(self.shortcut, shape)} of {shape}, the body {out}")
        return out

    def blocks(self, shape: Shape) -> tuple[Block, ...]:
        return blocks(self.body, shape, "body.") + blocks(self.shortcut or (), shape, "shortcut.")

    def products(self, shape: Shape) -> int:
        return products(self.body, shape) + products(self.shortcut or (), shape)


def _entering(layers: Iterable[Layer], shape: Shape) -> Iterable[tuple[Layer, Shape]]:
    """Each layer with the shape that enters it."""
    for layer in layers:
        yield layer, shape
        shape = layer.after(shape)


def after(layers: Iterable[Layer], shape: Shape) -> Shape:
    """The shape that comes out of layers one after the other."""
    for layer in layers:
        shape = layer.after(shape)
    return shape


def blocks(layers: Iterable[Layer], shape: Shape, prefix: str = "") -> tuple[Block, ...]:
    """All parameters, named as in a torch Sequential of the layers."""
    return tuple(
        Block(f"{prefix}{index}.{block.name}", block.shape, block.inputs)
        for index, (layer, entering) in enumerate(_entering(layers, shape))
        for block in layer.blocks(entering)
    )


def products(layers: Iterable[Layer], shape: Shape) -> int:
    """Multiplications of a weight with an input in one forward pass of one sample."""
    return sum(layer.products(entering) for layer, entering in _entering(layers, shape))


def input_reason(name: str, blocks: Iterable[Block]) -> str | None:
    """Why NSGD cannot run, in a sentence, or None: every tensor with two axes or more must multiply a known input."""
    every = list(blocks)
    unknown = [block.name for block in every if len(block.shape) > 1 and not block.inputs]
    if unknown:
        return (
            f"{name} has weights, {unknown[0]!r} first of all, whose input is not known: NSGD divides by what enters "
            f"linear layers and convolutions of all channels, each with a weight of its own."
        )
    if not any(block.inputs for block in every):
        return f"{name} has no linear layer and no convolution whose input NSGD could divide by."
    return None
