"""Handwritten digits, 8 x 8 pixels, shipped with the package."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated, Any

import numpy as np

from landscapes.networks.datasets.dataset import Pair, Samples, dataset
from landscapes.ranges import Range

TRAIN = 1_500


@cache
def _all() -> Samples:
    with np.load(Path(__file__).with_name("digits.npz")) as file:
        images, labels = file["images"], file["labels"].astype(np.int64)
    return Samples(images.reshape(len(images), 1, 8, 8).astype(np.float32) / 16, labels)


@dataset(title="Digits", shape=(1, 8, 8), outputs=10, reference="Alpaydin and Kaynak 1998, doi:10.24432/C50P49")
def digits(samples: Annotated[Any, Range(1, TRAIN, scale="log", control=(50, TRAIN), whole=True)] = TRAIN) -> Pair:
    """Handwritten digits, 8 x 8 pixels: the first `samples` of 1,500 to train on, the last 297 to test on.

    Pixels 0 to 16 are divided by 16, and nothing else is done to them. The file keeps its source's order, which goes by
    groups of writers: the test digits are later ones, not a random draw, and so a little harder than that would be.
    """
    every = _all()
    return every.first(int(samples)), Samples(every.inputs[TRAIN:], every.labels[TRAIN:])
