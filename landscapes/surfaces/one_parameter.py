"""Losses of a single parameter: a curve, a ball and its tangent."""

from __future__ import annotations

from typing import Annotated, Any

from landscapes.ranges import Range
from landscapes.surfaces.expression import Expression, named, symbolic
from landscapes.surfaces.surface import surface

Curvature = Annotated[Any, Range(0.3, 1e6, scale="log", control=(0.3, 16.0))]
Gain = Annotated[Any, Range(2, 1e6, open_low=True, scale="log", control=(2.1, 100.0))]


@surface(
    title="Parabola",
    domain=((-4.0, 4.0),),
    start=(3.0,),
    minima=lambda curvature: [(3 - 2 / curvature,)],
    reference="Kathuria 2018, Intro to optimization in deep learning: Momentum, RMSProp and Adam",
)
def parabola(w: Expression, curvature: Curvature = 0.5) -> Expression:
    """At the start, w = 3, the slope is 2 whatever the curvature: the gradient alone does not tell how far to go.

    The minimum is 2 / curvature away.
    """
    m = named("m", 3 - 2 / curvature)
    return 0.5 * curvature * (w - m) ** 2


FLAT, SHARP = -1.9228565349889732, 1.9991868388999072


@surface(
    title="Flat and sharp",
    domain=((-5.0, 4.0),),
    start=(2.3,),
    minima=[(FLAT,), (SHARP,)],
    reference="The question is that of Keskar et al. 2017, arXiv 1609.04836; the formula is ours",
)
def flat_and_sharp(w: Expression) -> Expression:
    """Two basins of almost the same depth, a flat one of curvature 1.03 and a sharp one of curvature 100.

    Gradient descent with a learning rate above 2 / 100 does not settle in the sharp one: it bounces about in it, and from
    about 0.08 on it is thrown out, into the flat one.
    """
    sharp, flat = symbolic.exp(-((w - 2) ** 2) / (2 * 0.1**2)), symbolic.exp(-((w + 2) ** 2) / 2)
    return 0.02 * w**2 - sharp - flat


@surface(
    title="Where Adam fails (Reddi)",
    domain=((-1.0, 1.0),),
    start=(0.0,),
    minima=[(-1.0,)],
    bounds=((-1.0, 1.0),),
    rounds=lambda x, C: (C * x, -x, -x),
    reference="Reddi, Kale and Kumar 2018, On the convergence of Adam and beyond, section 3",
)
def reddi(x: Expression, C: Gain = 4.0) -> Expression:
    """Step t sees the loss C x if t mod 3 = 1, else -x, with t counted from 1. The loss is their mean, lowest at x = -1.

    Only -1 ≤ x ≤ 1 is feasible: after every step, x goes to the nearest feasible point, as in the paper. Adam with
    beta1 = 0 and beta2 = 1 / (1 + C^2) forgets the rare large gradient and ends at the worst point, x = 1.
    """
    return (C * x - x - x) / 3
