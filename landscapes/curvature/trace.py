"""The trace of a Hessian by random probes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


def hutchinson(products: Callable[[np.ndarray], np.ndarray], dim: int, probes: int = 64, seed: int = 0) -> tuple[float, float]:
    """The mean of vᵀHv over random sign vectors v: an unbiased estimate of tr H, with its standard error.

    `products` takes `(probes, dim)` vectors to H times each. Reference: Hutchinson 1989.
    """
    if probes < 2:
        raise ValueError(f"a standard error needs at least 2 probes, got {probes}")
    signs = np.random.default_rng(seed).integers(0, 2, (probes, dim)) * 2.0 - 1
    samples = np.einsum("ij,ij->i", signs, np.asarray(products(signs), dtype=np.float64))
    return float(samples.mean()), float(samples.std(ddof=1) / np.sqrt(probes))
