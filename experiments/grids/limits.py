"""What a slice cannot show, in sentences with its own numbers."""

from __future__ import annotations

from typing import Any

import numpy as np


def two_of(dim: int) -> str:
    return (
        f"It shows 2 of {dim:,} directions. A minimum here can be a saddle of the whole loss, and a wall here can have a way "
        "around it that leaves the plane."
    )


def one_of(dim: int) -> str:
    return (
        f"It shows 1 of {dim:,} directions. A barrier on this line can have a way around it, and a minimum of the line is "
        "seldom one of the loss."
    )


def random(loss: np.ndarray) -> list[str]:
    """Of planes of several seeds: loss `(seeds, ny, nx)`."""
    line = loss.shape[1] == 1
    where = "at its two ends" if line else "along its lower and upper edge"
    sides = (loss[:, 0, 0], loss[:, 0, -1]) if line else (loss[:, 0].mean(axis=1), loss[:, -1].mean(axis=1))
    edges = np.stack(sides, axis=1).mean(axis=1)
    said = [
        "Along a random direction the curvature is a mean over many directions, and usually far below the largest one: the "
        "picture is flatter than the steepest way."
    ]
    if np.isfinite(edges).all():
        said.append(
            f"Another seed gives another picture: the mean loss {where} is {edges.min():.3g} to {edges.max():.3g} over "
            f"{len(loss)} seeds."
        )
    return said


def skewed(angle: float) -> str:
    return f"Its axes meet at {angle:.1f}°, so distances and angles in the picture are not those of parameter space."


def off_plane(distance: float, gap: float, span: str = "plane") -> str:
    away = f"The paths are up to {distance:.3g} away from the {span}, and "
    if not np.isfinite(gap):
        return f"{away}nowhere are both the loss where they are and the one drawn under them finite."
    return f"{away}the loss where they are differs by up to {gap:.3g} from the one drawn under them."


def diverged(name: str, step: int) -> str:
    return f"{name} diverged: its end is here the last recorded point at which its weights were finite, of step {step:,}."


def subset(samples: int, of: int) -> str:
    return (
        f"It is the loss over {samples:,} of {of:,} training samples, the same ones at every cell, so that the choice shifts "
        "the picture more than it roughens it."
    )


def frozen() -> str:
    return "Batch normalisation keeps its statistics at every cell; a training that went there would have other ones."


def has_batch_norm(landscape: Any) -> bool:
    """Whether running statistics matter to a landscape."""
    module = getattr(landscape, "module", None)
    return module is not None and any(name.endswith("running_mean") for name, _ in module.named_buffers())
