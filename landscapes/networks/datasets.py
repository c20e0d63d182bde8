"""Data sets for networks, as NumPy arrays."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

TRAIN = 1_500


@dataclass(frozen=True, eq=False)
class Samples:
    """Inputs `(samples, features)` float32 and labels `(samples,)` int64."""

    inputs: np.ndarray
    labels: np.ndarray

    def __len__(self) -> int:
        return len(self.labels)


@cache
def digits() -> tuple[Samples, Samples]:
    """The handwritten digits: the first 1,500 to train on, the last 297 to test on.

    Pixels 0 to 16 are divided by 16, and nothing else is done to them. The file keeps its source's order, which goes by
    groups of writers: the test digits are later ones, not a random draw, and so a little harder than that would be.
    Reference: Alpaydin and Kaynak 1998, doi:10.24432/C50P49; licence and source in digits.LICENCE.txt.
    """
    with np.load(Path(__file__).with_name("digits.npz")) as file:
        images, labels = file["images"], file["labels"].astype(np.int64)
    inputs = images.reshape(len(images), -1).astype(np.float32) / 16
    for array in (inputs, labels):
        array.flags.writeable = False
    return Samples(inputs[:TRAIN], labels[:TRAIN]), Samples(inputs[TRAIN:], labels[TRAIN:])
