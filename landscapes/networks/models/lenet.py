"""LeNet-5."""

from __future__ import annotations

from typing import Annotated, Any

from landscapes.networks.datasets import DATASETS
from landscapes.networks.family import Seed, Some, Start, network
from landscapes.networks.layers import Activate, Conv, Flatten, Linear, Pool
from landscapes.networks.task import Task
from landscapes.ranges import Options

PART = 250  # samples at a time: what convolutions keep then fits

LargeImages = Annotated[Any, Options(("mnist", "cifar10"))]
Activation = Annotated[Any, Options(("tanh", "relu"))]


@network(title="LeNet-5", reference="LeCun, Bottou, Bengio, Haffner 1998, doi:10.1109/5.726791")
def lenet(
    data: LargeImages = "mnist",
    samples: Some = 500,
    activation: Activation = "tanh",
    init: Start = "torch",
    seed: Seed = 0,
) -> Task:
    """Two convolutions of 6 and 16 channels, each with mean pooling, then layers of 120, 84 and 10; cross-entropy.

    61,706 parameters on MNIST, whose pictures are padded to 32 x 32 pixels as in the article. Unlike there, all channels are
    connected, pooling has no weights, and the outputs are logits. Evaluated 250 samples at a time.
    """
    padding = (32 - DATASETS[data].shape[1]) // 2
    layers = (
        Conv(6, 5, padding=padding), Activate(activation), Pool("mean", 2),
        Conv(16, 5), Activate(activation), Pool("mean", 2),
        Flatten(), Linear(120), Activate(activation), Linear(84), Activate(activation), Linear(10),
    )  # fmt: skip
    return Task(data, int(samples), DATASETS[data].shape, layers, init=init, part=PART)
