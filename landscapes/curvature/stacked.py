"""The largest eigenvalue of many symmetric matrices at once, by Lanczos' method on all of them in step."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


def largest_eigenvalues(
    product: Callable[[np.ndarray], np.ndarray], start: np.ndarray, products: int = 40
) -> tuple[np.ndarray, np.ndarray]:
    """The largest Ritz value of each run's matrix after so many products, and its residual ‖Hv - λv‖: both `(runs,)`.

    `product` takes `(runs, dim)` to `(runs, dim)`, each run by its own matrix; start `(runs, dim)` is drawn at random. A true
    eigenvalue lies within the residual of each value. Full reorthogonalisation, float64; NaN for a run whose products are not
    finite. Reference: Golub and Van Loan 2013, 10.1 and 10.3.
    """
    runs, dim = start.shape
    most = min(products, dim)
    basis = np.zeros((runs, most + 1, dim))
    alpha, beta = np.zeros((runs, most)), np.zeros((runs, most))
    basis[:, 0] = start / np.linalg.norm(start, axis=1, keepdims=True)
    bad = np.zeros(runs, bool)
    for m in range(most):
        w = np.asarray(product(basis[:, m]), dtype=np.float64)
        bad |= ~np.isfinite(w).all(1)
        w = np.where(bad[:, None], 0.0, w)
        alpha[:, m] = np.where(basis[:, m].any(1), (basis[:, m] * w).sum(1), alpha[:, 0])
        for _ in range(2):
            w = w - np.einsum("rm,rmd->rd", np.einsum("rmd,rd->rm", basis[:, : m + 1], w), basis[:, : m + 1])
        size = np.linalg.norm(w, axis=1)
        # A run whose space is exhausted goes on with zeros, and with the first quotient, which is no larger than the largest.
        ended = size <= 1e-12 * np.maximum(np.abs(alpha).max(1), 1e-300)
        beta[:, m] = np.where(ended, 0.0, size)
        basis[:, m + 1] = np.where(ended[:, None], 0.0, w / np.where(ended, 1.0, size)[:, None])
    tridiagonal = np.zeros((runs, most, most))
    places = np.arange(most)
    tridiagonal[:, places, places] = alpha
    tridiagonal[:, places[1:], places[:-1]] = tridiagonal[:, places[:-1], places[1:]] = beta[:, :-1]
    values, vectors = np.linalg.eigh(tridiagonal)
    found, residual = values[:, -1], np.abs(beta[:, -1] * vectors[:, -1, -1])
    return np.where(bad, np.nan, found), np.where(bad, np.nan, residual)
