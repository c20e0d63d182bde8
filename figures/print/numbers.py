"""Numbers as they are written in figures, and the losses at which iso-lines are drawn: the same as on the stage."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np


class Level(NamedTuple):
    """An iso-line: its loss, and how that is written."""

    value: float
    label: str


def short(value: float, digits: int = 3) -> str:
    """A number to `digits` significant digits, short: 0.0031, 12.4, 3.2e12, 4e−7."""
    if math.isnan(value):
        return "not a number"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    if value == 0:
        return "0"
    size = abs(value)
    if size >= 1e5 or size < 1e-3:
        return _minus(_exponential(value, max(digits - 2, 1)))
    text = f"{value:.{digits}g}"
    return _minus(f"{float(text):g}" if "e" not in text else f"{float(text):.0f}")


def by_step(value: float, step: float) -> str:
    """A number with just the decimals that steps of size `step` need."""
    size = abs(value)
    if size < step * 1e-6:
        return "0"
    power = math.floor(math.log10(step) + 1e-9)
    if size >= 1e5 or step < 1e-4:
        return _minus(_exponential(value, min(max(math.floor(math.log10(size)) - power, 0), 15)))
    return _minus(f"{value:.{max(0, -power)}f}")


def ticks(low: float, high: float, count: float) -> tuple[list[float], float]:
    """About `count` round numbers in [low, high], 1, 2 or 5 times a power of ten apart; and how far apart."""
    span = high - low
    if not 0 < span < math.inf:
        return [], 1.0
    rough = span / max(count, 1)
    power = 10.0 ** math.floor(math.log10(rough))
    step = power * next((m for m in (1, 2, 5) if m * power >= rough * 0.75), 10)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [k * step for k in range(first, min(last, first + 199) + 1)], step


@dataclass(frozen=True)
class HeightScale:
    """How heights become colours: a share in [0, 1]; where `log`, of the height above the lowest over four decades."""

    low: float
    high: float
    log: bool

    @property
    def span(self) -> float:
        return self.high - self.low if self.high > self.low else max(abs(self.low), 1) * 1e-9

    def at(self, heights: np.ndarray) -> np.ndarray:
        if not self.log:
            return (heights - self.low) / self.span
        floor = self.span * 1e-4
        above = np.maximum(heights - self.low, 0) + floor
        return np.log(above / floor) / math.log((self.span + floor) / floor)

    def levels(self) -> list[Level]:
        """Losses for iso-lines: true losses, round numbers where the lowest is not negative."""
        if not self.log:
            values, step = ticks(self.low, self.high, 11)
            return [Level(v, by_step(v, step)) for v in values if self.low < v < self.high]
        offset = min(self.low, 0.0)
        least = max(self.span * 2e-5, self.low - offset)
        found: list[Level] = []
        for parts in ((1, 3), (1, 2, 5), (1, 1.5, 2, 3, 4, 5, 7)):  # as many for each power of ten as a low map needs
            found = self._levels(parts, offset, least)
            if len(found) >= 7:
                break
        return found

    def _levels(self, parts: Sequence[float], offset: float, least: float) -> list[Level]:
        found = []
        for k in range(math.floor(math.log10(least)), math.floor(math.log10(self.span) + 1) + 1):
            for m in parts:
                value = offset + m * 10.0**k
                if self.low < value < self.high and value - offset >= least:
                    label = by_step(value, (0.1 if m % 1 else 1) * 10.0**k) if offset else short(value, 2)
                    found.append(Level(value, label))
        return found


def scale_of(heights: np.ndarray, log: bool) -> HeightScale:
    """The scale of a map, from its lowest to its highest finite height."""
    finite = heights[np.isfinite(heights)].astype(np.float64)
    return HeightScale(float(finite.min()), float(finite.max()), log) if finite.size else HeightScale(0.0, 1.0, log)


def _exponential(value: float, digits: int) -> str:
    head, power = f"{value:.{digits}e}".split("e")
    return f"{head.rstrip('0').rstrip('.') if '.' in head else head}e{int(power)}"


def _minus(text: str) -> str:
    return text.replace("-", "−")
