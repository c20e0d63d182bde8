"""The spectrum of a landscape's Hessian at one point, exact where that is affordable."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from landscapes.arrays import is_numpy
from landscapes.curvature.eigenvalues import lanczos
from landscapes.curvature.trace import hutchinson
from landscapes.landscape import Landscape, Point

EXACT_DIM = 2_500  # beyond it, forming and diagonalising takes minutes
TOP = 10
TOLERANCE = 1e-6  # of Lanczos' residuals, relative
PROBES = 64  # for the trace


@dataclass(frozen=True, eq=False)
class Spectrum:
    """Ascending eigenvalues, all of them ("exact") or the largest ("lanczos"), each within `residuals` of a true one.

    `trace` is their sum where exact, with error 0; else Hutchinson's estimate with its standard error.
    """

    eigenvalues: np.ndarray
    residuals: np.ndarray
    trace: float
    trace_error: float
    kind: Literal["exact", "lanczos"]


def spectrum(
    landscape: Landscape,
    theta: Point,
    seed: int = 0,
    exact_dim: int = EXACT_DIM,
    top: int = TOP,
    tolerance: float = TOLERANCE,
    probes: int = PROBES,
) -> Spectrum:
    """The spectrum at a single point `(dim,)`; everything NaN where the Hessian is not finite.

    Beyond `exact_dim` parameters: the `top` largest eigenvalues, with residuals of `tolerance` |λ|, and a trace of `probes`.
    Precision is that of theta's dtype: eigenvalues smaller than its rounding times the largest are noise, which `residuals` of
    the exact kind say (dim times the rounding unit times |λ|_max, LAPACK's bound up to a small factor).
    """
    dim = landscape.dim
    if dim <= exact_dim:
        hessian = landscape.hessian(theta)
        rounding = float(np.finfo(as_numpy(hessian).dtype).eps)
        matrix = as_numpy(hessian).astype(np.float64)
        finite = bool(np.isfinite(matrix).all())
        values = np.linalg.eigvalsh(matrix) if finite else np.full(dim, np.nan)
        bound = np.full(dim, dim * rounding * float(np.abs(values).max()))
        return Spectrum(values, bound, float(values.sum()), 0.0 if finite else float("nan"), "exact")

    def products(vectors: np.ndarray) -> np.ndarray:
        return as_numpy(landscape.hessian_products(theta, landscape.point(vectors)))

    start = np.random.default_rng(seed).normal(size=dim)
    values, residuals = lanczos(lambda v: products(v[None])[0], start, top, tolerance=tolerance)
    trace, error = hutchinson(products, dim, probes, seed)
    return Spectrum(values, residuals, trace, error, "lanczos")


def as_numpy(a: Any) -> np.ndarray:
    """An array of either library as a NumPy array."""
    return np.asarray(a if is_numpy(a) else a.detach().cpu().numpy())
