"""A circle inside a circle."""

from __future__ import annotations

import numpy as np

from landscapes.networks.datasets.dataset import Noise, Pair, Samples, Seed, Some, dataset, drawn, labelled, shares

RADII = (1.0, 0.5)


@dataset(title="Circles", shape=(2,), outputs=2, reference="Pedregosa et al. 2011, JMLR 12: scikit-learn's make_circles")
def circles(samples: Some = 200, noise: Noise = 0.1, seed: Seed = 0) -> Pair:
    """Points on a circle of radius 1 and on one of radius 1/2 about the same centre: no line parts them.

    Angles are drawn uniformly; `noise` is the deviation of normal noise on each coordinate.
    """

    def make(random: np.random.Generator, count: int) -> Samples:
        angles = [random.uniform(0, 2 * np.pi, n) for n in shares(count, 2)]
        return labelled([r * np.stack([np.cos(a), np.sin(a)], axis=1) for r, a in zip(RADII, angles)], noise, random)

    return drawn(make, samples, seed)
