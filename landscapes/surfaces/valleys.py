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
