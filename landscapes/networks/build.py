"""Torch modules made of layer records, and a task as a landscape."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.parametrizations import weight_norm

from landscapes.networks import layers
from landscapes.networks.layers import Layer, Shape
from landscapes.networks.network import Network
from landscapes.networks.task import CROSS_ENTROPY, LOGISTIC, SQUARED_ERROR, Task

FUNCTIONS: dict[str, Callable[[], nn.Module]] = {"tanh": nn.Tanh, "relu": nn.ReLU, "sigmoid": nn.Sigmoid, "gelu": nn.GELU}


def squared_error(outputs: Tensor, targets: Tensor) -> Tensor:
    """The squared error's mean over samples and outputs; classes stand for ones and zeros."""
    if not targets.is_floating_point():
        targets = functional.one_hot(targets, outputs.shape[-1]).to(outputs.dtype)
    return functional.mse_loss(outputs, targets)


def logistic(outputs: Tensor, targets: Tensor) -> Tensor:
    """The mean logistic loss of one logit `(samples, 1)` for class 1 against class 0."""
    return functional.binary_cross_entropy_with_logits(outputs[:, 0], targets.to(outputs.dtype))


CRITERIA: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    CROSS_ENTROPY: functional.cross_entropy, SQUARED_ERROR: squared_error, LOGISTIC: logistic,
}  # fmt: skip


class Subsampling(nn.Module):
    """Every `stride`-th pixel, with channels of zeros added behind."""

    def __init__(self, added: int, stride: int) -> None:
        super().__init__()
        self.added, self.stride = added, stride

    def forward(self, x: Tensor) -> Tensor:
        return functional.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, 0, self.added))


class Residue(nn.Module):
    """body(x) + shortcut(x), or body(x) alone."""

    def __init__(self, body: nn.Module, shortcut: nn.Module | None) -> None:
        super().__init__()
        self.body, self.shortcut = body, shortcut

    def forward(self, x: Tensor) -> Tensor:
        return self.body(x) if self.shortcut is None else self.body(x) + self.shortcut(x)


def module_of(task: Task, seed: int) -> nn.Sequential:
    """The task's layers as a float32 torch module, its initial weights drawn by `seed`; the global generator is left alone."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return _sequential(task.layers, task.shape, task)


def _sequential(chain: tuple[Layer, ...], shape: Shape, task: Task) -> nn.Sequential:
    made = []
    for layer in chain:
        made.append(_module(layer, shape, task))
        shape = layer.after(shape)
    return nn.Sequential(*made)


def _module(layer: Layer, shape: Shape, task: Task) -> nn.Module:
    match layer:
        case layers.Linear():
            linear = _initialised(nn.Linear(shape[0], layer.outputs, layer.bias, dtype=torch.float32), task)
            return weight_norm(linear) if layer.weight_norm else linear
        case layers.Conv():
            return _initialised(
                nn.Conv2d(
                    shape[0], layer.outputs, layer.kernel, layer.stride, layer.padding, bias=layer.bias, dtype=torch.float32
                ),
                task,
            )
        case layers.Norm("layer"):
            return nn.LayerNorm(shape, dtype=torch.float32)
        case layers.Norm():
            kind = nn.BatchNorm2d if len(shape) == 3 else nn.BatchNorm1d
            return kind(shape[0], dtype=torch.float32)
        case layers.Activate():
            return FUNCTIONS[layer.function]()
        case layers.Dropout():
            return nn.Dropout(layer.rate)
        case layers.Pool("max"):
            return nn.MaxPool2d(layer.size or (shape[1], shape[2]))
        case layers.Pool():
            return nn.AvgPool2d(layer.size or (shape[1], shape[2]))
        case layers.Flatten():
            return nn.Flatten()
        case layers.Subsample():
            return Subsampling(layer.channels - shape[0], layer.stride)
        case layers.Residual():
            shortcut = None if layer.shortcut is None else _sequential(layer.shortcut, shape, task)
            return Residue(_sequential(layer.body, shape, task), shortcut)
    raise TypeError(f"no module is known for {layer}")


def _initialised(module: nn.Linear | nn.Conv2d, task: Task) -> nn.Module:
    """The module with its weights as the task begins with them.

    He: normal with variance 2 / fan-in (He et al. 2015). Xavier: uniform with variance 2 / (fan-in + fan-out) (Glorot and
    Bengio 2010). Both with biases of zero.
    """
    if task.init == "he":
        nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
    elif task.init == "xavier":
        nn.init.xavier_uniform_(module.weight)
    if task.init != "torch" and module.bias is not None:
        nn.init.zeros_(module.bias)
    with torch.no_grad():
        module.weight *= task.scale
    return module


def task_network(name: str, task: Task, seed: int) -> Network:
    """A task as a landscape at its initial weights. Raises DatasetError for files that are not there."""
    train, test = ((torch.tensor(part.inputs), torch.tensor(part.labels)) for part in task.load())
    made = Network.of(
        module_of(task, seed), CRITERIA[task.criterion], train, test, name, statistics="recomputed", part=task.part
    )
    return replace(made, plan=task.perceptron, products=task.products)
