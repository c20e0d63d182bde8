"""The few array functions that a formula or an update rule needs, on NumPy arrays and torch tensors alike.

A rule writes `sqrt(v)`, never `v.sqrt()` or `np.sqrt(v)`. The library is that of the first argument. torch is never
imported from here: whoever holds a tensor has imported it already, and a surface must not pay for it.
Shapes follow the project: `(*runs, dim)` for points, `(*runs, 1)` for one number per run, `(*runs, dim, dim)` for matrices.
"""

from __future__ import annotations

import math
import sys
from typing import Any, TypeAlias

import numpy as np

Array: TypeAlias = Any  # numpy.ndarray or torch.Tensor; mixing the two in one expression is an error
NUMPY = (np.ndarray, np.generic, float, int)


def _torch() -> Any:
    return sys.modules["torch"]


def is_numpy(a: Array) -> bool:
    """Whether `a` belongs to NumPy (or is a plain number)."""
    return isinstance(a, NUMPY)


def sqrt(a: Array) -> Array:
    return np.sqrt(a) if isinstance(a, NUMPY) else a.sqrt()


def absolute(a: Array) -> Array:
    return np.abs(a) if isinstance(a, NUMPY) else a.abs()


def exp(a: Array) -> Array:
    return np.exp(a) if isinstance(a, NUMPY) else a.exp()


def log(a: Array) -> Array:
    return np.log(a) if isinstance(a, NUMPY) else a.log()


def sin(a: Array) -> Array:
    return np.sin(a) if isinstance(a, NUMPY) else a.sin()


def cos(a: Array) -> Array:
    return np.cos(a) if isinstance(a, NUMPY) else a.cos()


def tan(a: Array) -> Array:
    return np.tan(a) if isinstance(a, NUMPY) else a.tan()


def arcsin(a: Array) -> Array:
    return np.arcsin(a) if isinstance(a, NUMPY) else a.arcsin()


def arccos(a: Array) -> Array:
    return np.arccos(a) if isinstance(a, NUMPY) else a.arccos()


def arctan(a: Array) -> Array:
    return np.arctan(a) if isinstance(a, NUMPY) else a.arctan()


def sinh(a: Array) -> Array:
    return np.sinh(a) if isinstance(a, NUMPY) else a.sinh()


def cosh(a: Array) -> Array:
    return np.cosh(a) if isinstance(a, NUMPY) else a.cosh()


def tanh(a: Array) -> Array:
    return np.tanh(a) if isinstance(a, NUMPY) else a.tanh()


def sigmoid(a: Array) -> Array:
    return np.exp(-np.logaddexp(0.0, np.negative(a))) if isinstance(a, NUMPY) else a.sigmoid()


def sign(a: Array) -> Array:
    return np.sign(a) if isinstance(a, NUMPY) else a.sign()


def power(a: Array, exponent: Any) -> Array:
    """A power; base or exponent may be a plain number."""
    return np.power(a, exponent) if isinstance(a, NUMPY) and isinstance(exponent, NUMPY) else _torch().pow(a, exponent)


def length(square: Array) -> Array:
    """The root of a sum of squares; formulas use it for `sqrt` where they have the tip of a cone, see `reciprocal`."""
    return sqrt(square)


def reciprocal(a: Array) -> Array:
    """1 / a, and 0 at 0: the slope at the tip of a cone is then 0, as torch has it for norms."""
    if isinstance(a, float):
        return 1 / a if a else 0.0
    if isinstance(a, NUMPY):
        return np.divide(1.0, a, out=np.zeros_like(a), where=a != 0)
    return _torch().where(a == 0, 0.0, 1 / _torch().where(a == 0, 1.0, a))


def isfinite(a: Array) -> Array:
    return np.isfinite(a) if isinstance(a, NUMPY) else a.isfinite()


def maximum(a: Array, floor: Any) -> Array:
    """Elementwise maximum of an array and a floor, a number or an array that broadcasts; NaN stays NaN."""
    return np.maximum(a, floor) if isinstance(a, NUMPY) else a.clamp(min=floor)


def minimum(a: Array, ceiling: Any) -> Array:
    """Elementwise minimum of an array and a ceiling, a number or an array that broadcasts; NaN stays NaN."""
    return np.minimum(a, ceiling) if isinstance(a, NUMPY) else a.clamp(max=ceiling)


def select(test: Array, above: Any, below: Any) -> Array:
    """`above` where test > 0, `below` where test < 0, and their mean where it is 0 or NaN; all but `test` may be numbers."""
    if isinstance(test, float):
        return above if test > 0 else below if test < 0 else (above + below) / 2
    above, below = constant(above, like=test), constant(below, like=test)
    return where(test > 0, above, where(test < 0, below, (above + below) / 2))


def clip(a: Array, low: Array, high: Array) -> Array:
    """Elementwise the nearest number from low to high, arrays that broadcast; NaN stays NaN."""
    return np.clip(a, low, high) if isinstance(a, NUMPY) else a.clamp(low, high)


def where(condition: Array, a: Array, b: Array) -> Array:
    return np.where(condition, a, b) if isinstance(condition, NUMPY) else _torch().where(condition, a, b)


def zeros_like(a: Array) -> Array:
    return np.zeros_like(a) if isinstance(a, NUMPY) else _torch().zeros_like(a)


def ones_like(a: Array) -> Array:
    return np.ones_like(a) if isinstance(a, NUMPY) else _torch().ones_like(a)


def empty_like(a: Array) -> Array:
    return np.empty_like(a) if isinstance(a, NUMPY) else _torch().empty_like(a)


def empty(shape: tuple[int, ...], like: Array) -> Array:
    """An uninitialised array of the given shape with the library, dtype and device of `like`."""
    return np.empty(shape, np.asarray(like).dtype) if isinstance(like, NUMPY) else like.new_empty(shape)


def constant(values: Any, like: Array) -> Array:
    """Numbers as an array with the library, dtype and device of `like`."""
    if isinstance(like, NUMPY):
        return np.asarray(values, dtype=np.asarray(like).dtype)
    return _torch().as_tensor(values, dtype=like.dtype, device=like.device)


def dot(a: Array, b: Array) -> Array:
    """Inner product over the last axis, which is kept: `(*runs, 1)`."""
    return (a * b).sum(-1, keepdims=True)


def norm(a: Array) -> Array:
    """Euclidean norm over the last axis, which is kept: `(*runs, 1)`."""
    return sqrt(dot(a, a))


def matvec(matrix: Array, vector: Array) -> Array:
    """`(*runs, n, m)` times `(*runs, m)`."""
    return (matrix @ vector[..., None])[..., 0]


def transpose(matrix: Array) -> Array:
    """Swap the last two axes."""
    return np.swapaxes(matrix, -1, -2) if isinstance(matrix, NUMPY) else matrix.transpose(-1, -2)


def diagonal(matrix: Array) -> Array:
    """The diagonal of the last two axes, `(*runs, dim)`."""
    return np.diagonal(matrix, axis1=-2, axis2=-1) if isinstance(matrix, NUMPY) else matrix.diagonal(dim1=-2, dim2=-1)


def eigh(matrix: Array) -> tuple[Array, Array]:
    """Ascending eigenvalues `(*runs, dim)` and eigenvectors (columns) of symmetric matrices.

    A matrix with a NaN or an infinity gets NaN eigenvalues: LAPACK would raise, or never return, and so stop every other run
    for the sake of one that diverged. A single 2 by 2 matrix takes one Jacobi rotation in plain numbers, 5 times faster.
    """
    if isinstance(matrix, np.ndarray) and matrix.shape == (2, 2):
        (a, b), (_, d) = matrix.tolist()
        low, high, c, s = _rotated(a, b, d)
        return np.array((low, high)), np.array(((c, -s), (s, c)))
    bad = ~isfinite(matrix).all(-1).all(-1)
    if bad.any():
        matrix = where(bad[..., None, None], zeros_like(matrix), matrix)
    values, vectors = (np if isinstance(matrix, NUMPY) else _torch()).linalg.eigh(matrix)
    if bad.any():
        values = where(bad[..., None], values * np.nan, values)
        vectors = where(bad[..., None, None], vectors * np.nan, vectors)
    return values, vectors


def solve_above(matrix: Array, vector: Array, damping: Any, floor: Any) -> tuple[Array, Array]:
    """(matrix + damping I)⁻¹ vector, `(*runs, dim)`, and where all eigenvalues of that sum exceed `floor`, `(*runs, 1)` bool.

    Where they do not, the solution means nothing. Symmetric matrices of torch beyond 32 rows are not diagonalised but factored,
    30 times faster at 1,000: the sum less floor I has a Cholesky factor just where all eigenvalues exceed floor (to rounding).
    """
    dim = matrix.shape[-1]
    if (
        isinstance(matrix, np.ndarray)
        and matrix.shape == (2, 2)
        and vector.shape == (2,)
        and np.ndim(damping) == np.ndim(floor) == 0
    ):
        return _solved(matrix.tolist(), vector.tolist(), damping, floor)
    if is_numpy(matrix) or dim <= 32:
        values, vectors = eigh(matrix)
        values = values + damping
        above = values[..., :1] > floor
        return matvec(vectors, matvec(transpose(vectors), vector) / where(above, values, values * 0 + 1)), above
    torch = _torch()
    eye = torch.eye(dim, dtype=matrix.dtype, device=matrix.device)
    raised = matrix + (damping[..., None] if np.ndim(damping) else damping) * eye
    shifted = raised - (floor[..., None] if np.ndim(floor) else floor) * eye
    above = (torch.linalg.cholesky_ex(shifted)[1] == 0) & isfinite(matrix).all(-1).all(-1)
    factor = torch.linalg.cholesky_ex(where(above[..., None, None], raised, eye))[0]
    return torch.cholesky_solve(vector[..., None], factor)[..., 0], above[..., None]


def _solved(matrix: list[list[float]], vector: list[float], damping: float, floor: float) -> tuple[np.ndarray, np.ndarray]:
    """`solve_above` of one 2 by 2 matrix in plain numbers, by its eigenpairs."""
    (a, b), (_, d) = matrix
    low, high, c, s = _rotated(a, b, d)
    low, high = low + damping, high + damping
    if not low > floor:
        return np.full(2, np.nan), np.array([False])
    x, y = vector
    along, across = (c * x + s * y) / low, (c * y - s * x) / high
    return np.array((c * along - s * across, s * along + c * across)), np.array([True])


def _rotated(a: float, b: float, d: float) -> tuple[float, float, float, float]:
    """Eigenvalues low and high of [[a, b], [b, d]], and low's eigenvector (c, s); high's is (-s, c). NaN where not finite.

    One Jacobi rotation, as accurate as LAPACK (Golub and Van Loan 2013, 8.5).
    """
    if not (math.isfinite(a) and math.isfinite(b) and math.isfinite(d)):
        return math.nan, math.nan, math.nan, math.nan
    tangent = 0.0
    if b:
        ratio = (d - a) / (2 * b)
        tangent = math.copysign(1 / (abs(ratio) + math.hypot(1, ratio)), ratio)
    cosine = 1 / math.hypot(1, tangent)
    sine = tangent * cosine
    low, high = a - tangent * b, d + tangent * b
    return (low, high, cosine, -sine) if low <= high else (high, low, sine, cosine)
