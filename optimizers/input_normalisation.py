"""What the NSGD family shares: dividing gradient terms by their inputs' power, and the stability limit that follows."""

from __future__ import annotations

import numpy as np

from landscapes.arrays import Array, constant, where
from optimizers.optimizer import Number, Oracle, Point, Scalar, per_run, steepest_curvature


def per_term(hyperparameter: Number) -> Number:
    """A hyperparameter as it goes with gradient terms `(*runs, terms, dim)`: an array gets the axis of terms."""
    return hyperparameter[..., None, :] if np.ndim(hyperparameter) > 0 else hyperparameter


def exempted(oracle: Oracle, divisor: Array) -> Array:
    """The divisor with exactly 1 for what multiplies no input (biases, normalisation gains)."""
    divided = oracle.landscape.divided
    return divisor if divided.all() else where(constant(divided, like=divisor) > 0, divisor, divisor * 0 + 1)


def normalised(oracle: Oracle, terms: Array, divisor: Array) -> Point:
    """Gradient terms `(*runs, terms, dim)` over their divisors, added up: `(*runs, dim)`."""
    return (terms / exempted(oracle, divisor)).sum(-2)


def stability_limit(oracle: Oracle, divisor: Array, momentum: Number, weight_decay: Number) -> Scalar:
    """2 (1 + momentum) / (λ_max(P⁻¹H) + weight_decay), P the divisor; NaN where several residuals are normalised one by one."""
    if divisor.shape[-2] > 1:
        return oracle.theta[..., 0] * float("nan")
    sharpness = steepest_curvature(oracle, exempted(oracle, divisor)[..., 0, :])
    return 2 * (1 + per_run(momentum)) / (sharpness + per_run(weight_decay))
