"""What enters the layers of a module: which weights multiply an input, and how large it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from landscapes.landscape import Norm

CONVOLUTIONS: Mapping[type, Any] = {nn.Conv1d: functional.conv1d, nn.Conv2d: functional.conv2d, nn.Conv3d: functional.conv3d}


def input_layers(module: nn.Module) -> dict[str, nn.Module]:
    """The layers whose input is known, by the name of their weight: linear ones, and convolutions of all channels.

    Exactly torch's own classes: what is derived from them may use its weight in another way. A weight that a second module
    uses too is not among them, for it multiplies two inputs.
    """
    users: dict[int, int] = {}
    for _, parameter in module.named_parameters(remove_duplicate=False):
        users[id(parameter)] = users.get(id(parameter), 0) + 1
    return {
        f"{name}.weight".lstrip("."): layer
        for name, layer in module.named_modules()
        if (type(layer) is nn.Linear or _plain_convolution(layer)) and users.get(id(layer.weight)) == 1
    }


def _plain_convolution(layer: nn.Module) -> bool:
    """Zeros around the picture, and every output sees every channel."""
    return type(layer) in CONVOLUTIONS and bool(layer.groups == 1) and layer.padding_mode == "zeros"


class InputPower:
    """Sums over all input vectors that enter each layer. A convolution's are its patches, with the zeros around the picture."""

    def __init__(self, norm: Norm) -> None:
        self._norm = norm
        self._sums: dict[str, Tensor] = {}
        self._counts: dict[str, int] = {}

    @contextmanager
    def watching(self, layers: Mapping[str, nn.Module]) -> Iterator[None]:
        """Sum up what enters the layers meanwhile."""
        handles = [layer.register_forward_pre_hook(self._hook(name, layer)) for name, layer in layers.items()]
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()

    def _hook(self, name: str, layer: Any) -> Any:
        def hook(module: nn.Module, given: tuple[Tensor, ...]) -> None:
            x = given[0].detach()
            size = x * x if self._norm == "l2" else x.abs()
            if type(layer) is nn.Linear:
                powers = size.sum(-1)
            else:
                channels = size.ndim - 1 - len(layer.kernel_size)  # a picture may come without an axis of samples
                size = size.sum(channels, keepdim=True)
                ones = size.new_ones((1, 1, *layer.kernel_size))
                convolve = CONVOLUTIONS[type(layer)]
                powers = convolve(size, ones, stride=layer.stride, padding=layer.padding, dilation=layer.dilation)
            self._sums[name] = self._sums.get(name, 0) + powers.sum(dtype=torch.float64)
            self._counts[name] = self._counts.get(name, 0) + powers.numel()

        return hook

    def mean(self, name: str) -> Tensor:
        """The mean of Σx², or of Σ|x|, over the input vectors of one layer. Raises ValueError if nothing entered it."""
        if name not in self._sums:
            raise ValueError(f"the layer of {name!r} is not called as a module, so that what enters it is not seen")
        return self._sums[name] / self._counts[name]
