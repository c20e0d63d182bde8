"""Where the gradient says too little, too much, or nothing that lasts: plateaus, cliffs and kinks."""

from __future__ import annotations

from typing import Annotated, Any

from landscapes.ranges import Range
from landscapes.surfaces.expression import Expression, named, symbolic
from landscapes.surfaces.surface import surface

Width = Annotated[Any, Range(0.1, 10, scale="log", control=(0.5, 2.0))]
Steepness = Annotated[Any, Range(20, 1000, scale="log", control=(20.0, 100.0))]
Slope = Annotated[Any, Range(0, 1e6, open_low=True, scale="log", control=(0.1, 100.0))]


@surface(
    title="Plateau",
    domain=((-4.0, 4.0), (-3.0, 3.0)),
    start=(-2.4, 1.0),
    minima=[(0.0, 0.0)],
    reference="After the plateaus of Fukumizu and Amari 2000, Neural Networks 13(3); the formula is ours",
)
def plateau(x: Expression, y: Expression, width: Width = 1.0) -> Expression:
    """A hole in a level plain: outside of it the gradient points the right way, but is next to nothing.

    A Gaussian upside down. At a distance d along x the gradient has shrunk by exp(-d^2 / (2 width^2)).
    """
    return 1 - symbolic.exp(-(x**2 + 4 * y**2) / (2 * width**2))


@surface(
    title="Cliff",
    domain=((-2.0, 3.0), (-2.0, 2.0)),
    start=(2.2, 0.9),
    minima=[(0.0, 0.0)],
    reference="After the cliffs of Pascanu, Mikolov and Bengio 2013, arXiv 1211.5063; the formula is ours",
)
def cliff(x: Expression, y: Expression, steepness: Steepness = 30.0) -> Expression:
    """A gentle bowl cut by a wall of height 1: one step that lands on the wall throws the run far off.

    The wall follows the curve e = 0; its slope there is steepness / 2 and more, anywhere else next to nothing.
    """
    edge = named("e", x - 1 - y**2 / 4)
    return 0.05 * (x**2 + y**2) + symbolic.sigmoid(2 * steepness * edge)


@surface(
    title="Kinked valley",
    domain=((-2.0, 2.0), (-2.0, 2.0)),
    start=(-1.7, 0.9),
    minima=[(0.0, 0.0)],
    reference="Shor 1985, Minimization Methods for Non-Differentiable Functions",
)
def nonsmooth(x: Expression, y: Expression, slope: Slope = 4.0) -> Expression:
    """A valley with a crease for a floor: the slope never fades, so that no constant learning rate ever settles.

    On the creases x = 0 and y = 0 there is no derivative; the mean of both sides, 0, stands for it there, as in torch.
    The Hessian is zero everywhere else.
    """
    return symbolic.absolute(x) + slope * symbolic.absolute(y)
