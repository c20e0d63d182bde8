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
