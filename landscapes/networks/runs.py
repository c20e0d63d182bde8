"""A function of one run on many runs: one after the other, or vmapped."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

import torch
from torch import Tensor

AT_ONCE = 8  # runs in one vmapped call
LONG_RUN = 0.02  # seconds from which one run is work enough, so that vmap cannot gain


@dataclass(frozen=True, eq=False)
class Runs:
    """Remembers for each kind of question whether vmap is faster on this machine, for speed only."""

    vmapped: dict[str, bool] = field(default_factory=dict)

    def each(self, kind: str, one: Callable[[Tensor], Tensor], vmapped: Callable[[Tensor], Tensor], theta: Tensor) -> Tensor:
        """`one` for every run of theta `(*runs, dim)`, looped, or by `vmapped` where this machine is seen to be faster with it.

        The first call with 8 runs or more times both, if a run is short; the two agree to rounding.
        """
        if theta.ndim == 1:
            return one(theta)
        flat = theta.reshape(-1, theta.shape[-1])
        if len(flat) >= AT_ONCE and kind not in self.vmapped:
            self.vmapped[kind] = _gains(lambda t: [one(row) for row in t], vmapped, flat[:AT_ONCE])
        if len(flat) and self.vmapped.get(kind, False):
            out = torch.cat([vmapped(flat[i : i + AT_ONCE]) for i in range(0, len(flat), AT_ONCE)])
        else:
            out = torch.stack([one(row) for row in flat]) if len(flat) else flat.sum(-1, keepdim=kind == "gradient")
        return out.reshape(*theta.shape[:-1], *out.shape[1:])


def _gains(looped: Callable[[Tensor], Any], vmapped: Callable[[Tensor], Any], theta: Tensor) -> bool:
    """Whether vmap is faster on these runs: not tried where one run is long, nor where an operation cannot be vmapped."""
    if _seconds(looped, theta[:1]) > LONG_RUN:
        return False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # torch warns where it would only loop inside
            return _seconds(vmapped, theta) < _seconds(looped, theta)
    except (RuntimeError, ValueError, NotImplementedError, Warning):
        return False


def _seconds(function: Callable[[Tensor], Any], theta: Tensor) -> float:
    """The faster of two calls, after one that is not counted."""
    times = []
    for _ in range(3):
        began = perf_counter()
        function(theta)
        times.append(perf_counter() - began)
    return min(times[1:])
