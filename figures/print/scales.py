"""Ticks and places along an axis that is linear or logarithmic."""

from __future__ import annotations

import math

import numpy as np

from figures.print.numbers import by_step, short, ticks
from landscapes.ranges import Scale


def axis_ticks(low: float, high: float, scale: Scale, count: float) -> list[tuple[float, str]]:
    """About `count` round numbers in [low, high] and how they are written; on a log scale powers of ten, or 1, 2 and 5."""
    if low == high:
        return [(low, short(low))]
    if scale == "linear":
        values, step = ticks(low, high, max(count, 2))
        return [(v, by_step(v, step)) for v in values]
    first, last = math.log10(low), math.log10(high)
    if last - first < 2.5:
        parts = (1, 2, 5) if last - first > 0.7 else (1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9)
        values = [m * 10.0**k for k in range(math.floor(first), math.ceil(last) + 1) for m in parts]
        found = [(v, short(v)) for v in values if low * (1 - 1e-9) <= v <= high * (1 + 1e-9)]
        if len(found) < 2:
            return axis_ticks(low, high, "linear", count)
        return found if len(found) <= max(count, 2) else found[:: math.ceil(len(found) / max(count, 2))]
    powers = range(math.ceil(first - 1e-9), math.floor(last + 1e-9) + 1)
    every = max(1, math.ceil(len(powers) / max(count, 2)))
    return [(10.0**k, f"$10^{{{k}}}$") for k in powers if k % every == 0]


def plain(label: str) -> str:
    """A label as wide as it is drawn."""
    return label.replace("$10^{", "10").replace("}$", "")


def share(values: np.ndarray, low: float, high: float, scale: Scale) -> np.ndarray:
    """How far values are along an axis: 0 at `low`, 1 at `high`."""
    with np.errstate(all="ignore"):
        a, b, at = (np.log(v) if scale == "log" else np.asarray(v, dtype=float) for v in (low, high, values))
        return np.asarray((at - a) / (b - a if b != a else 1.0))
