"""Two half circles that reach into each other."""

from __future__ import annotations

import numpy as np

from landscapes.networks.datasets.dataset import Noise, Pair, Samples, Seed, Some, dataset, drawn, labelled, shares


@dataset(title="Moons", shape=(2,), outputs=2, reference="Pedregosa et al. 2011, JMLR 12: scikit-learn's make_moons")
def moons(samples: Some = 200, noise: Noise = 0.1, seed: Seed = 0) -> Pair:
    """Two half circles of radius 1 that reach into each other, (cos t, sin t) and (1 - cos t, 1/2 - sin t).

    t is drawn uniformly from 0 to π; `noise` is the deviation of normal noise on each coordinate.
    """

    def make(random: np.random.Generator, count: int) -> Samples:
        first, second = (random.uniform(0, np.pi, n) for n in shares(count, 2))
        upper = np.stack([np.cos(first), np.sin(first)], axis=1)
        lower = np.stack([1 - np.cos(second), 0.5 - np.sin(second)], axis=1)
        return labelled([upper, lower], noise, random)

    return drawn(make, samples, seed)
