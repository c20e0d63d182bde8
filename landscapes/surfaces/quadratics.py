"""Quadratic surfaces: constant curvature, where theory is exact."""

from __future__ import annotations

from math import pi
from typing import Annotated, Any

from landscapes.ranges import Range
from landscapes.surfaces.expression import Expression, named, symbolic
from landscapes.surfaces.surface import surface

Condition = Annotated[Any, Range(1, 1e12, scale="log", control=(1, 1000))]
Degrees = Annotated[Any, Range(-360, 360, control=(-90, 90))]


def _axes(angle: Expression) -> tuple[Expression, Expression]:
    radians = angle * (pi / 180)
    return symbolic.cos(radians), symbolic.sin(radians)


def _eigen_samples(
    x: Expression, y: Expression, condition: Expression, angle: Expression
) -> dict[str, list[tuple[Expression, Expression]]]:
    """Two samples sqrt(2 lambda_i) q_i: the mean of their half squared errors is the quadratic."""
    c, s = _axes(angle)
    steep, flat = symbolic.sqrt(2 * condition), 2**0.5
    return {"w": [(steep * c, steep * s), (-flat * s, flat * c)]}


@surface(
    title="Ravine",
    domain=((-1.5, 1.5), (-1.5, 1.5)),
    start=(1.0, 1.0),
    minima=[(0.0, 0.0)],
    reference="The quadratic of Goh, Why Momentum Really Works, Distill 2017; as a neuron: Widrow and Hoff 1960",
    inputs=_eigen_samples,
    input_note="Exactly a linear neuron with the two samples √(2λᵢ)qᵢ and targets 0, so NSGD has true inputs here.",
)
def ravine(x: Expression, y: Expression, condition: Condition = 100.0, angle: Degrees = 0.0) -> Expression:
    """A valley whose walls are `condition` times steeper than its floor, turned by `angle` degrees.

    f = (condition u^2 + v^2) / 2, with u = x cos(angle) + y sin(angle) across and v along the valley;
    Hessian eigenvalues are `condition` and 1 everywhere.
    """
    c, s = _axes(angle)
    u, v = named("u", c * x + s * y), named("v", c * y - s * x)
    return 0.5 * (condition * u**2 + v**2)
