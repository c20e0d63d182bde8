"""MNIST, read from its four files in the IDX format."""

from __future__ import annotations

import gzip
import zlib
from typing import Annotated, Any

import numpy as np

from landscapes.networks.datasets.dataset import Pair, Samples, dataset
from landscapes.networks.datasets.download import Remote, damaged, found, names_of
from landscapes.ranges import Range

TRAIN = 60_000
SERVERS = ("https://ossci-datasets.s3.amazonaws.com/mnist/", "https://storage.googleapis.com/cvdf-datasets/mnist/")
REMOTES = tuple(
    Remote(f"{name}.gz", tuple(f"{server}{name}.gz" for server in SERVERS), sha256, size)
    for name, size, sha256 in (
        ("train-images-idx3-ubyte", 9_912_422, "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"),
        ("train-labels-idx1-ubyte", 28_881, "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"),
        ("t10k-images-idx3-ubyte", 1_648_877, "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"),
        ("t10k-labels-idx1-ubyte", 4_542, "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"),
    )
)
UNSIGNED_BYTES = 8


def read_idx(name: str) -> np.ndarray:
    """The array of bytes in an IDX file, compressed or not: two zeros, type, number of axes, their lengths, data."""
    path = found("mnist", names_of(f"{name}.gz"))
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            data = file.read()
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise damaged("mnist", path, f"it cannot be unpacked ({error})") from error
    axes = data[3] if len(data) > 3 else 0
    if data[:3] != bytes([0, 0, UNSIGNED_BYTES]) or len(data) < 4 + 4 * axes:
        raise damaged("mnist", path, "it is no IDX file of bytes")
    shape = tuple(int(length) for length in np.frombuffer(data, ">u4", axes, offset=4))
    values = np.frombuffer(data, np.uint8, offset=4 + 4 * axes)
    if len(values) != np.prod(shape, dtype=np.int64):
        raise damaged("mnist", path, f"its header announces {' x '.join(map(str, shape))} values, and {len(values):,} follow")
    return values.reshape(shape)


def _part(name: str, count: int) -> Samples:
    images, labels = read_idx(f"{name}-images-idx3-ubyte"), read_idx(f"{name}-labels-idx1-ubyte")
    if images.shape != (len(labels), 28, 28) or labels.ndim != 1 or len(labels) == 0 or labels.max() > 9:
        what = f"images {images.shape} and labels {labels.shape} up to {labels.max(initial=0)} do not belong together"
        raise damaged("mnist", found("mnist", names_of(f"{name}-labels-idx1-ubyte.gz")), what)
    return Samples(images[:count, None].astype(np.float32) / 255, labels[:count].astype(np.int64))


@dataset(
    title="MNIST",
    shape=(1, 28, 28),
    outputs=10,
    reference="LeCun, Bottou, Bengio, Haffner 1998, doi:10.1109/5.726791",
    remotes=REMOTES,
)
def mnist(samples: Annotated[Any, Range(1, TRAIN, scale="log", control=(100, TRAIN), whole=True)] = TRAIN) -> Pair:
    """Handwritten digits, 28 x 28 pixels: the first `samples` of 60,000 to train on, at most as many of 10,000 to test on.

    Pixels 0 to 255 are divided by 255, and nothing else is done to them.
    """
    return _part("train", int(samples)), _part("t10k", int(samples))
