"""From what is known of every step of a run to what the stage draws of it."""

from __future__ import annotations

import numpy as np

from experiments.why.overlay import Overlay as Record
from figures.scene import Arrow, Overlay

ROUNDING = 1e-12  # of a step's length: what is shorter is left by subtracting what is equal


def overlay_of(run: Record, inertia: str = "momentum") -> Overlay:
    """The stage's overlay of a run with two parameters, without what the method does not have.

    An arrow "−gradient seen" is there where the rule got another than the full gradient. `inertia` names the part of the step
    that does not follow from the gradient seen. Raises ValueError for another number of parameters; with one, a runner's slope
    is `run.gradient[:, 0]` and its curvature `run.eigenvalues[:, 0]`.
    """
    if run.theta.shape[-1] != 2:
        raise ValueError(f"the stage draws overlays of 2 parameters, got {run.theta.shape[-1]}")
    arrows = []
    if not np.array_equal(run.seen, run.gradient, equal_nan=True):
        arrows.append(Arrow("−gradient seen", -run.seen))
    length = np.linalg.norm(run.step, axis=-1, keepdims=True)
    with np.errstate(invalid="ignore"):
        kept = np.where(abs(run.inertia) > ROUNDING * length, run.inertia, 0.0)
    if np.nan_to_num(kept).any():
        arrows.append(Arrow(inertia, kept))
    known = np.isfinite(run.preconditioner).any()
    return Overlay(
        gradient=run.gradient,
        eigenvalues=run.eigenvalues,
        eigenvectors=run.eigenvectors,
        preconditioner=run.preconditioner if known else None,
        newton_target=run.newton_target,
        arrows=tuple(arrows),
    )
