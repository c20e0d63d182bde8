"""Two spirals, one inside the other."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np

from landscapes.networks.datasets.dataset import Noise, Pair, Seed, dataset, labelled, shares
from landscapes.ranges import Range

Some = Annotated[Any, Range(4, 100_000, scale="log", control=(20, 2000), whole=True)]
Turns = Annotated[Any, Range(0.1, 10, control=(0.5, 3.0))]


def _arm(places: np.ndarray, turns: float, sign: int) -> np.ndarray:
    angle, radius = 2 * np.pi * turns * places, 1 - 12 / 13 * places
    return sign * np.stack([radius * np.sin(angle), radius * np.cos(angle)], axis=1)


@dataset(title="Two spirals", shape=(2,), outputs=2, reference="Lang and Witbrock 1988, Learning to Tell Two Spirals Apart")
def two_spirals(samples: Some = 194, turns: Turns = 3.0, noise: Noise = 0.0, seed: Seed = 0) -> Pair:
    """Two arms that wind around each other: the benchmark's 194 points with its three turns, its radius 6.5 scaled to 1.

    Points stand at equal steps along their arm, (r sin φ, r cos φ) with φ from 0 to 2π `turns` and r from 1 to 1/13; the other
    arm is the first one times -1. Test points stand halfway between. `noise` is the deviation of normal noise on each.
    """
    along = [np.linspace(0, 1, count) for count in shares(int(samples), 2)]
    between = [(places[1:] + places[:-1]) / 2 for places in along]
    train, test = (
        labelled([_arm(x, turns, sign) for x, sign in zip(places, (1, -1))], noise, np.random.default_rng([int(seed), part]))
        for part, places in enumerate((along, between))
    )
    return train, test
