"""Landscapes made from landscapes: slices, and the entries of the menu of modifiers."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from landscapes.arrays import Array, empty, transpose
from landscapes.landscape import Block, Draw, Landscape, Matrix, Norm, Point, Scalar
from landscapes.ranges import Range, check_names, ranges_of

PLANE_AXES = ("PC 1", "PC 2")
INPUT_NOTE = (
    "Our extension: each step is the slice's part of NSGD's full step. Every weight block's gradient is divided by that "
    "block's input power in the full network, biases by 1, and its product with the slice's directions is taken."
)


def plane_latex(axes: int = 2) -> str:
    """A slice as a formula."""
    return r"f(c) = L(\theta_0 + c_1 d_1 + c_2 d_2)" if axes == 2 else r"f(t) = L(\theta_0 + t\, d)"


@dataclass(frozen=True, eq=False)
class Slice(Landscape):
    """The landscape `inner` on origin + span(directions): loss(c) = inner.loss(origin + c @ directions), exactly.

    origin `(dim,)` and directions `(axes, dim)` are in inner's own array library; gradient and Hessian are D g and D H Dᵀ by
    Hessian-vector products. Where inner has inputs, NSGD's terms are the slice's parts of the full step's: see `INPUT_NOTE`;
    with orthonormal directions their sum is the projection of the full step.
    """

    inner: Landscape
    origin: Array
    directions: Array
    name: str
    domain: Sequence[tuple[float, float]]
    start: tuple[float, ...]
    coordinates: tuple[str, ...] = PLANE_AXES

    minima: Sequence[tuple[float, ...]] = ()
    saddles: Sequence[tuple[float, ...]] = ()
    input_note = INPUT_NOTE
    latex = plane_latex()

    @property
    def blocks(self) -> tuple[Block, ...]:  # type: ignore[override]  # follows from the directions
        return (Block("slice", (len(self.directions),), inputs=False),)

    @property
    def input_reason(self) -> str | None:
        return self.inner.input_reason

    def point(self, values: Any) -> Point:
        return self.inner.point(values)

    def lifted(self, theta: Point) -> Array:
        """Points of the slice as points of the inner landscape."""
        return self.origin + theta @ self.directions

    def loss(self, theta: Point) -> Scalar:
        return self.inner.loss(self.lifted(theta))

    def gradient(self, theta: Point) -> Point:
        return self.inner.gradient(self.lifted(theta)) @ transpose(self.directions)

    def hessian(self, theta: Point) -> Matrix:
        full = self.lifted(theta)
        products = self.inner.hessian_products(full, self.directions + 0 * full[..., None, :])
        return products @ transpose(self.directions)

    def input_power(self, theta: Point, norm: Norm = "l2") -> Point:
        raise ValueError("a slice's coordinates multiply no input; its NSGD terms are in `input_terms`")

    def input_terms(self, theta: Point, norm: Norm = "l2") -> tuple[Array, Array]:
        """One term per input block of the inner landscape, `D_block g_block`, and a last one of all that is divided by 1."""
        terms, power = self.inner.input_terms(self.lifted(theta), norm)
        if terms.shape[-2] > 1:  # residuals, each divided whole
            parts = terms @ transpose(self.directions)
            return parts, power[..., :1] + 0 * parts
        g, power = terms[..., 0, :], power[..., 0, :]
        parts, powers, rest, offset = [], [], None, 0
        for block in self.inner.blocks:
            cut = slice(offset, offset + block.size)
            part = g[..., cut] @ transpose(self.directions[..., cut])
            if block.inputs:
                parts.append(part)
                powers.append(power[..., offset, None] + 0 * part)
            else:
                rest = part if rest is None else rest + part
            offset += block.size
        if rest is not None:
            parts.append(rest)
            powers.append(1 + 0 * rest)
        return _rows(parts), _rows(powers)

    @property
    def divided(self) -> np.ndarray:
        flags = self.inner.divided[:, 0]
        if len(flags) == 1:
            inputs = [block.inputs for block in self.inner.blocks]
            flags = np.array([True] * sum(inputs) + [False] * (not all(inputs)))
        return np.repeat(flags[:, None], len(self.directions), axis=1)

    def drawn(self, draw: Draw | None) -> Landscape:
        seen = self.inner.drawn(draw)
        return self if seen is self.inner else replace(self, inner=seen)


def _rows(parts: Sequence[Array]) -> Array:
    """Arrays `(*runs, axes)` along a new last-but-one axis."""
    out = empty((*parts[0].shape[:-1], len(parts), parts[0].shape[-1]), like=parts[0])
    for i, part in enumerate(parts):
        out[..., i, :] = part
    return out


@dataclass(frozen=True)
class Modifier:
    """An entry of the menu of modifiers: call it with a landscape and parameters; those not given take their defaults."""

    key: str
    name: str
    description: str
    ranges: Mapping[str, Range]
    defaults: Mapping[str, float]
    make: Callable[..., Landscape]

    def __call__(self, inner: Landscape, **parameters: Any) -> Landscape:
        """The landscape; unknown names, values out of range and landscapes that cannot be modified so raise, saying why."""
        check_names(self.key, parameters, self.ranges)
        for name, value in parameters.items():
            if np.ndim(value):
                raise ValueError(f"{self.key}.{name} must be one number, got an array")
            self.ranges[name].check(f"{self.key}.{name}", value)
        return self.make(inner, **{**self.defaults, **parameters})


def modifier(name: str) -> Callable[[Callable[..., Landscape]], Modifier]:
    """Make a menu entry of a function of a landscape and parameters, whose annotations and defaults are the entry's."""

    def decorate(function: Callable[..., Landscape]) -> Modifier:
        ranges = ranges_of(function)
        defaults = {name: float(inspect.signature(function).parameters[name].default) for name in ranges}
        return Modifier(function.__name__, name, inspect.getdoc(function) or "", ranges, defaults, function)

    return decorate
