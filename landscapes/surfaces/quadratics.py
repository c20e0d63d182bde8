"""Quadratic surfaces: constant curvature, where theory is exact. Each is a linear neuron, so that NSGD has true inputs."""

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


def _eigen_errors(x: Expression, y: Expression, condition: Expression, angle: Expression) -> list[Expression]:
    """What each of the two samples is missed by; their targets are 0."""
    return [a * x + b * y for a, b in _eigen_samples(x, y, condition, angle)["w"]]


@surface(
    title="Ravine",
    domain=((-1.5, 1.5), (-1.5, 1.5)),
    start=(1.0, 1.0),
    minima=[(0.0, 0.0)],
    reference="The quadratic of Goh, Why Momentum Really Works, Distill 2017; as a neuron: Widrow and Hoff 1960",
    inputs=_eigen_samples,
    errors=_eigen_errors,
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


@surface(
    title="Bowl",
    domain=((-2.0, 2.0), (-2.0, 2.0)),
    start=(1.5, -1.0),
    minima=[(0.0, 0.0)],
    reference="Cauchy 1847, Comptes Rendus 25: the descent that it is the easiest case of",
    inputs=lambda x, y: {"w": [(2**0.5, 0.0), (0.0, 2**0.5)]},
    errors=lambda x, y: [2**0.5 * x, 2**0.5 * y],
    input_note="Exactly a linear neuron with the samples (√2, 0) and (0, √2) and targets 0, so NSGD has true inputs here.",
)
def bowl(x: Expression, y: Expression) -> Expression:
    """A round bowl: the gradient points straight at the minimum, and one learning rate fits every direction.

    Both Hessian eigenvalues are 1, so that gradient descent is there in one step of learning rate 1.
    """
    return 0.5 * (x**2 + y**2)


@surface(
    title="Booth",
    domain=((-5.0, 6.0), (-4.0, 7.0)),
    start=(-4.0, 1.0),
    minima=[(1.0, 3.0)],
    reference="Jamil and Yang 2013, arXiv 1308.4008, function 17",
    inputs=lambda x, y: {"w": [(2.0, 4.0), (4.0, 2.0)]},
    errors=lambda x, y: [2 * x + 4 * y - 14, 4 * x + 2 * y - 10],
    input_note="Exactly a linear neuron with the samples (2, 4) and (4, 2) and the targets 14 and 10, so NSGD has true inputs.",
)
def booth(x: Expression, y: Expression) -> Expression:
    """Two equations in two unknowns, solved by least squares: a gentle ellipse at 45 degrees.

    The Hessian eigenvalues are 18 along (1, 1) and 2 along (1, -1).
    """
    return (x + 2 * y - 7) ** 2 + (2 * x + y - 5) ** 2


@surface(
    title="Matyas",
    domain=((-10.0, 10.0), (-10.0, 10.0)),
    start=(-3.0, 9.0),
    minima=[(0.0, 0.0)],
    reference="Jamil and Yang 2013, arXiv 1308.4008, function 71",
    inputs=lambda x, y: {"w": [(1.0, -1.0), (0.2, 0.2)]},
    errors=lambda x, y: [x - y, 0.2 * x + 0.2 * y],
    input_note="Exactly a linear neuron with the samples (1, -1) and (0.2, 0.2) and targets 0, so NSGD has true inputs here.",
)
def matyas(x: Expression, y: Expression) -> Expression:
    """A wide, shallow plate on the diagonal: across it is 25 times as steep as along.

    The Hessian eigenvalues are 1 along (1, -1) and 0.04 along (1, 1).
    """
    return 0.26 * (x**2 + y**2) - 0.48 * x * y
