"""The ends of the Hessian's spectrum at points of a plane."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from landscapes.curvature.eigenvalues import eigenvalues_along
from landscapes.curvature.extremes import extremes
from landscapes.curvature.spectrum import as_numpy
from landscapes.directions.span import Span
from landscapes.grids.evaluator import Evaluator, Tick, Values, no_tick
from landscapes.grids.quantities import CURVATURES
from landscapes.landscape import Landscape

DENSE = 16  # parameters up to which the whole Hessian is cheaper


@dataclass(frozen=True, eq=False)
class Curvature(Evaluator):
    """λ_max and λ_min of the full Hessian, not of its part in the plane, each within `residual` of a true eigenvalue.

    Lanczos' method with the same random start at every point; `tolerance` is relative to max |λ|. NaN where the Hessian is not
    finite. Precision is that of the landscape's own dtype, whose rounding the residual does not know.
    """

    landscape: Landscape
    span: Span
    tolerance: float = 1e-4
    most_products: int = 200
    seed: int = 0
    asked: tuple[str, ...] = CURVATURES

    def __call__(self, coordinates: np.ndarray, tick: Tick = no_tick) -> Values:
        start = np.random.default_rng(self.seed).normal(size=self.span.dim)
        rows = [self._at(point, start, tick) for point in self.span.points(coordinates)]
        columns = np.array(rows, dtype=np.float64).reshape(-1, 3).T
        return dict(zip(CURVATURES, columns))

    def _at(self, point: np.ndarray, start: np.ndarray, tick: Tick) -> tuple[float, float, float]:
        tick()
        theta = self.landscape.point(point)
        if self.span.dim <= DENSE:
            values = eigenvalues_along(self.landscape, theta) if isinstance(theta, np.ndarray) else self._dense(theta)
            return float(values[-1]), float(values[0]), float(np.finfo(np.float64).eps * np.abs(values).max() * len(values))

        def product(vector: np.ndarray) -> np.ndarray:
            tick()
            return as_numpy(self.landscape.hessian_products(theta, self.landscape.point(vector[None])))[0]

        found = extremes(product, start, tolerance=self.tolerance, most_products=self.most_products)
        return float(found.values[-1]), float(found.values[0]), float(found.residuals.max())

    def _dense(self, theta: object) -> np.ndarray:
        hessian = as_numpy(self.landscape.hessian(theta)).astype(np.float64)
        return np.linalg.eigvalsh(hessian) if np.isfinite(hessian).all() else np.full(len(hessian), np.nan)
