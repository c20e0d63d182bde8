"""Single neurons and their smallest compositions: surfaces with true inputs."""

from __future__ import annotations

from math import sqrt
from typing import Annotated, Any

from landscapes.ranges import Range
from landscapes.surfaces.expression import Expression, named, symbolic
from landscapes.surfaces.surface import surface

Datum = Annotated[Any, Range(control=(0.5, 2.0))]
InputScale = Annotated[Any, Range(1e-3, 1e3, scale="log", control=(0.1, 10.0))]
Noise = Annotated[Any, Range(0, 1e3, control=(0.0, 2.0))]

INPUTS = ((1.0, 1.0), (-1.0, 0.0), (0.0, -2.0), (2.0, 3.0))
NOISE = (-1.0, 1.0, 1.0, 1.0)  # orthogonal to both columns of the inputs, so that the minimum stays where it is
TEACHER = (1.0, -0.5)


def _samples(scale: Expression) -> dict[str, list[tuple[Expression, ...]]]:
    return {"w": [tuple(scale * z for z in sample) for sample in INPUTS]}


def _linear_errors(w1: Expression, w2: Expression, scale: Expression, noise: Expression) -> list[Expression]:
    u, v = TEACHER
    return [
        named(f"e_{n}", scale * (z1 * w1 + z2 * w2 - (z1 * u + z2 * v + noise * r)))
        for n, ((z1, z2), r) in enumerate(zip(INPUTS, NOISE), start=1)
    ]


def _sigmoid_errors(w1: Expression, w2: Expression, scale: Expression) -> list[Expression]:
    u, v = TEACHER
    return [
        named(f"e_{n}", symbolic.sigmoid(scale * (z1 * w1 + z2 * w2)) - symbolic.sigmoid(scale * (z1 * u + z2 * v)))
        for n, (z1, z2) in enumerate(INPUTS, start=1)
    ]


def _half_mean_square(errors: list[Expression]) -> Expression:
    return sum((e**2 for e in errors[1:]), errors[0] ** 2) / (2 * len(errors))


@surface(
    title="Linear neuron",
    domain=((-2.0, 4.0), (-3.0, 3.0)),
    start=(-1.2, 2.4),
    minima=[TEACHER],
    reference="Widrow and Hoff 1960, Adaptive switching circuits",
    inputs=lambda w1, w2, scale, noise: _samples(scale),
    errors=_linear_errors,
    input_note="A true neuron: w₁ and w₂ see the inputs c·(1, 1), c·(-1, 0), c·(0, -2) and c·(2, 3), and c is the input scale.",
)
def linear_neuron(w1: Expression, w2: Expression, scale: InputScale = 1.0, noise: Noise = 0.0) -> Expression:
    """Four samples fitted by y = w.x: half their mean squared error. The learning rates that SGD bears go with 1 / scale^2.

    The inputs are `scale` times (1, 1), (-1, 0), (0, -2), (2, 3); the targets are those of the weights (1, -0.5), and `noise`
    moves them so that the floor is lifted and the minimum stays. Hessian eigenvalues are 4.52 and 0.484 times scale^2.
    """
    return _half_mean_square(_linear_errors(w1, w2, scale, noise))


@surface(
    title="Sigmoid neuron",
    domain=((-8.0, 8.0), (-8.0, 8.0)),
    start=(-4.0, 5.0),
    minima=[TEACHER],
    reference="Auer, Herbster and Warmuth 1996, Exponentially many local minima for single neurons, NIPS 8",
    inputs=lambda w1, w2, scale: _samples(scale),
    errors=_sigmoid_errors,
    input_note="A true neuron: w₁ and w₂ see the inputs c·(1, 1), c·(-1, 0), c·(0, -2) and c·(2, 3), and c is the input scale. "
    "The division does not undo the saturation: the slope of the sigmoid stays in the gradient.",
)
def sigmoid_neuron(w1: Expression, w2: Expression, scale: InputScale = 1.0) -> Expression:
    """Four samples fitted by y = sigmoid(w.x): half their mean squared error. Where the neuron is saturated, it is flat.

    The inputs are `scale` times (1, 1), (-1, 0), (0, -2), (2, 3); the targets are what a neuron with the weights (1, -0.5)
    says, so that the only stationary point is that minimum. Large inputs saturate the neuron sooner.
    """
    return _half_mean_square(_sigmoid_errors(w1, w2, scale))


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
    errors=lambda w1, w2, x, y: [w2 * w1 * x - y],
    input_note="A true network: w₁ sees the input x, w₂ sees the hidden activation w₁x.",
)
def two_layer_neuron(w1: Expression, w2: Expression, x: Datum = 1.0, y: Datum = 1.0) -> Expression:
    """The smallest deep network, y = w2 w1 x: two curved valleys of minima and a saddle at 0 between them.

    f = (w2 w1 x - y)^2 / 2; the Hessian at 0 has eigenvalues +-xy.
    """
    return 0.5 * (w2 * w1 * x - y) ** 2
