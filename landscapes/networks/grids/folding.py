"""A copy of a module whose weights are written anew at every point: convolutions with their batch normalisation folded in."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, fx, nn

from landscapes.networks.grids.chain import QuickTanh
from landscapes.networks.network import Network


@dataclass(frozen=True, eq=False)
class Written:
    """A module to run, and how to write a point's parameters into it."""

    module: nn.Module
    flat: Tensor
    copies: tuple[tuple[Tensor, Tensor], ...]  # a weight in the layout that its layer wants, and its part of `flat`
    folds: tuple[_Fold, ...]

    def write(self, point: Tensor) -> None:
        """Take the parameters of a point `(dim,)`."""
        self.flat.copy_(point)
        for weight, part in self.copies:
            weight.copy_(part)
        for fold in self.folds:
            fold.write()


@dataclass(frozen=True, eq=False)
class _Fold:
    """W' = W γ/σ and b' = (b - μ) γ/σ + β, written into a convolution that stands for both layers."""

    conv: nn.Conv2d
    weight: Tensor
    bias: Tensor | None
    norm: Any

    def write(self) -> None:
        norm = self.norm
        share = (norm.running_var + norm.eps).rsqrt_()
        if norm.weight is not None:
            share *= norm.weight
        torch.mul(self.weight, share[:, None, None, None], out=self.conv.weight.data)
        shift = -norm.running_mean if self.bias is None else self.bias - norm.running_mean
        shift = shift * share
        assert self.conv.bias is not None
        self.conv.bias.data.copy_(shift if norm.bias is None else shift + norm.bias)


def written(network: Network, module: nn.Module, fold: bool) -> Written:
    """A copy of one of the network's modules, whose parameters are views of one flat vector.

    Convolutions take their weights with channels last. With `fold`, batch normalisations that follow a convolution are folded
    into it, where the module's graph can be read and gives the same outputs.
    """
    copy = deepcopy(module)
    like = network.evaluate.like
    flat = torch.empty(network.dim, dtype=like.dtype, device=like.device)
    parts, offset = {}, 0
    for block in network.blocks:
        parts[block.name] = flat[offset : offset + block.size].view(block.shape)
        offset += block.size
    copies = []
    convs = {id(layer.weight) for layer in copy.modules() if isinstance(layer, nn.Conv2d)}
    for name, part in parts.items():
        parameter = copy.get_parameter(name)
        if id(parameter) in convs:
            parameter.data = torch.empty_like(part, memory_format=torch.channels_last)
            copies.append((parameter.data, part))
        else:
            parameter.data = part
    for parameter in copy.parameters():
        parameter.requires_grad_(False)
    traced = _traced(copy) if fold else None
    folds = () if traced is None else _folded(traced)
    whole = copy if traced is None else traced
    if flat.device.type == "cpu":
        for name, layer in list(whole.named_modules()):
            if type(layer) is nn.Tanh and name and not (layer._forward_hooks or layer._forward_pre_hooks):
                whole.set_submodule(name, QuickTanh())
    return Written(whole, flat, tuple(copies), folds)


def _traced(module: nn.Module) -> fx.GraphModule | None:
    """The module as a graph; None where hooks hang on it, or it does not always do the same."""
    hooks = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks")
    if any(getattr(layer, hook) for layer in module.modules() for hook in hooks):
        return None
    try:
        return fx.symbolic_trace(module)
    except Exception:  # any code may stand in a module's forward, and any error come from running it on symbols
        return None


def _folded(traced: fx.GraphModule) -> tuple[_Fold, ...]:
    """Fold what can be, in place: a convolution whose only reader is a batch normalisation, each called once."""
    layers = dict(traced.named_modules())
    calls: dict[Any, int] = {}
    for node in traced.graph.nodes:
        if node.op == "call_module":
            calls[node.target] = calls.get(node.target, 0) + 1
    folds = []
    for node in list(traced.graph.nodes):
        if node.op != "call_module" or type(layers[node.target]) is not nn.BatchNorm2d or calls[node.target] > 1:
            continue
        before = node.args[0] if node.args else None
        if not isinstance(before, fx.Node) or before.op != "call_module" or len(before.users) > 1 or calls[before.target] > 1:
            continue
        conv = layers[before.target]
        if type(conv) is not nn.Conv2d:
            continue
        folds.append(_replaced(traced, str(before.target), conv, layers[node.target]))
        node.replace_all_uses_with(before)
        traced.graph.erase_node(node)
    traced.recompile()
    return tuple(folds)


def _replaced(traced: fx.GraphModule, target: str, conv: nn.Conv2d, norm: Any) -> _Fold:
    """Put a convolution with a bias and weights of its own in the place of one that is followed by a normalisation."""
    made: Any = nn.Conv2d(
        conv.in_channels, conv.out_channels, conv.kernel_size, conv.stride, conv.padding, conv.dilation, conv.groups,  # type: ignore[arg-type]
        bias=True, padding_mode=conv.padding_mode, device=conv.weight.device, dtype=conv.weight.dtype,
    )  # fmt: skip
    made.weight.data = torch.empty_like(conv.weight, memory_format=torch.channels_last)
    made.requires_grad_(False)
    parent, _, name = target.rpartition(".")
    setattr(traced.get_submodule(parent), name, made)
    return _Fold(made, conv.weight.data, None if conv.bias is None else conv.bias.data, norm)
