"""Modules and losses whose slices are known."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from landscapes.networks.conformance.plotter import Case

ROWS, COLUMNS = 4, 50


def linear(inputs: int, outputs: int, bias: bool = True) -> nn.Linear:
    """A linear layer; torch's global generator, from which its weights are drawn, is left alone."""
    with torch.random.fork_rng(devices=[]):
        return nn.Linear(inputs, outputs, bias)


def quadratic(offset: float = 0.0) -> Case:
    """‖w - 1‖² + offset of a weight `(4, 50)` of ones: on any plane an exact quadratic, with its minimum at the centre.

    float32, as networks are.
    """
    module = linear(COLUMNS, ROWS, bias=False)
    nn.init.ones_(module.weight)

    def criterion(outputs: Tensor, targets: Tensor) -> Tensor:
        return ((outputs - targets) ** 2).sum() + offset

    return Case(module, criterion, torch.eye(COLUMNS), torch.ones(COLUMNS, ROWS))


def cliff() -> Case:
    """The quadratic, but NaN wherever the first weight has grown by more than a half."""
    case = quadratic()

    def criterion(outputs: Tensor, targets: Tensor) -> Tensor:
        return case.criterion(outputs, targets) + torch.where(outputs[0, 0] > 1.5, torch.nan, 0.0)

    return Case(case.module, criterion, case.inputs, case.targets)


def uneven_rows() -> Case:
    """A linear layer whose neurons have weights of norms 707, 7, 0.7 and 0.07."""
    case = quadratic()
    scale = torch.tensor([100.0, 1.0, 0.1, 0.01])
    with torch.no_grad():
        assert isinstance(case.module, nn.Linear)
        case.module.weight.mul_(scale[:, None])
    return case


def classifier(scale: float = 1.0, norm: bool = False, double: bool = True, seed: int = 3) -> Case:
    """A small classifier with ReLU on 23 samples. Its first layer times `scale`, its second divided by it: one function."""
    generator = torch.Generator().manual_seed(seed)
    first, second = linear(6, 8), linear(8, 3)
    normed = [nn.BatchNorm1d(8)] if norm else []
    with torch.no_grad():
        for layer in (first, *normed, second):
            for parameter in layer.parameters():
                parameter.copy_(torch.randn(parameter.shape, generator=generator) / 2)
        first.weight.mul_(scale)
        first.bias.mul_(scale)
        second.weight.div_(scale)
    kind = torch.float64 if double else torch.float32
    inputs = torch.randn(23, 6, generator=generator).to(kind)
    return Case(
        nn.Sequential(first, *normed, nn.ReLU(), second).to(kind), nn.functional.cross_entropy, inputs, torch.arange(23) % 3
    )


def orthonormal(case: Case, length: float = 10.0, seed: int = 0) -> np.ndarray:
    """Two orthogonal directions `(2, dim)` of the same length."""
    draw = np.random.default_rng(seed).normal(size=(len(case.theta), 2))
    return np.asarray(np.linalg.qr(draw)[0].T * length)
