"""A chain's layers as steps on arrays `(points, features, samples)`, each with its parameters affine in the coordinates."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from landscapes.directions.span import Span
from landscapes.networks.grids.chain import ELEMENTWISE, NORMS, NOTHING, Layer, commuted, layers_on, plain_chain
from landscapes.networks.network import Network

MOST_WASTE = 4.0  # how many times a convolution's multiplications its dense matrix may have: at 7 it is slower


class Room:
    """Arrays that are used again for every chunk: fresh ones of megabytes would be mapped anew, which takes longer than a step.

    An array holds its owner's last result. There is one room a call, so that calls do not meet.
    """

    def __init__(self) -> None:
        self._held: dict[int, Tensor] = {}

    def __call__(self, owner: object, shape: tuple[int, ...], like: Tensor) -> Tensor:
        size, held = prod(shape), self._held.get(id(owner))
        if held is None or len(held) < size:
            held = self._held[id(owner)] = like.new_empty(size)
        return held[:size].view(shape)


class Plan:
    """The chain as steps: what is done to the inputs before the plane matters, the first affine layer, and what follows."""

    def __init__(self, network: Network, span: Span) -> None:
        layers = list(layers_on(network, span, commuted(plain_chain(network.module) or [])))
        at = next((i for i, layer in enumerate(layers) if isinstance(layer.module, (nn.Linear, nn.Conv2d))), None)
        if at is None or any(isinstance(layer.module, NORMS) for layer in layers[:at]):
            raise ValueError("it does not begin with a linear layer")
        self.before = [layer.module for layer in layers[:at]]
        self.first = layers[at]
        sample = self.prepared(network.train.batches[0][0][:1])
        shape = tuple(self.through_first(sample)[0].shape[1:])
        self.width = prod(shape)
        self.after: list[Step] = []
        for layer in layers[at + 1 :]:
            step = step_of(layer, shape)
            if step is not None:
                self.after.append(step)
                shape = step.shape
            elif isinstance(layer.module, nn.Flatten):
                shape = (prod(shape),)
            self.width = max(self.width, prod(shape))
        if len(shape) != 1:
            raise ValueError("its outputs are not one row a sample")
        self.outputs = shape[0]

    def prepared(self, inputs: Tensor) -> Tensor:
        for module in self.before:
            inputs = module(inputs)
        return inputs

    def through_first(self, inputs: Tensor) -> list[Tensor]:
        """The first layer's output at the origin and along each direction, which adds up to that at any point."""
        weight, bias = self.first.affine["weight"], self.first.affine.get("bias")
        rows = range(len(weight))
        module: Any = self.first.module
        if isinstance(module, nn.Linear):
            return [functional.linear(inputs, weight[k], None if bias is None else bias[k]) for k in rows]
        return [
            functional.conv2d(inputs, weight[k], None if bias is None else bias[k], module.stride, module.padding) for k in rows
        ]


class Step:
    """A layer on `(points, features, samples)`; `shape` is what comes out, without samples."""

    shape: tuple[int, ...]

    def __call__(self, h: Tensor, mix: Tensor, room: Room) -> Tensor:
        raise NotImplementedError


def step_of(layer: Layer, shape: tuple[int, ...]) -> Step | None:
    """None for what does nothing here. Raises ValueError for a layer that this way would be slow for."""
    module = layer.module
    if isinstance(module, (*NOTHING, nn.Flatten)) or getattr(module, "kernel_size", None) == 1:  # of a pool; else it is a pair
        return None
    if isinstance(module, (nn.Linear, nn.Conv2d)):
        return _Product(layer, shape)
    if isinstance(module, NORMS):
        return _Normalised(layer, shape)
    if isinstance(module, (nn.MaxPool2d, nn.AvgPool2d)):
        return _Pooled(module, shape)
    assert isinstance(module, ELEMENTWISE)
    return _Active(module, shape)


class _Product(Step):
    """W(a, b) h + bias(a, b), where a convolution is its dense matrix."""

    def __init__(self, layer: Layer, shape: tuple[int, ...]) -> None:
        weight, bias, module = layer.affine["weight"], layer.affine.get("bias"), layer.module
        if isinstance(module, nn.Conv2d):
            if prod(shape[1:]) > MOST_WASTE * prod(module.kernel_size):
                raise ValueError("it has convolutions of large maps")
            eye = torch.eye(prod(shape), dtype=weight.dtype, device=weight.device).reshape(-1, *shape)
            maps = [functional.conv2d(eye, w, None, module.stride, module.padding) for w in weight]
            self.shape = tuple(maps[0].shape[1:])
            matrices = torch.stack([m.flatten(1).T for m in maps])
            if bias is not None:
                bias = bias.repeat_interleave(prod(self.shape[1:]), dim=1)
        else:
            if len(shape) != 1:
                raise ValueError("it has a linear layer on maps")
            self.shape, matrices = (weight.shape[1],), weight
        self.size = tuple(matrices.shape[1:])
        self.matrices = matrices.reshape(len(matrices), -1).contiguous()
        self.bias = None if bias is None else bias.contiguous()

    def __call__(self, h: Tensor, mix: Tensor, room: Room) -> Tensor:
        weights = (mix @ self.matrices).view(len(mix), *self.size)
        out = room(self, (len(mix), self.size[0], h.shape[2]), h)
        if self.bias is None:
            return torch.bmm(weights, h, out=out)
        return torch.baddbmm((mix @ self.bias)[:, :, None], weights, h, out=out)


class _Normalised(Step):
    """Batch normalisation by frozen statistics: each channel times gain(a, b) / deviation, plus what follows from the shift."""

    def __init__(self, layer: Layer, shape: tuple[int, ...]) -> None:
        module: Any = layer.module
        self.shape = shape
        self.root = (module.running_var + module.eps).rsqrt()
        self.mean = module.running_mean
        self.gain, self.shift = layer.affine.get("weight"), layer.affine.get("bias")

    def __call__(self, h: Tensor, mix: Tensor, room: Room) -> Tensor:
        gain = self.root.expand(len(mix), -1) if self.gain is None else (mix @ self.gain) * self.root
        shift = -gain * self.mean if self.shift is None else mix @ self.shift - gain * self.mean
        channels = h.view(len(mix), self.shape[0], -1)
        return torch.addcmul(shift[:, :, None], channels, gain[:, :, None], out=channels).view(h.shape)


class _Pooled(Step):
    """The maximum or mean of windows that tile the map, by slices of whole rows of samples."""

    def __init__(self, module: Any, shape: tuple[int, ...]) -> None:
        self.size, self.maximum = module.kernel_size, isinstance(module, nn.MaxPool2d)
        self.before = shape
        self.shape = (shape[0], shape[1] // self.size, shape[2] // self.size)

    def __call__(self, h: Tensor, mix: Tensor, room: Room) -> Tensor:
        (channels, height, width), k = self.shape, self.size
        maps = h.view(len(mix), *self.before, -1)[:, :, : height * k, : width * k]
        parts = [maps[:, :, i::k, j::k] for i in range(k) for j in range(k)]
        out = room(self, (len(mix), channels, height, width, h.shape[-1]), h)
        join = torch.maximum if self.maximum else torch.add
        join(parts[0], parts[1], out=out)
        for part in parts[2:]:
            join(out, part, out=out)
        if not self.maximum:
            out.mul_(1 / k**2)
        return out.view(len(mix), channels * height * width, -1)


class _Active(Step):
    """An elementwise function, in place where torch has it so. Its tanh on a CPU takes NumPy's time times ten."""

    def __init__(self, module: nn.Module, shape: tuple[int, ...]) -> None:
        self.module, self.shape = module, shape

    def __call__(self, h: Tensor, mix: Tensor, room: Room) -> Tensor:
        if isinstance(self.module, nn.Tanh) and h.device.type == "cpu":
            np.tanh(h.numpy(), out=h.numpy())
            return h
        in_place = {nn.ReLU: torch.relu_, nn.Tanh: torch.tanh_, nn.Sigmoid: torch.sigmoid_}.get(type(self.module))
        return self.module(h) if in_place is None else in_place(h)
