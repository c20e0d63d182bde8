"""Where panels of cells stand on a sheet: how many abreast, how large, and what is around them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from figures.cell_map import CellMap, MapAxis
from figures.print.arrange import AXIS
from figures.print.exhibit import Exhibit, Share
from figures.print.letters import width
from figures.print.look import Look
from figures.print.scales import axis_ticks, plain
from figures.print.sheet import Box

HEADING = 2.2  # ems over a part: more than over one alone, as its numbers reach under it
LINE = 1.5  # ems of a line over a panel
GAP = 0.9  # ems between panels
FLAT = 2.6  # ems, the height of a map with one axis
FREE, SHAPES = 1.2, (0.6, 1.9)  # width by height of a panel whose axes have nothing to do with each other
NARROW, LEAST = 11.0, 7.0  # ems, a panel's width below which it takes a row less, or cannot be read


@dataclass(frozen=True, eq=False)
class Grid:
    """Where the panels of an exhibit's cells are in a box whose height may be None, where it follows from the width."""

    exhibit: Exhibit
    look: Look
    left: float
    top: float
    width: float
    given: float | None

    @property
    def cells(self) -> CellMap:
        assert isinstance(self.exhibit.main, CellMap)
        return self.exhibit.main

    @property
    def runs(self) -> bool:
        """Whether the chosen cell's run stands beside the panels."""
        return self.exhibit.ground is not None and bool({"run", "loss"} & set(self.look.panels))

    @property
    def ratio(self) -> float:
        cells = self.cells
        if not cells.equal or cells.y is None:
            return FREE
        return float(min(max((cells.x.high - cells.x.low) / (cells.y.high - cells.y.low), 0.45), 2.2))

    @cached_property
    def gut(self) -> float:
        """Left of the panels: the numbers along y, and its name."""
        if self.cells.y is None:
            return 0.6 * self.look.font
        labels = [plain(label) for _, label in ticks_of(self.cells.y, 8)]
        return max((width(label, self.look.small) for label in labels), default=0) + 2.3 * self.look.font

    @cached_property
    def bar(self) -> float:
        """Right of the panels: the bar with its numbers and its name."""
        bar, em = self.cells.bar, self.look.font
        if bar is None:
            return 0.6 * em
        labels = [plain(label) for _, label in axis_ticks(bar.low, bar.high, bar.scale, 6)]
        return 3.0 * em + max((width(label, self.look.small) for label in labels), default=0)

    @cached_property
    def room(self) -> float:
        return self.width - self.gut - self.bar

    @cached_property
    def across(self) -> int:
        count, em = len(self.cells.panels), self.look.font
        if self.cells.y is None:
            return 1
        if self.given is None:
            most = max(1, min(count, int((self.room + GAP * em) / ((NARROW + GAP) * em))))
            return -(-count // -(-count // most))
        sizes = {n: self._panel(n) for n in range(1, count + 1)}
        return max(sizes, key=lambda n: (sizes[n][0] * sizes[n][1], -n))

    @property
    def down(self) -> int:
        return -(-len(self.cells.panels) // self.across)

    def _wide(self, across: int) -> float:
        return (self.room - (across - 1) * GAP * self.look.font) / across

    def _head(self, wide: float) -> float:
        return (LINE + LINE * max((len(chips(s, self.look, wide)) for s in self.exhibit.shares), default=0)) * self.look.font

    def _panel(self, across: int) -> tuple[float, float]:
        """Width and height of a panel where so many stand side by side; negative where they do not fit."""
        em, wide = self.look.font, self._wide(across)
        if self.cells.y is None:
            return wide, FLAT * em
        if self.given is None:
            return wide, wide / self.ratio
        down = -(-len(self.cells.panels) // across)
        each = (self.given - (HEADING + AXIS) * em - (down - 1) * GAP * em) / down
        found = wide, 0.0
        for _ in range(4):  # a narrower panel may need another line for its shares, and is lower then
            tall = each - self._head(found[0])
            if min(wide, tall) <= 0:
                return min(wide, 0.0), 0.0
            least, most = (self.ratio, self.ratio) if self.cells.equal else SHAPES
            found = min(found[0], tall * most), min(tall, found[0] / least)
        return found

    @cached_property
    def panel(self) -> tuple[float, float]:
        return self._panel(self.across)

    @property
    def spare(self) -> float:
        """What is left free at either side."""
        wide, count = self.panel[0], min(self.across, len(self.cells.panels))
        return max(0.0, self.room - count * wide - (count - 1) * GAP * self.look.font) / 2

    @property
    def head(self) -> float:
        return self._head(self.panel[0])

    @property
    def height(self) -> float:
        """Of all of it, heading and axis included."""
        em = self.look.font
        return (HEADING + AXIS) * em + self.down * (self.head + self.panel[1]) + (self.down - 1) * GAP * em

    def box(self, index: int) -> Box:
        em, (wide, tall) = self.look.font, self.panel
        row, column = divmod(index, self.across)
        top = self.top + HEADING * em + row * (tall + self.head + GAP * em) + self.head
        return Box(self.left + self.spare + self.gut + column * (wide + GAP * em), top, wide, tall)

    @property
    def right(self) -> float:
        """Where the panels end."""
        return self.box(min(self.across, len(self.cells.panels)) - 1).right

    @property
    def fits(self) -> bool:
        em, (wide, tall) = self.look.font, self.panel
        return wide >= LEAST * em and (tall >= 4 * em or self.cells.y is None)


def chips(shares: Sequence[Share], look: Look, room: float) -> list[list[Share]]:
    """Shares in lines that are no wider than the room."""
    lines: list[list[Share]] = []
    used = room
    for one in shares:
        wide = width(one.words, look.small) + 1.9 * look.font
        if used + wide > room:
            lines.append([])
            used = 0.0
        lines[-1].append(one)
        used += wide
    return lines


def ticks_of(axis: MapAxis, count: float) -> list[tuple[float, str]]:
    """About so many values of an axis, and how they are written."""
    return axis_ticks(axis.low, axis.high, axis.scale, count)
