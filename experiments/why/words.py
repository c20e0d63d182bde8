"""Numbers as one would write them in a sentence."""

from __future__ import annotations

from math import floor, isfinite, log10
from typing import Any


def number(value: float) -> str:
    """Three digits, as one would write them."""
    if not isfinite(value):
        return "infinity" if value > 0 else "-infinity" if value < 0 else "not a number"
    shown = f"{value:.3g}"
    if "e" in shown and 1000 <= abs(float(shown)) < 1e6:
        return f"{float(shown):.0f}"
    mantissa, _, exponent = shown.partition("e")
    return f"{mantissa}e{int(exponent)}" if exponent else mantissa


def below(value: float) -> str:
    """Three digits, rounded down, so that what holds below the value holds below what is written."""
    if value == 0 or not isfinite(value):
        return number(value)
    unit = 10.0 ** (floor(log10(abs(value))) - 2)
    return number(floor(value / unit * (1 + 1e-12)) * unit)


def went(before: float, after: float) -> str:
    """How the loss changed; where three digits do not tell the two apart, by how much."""
    if before == after:
        return f"the loss stays at {number(before)}"
    if number(before) != number(after):
        return f"the loss goes from {number(before)} to {number(after)}"
    return f"the loss {'rises' if after > before else 'falls'} by {number(abs(after - before))} from {number(before)}"


def in_rates(size: float, lr: float) -> str:
    """A length, and how many learning rates it is."""
    ratio = number(size / lr)
    return f"lr, {number(size)}" if ratio == "1" else f"{number(size)}, {ratio} times lr"


def percent(value: float) -> str:
    return f"{number(100 * value)} %"


def spelled_place(values: Any) -> str:
    return f"({', '.join(number(float(v)) for v in values)})"


def multiplied(factor: float) -> str:
    """What a step does to an error whose size it multiplies by this, as the end of a sentence."""
    size = abs(factor)
    if 0.9 < size < 1:
        return f"takes {percent(1 - size)} off the error"
    return f"adds {percent(size - 1)} to the error" if 1 < size < 1.1 else f"multiplies the error by {number(size)}"
