"""Noise in the gradient, counter-based: a function of (seed, run, step) and of nothing else."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import hypot, prod
from typing import Annotated, Any

import numpy as np

from landscapes.arrays import Array, constant, zeros_like
from landscapes.batches import Seen
from landscapes.landscape import Draw, Landscape, Norm, Point
from landscapes.modifiers import modifier
from landscapes.ranges import Range
from landscapes.surfaces.expression import latex, lift

END = r"\end{aligned}"
STREAM = 1  # keeps these numbers apart from the mini-batches', which have the same keys
Deviation = Annotated[Any, Range(0, 1e6, control=(0.0, 10.0))]


def normals(draw: Draw, first: int, runs: int, dim: int, stream: int = STREAM) -> np.ndarray:
    """Standard normal numbers for runs `first`, `first` + 1, ..., `(runs, dim)`: row i depends on (seed, step, first + i).

    Philox is keyed by (seed, step), each run has counters of its own, and Box and Muller's rule (1958) takes the same number of
    words for every pair. Reference: Salmon, Moraes, Dror, Shaw 2011, Parallel random numbers: as easy as 1, 2, 3.
    """
    pairs = (dim + 1) // 2
    counters = (pairs + 1) // 2  # one counter gives four words, two pairs
    philox = np.random.Philox(key=[draw.seed, draw.step], counter=[first * counters, 0, 0, stream])
    words = philox.random_raw(runs * counters * 4).reshape(runs, -1)[:, : 2 * pairs]
    uniform = ((words >> 11) + 0.5) * 2.0**-53  # never 0, which has no logarithm
    radius, angle = np.sqrt(-2 * np.log(uniform[:, :pairs])), 2 * np.pi * uniform[:, pairs:]
    return np.concatenate([radius * np.cos(angle), radius * np.sin(angle)], axis=1)[:, :dim]


@dataclass(frozen=True, eq=False)
class GradientNoise(Seen):
    """A landscape whose optimizers see gradient + sigma ξ, with ξ ~ N(0, I) drawn anew in every step: Gaussian, isotropic.

    The noise does not depend on theta; loss and Hessian stay exact, as does `gradient` itself. Run i along the flattened runs
    axis draws by (seed, run + i, step), so that it does not depend on how many runs there are, and one run alone with `run=i`
    walks as it does among many. Single runs, like the entrants of a race, all see the same noise.
    """

    sigma: float
    run: int = 0
    draw: Draw | None = None  # of the step that is seen; None: no noise

    @property
    def name(self) -> str:  # type: ignore[override]  # a landscape's name may be computed
        return f"{self.inner.name}, gradient noise {self.sigma:g}"

    @property
    def description(self) -> str:
        """What it is, in a few sentences."""
        return (
            f"{self.inner.description}\n\nOptimizers see its gradient with Gaussian noise of standard deviation {self.sigma:g} "
            "in every coordinate, drawn anew in each step and the same for all of them. Loss and Hessian are exact."
        )

    @property
    def latex(self) -> str:
        """The formula, and what optimizers see of its gradient."""
        if isinstance(self.inner, GradientNoise):  # independent of each other: the variances add up
            return replace(self.inner, sigma=hypot(self.sigma, self.inner.sigma)).latex
        function = self.inner.latex.removeprefix(r"\begin{aligned}")[0]
        seen = rf"\widehat{{\nabla {function}}}_t &= \nabla {function} + {latex(lift(self.sigma), outer=2)}\,\xi_t"
        return self.inner.latex.removesuffix(END) + rf" \\ {seen}, \quad \xi_t \sim \mathcal{{N}}(0, I){END}"

    @property
    def input_reason(self) -> str | None:
        if self.inner.input_reason is None and getattr(self.inner, "has_residuals", False):
            return f"On {self.inner.name} NSGD divides several residuals one by one; the noise is of the whole gradient."
        return self.inner.input_reason

    def drawn(self, draw: Draw | None) -> Landscape:
        return self if draw is None else replace(self, inner=self.inner.drawn(draw), draw=draw)

    def noise(self, theta: Point) -> Array:
        """What is added to the gradients of the runs of theta in this step, `(*runs, dim)`."""
        if self.draw is None:
            return zeros_like(theta)
        runs = tuple(theta.shape[:-1])
        drawn = normals(self.draw, self.run, prod(runs), theta.shape[-1], self._stream).reshape(*runs, theta.shape[-1])
        return self.sigma * constant(drawn, like=theta)

    @property
    def _stream(self) -> int:
        """Noise upon noise is drawn from another stream."""
        stream, inner = STREAM, self.inner
        while hasattr(inner, "inner"):
            stream += isinstance(inner, GradientNoise)
            inner = inner.inner
        return stream

    def gradient(self, theta: Point) -> Point:
        return self.inner.gradient(theta) + self.noise(theta)

    def input_power(self, theta: Point, norm: Norm = "l2") -> Point:
        if self.input_reason is not None:
            raise ValueError(self.input_reason)
        return self.inner.input_power(theta, norm)

    def input_terms(self, theta: Point, norm: Norm = "l2") -> tuple[Array, Array]:
        """The noisy gradient as the one term, and the input powers, which have no noise."""
        if self.input_reason is not None:
            raise ValueError(self.input_reason)
        terms, power = self.inner.input_terms(theta, norm)
        return terms + self.noise(theta)[..., None, :], power


@modifier("Gradient noise")
def noise(inner: Landscape, sigma: Deviation = 1.0) -> GradientNoise:
    """Gaussian noise of standard deviation sigma in every coordinate of the gradient that optimizers see, new in each step."""
    return GradientNoise(inner, float(sigma))
