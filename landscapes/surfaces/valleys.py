"""Curved valleys: easy to enter, slow to follow."""

from __future__ import annotations

from landscapes.ranges import Positive
from landscapes.surfaces.expression import Expression, symbolic
from landscapes.surfaces.surface import surface


@surface(
    title="Rosenbrock",
    domain=((-2.0, 2.0), (-1.0, 3.0)),
    start=(-1.2, 1.0),
    minima=[(1.0, 1.0)],
    reference="Rosenbrock 1960, The Computer Journal 3(3)",
    residuals=lambda x, y, b: (1 - x, symbolic.sqrt(b) * (y - x**2)),
    input_note="Our extension: f is a sum of two squared residuals, and NSGD normalises each residual's gradient by the "
    "power of its Jacobian row, the input vector of the linearised neuron (nonlinear Kaczmarz).",
)
def rosenbrock(x: Expression, y: Expression, b: Positive = 100.0) -> Expression:
    """A curved valley y = x^2 whose walls are steep and whose floor is almost level."""
    return (1 - x) ** 2 + b * (y - x**2) ** 2


def _beale_residuals(x: Expression, y: Expression) -> tuple[Expression, ...]:
    return 1.5 - x + x * y, 2.25 - x + x * y**2, 2.625 - x + x * y**3


@surface(
    title="Beale",
    domain=((-4.5, 4.5), (-4.5, 4.5)),
    start=(1.0, 1.5),
    minima=[(3.0, 0.5)],
    saddles=[(0.0, 1.0), (0.10053793732415836, -2.644513585023125)],
    reference="Beale 1958, On an iterative method for finding a local minimum, Princeton technical report 25",
    residuals=_beale_residuals,
    input_note="Our extension: f is a sum of three squared residuals, and NSGD normalises each residual's gradient by the "
    "power of its Jacobian row, the input vector of the linearised neuron (nonlinear Kaczmarz).",
)
def beale(x: Expression, y: Expression) -> Expression:
    """A cross of shallow valleys under walls that rise like a sixth power: gradients from nothing to 10^5 on one map."""
    a, b, c = _beale_residuals(x, y)
    return a**2 + b**2 + c**2
