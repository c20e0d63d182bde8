"""Single neurons and their smallest compositions: surfaces with true inputs."""

from __future__ import annotations

from math import sqrt
from typing import Annotated, Any

from landscapes.ranges import Range
from landscapes.surfaces.expression import Expression
from landscapes.surfaces.surface import surface

Datum = Annotated[Any, Range(control=(0.1, 3.0))]


def _on_the_hyperbola(x: float, y: float) -> list[tuple[float, float]]:
    """The two minima nearest to the origin; all of w1 w2 = y / x is minimal. Without an input nothing can be learnt."""
    if x == 0:
        return [(0.0, 0.0)]
    ratio = y / x
    root = sqrt(abs(ratio))
    return [(root, ratio / root), (-root, -ratio / root)] if root else [(0.0, 0.0)]


@surface(
    title="Saddle (two-layer neuron)",
    domain=((-2.0, 2.0), (-2.0, 2.0)),
    start=(-0.6, 0.75),
    minima=_on_the_hyperbola,
    saddles=lambda x, y: [(0.0, 0.0)] if x * y else [],
    reference="Saxe, McClelland, Ganguli 2014, arXiv 1312.6120: deep linear networks",
    inputs=lambda w1, w2, x, y: {"w1": [(x,)], "w2": [(w1 * x,)]},
    input_note="A true network: w₁ sees the input x, w₂ sees the hidden activation w₁x.",
)
def two_layer_neuron(w1: Expression, w2: Expression, x: Datum = 1.0, y: Datum = 1.0) -> Expression:
    """The smallest deep network, y = w2 w1 x: two curved valleys of minima and a saddle at 0 between them.

    f = (w2 w1 x - y)^2 / 2; the Hessian at 0 has eigenvalues +-xy.
    """
    return 0.5 * (w2 * w1 * x - y) ** 2
