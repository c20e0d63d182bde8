"""A network's task: which layers learn which data by which criterion. Plain data; no torch is imported here."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Literal

from landscapes.landscape import Block
from landscapes.networks import layers
from landscapes.networks.datasets import DATASETS, Dataset, Samples
from landscapes.networks.layers import Activate, Layer, Linear, Shape
from landscapes.networks.plan import ACTIVATIONS

Criterion = Literal["cross-entropy", "mse", "logistic"]
CROSS_ENTROPY: Criterion = "cross-entropy"
SQUARED_ERROR: Criterion = "mse"
LOGISTIC: Criterion = "logistic"
Init = Literal["torch", "he", "xavier"]


@dataclass(frozen=True)
class Perceptron:
    """A multilayer perceptron: the numbers of inputs, hidden units and outputs, and what stands between layers."""

    sizes: tuple[int, ...]
    activation: str

    @cached_property  # a training asks at every step
    def blocks(self) -> tuple[Block, ...]:
        """Weight `(outputs, inputs)` and bias of each layer, named as torch names them in a Sequential."""
        return layers.blocks(self.layers, self.sizes[:1])

    @property
    def dim(self) -> int:
        return sum(block.size for block in self.blocks)

    @property
    def layers(self) -> tuple[Layer, ...]:
        made: list[Layer] = [Linear(self.sizes[1])]
        for outputs in self.sizes[2:]:
            made += [Activate(self.activation), Linear(outputs)]
        return tuple(made)


@dataclass(frozen=True)
class Task:
    """Layers that learn the data set `data` from its first `samples` training samples.

    `shape` is one input's: the data set's, or its pixels in one row. The loss is a mean over samples: of the cross-entropy of
    the outputs, which are logits; of the squared error, which is also a mean over outputs, and whose targets are ones and zeros
    where the data are classes; or of the logistic loss of one logit. Weights begin as torch's own, or with He's or Xavier's
    deviation and biases of zero; then weights are multiplied by `scale`. `part` is how many samples go through the layers at
    once, which matters to BatchNorm. Raises ValueError for what does not fit together.
    """

    data: str
    samples: int
    shape: Shape
    layers: tuple[Layer, ...]
    criterion: Criterion = "cross-entropy"
    init: Init = "torch"
    scale: float = 1.0
    part: int | None = None

    def __post_init__(self) -> None:
        dataset = self.dataset
        dataset.ranges["samples"].check(f"samples of {self.data}", self.samples)
        if prod(self.shape) != prod(dataset.shape):
            raise ValueError(f"{dataset.title} has inputs of shape {dataset.shape}, not {self.shape}")
        wanted = 1 if self.criterion == LOGISTIC else dataset.outputs
        if self.criterion != SQUARED_ERROR and not dataset.classes:
            raise ValueError(f"{dataset.title} has values to predict, not classes: its criterion must be {SQUARED_ERROR!r}")
        if self.criterion == LOGISTIC and dataset.outputs != 2:
            raise ValueError(f"{dataset.title} has {dataset.outputs} classes; the logistic loss is for two")
        if layers.after(self.layers, self.shape) != (wanted,):
            raise ValueError(f"the layers make {layers.after(self.layers, self.shape)} of {self.shape}, not ({wanted},)")

    @property
    def dataset(self) -> Dataset:
        return DATASETS[self.data]

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        return layers.blocks(self.layers, self.shape)

    @property
    def dim(self) -> int:
        return sum(block.size for block in self.blocks)

    @property
    def products(self) -> int:
        """Multiplications of a weight with an input in one forward pass over all samples."""
        return self.samples * layers.products(self.layers, self.shape)

    @property
    def perceptron(self) -> Perceptron | None:
        """The task as a plain perceptron with cross-entropy, for which there are faster ways; None if it is more than that."""
        sizes = (*self.shape, *(layer.outputs for layer in self.layers if isinstance(layer, Linear)))
        named = {layer.function for layer in self.layers if isinstance(layer, Activate)} or {next(iter(ACTIVATIONS))}
        plain = Perceptron(sizes, min(named))
        fits = plain.layers == self.layers and plain.activation in ACTIVATIONS
        return plain if fits and self.criterion == CROSS_ENTROPY else None

    def load(self) -> tuple[Samples, Samples]:
        """Training and test samples with inputs of the task's shape. Raises DatasetError for files that are not there."""
        train, test = (
            Samples(part.inputs.reshape(len(part), *self.shape), part.labels) for part in self.dataset(samples=self.samples)
        )
        return train, test
