"""CIFAR-10, read from the files of its binary version: no pickle."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np

from landscapes.networks.datasets.dataset import Pair, Samples, dataset
from landscapes.networks.datasets.download import Remote, damaged, found, names_of
from landscapes.ranges import Range

TRAIN = 50_000
PIXELS = 3 * 32 * 32
RECORD = 1 + PIXELS  # the label, then 1,024 red, 1,024 green and 1,024 blue bytes, row by row
BATCHES = tuple(f"cifar-10-batches-bin/data_batch_{i}.bin" for i in range(1, 6))
TEST = "cifar-10-batches-bin/test_batch.bin"
MEAN, DEVIATION = (0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)  # of each channel over the training images
REMOTES = (
    Remote(
        "cifar-10-binary.tar.gz",
        ("https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",),
        "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
        170_052_171,
        (*BATCHES, TEST),
    ),
)


def _records(names: tuple[str, ...], count: int) -> Samples:
    """The first `count` records of the files, one after the other."""
    parts: list[np.ndarray] = []
    for name in names:
        path = found("cifar10", names_of(name))
        size = path.stat().st_size
        if not size or size % RECORD:
            raise damaged("cifar10", path, f"its {size:,} bytes are no whole number of records of {RECORD:,}")
        wanted = min(size // RECORD, count - sum(len(part) for part in parts))
        parts.append(np.fromfile(path, np.uint8, wanted * RECORD).reshape(-1, RECORD))
        if parts[-1][:, 0].max(initial=0) > 9:
            raise damaged("cifar10", path, "it has labels beyond 9")
    records = np.concatenate(parts)
    images = records[:, 1:].reshape(-1, 3, 32, 32).astype(np.float32)
    mean, deviation = (np.array(values, np.float32)[:, None, None] * 255 for values in (MEAN, DEVIATION))
    images -= mean
    images /= deviation
    return Samples(images, records[:, 0].astype(np.int64))


@dataset(
    title="CIFAR-10",
    shape=(3, 32, 32),
    outputs=10,
    reference="Krizhevsky 2009, Learning Multiple Layers of Features from Tiny Images",
    remotes=REMOTES,
)
def cifar10(samples: Annotated[Any, Range(1, TRAIN, scale="log", control=(100, TRAIN), whole=True)] = TRAIN) -> Pair:
    """Photographs, 32 x 32 pixels in colour: the first `samples` of 50,000 to train on, at most as many of 10,000 to test on.

    Pixels are divided by 255; then each colour's mean over the training images is taken away (0.4914, 0.4822, 0.4465) and the
    rest divided by its deviation (0.2470, 0.2435, 0.2616).
    """
    return _records(BATCHES, int(samples)), _records((TEST,), int(samples))
