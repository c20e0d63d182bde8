"""What can be found about a surface that nobody has studied: a start that shows something, and minima, numerically."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from landscapes.arrays import eigh, matvec, transpose
from landscapes.surfaces.surface import Place, Surface

CELLS = {1: 1600, 2: 40}  # of the grid, along each axis
MOST_MINIMA, POLISHING = 12, 25
FLAT = 1e-10  # the largest gradient at a minimum, per unit of the largest Hessian entry where that is above 1
CURVED = 1e-8  # the least ratio of the smallest Hessian eigenvalue to the largest there


def grid_over(domain: Sequence[tuple[float, float]]) -> np.ndarray:
    """A grid with both ends of every interval: `(cells + 1, dim)` on a line, `(cells + 1, cells + 1, dim)` in a plane."""
    axes = [np.linspace(low, high, CELLS[len(domain)] + 1) for low, high in domain]
    return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)


def some_start(surface: Surface) -> Place | None:
    """A point well inside the domain, high up and steep; anywhere finite if all is flat, None if nothing is finite.

    81 points are looked at, off the axes of symmetry. Of those with a slope that are higher than 60 % but not than 90 % of
    them, the one is taken whose least steep direction is the steepest.
    """
    low, high = np.array(surface.domain).T
    count = 81 if surface.dim == 1 else 9
    shares = 0.1 + 0.8 * (np.arange(count) + 0.37) / count
    points = low + (high - low) * np.stack(np.meshgrid(*[shares] * surface.dim), axis=-1).reshape(-1, surface.dim)
    for axis, width in enumerate(high - low):
        points[:, axis] = points[:, axis].round(2 - math.floor(math.log10(width)))
    with np.errstate(all="ignore"):
        heights, slopes = surface.loss(points), np.abs(surface.gradient(points))
        sloping = np.flatnonzero(np.isfinite(heights) & np.isfinite(slopes).all(-1) & (slopes > 0).any(-1))
        if not len(sloping):
            everywhere = grid_over(surface.domain).reshape(-1, surface.dim)
            finite = everywhere[np.isfinite(surface.loss(everywhere))]
            return tuple(finite[len(finite) // 3].tolist()) if len(finite) else None
    ranked = sloping[np.argsort(heights[sloping], kind="stable")]
    high_up = ranked[int(0.6 * (len(ranked) - 1)) : int(0.9 * (len(ranked) - 1)) + 1]
    steepest = high_up[(slopes[high_up] * (high - low)).min(-1).argmax()]
    return tuple(points[steepest].tolist())


def minima_of(surface: Surface) -> Sequence[Place]:
    """Minima inside the domain, the lowest first: each verified, but there may be others.

    Seeds are the lowest points of a grid that are no higher than their neighbours; Newton's method polishes them. Kept is what
    ends inside the domain no higher than its seed, with a gradient of at most `FLAT` and a positive definite Hessian.
    """
    low, high = np.array(surface.domain).T
    cell = (high - low) / CELLS[surface.dim]
    with np.errstate(all="ignore"):
        seeds = _lowest(surface, grid_over(surface.domain))
        theta = seeds
        for _ in range(POLISHING):
            values, vectors = eigh(surface.hessian(theta))
            values = np.maximum(np.abs(values), 1e-12 * (1 + np.abs(values).max(-1, keepdims=True)))
            step = matvec(vectors, matvec(transpose(vectors), surface.gradient(theta)) / values)
            theta = theta - step / np.maximum(np.abs(step / cell).max(-1, keepdims=True), 1)
        slopes, hessian = np.abs(surface.gradient(theta)).max(-1), surface.hessian(theta)
        values, scale = eigh(hessian)[0], np.maximum(np.abs(hessian).max((-1, -2)), 1)
        kept = (slopes <= FLAT * scale) & (values[:, 0] > CURVED * values[:, -1]) & (values[:, 0] > 0)
        kept &= ((theta >= low) & (theta <= high)).all(-1) & (surface.loss(theta) <= surface.loss(seeds))
        ranked = theta[kept][np.argsort(surface.loss(theta[kept]), kind="stable")]
    found: list[np.ndarray] = []
    for place in ranked:
        if all(np.abs((place - other) / cell).max() > 1e-3 for other in found):
            found.append(place)
    return [tuple(place.tolist()) for place in found]


def _lowest(surface: Surface, grid: np.ndarray) -> np.ndarray:
    """The lowest points of the grid that are no higher than their neighbours, `(count, dim)`; what is not finite is no seed."""
    heights = surface.loss(grid)
    heights = np.where(np.isfinite(heights), heights, np.inf)
    around = np.pad(heights, 1, constant_values=np.inf)
    lower = np.isfinite(heights)
    for shift in np.ndindex((3,) * surface.dim):
        window = tuple(slice(s, s + size) for s, size in zip(shift, heights.shape))
        lower &= heights <= around[window]
    seeds, at = grid[lower], heights[lower]
    chosen: np.ndarray = seeds[np.argsort(at, kind="stable")[:MOST_MINIMA]]
    return chosen
