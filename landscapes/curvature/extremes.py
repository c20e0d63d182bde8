"""Eigenvalues at both ends of a spectrum, with eigenvectors, by Lanczos' method."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np


class Extremes(NamedTuple):
    """values `(count,)` ascending; each within residuals `(count,)` of a true one; unit vectors `(count, dim)`.

    `products` is how many times the matrix was applied. Everything is NaN where a product was not finite.
    """

    values: np.ndarray
    residuals: np.ndarray
    vectors: np.ndarray
    products: int


def extremes(
    product: Callable[[np.ndarray], np.ndarray],
    start: np.ndarray,
    largest: int = 1,
    smallest: int = 1,
    tolerance: float = 1e-6,
    most_products: int = 200,
) -> Extremes:
    """The `smallest` smallest and the `largest` largest eigenvalues of the symmetric matrix behind `product`.

    Full reorthogonalisation, float64. It stops when all residuals ‖Hv - λv‖ are at most `tolerance` times the size of the
    spectrum, max |λ|, or after `most_products`; a value that is tiny beside max |λ| is as uncertain as its residual says. A
    repeated eigenvalue is found once, and one whose vectors are orthogonal to `start` is not: start at random.
    Reference: Golub and Van Loan 2013, 10.1 and 10.3; Parlett 1998, 13.2.
    """
    most, wanted = min(most_products, len(start)), largest + smallest
    basis = np.zeros((most + 1, len(start)))
    basis[0] = start / np.linalg.norm(start)
    alpha, beta = np.zeros(most), np.zeros(most)
    for m in range(most):
        w = np.asarray(product(basis[m]), dtype=np.float64)
        if not np.isfinite(w).all():
            nothing = np.full(wanted, np.nan)
            return Extremes(nothing, nothing, np.full((wanted, len(start)), np.nan), m + 1)
        alpha[m] = basis[m] @ w
        for _ in range(2):
            w = w - (basis[: m + 1] @ w) @ basis[: m + 1]
        beta[m] = np.linalg.norm(w)
        values, ritz = np.linalg.eigh(np.diag(alpha[: m + 1]) + np.diag(beta[:m], 1) + np.diag(beta[:m], -1))
        size = float(np.abs(values).max())
        last = m + 1 == most or beta[m] <= 1e-14 * max(size, 1e-300)
        if m + 1 >= wanted or last:
            ends = np.r_[: min(smallest, m + 1), max(smallest, m + 1 - largest) : m + 1]
            residuals = np.abs(beta[m] * ritz[-1, ends])
            if last or bool((residuals <= tolerance * size).all()):
                break
        basis[m + 1] = w / beta[m]
    return Extremes(values[ends], residuals, ritz[:, ends].T @ basis[: m + 1], m + 1)
