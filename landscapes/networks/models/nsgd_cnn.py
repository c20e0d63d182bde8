"""The two small convolutional networks of the paper on normalised SGD, as in its code."""

from __future__ import annotations

from typing import Annotated, Any

from landscapes.networks.datasets import DATASETS
from landscapes.networks.family import Images, Seed, Some, network
from landscapes.networks.layers import Activate, Conv, Dropout, Flatten, Layer, Linear, Norm
from landscapes.networks.task import Task
from landscapes.ranges import Options

PART = 250
REFERENCE = "Atici, Pan, Cetin 2022, arXiv 2212.09921; code at github.com/SalihFurkan/Normalized-SGD"
BatchNorm = Annotated[Any, Options(("batch", "none"))]


def _conv(channels: int, stride: int = 2) -> Conv:
    return Conv(channels, 3, stride, padding=1, bias=False)


@network(title="NSGD's MNIST CNN", reference=REFERENCE)
def nsgd_mnist_cnn(data: Images = "mnist", samples: Some = 500, seed: Seed = 0) -> Task:
    """Convolutions of 8, 16 and 32 channels (3 x 3 pixels, no bias, the last two with stride 2), then one layer of 10.

    ReLU follows the second and the third convolution. 21,522 parameters on MNIST; cross-entropy. Evaluated 250 samples at a
    time.
    """
    layers = (_conv(8, 1), _conv(16), Activate("relu"), _conv(32), Activate("relu"), Flatten(), Linear(10))
    return Task(data, int(samples), DATASETS[data].shape, layers, part=PART)


@network(title="NSGD's CIFAR CNN", reference=REFERENCE)
def nsgd_cifar_cnn(data: Images = "cifar10", samples: Some = 500, norm: BatchNorm = "batch", seed: Seed = 0) -> Task:
    """Convolutions of 8, 16, 32 and 64 channels (3 x 3 pixels, the last three with stride 2), then one layer of 10.

    Each convolution has batch normalisation; ReLU follows all but the first. The paper's dropout of 0.2 before the last ReLU is
    in the module and is not applied here: the loss is a function of the weights. Evaluated 250 samples at a time, and batch
    normalisation takes the mean and variance of those.
    """

    def block(channels: int, stride: int = 2) -> tuple[Layer, ...]:
        return (_conv(channels, stride), Norm("batch")) if norm == "batch" else (_conv(channels, stride),)

    layers = (
        *block(8, 1), *block(16), Activate("relu"), *block(32), Activate("relu"), *block(64), Dropout(0.2), Activate("relu"),
        Flatten(), Linear(10),
    )  # fmt: skip
    return Task(data, int(samples), DATASETS[data].shape, layers, part=PART)
