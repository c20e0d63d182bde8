"""A small perceptron on the digits: the network that the app opens with."""

from __future__ import annotations

from typing import Annotated, Any

from landscapes.networks.datasets.digits import TRAIN
from landscapes.networks.family import Seed, network
from landscapes.networks.plan import ACTIVATIONS
from landscapes.networks.task import Perceptron, Task
from landscapes.ranges import Options, Range

Width = Annotated[Any, Range(1, 256, scale="log", control=(4, 64), whole=True)]
Depth = Annotated[Any, Range(0, 6, control=(0, 3), whole=True)]
Activation = Annotated[Any, Options(tuple(ACTIVATIONS))]


@network(title="Digits MLP", reference="Alpaydin and Kaynak 1998, doi:10.24432/C50P49")
def digits_mlp(width: Width = 10, depth: Depth = 1, activation: Activation = "tanh", seed: Seed = 0) -> Task:
    """A multilayer perceptron that reads handwritten digits: 64 pixels in, `depth` hidden layers of `width`, 10 classes out.

    The loss is the mean cross-entropy over the 1,500 training digits. Depth 0 is softmax regression, which is convex.
    """
    return Task("digits", TRAIN, (64,), Perceptron((64, *[int(width)] * int(depth), 10), activation).layers)
