"""Small files in the formats of the real data sets, with random pixels."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np

SAMPLES = 40


def write_mnist(place: Path) -> tuple[np.ndarray, np.ndarray]:
    """MNIST's four files; the training images and labels in them."""
    place.mkdir(parents=True, exist_ok=True)
    random, written = np.random.default_rng(1), []
    for part in ("train", "t10k"):
        images = random.integers(0, 256, (SAMPLES, 28, 28), dtype=np.uint8)
        labels = random.integers(0, 10, SAMPLES, dtype=np.uint8)
        for name, array in ((f"{part}-images-idx3-ubyte.gz", images), (f"{part}-labels-idx1-ubyte.gz", labels)):
            header = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes()
            (place / name).write_bytes(gzip.compress(header + array.tobytes(), 1))
        written.append((images, labels))
    return written[0]


def write_cifar10(place: Path) -> np.ndarray:
    """The binary version's six files, `SAMPLES` records in all to train on; those records, `(samples, 3073)`."""
    folder = place / "cifar-10-batches-bin"
    folder.mkdir(parents=True, exist_ok=True)
    records = np.random.default_rng(2).integers(0, 256, (2 * SAMPLES, 3073), dtype=np.uint8)
    records[:, 0] %= 10
    for i, part in enumerate(np.split(records[:SAMPLES], 5)):
        (folder / f"data_batch_{i + 1}.bin").write_bytes(part.tobytes())
    (folder / "test_batch.bin").write_bytes(records[SAMPLES:].tobytes())
    return records[:SAMPLES]
