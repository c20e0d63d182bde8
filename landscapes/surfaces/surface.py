"""Surfaces: analytic landscapes of one or two coordinates, exact to the last derivative."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from landscapes.arrays import Array, clip, constant, empty, empty_like
from landscapes.landscape import Block, Draw, Landscape, Matrix, Norm, Point, Scalar
from landscapes.ranges import Range, check_names, ranges_of
from landscapes.surfaces.expression import Expression, compile_function, lift, symbol, unnamed
from landscapes.surfaces.formula import Formula, Hoisted, printed

_SHOWN = {"w1": "w₁", "w2": "w₂"}

Place = tuple[float, ...]
Places = Sequence[Place] | Callable[..., Sequence[Place]]
Intervals = Sequence[tuple[float, float]]
Samples = Sequence[Sequence[Expression | float]]


@dataclass(frozen=True)
class Surface(Landscape):
    """One surface with its parameters chosen. float64, exact loss, gradient and Hessian.

    Made by a `SurfaceFamily` from the menu, `SURFACES["ravine"](condition=100.0)`. Points are `(*runs, dim)`.
    `formula` is the family's, save for what an optimizer sees in one step where that is another loss: see `drawn`.
    """

    family: SurfaceFamily
    parameters: Mapping[str, Any]
    formula: Formula = None  # type: ignore[assignment]  # the family's, filled in below
    blocks: tuple[Block, ...] = field(init=False)

    def __post_init__(self) -> None:
        formula = self.formula or self.family.formula
        object.__setattr__(self, "formula", formula)
        cut = [Block(name, (1, len(samples[0]))) for name, samples in formula.blocks.items()]
        whole = [Block(name, (1,), inputs=False) for name in formula.coordinates]
        object.__setattr__(self, "blocks", tuple(cut or whole))

    @property
    def name(self) -> str:  # type: ignore[override]  # a landscape's name may be computed
        return self.family.title

    @property
    def coordinates(self) -> tuple[str, ...]:
        """The coordinates' names as they are shown."""
        return tuple(_SHOWN.get(name, name) for name in self.formula.coordinates)

    @property
    def description(self) -> str:
        """What it is, in a few sentences."""
        return self.family.description

    @property
    def domain(self) -> Intervals:
        """The stretch of each coordinate that is worth drawing: (low, high)."""
        return self.family.domain

    @property
    def bounds(self) -> Intervals | None:
        """The feasible interval of each coordinate, or None where every point is feasible."""
        return self.family.bounds

    @property
    def start(self) -> Place:
        """A start that shows something."""
        return self.family.start

    @property
    def minima(self) -> Sequence[Place]:
        """The minimisers that are worth marking, a global one first."""
        return self._places(self.family.minima)

    @property
    def saddles(self) -> Sequence[Place]:
        """The saddle points that are worth marking."""
        return self._places(self.family.saddles)

    def _places(self, places: Places) -> Sequence[Place]:
        return places(**self.parameters) if callable(places) else places

    @property
    def latex(self) -> str:
        """The formula, printed from what is evaluated."""
        return self.family.latex

    @property
    def input_reason(self) -> str | None:
        formula = self.formula
        return None if formula.blocks or formula.residuals else super().input_reason

    @property
    def divided(self) -> np.ndarray:
        residuals = self.formula.residuals
        return np.ones((len(residuals), self.dim), bool) if residuals else super().divided

    @property
    def input_note(self) -> str:
        """What stands for the inputs here, in a sentence."""
        return self.family.input_note

    @cached_property
    def _constants(self) -> tuple[Any, ...]:
        return tuple(v.item() if isinstance(v, np.generic) else v for v in self.family.prepare(**self.parameters))

    @cached_property
    def _rounds(self) -> tuple[Surface, ...]:
        return tuple(replace(self, formula=formula) for formula in self.family.rounds)

    def drawn(self, draw: Draw | None) -> Surface:
        """Itself, or the loss of the draw's round where the losses of the steps take turns; the first step sees the first."""
        return self if draw is None or not self._rounds else self._rounds[draw.step % len(self._rounds)]

    def feasible(self, theta: Point) -> Point:
        if self.family.bounds is None:
            return theta
        low, high = np.array(self.family.bounds, dtype=float).T
        return clip(theta, constant(low, like=theta), constant(high, like=theta))

    def point(self, values: Any) -> Point:
        return np.asarray(values, dtype=np.float64)

    def _evaluate(self, function: Callable[..., Any], theta: Point) -> Any:
        if theta.ndim == 1 and isinstance(theta, np.ndarray) and theta.dtype == np.float64:
            try:  # a single point in plain numbers: the same arithmetic, several times faster than arrays of one element
                return function(*theta.tolist(), *self._constants)
            except (ZeroDivisionError, OverflowError):
                pass  # plain numbers raise where arrays give infinity or NaN
        return function(*(theta[..., i] for i in range(len(self.formula.coordinates))), *self._constants)

    def loss(self, theta: Point) -> Scalar:
        loss = self._evaluate(self.formula.loss, theta)[0]
        return np.float64(loss) if isinstance(loss, float) else loss

    def gradient(self, theta: Point) -> Point:
        return _stacked(self._evaluate(self.formula.gradient, theta), theta)

    def hessian(self, theta: Point) -> Matrix:
        values = self._evaluate(self.formula.hessian, theta)
        dim = self.dim
        if dim == 2 and theta.ndim == 1 and isinstance(theta, np.ndarray):
            xx, xy, yy = values
            return np.array(((xx, xy), (xy, yy)), dtype=theta.dtype)
        entries = iter(values)
        matrix = empty((*theta.shape[:-1], dim, dim), like=theta)
        for i in range(dim):
            for j in range(i, dim):
                matrix[..., i, j] = matrix[..., j, i] = next(entries)
        return matrix

    def input_power(self, theta: Point, norm: Norm = "l2") -> Point:
        """Mean input power of each weight's block; for residuals, of the linearised residuals (their Jacobian rows)."""
        formula = self.formula
        if formula.residuals:
            return self.input_terms(theta, norm)[1].mean(-2)
        if not formula.blocks:
            raise ValueError(self.input_reason)
        return _stacked(self._evaluate(formula.input_power(norm), theta), theta)

    def input_terms(self, theta: Point, norm: Norm = "l2") -> tuple[Array, Array]:
        """As `Landscape.input_terms`; a least-squares surface f = sum r^2 gives one term r J per residual, with power |J|.

        The factor 2 of d(r^2) is left out, as NLMS leaves it out: a step with lr 1 then solves each linearised residual.
        """
        formula = self.formula
        if not formula.residuals:
            return super().input_terms(theta, norm)
        values = self._evaluate(formula.residual_jacobian, theta)
        width = self.dim + 1
        terms, powers = [], []
        for k in range(len(formula.residuals)):
            residual, row = values[k * width], _stacked(values[k * width + 1 : (k + 1) * width], theta)
            power = ((row * row) if norm == "l2" else abs(row)).sum(-1, keepdims=True)
            terms.append(_stacked([residual * row[..., i] for i in range(self.dim)], theta))
            powers.append(power * (theta * 0 + 1))
        return _stacked(terms, terms[0], axis=-2), _stacked(powers, powers[0], axis=-2)


def _stacked(values: Sequence[Any], like: Array, axis: int = -1) -> Array:
    """Values (or plain numbers) side by side along a new last or next-to-last axis; several times faster than `stack`."""
    if axis == -1:
        if like.ndim == 1 and isinstance(like, np.ndarray):
            return np.array(values, dtype=like.dtype)
        out = empty_like(like)
        for i, value in enumerate(values):
            out[..., i] = value
        return out
    out = empty((*like.shape[:-1], len(values), like.shape[-1]), like=like)
    for i, value in enumerate(values):
        out[..., i, :] = value
    return out


@dataclass(frozen=True)
class SurfaceFamily:
    """A surface on the menu: call it with parameters to get a `Surface`; without any, it takes their defaults.

    `group` is what a picker lists it under. `bounds` are the feasible intervals, None where every point is feasible.
    `rounds` are the losses that the steps see in turn, none where all see the loss itself.
    """

    key: str
    title: str
    description: str
    domain: Intervals
    start: Place
    formula: Formula
    latex: str
    defaults: Mapping[str, float]
    ranges: Mapping[str, Range]
    prepare: Callable[..., tuple[Any, ...]]
    minima: Places
    saddles: Places
    reference: str
    input_note: str
    group: str = ""
    bounds: Intervals | None = None
    rounds: Sequence[Formula] = ()

    def __call__(self, **parameters: Any) -> Surface:
        """The surface with these parameters; unknown names and values out of range raise, naming what is allowed."""
        check_names(self.key, parameters, self.ranges)
        for name, value in parameters.items():
            self.ranges[name].check(f"{self.key}.{name}", value)
        return Surface(self, {**self.defaults, **parameters})


def surface(
    *,
    title: str,
    domain: Intervals,
    start: Place,
    minima: Places = (),
    saddles: Places = (),
    reference: str,
    bounds: Intervals | None = None,
    rounds: Callable[..., Sequence[Expression]] | None = None,
    inputs: Callable[..., Mapping[str, Samples]] | None = None,
    residuals: Callable[..., Sequence[Expression]] | None = None,
    input_note: str = "",
) -> Callable[[Callable[..., Expression]], SurfaceFamily]:
    """Make a surface of a formula: a function whose arguments without defaults are coordinates, the others parameters.

    The function is called once, with symbols. `inputs` and `residuals` take the same arguments and say where NSGD finds its
    inputs; `rounds` takes them too and gives the losses that the steps see in turn, whose mean the formula is. `minima` and
    `saddles` are places, or functions of the parameters that return places. The file that the function stands in is its group.
    """

    def decorate(function: Callable[..., Expression]) -> SurfaceFamily:
        signature = inspect.signature(function).parameters
        coordinates = tuple(n for n, p in signature.items() if p.default is inspect.Parameter.empty)
        defaults = {n: float(p.default) for n, p in signature.items() if n not in coordinates}
        symbols = {name: symbol(name) for name in signature}
        hoist = Hoisted(tuple(defaults))
        plain = function(**symbols)
        loss = hoist(unnamed(plain))
        blocks = {k: [[hoist(lift(c)) for c in s] for s in v] for k, v in inputs(**symbols).items()} if inputs else {}
        squared = [hoist(r) for r in residuals(**symbols)] if residuals else []
        turns = [hoist(lift(r)) for r in rounds(**symbols)] if rounds else []
        constants = tuple(hoist.names.values())
        return SurfaceFamily(
            key=function.__name__,
            title=title,
            description=inspect.getdoc(function) or "",
            domain=domain,
            start=start,
            formula=Formula(coordinates, constants, loss, blocks, squared),
            latex=printed(coordinates, plain),
            defaults=defaults,
            ranges=ranges_of(function),
            prepare=compile_function(tuple(hoist.names), tuple(defaults)),
            minima=minima,
            saddles=saddles,
            reference=reference,
            input_note=input_note,
            group=function.__module__.rpartition(".")[2].replace("_", " ").capitalize(),
            bounds=bounds,
            rounds=[Formula(coordinates, constants, turn, {}, ()) for turn in turns],
        )

    return decorate
