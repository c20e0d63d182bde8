"""The multilayer perceptron with switches."""

from __future__ import annotations

from typing import Annotated, Any

from landscapes.networks.datasets import DATASETS
from landscapes.networks.family import AnyData, Scale, Seed, Some, Start, network, row
from landscapes.networks.layers import Activate, Layer, Linear, Norm, Residual
from landscapes.networks.task import CROSS_ENTROPY, SQUARED_ERROR, Task
from landscapes.ranges import Options, Range

Width = Annotated[Any, Range(1, 1024, scale="log", control=(4, 64), whole=True)]
Depth = Annotated[Any, Range(0, 20, control=(0, 6), whole=True)]
Activation = Annotated[Any, Options(("tanh", "relu", "sigmoid", "gelu", "none"))]
Normalisation = Annotated[Any, Options(("none", "batch", "layer", "weight"))]
YesNo = Annotated[Any, Options(("no", "yes"))]
Loss = Annotated[Any, Options((CROSS_ENTROPY, SQUARED_ERROR))]


@network(title="MLP", reference="Rumelhart, Hinton, Williams 1986, doi:10.1038/323533a0")
def mlp(
    data: AnyData = "digits",
    samples: Some = 500,
    width: Width = 16,
    depth: Depth = 2,
    activation: Activation = "tanh",
    norm: Normalisation = "none",
    residual: YesNo = "no",
    criterion: Loss = CROSS_ENTROPY,
    init: Start = "torch",
    scale: Scale = 1.0,
    seed: Seed = 0,
) -> Task:
    """A multilayer perceptron with `depth` hidden layers of `width`, on any data set's first `samples` training samples.

    A hidden layer is x ↦ φ(norm(W x + b)); with `residual`, each but the first adds its input. Batch and layer normalisation
    stand before the activation, weight normalisation (W = g v / |v|) is in every layer. Activation "none" makes the network
    linear in its inputs, though not in its weights. Initial weights are multiplied by `scale`. Squared error on classes has
    ones and zeros as targets.
    """
    weight_norm = norm == "weight"

    def hidden() -> tuple[Layer, ...]:
        normed = (Norm(norm),) if norm in ("batch", "layer") else ()
        active = () if activation == "none" else (Activate(activation),)
        return (Linear(int(width), weight_norm=weight_norm), *normed, *active)

    last = Linear(DATASETS[data].outputs, weight_norm=weight_norm)
    if residual == "yes" and depth:
        layers = (*hidden(), *(Residual(hidden()) for _ in range(int(depth) - 1)), last)
    else:
        layers = (*(layer for _ in range(int(depth)) for layer in hidden()), last)
    return Task(data, int(samples), row(data), layers, criterion, init, float(scale))
