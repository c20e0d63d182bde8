"""Surfaces: analytic landscapes of one or two coordinates, exact to the last derivative."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from landscapes.arrays import Array, clip, constant, empty, empty_like, ones_like
from landscapes.batches import MeanOf, OnBatch
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

    def numbers(self, kind: str, values: Sequence[float]) -> Sequence[float]:
        """Loss, gradient or Hessian (xx, xy, yy) at one point. Plain numbers raise where arrays give infinity or NaN."""
        function: Callable[..., Sequence[float]] = getattr(self.formula, kind)
        return function(*values, *self._constants)

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
        residual, rows = self.residual_rows(theta)
        power = ((rows * rows) if norm == "l2" else abs(rows)).sum(-1, keepdims=True)
        return residual[..., None] * rows, power * ones_like(rows)

    @property
    def has_residuals(self) -> bool:
        """Whether NSGD normalises residuals one by one here."""
        return bool(self.formula.residuals)

    def residual_rows(self, theta: Point) -> tuple[Array, Array]:
        """The residuals `(*runs, terms)` and their Jacobian `(*runs, terms, dim)`."""
        return self._jacobian(self.formula.residual_jacobian, len(self.formula.residuals), theta)

    def _jacobian(self, function: Callable[..., Any], count: int, theta: Point) -> tuple[Array, Array]:
        """Values `(*runs, count)` and Jacobian `(*runs, count, dim)` of what the function gives one after the other."""
        rows = self._table(self._evaluate(function, theta), theta).reshape(*theta.shape[:-1], count, self.dim + 1)
        return rows[..., 0], rows[..., 1:]

    def _table(self, values: Sequence[Any], theta: Point) -> Array:
        """Values, or plain numbers, side by side: `(*runs, count)`."""
        if theta.ndim == 1 and isinstance(theta, np.ndarray):
            return np.array(values, dtype=theta.dtype)
        out = empty((*theta.shape[:-1], len(values)), like=theta)
        for i, value in enumerate(values):
            out[..., i] = value
        return out

    def input_vectors(self, theta: Point) -> list[Array]:
        """For each block the input vector that each sample shows it, `(*runs, samples, fan_in)`."""
        table, vectors, at = self._table(self._evaluate(self.formula.input_vectors, theta), theta), [], 0
        for samples in self.formula.blocks.values():
            count = len(samples) * len(samples[0])
            vectors.append(table[..., at : at + count].reshape(*theta.shape[:-1], len(samples), len(samples[0])))
            at += count
        return vectors

    @property
    def samples(self) -> int | None:
        """How many samples the loss is the mean over; None where it is not made of samples."""
        return len(self.formula.errors) or None

    @cached_property
    def _one_by_one(self) -> tuple[Surface, ...]:
        return tuple(replace(self, formula=formula) for formula in self.formula.samples)

    def chosen(self, indices: Sequence[int] | np.ndarray) -> Landscape:
        """The loss of some of the samples: their mean."""
        chosen = tuple(self._one_by_one[i] for i in indices)
        return chosen[0] if len(chosen) == 1 else MeanOf(chosen)

    def on_batches(self, size: int) -> Landscape:
        return super().on_batches(size) if self.samples is None else OnBatch(self, size)

    def sample_lines(self, theta: Point) -> tuple[Array, Array]:
        """Each sample's solution line {w: x.w = y}, as x `(*runs, samples, dim)` and y `(*runs, samples)`.

        Where `linear_samples`, a sample's error is 0 on its line, the line is the same whatever theta is, and a step of NSGD on
        that sample alone with lr 1 and eps 0 ends on it. Elsewhere the lines are those of the errors linearised at theta.
        """
        errors, rows = self._jacobian(self.formula.error_jacobian, len(self.formula.errors), theta)
        return rows, (rows * theta[..., None, :]).sum(-1) - errors

    @property
    def linear_samples(self) -> bool:
        """Whether the samples' errors are linear in theta, as a linear neuron's are."""
        return bool(self.formula.errors) and self.formula.linear


def _stacked(values: Sequence[Any], like: Array) -> Array:
    """Values (or plain numbers) side by side along the last axis, as many as `like` has; several times faster than `stack`."""
    if like.ndim == 1 and isinstance(like, np.ndarray):
        return np.array(values, dtype=like.dtype)
    out = empty_like(like)
    for i, value in enumerate(values):
        out[..., i] = value
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
    errors: Callable[..., Sequence[Expression]] | None = None,
    input_note: str = "",
) -> Callable[[Callable[..., Expression]], SurfaceFamily]:
    """Make a surface of a formula: a function whose arguments without defaults are coordinates, the others parameters.

    The function is called once, with symbols. `inputs` and `residuals` take the same arguments and say where NSGD finds its
    inputs; `rounds` takes them too and gives the losses that the steps see in turn, whose mean the formula is; `errors` are
    those of the samples, whose mean half square the formula is, in the order of the inputs. `minima` and
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
        missed = [hoist(unnamed(r)) for r in errors(**symbols)] if errors else []
        turns = [hoist(lift(r)) for r in rounds(**symbols)] if rounds else []
        constants = tuple(hoist.names.values())
        return SurfaceFamily(
            key=function.__name__,
            title=title,
            description=inspect.getdoc(function) or "",
            domain=domain,
            start=start,
            formula=Formula(coordinates, constants, loss, blocks, squared, missed),
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
