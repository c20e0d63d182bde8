"""A Chebyshev polynomial at a few points."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np

from landscapes.networks.datasets.dataset import Pair, Samples, Some, dataset
from landscapes.ranges import Range

Degree = Annotated[Any, Range(1, 30, control=(1, 6), whole=True)]


def _samples(x: np.ndarray, degree: int) -> Samples:
    y = np.polynomial.chebyshev.Chebyshev.basis(degree)(x)
    return Samples(x[:, None].astype(np.float32), y[:, None].astype(np.float32))


@dataset(
    title="Chebyshev polynomial",
    shape=(1,),
    outputs=1,
    classes=False,
    reference="Cohen, Kaur, Li, Kolter, Talwalkar 2021, arXiv 2103.00065: 20 points, degree 3 to 5",
)
def chebyshev(samples: Some = 20, degree: Degree = 4) -> Pair:
    """The polynomial T(cos t) = cos(`degree` t) at `samples` points with equal steps from -1 to 1; tested halfway between."""
    x = np.linspace(-1, 1, int(samples))
    return _samples(x, int(degree)), _samples((x[1:] + x[:-1]) / 2, int(degree))
