"""Small multiples: one run a panel, all over one map in the same colours."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from matplotlib.colors import to_rgba

from figures.print.arrange import AXIS, BAR
from figures.print.ground import bar_room, draw_bar, draw_ground, draw_ticks, gutter, shape
from figures.print.legend import briefly
from figures.print.letters import STRONG, cut, width
from figures.print.look import SMALLEST_FONT, Look
from figures.print.plate import Multiples, Path
from figures.print.runs import draw_runs, draw_start, mark, seen
from figures.print.sheet import Box, Sheet
from figures.print.words import draw_words, margin, words_of
from figures.theme import style

NAME = 1.7  # ems for the names of rows and columns
LINE = 1.35  # ems of a line over a panel
GAP = 0.7  # ems between panels
SIZE = 0.75  # of marks and lines, of those on a single map


@dataclass(frozen=True)
class _Grid:
    """Where the panels are, in points."""

    plate: Multiples
    look: Look

    @property
    def across(self) -> int:
        return max(len(row) for row in self.plate.cells)

    @property
    def down(self) -> int:
        return len(self.plate.cells)

    @property
    def named(self) -> bool:
        """Whether rows and columns say what is in a panel, so that it need not."""
        return bool(self.plate.rows) and bool(self.plate.columns)

    @property
    def head(self) -> float:
        return (LINE if self.named else 2 * LINE) * self.look.font

    @property
    def left(self) -> float:
        window, name = self.plate.map.window, self.plate.map.coordinates[1]
        rows = NAME * self.look.font if self.plate.rows else 0
        return margin(self.look) + rows + gutter(self.look, name, window[1], 20 * self.look.font)

    @property
    def top(self) -> float:
        return margin(self.look) + (words_of(self.plate, self.look).head + (NAME if self.plate.columns else 0)) * self.look.font

    @property
    def panel(self) -> tuple[float, float]:
        """Width and height of each."""
        look, em, ratio = self.look, self.look.font, shape(self.plate.map.window)
        right = bar_room(look, self.plate.map) + margin(look)
        wide = (look.points(look.width) - self.left - right - (self.across - 1) * GAP * em) / self.across
        if look.height is None:
            return wide, wide / ratio
        tall = (look.points(look.height) - self.top - self.under - (self.down - 1) * GAP * em) / self.down - self.head
        return min(wide, tall * ratio), min(tall, wide / ratio)

    @property
    def under(self) -> float:
        return (AXIS + words_of(self.plate, self.look).foot) * self.look.font + margin(self.look)

    def box(self, row: int, column: int) -> Box:
        wide, tall = self.panel
        em = self.look.font
        spare = max(0.0, self.look.points(self.look.width) - self.right - margin(self.look)) / 2
        return Box(
            self.left + spare + column * (wide + GAP * em),
            self.top + self.head + row * (tall + self.head + GAP * em),
            wide,
            tall,
        )

    @property
    def right(self) -> float:
        """Where the bar's labels end."""
        wide, em = self.panel[0], self.look.font
        return self.left + self.across * wide + (self.across - 1) * GAP * em + bar_room(self.look, self.plate.map)

    @property
    def height(self) -> float:
        if self.look.height is not None:
            return self.look.points(self.look.height)
        return self.top + self.down * (self.head + self.panel[1]) + (self.down - 1) * GAP * self.look.font + self.under


def compose_multiples(plate: Multiples, look: Look) -> Sheet:
    """The whole sheet. Raises ValueError where the panels would be too small to be read."""
    for font in np.linspace(look.font, min(look.font, SMALLEST_FONT), 9):
        grid = _Grid(plate, replace(look, font=float(font)))
        if min(grid.panel) >= 5 * font:
            return _drawn(grid)
    raise ValueError(f"{look.size} are too small for {grid.down} x {grid.across} panels")


def _drawn(grid: _Grid) -> Sheet:
    plate, em = grid.plate, grid.look.font
    sheet = Sheet(grid.look.points(grid.look.width), grid.height, grid.look)
    draw_words(sheet, words_of(plate, grid.look), margin(grid.look))
    for i, row in enumerate(plate.cells):
        for j, path in enumerate(row):
            last = i + 1 == grid.down or j >= len(plate.cells[i + 1])
            _panel(sheet, grid, grid.box(i, j), path, x=last, y=j == 0)
    for j, name in enumerate(plate.columns):
        box = grid.box(0, j)
        words = cut(name, em, box.width, STRONG)
        sheet.text(box.left + box.width / 2, box.top - grid.head - NAME / 2 * em, words, em, STRONG, ha="center")
    for i, name in enumerate(plate.rows):
        box = grid.box(i, 0)
        x = box.left - (grid.left - margin(grid.look)) + NAME / 2 * em
        words = cut(name, em, box.height + grid.head, STRONG)
        sheet.text(x, box.top + box.height / 2, words, em, STRONG, ha="center", va="center", rotation=90)
    box = grid.box(0, grid.across - 1)
    tall = min(grid.box(grid.down - 1, 0).bottom - box.top, 24 * em)
    draw_bar(sheet, Box(box.right + 0.7 * em, box.top, BAR * em, tall), plate.map)
    return sheet


def _panel(sheet: Sheet, grid: _Grid, box: Box, path: Path, *, x: bool, y: bool) -> None:
    ground, em, small = grid.plate.map, sheet.em, sheet.look.small
    looks = {path.label: style(path.key)}
    axes = draw_ground(sheet, box, ground, [path], labels=box.width > 22 * em)
    draw_ticks(sheet, axes, box, ground.coordinates, x=x, y=y, inward=True)
    if len(path.theta) and np.isfinite(path.theta[0]).all():
        draw_start(sheet, axes, path.theta[0], SIZE)
    draw_runs(sheet, axes, box, ground, [path], looks, seen([path], ground), size=SIZE)
    fate, at = path.fate(ground.window), box.top - LINE / 2 * em
    left = box.left + (1.2 * em if grid.named else 0)
    if grid.named:
        _dot(sheet, box.left + 0.5 * em, at, path)
    else:
        _dot(sheet, box.left + 0.5 * em, at - LINE * em, path)
        sheet.text(box.left + 1.2 * em, at - LINE * em, cut(path.label, em, box.width - 1.2 * em, STRONG), em, STRONG)
    words = briefly(path, ground)
    full = [f"{path.detail} · {told}" for told in words[:-1]] if path.detail and not grid.named else []
    said = next((told for told in (*full, *words) if width(told, small) <= box.right - left - 0.4 * em), "")
    zone = 2 if path.last < 0 or fate.diverged is not None else 1 if fate.left is not None else None
    badge: dict[str, Any] = {} if zone is None else {"bbox": _badge(sheet, zone)}
    sheet.text(left + (0 if zone is None else 0.25 * em), at, said, small, **badge)


def _badge(sheet: Sheet, zone: int) -> dict[str, Any]:
    """A red or amber ground behind the words of a run that came to grief or out of sight."""
    colour = to_rgba(sheet.ground.zones[zone], 0.32)
    return {"boxstyle": "round,pad=0.18,rounding_size=0.4", "facecolor": colour, "edgecolor": "none"}


def _dot(sheet: Sheet, x: float, y: float, path: Path) -> None:
    marker = mark(sheet, np.array([x / sheet.width, 1 - y / sheet.height]), style(path.key), 0.75 * sheet.em)
    marker.set_transform(sheet.figure.transFigure)
    sheet.figure.add_artist(marker)
