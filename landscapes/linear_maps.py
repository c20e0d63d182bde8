"""Surfaces in other coordinates: turned and stretched, exactly."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import cos, radians, sin
from typing import Annotated, Any

import numpy as np

from landscapes.arrays import Array, empty_like, ones_like, where
from landscapes.landscape import Block, Draw, Landscape, Matrix, Norm, Point, Scalar
from landscapes.modifiers import modifier
from landscapes.ranges import Range
from landscapes.small_matrices import Product, Products, Rows, product, products, times
from landscapes.surfaces.expression import latex, lift
from landscapes.surfaces.surface import Surface

Degrees = Annotated[Any, Range(-360, 360, control=(-90, 90))]
Factor = Annotated[Any, Range(1e-3, 1e3, scale="log", control=(0.1, 10.0))]
BEGIN = r"\begin{aligned}"
EXACT = {0.0: (1.0, 0.0), 90.0: (0.0, 1.0), 180.0: (-1.0, 0.0), 270.0: (0.0, -1.0)}  # cosine and sine without rounding
NAMES = "fghpqrstuvw"  # of a function, of that function in other coordinates, ...


@dataclass(frozen=True, eq=False)
class LinearMap(Landscape):
    """f(θ) = inner(A θ): the surface `inner`, its picture moved by θ ↦ A⁻¹ θ. Exact to the last derivative.

    `there` is A⁻¹, which moves the picture, `back` is A, both given by rows. ∇f = Aᵀ g and ∇²f = Aᵀ H A at A θ; minima,
    saddles and start are moved by A⁻¹, the domain is the box around the moved one. A neuron with the input x sees Aᵀ x in the
    new coordinates; where A mixes weights of several layers, no layer has an input any more, and NSGD is disabled.
    """

    inner: Any  # a Surface, or a modified one
    there: Rows
    back: Rows
    change: str  # of the surface's name, as in "turned by 30°"
    printed: Callable[[Sequence[str]], Sequence[str]]  # the old coordinates, A θ, in LaTeX from the names of the new ones
    products: Products = field(default=None, repr=False)  # type: ignore[assignment]  # filled in below, handed on by `drawn`

    def __post_init__(self) -> None:
        if self.products is None:
            object.__setattr__(self, "products", products(self.there, self.back))

    @property
    def name(self) -> str:  # type: ignore[override]  # a landscape's name may be computed
        return f"{self.inner.name}, {self.change}"

    @property
    def description(self) -> str:
        """What it is, in a few sentences."""
        return f"{self.inner.description}\n\nIts picture is {self.change}."

    @property
    def coordinates(self) -> tuple[str, ...]:
        return self.inner.coordinates

    @property
    def blocks(self) -> tuple[Block, ...]:  # type: ignore[override]
        mixed = (Block("theta", (self.inner.dim,), inputs=False),)
        return mixed if self._mixes_layers else self.inner.blocks

    def _moved(self, places: Sequence[Sequence[float]]) -> list[tuple[float, ...]]:
        return [tuple(sum(m * v for m, v in zip(row, place)) for row in self.there) for place in places]

    @property
    def start(self) -> tuple[float, ...]:
        return self._moved([self.inner.start])[0]

    @property
    def minima(self) -> Sequence[tuple[float, ...]]:
        return self._moved(self.inner.minima)

    @property
    def saddles(self) -> Sequence[tuple[float, ...]]:
        return self._moved(self.inner.saddles)

    @property
    def domain(self) -> Sequence[tuple[float, float]]:
        """The box around the moved domain."""
        corners = self._moved(list(itertools.product(*self.inner.domain)))
        return tuple((min(ends), max(ends)) for ends in zip(*corners))

    @property
    def bounds(self) -> Sequence[tuple[float, float]] | None:
        """The feasible intervals where the feasible set is a box with sides along the axes; else None."""
        if getattr(self.inner, "bounds", None) is None or np.count_nonzero(self.there) > self.inner.dim:
            return None
        corners = self._moved(list(itertools.product(*self.inner.bounds)))
        return tuple((min(ends), max(ends)) for ends in zip(*corners))

    def feasible(self, theta: Point) -> Point:
        """The moved feasible point: the nearest one, where a box is stretched along its sides and then turned.

        What is feasible stays what it is, to the last bit.
        """
        if getattr(self.inner, "bounds", None) is None:
            return theta
        before = self._back(theta)
        near = self.inner.feasible(before)
        return where((near == before).all(-1, keepdims=True), theta, product(self.products.there, near))

    @property
    def latex(self) -> str:
        """The new function in terms of the old one, and inner's own formula."""
        before = self.inner.latex.removeprefix(BEGIN)
        now = NAMES[NAMES.index(before[0]) + 1]
        names = [re.sub("[₀-₉]", lambda found: f"_{ord(found[0]) - ord('₀')}", name) for name in self.coordinates]
        return rf"{BEGIN}{now}({', '.join(names)}) &= {before[0]}({', '.join(self.printed(names))}) \\ {before}"

    def point(self, values: Any) -> Point:
        return self.inner.point(values)

    def _back(self, theta: Point) -> Point:
        return product(self.products.back, theta)

    @cached_property
    def plain(self) -> bool:
        """Whether single points can be evaluated in plain numbers, several times faster: see `numbers`."""
        return isinstance(self.inner, Surface) or (isinstance(self.inner, LinearMap) and self.inner.plain)

    def numbers(self, kind: str, values: Sequence[float]) -> Sequence[float]:
        """As `Surface.numbers`, in the new coordinates."""
        found: Sequence[float] = self.inner.numbers(kind, self.products.back(*values))
        if kind == "loss":
            return found
        return self.products.turned(*found) if kind == "gradient" else self.products.around(*found)

    def _plainly(self, kind: str, theta: Point) -> Sequence[float] | None:
        if theta.ndim == 1 and isinstance(theta, np.ndarray) and theta.dtype == np.float64 and self.plain:
            try:
                return self.numbers(kind, theta.tolist())
            except (ZeroDivisionError, OverflowError):
                pass  # plain numbers raise where arrays give infinity or NaN
        return None

    def loss(self, theta: Point) -> Scalar:
        found = self._plainly("loss", theta)
        return self.inner.loss(self._back(theta)) if found is None else np.float64(found[0])

    def gradient(self, theta: Point) -> Point:
        found = self._plainly("gradient", theta)
        if found is None:
            return product(self.products.turned, self.inner.gradient(self._back(theta)))
        return np.array(found)

    def hessian(self, theta: Point) -> Matrix:
        found = self._plainly("hessian", theta)
        if found is not None:
            return np.array((found[:2], found[1:]) if len(found) == 3 else (found,))
        h, pairs = self.inner.hessian(self._back(theta)), list(itertools.combinations_with_replacement(range(self.dim), 2))
        out = empty_like(h)
        for (i, j), value in zip(pairs, self.products.around(*(h[..., i, j] for i, j in pairs))):
            out[..., i, j] = out[..., j, i] = value
        return out

    def drawn(self, draw: Draw | None) -> Landscape:
        seen = self.inner.drawn(draw)
        return self if seen is self.inner else replace(self, inner=seen)

    @property
    def samples(self) -> int | None:
        """How many samples the loss is the mean over; None where it is not made of samples."""
        return getattr(self.inner, "samples", None)

    def on_batches(self, size: int) -> Landscape:
        return replace(self, inner=self.inner.on_batches(size))

    @property
    def linear_samples(self) -> bool:
        return self.inner.linear_samples

    def sample_lines(self, theta: Point) -> tuple[Array, Array]:
        """As `Surface.sample_lines`, in the new coordinates."""
        normals, offsets = self.inner.sample_lines(self._back(theta))
        return product(self.products.turned, normals), offsets

    @property
    def has_residuals(self) -> bool:
        return self.inner.has_residuals

    @property
    def input_note(self) -> str:
        return f"{self.inner.input_note} In these coordinates each input is moved with them."

    @cached_property
    def _cuts(self) -> list[slice]:
        ends = np.cumsum([block.size for block in self.inner.blocks])
        return [slice(int(end) - block.size, int(end)) for block, end in zip(self.inner.blocks, ends)]

    @cached_property
    def _mixes_layers(self) -> bool:
        a = np.array(self.back)
        within = np.zeros(a.shape, bool)
        for cut in self._cuts:
            within[cut, cut] = True
        return self.inner.input_reason is None and not self.has_residuals and bool((a[~within] != 0).any())

    @property
    def input_reason(self) -> str | None:
        if self._mixes_layers:
            return f"{self.name}: weights of several layers turn into one another, so that no layer has an input of its own."
        return self.inner.input_reason

    @property
    def divided(self) -> np.ndarray:
        return self.inner.divided if self.has_residuals else super().divided

    def residual_rows(self, theta: Point) -> tuple[Array, Array]:
        """As `Surface.residual_rows`: the Jacobian is that of inner times A."""
        residuals, rows = self.inner.residual_rows(self._back(theta))
        return residuals, product(self.products.turned, rows)

    def input_vectors(self, theta: Point) -> list[Array]:
        """As `Surface.input_vectors`: a layer's inputs are moved by its own part of Aᵀ."""
        return [product(part, x) for part, x in zip(self._parts, self.inner.input_vectors(self._back(theta)))]

    @cached_property
    def _parts(self) -> list[Product]:
        """Aᵀ within each layer."""
        return [times(tuple(zip(*(row[cut] for row in self.back[cut])))) for cut in self._cuts]

    def input_power(self, theta: Point, norm: Norm = "l2") -> Point:
        if self.input_reason is not None:
            raise ValueError(self.input_reason)
        if self.has_residuals:
            return self.input_terms(theta, norm)[1].mean(-2)
        out = empty_like(theta)
        for cut, x in zip(self._cuts, self.input_vectors(theta)):
            out[..., cut] = _magnitude(x, norm).mean(-2)
        return out

    def input_terms(self, theta: Point, norm: Norm = "l2") -> tuple[Array, Array]:
        if self.input_reason is not None or not self.has_residuals:
            return super().input_terms(theta, norm)
        residuals, rows = self.residual_rows(theta)
        return residuals[..., None] * rows, _magnitude(rows, norm) * ones_like(rows)


def _magnitude(vectors: Array, norm: Norm) -> Array:
    """The squared l2 norm, or the l1 norm, along the last axis, which is kept."""
    return ((vectors * vectors) if norm == "l2" else abs(vectors)).sum(-1, keepdims=True)


@modifier("Turned")
def rotated(inner: Any, angle: Degrees = 30.0) -> LinearMap:
    """Turned about the origin by `angle` degrees, counterclockwise: SGD, momentum and Newton turn with it, Adam does not."""
    if inner.dim != 2:
        raise ValueError(f"{inner.name} has {inner.dim} coordinate{'s' * (inner.dim > 1)}; two can be turned")
    c, s = EXACT.get(angle % 360) or (cos(radians(angle)), sin(radians(angle)))
    degrees = rf"{latex(lift(angle))}^{{\circ}}"

    def printed(names: Sequence[str]) -> list[str]:
        x, y = names
        cosine, sine = rf"\cos({degrees})\,", rf"\sin({degrees})\,"
        return [f"{cosine}{x} + {sine}{y}", f"{cosine}{y} - {sine}{x}"]

    return LinearMap(inner, ((c, -s), (s, c)), ((c, s), (-s, c)), f"turned by {angle:g}°", printed)


@modifier("Stretched")
def scaled(inner: Any, x: Factor = 1.0, y: Factor = 3.0) -> LinearMap:
    """Stretched by a factor along each axis; the curvature falls with its square. A single coordinate is stretched by x."""
    factors = (x, y)[: inner.dim]
    if inner.dim > 2:
        raise ValueError(f"{inner.name} has {inner.dim} coordinates; one or two can be stretched")
    axes = range(inner.dim)
    there, back = (tuple(tuple(v if i == j else 0.0 for j in axes) for i, v in enumerate(row)) for row in (
        factors, [1 / v for v in factors]))  # fmt: skip

    def printed(names: Sequence[str]) -> list[str]:
        return [f"{name} / {latex(lift(factor), outer=3)}" for name, factor in zip(names, factors)]

    return LinearMap(inner, there, back, f"stretched by {' and '.join(f'{v:g}' for v in factors)}", printed)
