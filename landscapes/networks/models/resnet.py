"""Residual networks for small pictures, with and without skips and batch normalisation."""

from __future__ import annotations

from typing import Annotated, Any

from landscapes.networks.datasets import DATASETS
from landscapes.networks.family import Images, Seed, Some, Start, network
from landscapes.networks.layers import Activate, Conv, Flatten, Layer, Linear, Norm, Pool, Residual, Subsample
from landscapes.networks.task import Task
from landscapes.ranges import Options, Range

PART = 125  # samples at a time
STAGES = 3
REFERENCE = "He, Zhang, Ren, Sun 2016, arXiv 1512.03385, section 4.2"

Skips = Annotated[Any, Options(("identity", "projection", "none"))]
BatchNorm = Annotated[Any, Options(("batch", "none"))]
Width = Annotated[Any, Range(1, 256, scale="log", control=(2, 32), whole=True)]


def _conv(channels: int, norm: str, kernel: int = 3, stride: int = 1) -> tuple[Layer, ...]:
    """A convolution and its normalisation; its bias stands in for the shift of a normalisation that is not there."""
    bare = Conv(channels, kernel, stride, padding=kernel // 2, bias=norm == "none")
    return (bare, Norm("batch")) if norm == "batch" else (bare,)


def _block(channels: int, first: bool, norm: str, skips: str) -> tuple[Layer, ...]:
    """Two convolutions and the way around them; the first block of a stage halves the sides and doubles the channels."""
    stride = 2 if first else 1
    body = (*_conv(channels, norm, stride=stride), Activate("relu"), *_conv(channels, norm))
    around: tuple[Layer, ...] | None = ()
    if skips == "none":
        around = None
    elif first:
        around = (Subsample(channels, 2),) if skips == "identity" else _conv(channels, norm, kernel=1, stride=2)
    return (Residual(body, around), Activate("relu"))


def _resnet(blocks: int, data: str, samples: Any, skips: str, norm: str, width: Any, init: Any) -> Task:
    layers: tuple[Layer, ...] = (*_conv(int(width), norm), Activate("relu"))
    for stage in range(STAGES):
        for place in range(blocks):
            layers += _block(int(width) * 2**stage, place == 0 and stage > 0, norm, skips)
    layers += (Pool("mean"), Flatten(), Linear(DATASETS[data].outputs))
    return Task(data, int(samples), DATASETS[data].shape, layers, init=init, part=PART)


@network(title="ResNet-20", reference=REFERENCE)
def resnet20(
    data: Images = "cifar10",
    samples: Some = 250,
    skips: Skips = "identity",
    norm: BatchNorm = "batch",
    width: Width = 16,
    init: Start = "he",
    seed: Seed = 0,
) -> Task:
    """A residual network of 20 layers: a convolution, three stages of three blocks with `width`, 2 and 4 times as many
    channels, a mean over the picture, and one layer of 10; cross-entropy.

    A skip around a block whose shape changes takes every second pixel and adds channels of zeros ("identity", option A: 269,722
    parameters for pictures in colour), or is a convolution of one pixel ("projection", option B: 272,474). Evaluated 125
    samples at a time, and batch normalisation takes the mean and variance of those. Without it convolutions have biases.
    """
    return _resnet(3, data, samples, skips, norm, width, init)


@network(title="ResNet-56", reference=REFERENCE)
def resnet56(
    data: Images = "cifar10",
    samples: Some = 125,
    skips: Skips = "identity",
    norm: BatchNorm = "batch",
    width: Width = 16,
    init: Start = "he",
    seed: Seed = 0,
) -> Task:
    """A residual network of 56 layers: as ResNet-20, with nine blocks in each stage.

    853,018 parameters for pictures in colour with skips that are identities, 855,770 with projections.
    """
    return _resnet(9, data, samples, skips, norm, width, init)
