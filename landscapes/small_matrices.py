"""Products with small matrices of numbers, entry by entry: the same bits for plain numbers, arrays and tensors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from itertools import combinations_with_replacement
from typing import Any, NamedTuple

import numpy as np

from landscapes.arrays import Array, empty_like
from landscapes.surfaces.expression import ZERO, Expression, compile_function, symbol

Rows = tuple[tuple[float, ...], ...]
Pattern = tuple[tuple[bool, ...], ...]  # where a matrix is not 0
Product = Callable[..., tuple[Any, ...]]


class Products(NamedTuple):
    """A⁻¹ v, A v, Aᵀ v and Aᵀ H A, of entries."""

    there: Product
    back: Product
    turned: Product
    around: Product


def products(there: Rows, back: Rows) -> Products:
    """The products with A, given as `back`, and its inverse, given as `there`."""
    return Products(times(there), times(back), times(tuple(zip(*back))), around(back))


def times(rows: Rows) -> Product:
    """A vector's entries to those of a matrix, given by rows, times the vector."""
    return partial(_multiplication(_pattern(rows)), *_entries(rows))


def around(rows: Rows) -> Product:
    """The entries xx, xy, yy of a symmetric matrix H to those of Mᵀ H M, M given by rows."""
    return partial(_congruence(_pattern(rows)), *_entries(rows))


def _pattern(rows: Rows) -> Pattern:
    return tuple(tuple(bool(np.any(m)) for m in row) for row in rows)  # an entry may be an array, one number for each run


def _entries(rows: Rows) -> list[float]:
    return [m for row in rows for m in row if np.any(m)]


@lru_cache(maxsize=64)
def _multiplication(pattern: Pattern) -> Product:
    """What is not 0 in a matrix, then the entries of a vector, to those of their product; 0 times infinity is never added."""
    names, matrix = [f"v{j}" for j in range(len(pattern[0]))], _symbols(pattern)
    return _compiled([sum((m * symbol(v) for m, v in zip(row, names)), ZERO) for row in matrix], matrix, names)


@lru_cache(maxsize=64)
def _congruence(pattern: Pattern) -> Product:
    axes, m = range(len(pattern)), _symbols(pattern)
    pairs = list(combinations_with_replacement(axes, 2))
    h = {(i, j): symbol(f"h{min(i, j)}{max(i, j)}") for i in axes for j in axes}
    half = [[sum((h[i, k] * m[k][j] for k in axes), ZERO) for j in axes] for i in axes]
    return _compiled([sum((m[k][i] * half[k][j] for k in axes), ZERO) for i, j in pairs], m, [h[p].args[0] for p in pairs])


def _symbols(pattern: Pattern) -> list[list[Expression]]:
    return [[symbol(f"m{i}{j}") if there else ZERO for j, there in enumerate(row)] for i, row in enumerate(pattern)]


def _compiled(outputs: Sequence[Expression], matrix: Sequence[Sequence[Expression]], names: Sequence[str]) -> Product:
    return compile_function(outputs, [m.args[0] for row in matrix for m in row if m != ZERO], names)


def product(multiply: Product, theta: Array) -> Array:
    """A matrix times vectors along the last axis; a run alone gets the very bits that it gets among many."""
    if theta.ndim == 1 and isinstance(theta, np.ndarray):
        return np.array(multiply(*theta.tolist()))
    out = empty_like(theta)
    for i, value in enumerate(multiply(*(theta[..., j] for j in range(theta.shape[-1])))):
        out[..., i] = value
    return out
