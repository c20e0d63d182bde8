"""What the Adam family shares: averages corrected for their start at zero, and the stability limit of averaged gradients."""

from __future__ import annotations

from landscapes.arrays import Array
from optimizers.optimizer import Number, Oracle, Scalar, per_run, steepest_curvature


def corrected(average: Array, beta: Number, t: int) -> Array:
    """average / (1 - beta^t), which undoes the start at zero; NaN before the first step, where there is nothing to undo."""
    return average / (1 - beta**t) if t else average * float("nan")


def averaged_limit(oracle: Oracle, preconditioner: Array, beta1: Number, weight_decay: Number = 0.0) -> Scalar:
    """The stability limit of Δθ = -lr (m / P + weight_decay θ) with m an average of gradients and P held still, `(*runs,)`.

    (2 + 2 beta1) / ((1 - beta1) λ_max(P⁻¹H) + (1 + beta1) weight_decay). Without decay: Cohen et al. 2022, arXiv 2207.14484.
    """
    sharpness, beta1, decay = steepest_curvature(oracle, preconditioner), per_run(beta1), per_run(weight_decay)
    return 2 * (1 + beta1) / ((1 - beta1) * sharpness + (1 + beta1) * decay)
