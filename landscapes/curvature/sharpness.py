"""Sharpness measures other than λ_max, each by its full name."""

from __future__ import annotations

import numpy as np

from landscapes.arrays import norm, where
from landscapes.landscape import Landscape, Point, Scalar


def sam_sharpness(landscape: Landscape, theta: Point, rho: float = 0.05) -> Scalar:
    """How much the loss rises within a distance rho, to first order: f(θ + rho g/‖g‖) - f(θ), `(*runs,)`.

    Where the gradient is exactly 0 the ascent direction does not exist and the value is NaN.
    Reference: Foret et al. 2021, arXiv 2010.01412.
    """
    with np.errstate(all="ignore"):
        g = landscape.gradient(theta)
        length = norm(g)
        flat = length == 0
        raised = landscape.loss(theta + rho * g / where(flat, length + 1, length))
        return where(flat[..., 0], raised * np.nan, raised - landscape.loss(theta))
