"""How losses become heights in three dimensions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from figures.print.clip import pieces
from figures.print.numbers import Level, by_step, scale_of, short, ticks
from figures.print.plate import Map, Path

FLOOR = 0.01  # of the map's span; see Heights


@dataclass(frozen=True)
class Heights:
    """Losses from the lowest to the highest as heights from 0 to 1: in proportion, or, where `log`, by log(loss + shift).

    shift = floor - lowest, floor a hundredth of what is spanned. The stage's colours have a floor of a ten-thousandth; as
    heights these would make valleys narrower than the grid, and hide the runs in them under a bottom drawn too high. `name`
    is what is shown, where that is no loss.
    """

    lowest: float
    highest: float
    log: bool
    name: str = "loss"

    @property
    def span(self) -> float:
        return self.highest - self.lowest if self.highest > self.lowest else max(abs(self.lowest), 1) * 1e-9

    @property
    def shift(self) -> float:
        return FLOOR * self.span - self.lowest

    def at(self, loss: np.ndarray) -> np.ndarray:
        """Heights of losses; NaN and infinities stay what they are."""
        share = (loss - self.lowest) / self.span
        return np.log1p(share / FLOOR) / np.log1p(1 / FLOOR) if self.log else share

    def loss(self, height: np.ndarray) -> np.ndarray:
        """The losses that stand at these heights."""
        share = FLOOR * np.expm1(height * np.log1p(1 / FLOOR)) if self.log else height
        return self.lowest + share * self.span

    @property
    def title(self) -> str:
        """What stands at the axis, whose ticks are losses."""
        return f"{self.name}, log" if self.log else self.name

    @property
    def formula(self) -> str:
        """What the heights are."""
        if not self.log:
            return self.name
        return f"log({self.name} {'+' if self.shift >= 0 else '−'} {short(abs(self.shift))})"

    def ticks(self) -> list[Level]:
        """Round losses; where logarithmic also the lowest, and those above it at least a seventh of the axis apart."""
        if not self.log:
            values, step = ticks(self.lowest, self.highest, 5)
            return [Level(value, by_step(value, step)) for value in values]
        found = [Level(self.lowest, self._label(self.lowest))]
        powers = range(int(np.floor(np.log10(self.span * FLOOR))), int(np.ceil(np.log10(self.span))) + 1)
        offset = min(self.lowest, 0.0)
        for value in (offset + m * 10.0**power for power in powers for m in (1, 3)):
            level = Level(value, self._label(value))
            within = self.lowest < value < self.highest
            if within and self._height(level) - self._height(found[-1]) >= 1 / 7:
                found.append(level)
        return found

    def _label(self, value: float) -> str:
        """With as many digits as show where it stands: next to the lowest loss a logarithm tells small differences apart."""
        texts = (short(value, digits) for digits in range(2, 18))
        return next((t for t in texts if abs(float(t.replace("−", "-")) - value) <= self.span * 2e-4), short(value, 17))

    def _height(self, level: Level) -> float:
        return float(self.at(np.array(level.value)))


def heights_of(ground: Map, paths: Sequence[Path], log: bool) -> Heights:
    """The heights of a map and of the runs over it, which may lie deeper than the map's nodes, also at its edges."""
    over = scale_of(ground.heights, log)
    low, high = np.array(ground.window, dtype=float).T
    losses = [over.low, over.high]
    for path in paths:
        with np.errstate(invalid="ignore"):
            inside = ((path.theta >= low) & (path.theta <= high)).all(axis=1) & np.isfinite(path.loss)
        losses += [float(value) for value in path.loss[inside]]
    highest = max(losses)
    stretches = [piece for path in paths if len(path.theta) for piece in pieces(track_of(path), box_of(ground, highest))]
    return Heights(min([*losses, *(float(piece.points[:, 2].min()) for piece in stretches)]), highest, log, ground.name)


def track_of(path: Path) -> np.ndarray:
    """Its points (x, y, loss), `(steps + 1, 3)`."""
    return np.column_stack([path.theta, path.loss])


def box_of(ground: Map, highest: float) -> np.ndarray:
    """What is seen of coordinates and losses, rows (low, high): the map's window, and no loss above the highest in it."""
    return np.array([*ground.window, (-np.inf, highest)], dtype=float)
