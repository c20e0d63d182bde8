"""Surfaces that visitors type: a text in, a surface with exact derivatives out, or what is wrong with the text and where.

Limits: 400 characters, 150 operations, 40 levels (`formula_text`), and a Hessian of `MOST_NODES` nodes. Within them a formula
is read, differentiated and compiled in about 0.03 s at most, and evaluated on 201 x 201 points in about 0.06 s at most.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any

from landscapes.ranges import Range, Text, check_names
from landscapes.surfaces.expression import latex, ordered
from landscapes.surfaces.formula import Formula
from landscapes.surfaces.formula_text import LONGEST, read
from landscapes.surfaces.formula_tokens import COORDINATES, ExpressionError
from landscapes.surfaces.found import minima_of, some_start
from landscapes.surfaces.surface import Place, Surface, SurfaceFamily

MOST_NODES = 4000
SQUARE = ((-2.0, 2.0), (-2.0, 2.0))
NARROWEST = 1e-9  # width of an interval, per unit of its larger end where that is above 1
TITLE = "Your formula"
DESCRIPTION = (
    "The formula that you type, with its exact gradient and Hessian. Minima are found numerically, by Newton's method from the "
    "lowest points of a grid: each has a gradient below 1e-10 and a positive definite Hessian, but there may be others."
)

__all__ = ["TYPED", "ExpressionError", "TypedFamily", "parse"]


def parse(text: str, domain: Sequence[tuple[float, float]] = SQUARE) -> Surface:
    """The surface of a formula of x and y, or of x alone; drawn over `domain`, one (low, high) for each coordinate.

    Raises ExpressionError, whose `position` is the index of the character at fault, for what is no formula, is constant, has
    too large a Hessian, or is nowhere finite on a grid over its domain; ValueError for a domain that is none.
    """
    if not isinstance(text, str):
        raise ExpressionError("a formula is a text", 0)
    for name, (low, high) in zip(COORDINATES, domain):
        if not (abs(low) < float("inf") and abs(high) < float("inf") and low < high):
            raise ValueError(f"{name}_low must be below {name}_high, got {low:g} and {high:g}")
        if high - low < NARROWEST * max(1, abs(low), abs(high)):
            raise ValueError(
                f"{name}_low and {name}_high are too close to draw anything between them, got {low!r} and {high!r}"
            )
    return _surface(text, tuple((float(low), float(high)) for low, high in domain))


@lru_cache(maxsize=64)
def _formula(text: str) -> tuple[Formula, str]:
    """What is compiled of a text, whatever its domain, and its LaTeX."""
    typed, graph = read(text)
    if graph.op == "number":
        raise ExpressionError(f"this is {latex(graph)} everywhere: without a slope nothing moves; use x, or x and y", 0)
    names = {e.args[0] for e in ordered([typed]) if e.op == "symbol"}
    coordinates = COORDINATES[: 2 if "y" in names else 1]
    formula = Formula(coordinates, (), graph, {}, ())
    if len(ordered(formula.hessian_graphs)) > MOST_NODES:
        raise ExpressionError("the second derivatives of this formula are too long; use fewer powers, products and levels", 0)
    return formula, rf"\begin{{aligned}}f({', '.join(coordinates)}) &= {latex(typed)}\end{{aligned}}"


@lru_cache(maxsize=64)
def _surface(text: str, domain: tuple[tuple[float, float], ...]) -> Surface:
    formula, printed = _formula(text)
    dim = len(formula.coordinates)
    ends = zip(COORDINATES, domain)
    family = SurfaceFamily(
        key="typed",
        title=TITLE,
        description=DESCRIPTION,
        domain=domain[:dim],
        start=tuple((low + high) / 2 for low, high in domain[:dim]),
        formula=formula,
        latex=printed,
        defaults={},
        ranges={},
        prepare=_no_constants,
        minima=(),
        saddles=(),
        reference="",
        input_note="",
        group="Typed",
    )
    parameters = {"formula": text} | {f"{name}_{end}": v for name, pair in ends for end, v in zip(("low", "high"), pair)}
    bare = Surface(family, parameters)
    start = some_start(bare)
    if start is None:
        raise ExpressionError("nowhere on a grid over its domain is this a finite number", 0)
    return replace(bare, family=replace(family, start=start, minima=_Found(bare)))


def _no_constants(**parameters: Any) -> tuple[Any, ...]:
    return ()


@dataclass(frozen=True)
class _Found:
    """The minima of a surface, looked for when they are first asked for."""

    surface: Surface

    @cached_property
    def places(self) -> Sequence[Place]:
        return minima_of(self.surface)

    def __call__(self, **parameters: Any) -> Sequence[Place]:
        return self.places


@dataclass(frozen=True)
class TypedFamily:
    """What can be typed, as a family of surfaces: its parameters are the formula and the intervals it is drawn over.

    `y_low` and `y_high` mean nothing where the formula is of x alone.
    """

    key: str
    title: str
    description: str
    ranges: Mapping[str, Range | Text]
    defaults: Mapping[str, str | float]
    group: str = "Typed"

    def __call__(self, **parameters: Any) -> Surface:
        """The surface; ValueError for what is out of range, with a sentence."""
        check_names(self.key, parameters, self.ranges)
        for name, value in parameters.items():
            self.ranges[name].check(f"{self.key}.{name}", value)
        given = {**self.defaults, **parameters}
        return parse(given["formula"], [(given[f"{name}_low"], given[f"{name}_high"]) for name in COORDINATES])


END = Range(-1e6, 1e6, control=(-10.0, 10.0))

TYPED = TypedFamily(
    key="typed",
    title=TITLE,
    description=DESCRIPTION,
    ranges={"formula": Text("a formula", LONGEST, _formula), "x_low": END, "x_high": END, "y_low": END, "y_high": END},
    defaults={"formula": "x^2/2 + y^2 + sin(3x)*cos(2y)", "x_low": -2.0, "x_high": 2.0, "y_low": -2.0, "y_high": 2.0},
)
