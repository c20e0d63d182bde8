"""The plane of two eigenvectors of the Hessian."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np

from landscapes.curvature.extremes import extremes
from landscapes.curvature.spectrum import as_numpy
from landscapes.directions.kind import Directions, Place, Seed
from landscapes.directions.span import Plane
from landscapes.ranges import Options


@dataclass(frozen=True)
class Eigenvectors(Directions):
    """Unit eigenvectors of the Hessian at theta: of its two largest eigenvalues, or of the largest and the smallest.

    By Lanczos' method with a random start; `made` has the eigenvalues and how far each is at most from a true one. Where an
    eigenvalue is repeated, its eigenvector is one of many, and the seed picks which.
    """

    key: ClassVar[str] = "eigenvectors"
    title: ClassVar[str] = "Hessian eigenvectors"

    which: Annotated[Any, Options(("largest two", "largest and smallest"))] = "largest two"
    seed: Seed = 0

    def disabled_because(self, place: Place) -> str | None:
        return None if place.landscape.dim > 1 else "There is only one parameter."

    def _chosen(self, place: Place) -> Plane:
        landscape = place.landscape
        theta = landscape.point(place.theta)

        def product(vector: np.ndarray) -> np.ndarray:
            return as_numpy(landscape.hessian_products(theta, landscape.point(vector[None])))[0]

        both = self.which == "largest and smallest"
        start = np.random.default_rng(self.seed).normal(size=len(place.theta))
        found = extremes(product, start, largest=1 if both else 2, smallest=int(both))
        if not np.isfinite(found.values).all() or len(found.values) < 2:
            raise ValueError(
                "The Hessian has no two eigenvectors to draw here: it is not finite, or a multiple of the identity."
            )
        order = [-1, 0] if both else [-1, -2]
        values = ", ".join(f"{found.values[i]:.6g} ± {found.residuals[i]:.1g}" for i in order)
        labels = ("v of λ_max", "v of λ_min" if both else "v of λ_2")
        return Plane(place.theta, found.vectors[order], made=f"Hessian eigenvectors of the eigenvalues {values}", labels=labels)
