"""Normal clouds around the corners of a triangle."""

from __future__ import annotations

import numpy as np

from landscapes.networks.datasets.dataset import Noise, Pair, Samples, Seed, Some, dataset, drawn, labelled, shares

CENTRES = np.array([(np.sin(angle), np.cos(angle)) for angle in 2 * np.pi / 3 * np.arange(3)])


@dataset(title="Blobs", shape=(2,), outputs=3, reference="Fisher 1936, The use of multiple measurements in taxonomic problems")
def blobs(samples: Some = 300, noise: Noise = 0.4, seed: Seed = 0) -> Pair:
    """Three round normal clouds of deviation `noise` around the corners of an equilateral triangle on the unit circle.

    The best classifier there can be is linear: the nearest corner.
    """

    def make(random: np.random.Generator, count: int) -> Samples:
        return labelled([np.tile(c, (n, 1)) for c, n in zip(CENTRES, shares(count, 3))], noise, random)

    return drawn(make, samples, seed)
