"""Saddles: flat points that are no minima."""

from __future__ import annotations

from landscapes.surfaces.expression import Expression
from landscapes.surfaces.surface import surface


@surface(
    title="Textbook saddle",
    domain=((-2.0, 2.0), (-2.0, 2.0)),
    start=(1.5, 1e-3),
    saddles=[(0.0, 0.0)],
    reference="Textbook; for networks: Dauphin et al. 2014, arXiv 1406.2572",
)
def saddle(x: Expression, y: Expression) -> Expression:
    """Falls without end along y: no minimum exists, and every run that leaves the ridge leaves the map."""
    return x**2 - y**2


@surface(
    title="Monkey saddle",
    domain=((-2.0, 2.0), (-2.0, 2.0)),
    start=(1.6, 0.02),
    saddles=[(0.0, 0.0)],
    reference="Hilbert and Cohn-Vossen 1932, Anschauliche Geometrie, section 29",
)
def monkey_saddle(x: Expression, y: Expression) -> Expression:
    """Three valleys, two for the legs and one for the tail. At the saddle even the Hessian is zero.

    Second-order methods learn nothing there, and gradients shrink with the square of the distance. No minimum exists.
    """
    return x**3 - 3 * x * y**2
