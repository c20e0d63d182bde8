"""The key under a figure of an exploration: optimizers, words of the colours, lines and signs, one after another in lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from figures.cell_map import CellMap
from figures.print.cells import patch
from figures.print.exhibit import Exhibit
from figures.print.legend import outcome
from figures.print.letters import REGULAR, STRONG, cut, width, wrapped
from figures.print.look import Look
from figures.print.sheet import DASHES, EVEN, MARKERS, Box, Sheet
from figures.print.signs import sign, strokes
from figures.theme import Style

GREY = "#7b8794"  # what white lines are seen on
HINTED = 1.04  # letters on a coarse grid of pixels take a little more room than their outlines
ROW, AFTER = 1.5, 1.8  # ems: a line, and what is free behind an item
HANDLES = {"patch": 1.25, "line": 2.6, "sign": 1.5, "run": 2.9, "more": 2.9}


class Item(NamedTuple):
    """`what` is a colour's code, a line's look, a sign's kind, or the name of an optimizer's style."""

    kind: str
    what: str | int
    label: str
    detail: str = ""

    @property
    def weight(self) -> int:
        return STRONG if self.kind == "run" else REGULAR

    def wide(self, look: Look) -> float:
        em = look.font
        told = width("  " + self.detail, em) if self.detail else 0.0
        return HANDLES[self.kind] * em + HINTED * (width(self.label, em, self.weight) + told)


def items(exhibit: Exhibit, shown: Sequence[str]) -> list[Item]:
    """What there is to explain; `shown` are the parts that are drawn beside the main one."""
    found: list[Item] = []
    if isinstance(exhibit.main, CellMap):
        found += _of_cells(exhibit.main, chosen=exhibit.ground is not None and bool(shown))
    runs: dict[str, str] = {}
    for chart in (*exhibit.charts, *([exhibit.loss] if exhibit.loss is not None and "loss" in shown else [])):
        runs |= {line.label: line.detail for line in chart.lines if line.label not in runs}
    if exhibit.ground is not None and {"run", "loss"} & set(shown):
        for path in exhibit.paths:
            told = " · ".join(part for part in (path.detail, outcome(path, exhibit.ground)) if part)
            runs[path.label] = told
    runs |= {path.label: path.detail for one in exhibit.grounds for path in one.paths}
    return [Item("run", label, label, detail) for label, detail in runs.items()] + found


def _of_cells(cells: CellMap, chosen: bool) -> list[Item]:
    found = [Item("patch", one.code, one.label) for one in cells.patches]
    lines = {line.label: line.look for panel in cells.panels for line in panel.lines}
    signs = {mark.kind: mark.label for panel in cells.panels for mark in panel.marks}
    found += [Item("line", look, label) for label, look in lines.items()]
    found += [Item("sign", kind, label) for kind, label in signs.items()]
    return [*found, *([Item("sign", "ring", "the cell whose run is shown")] if chosen and cells.chosen is not None else [])]


def rows(listed: Sequence[Item], look: Look, room: float) -> list[list[Item]]:
    """Items in lines that are no wider than the room."""
    lines: list[list[Item]] = []
    used = room
    for item in (part for one in listed for part in _broken(one, look, room)):
        wide = item.wide(look)
        if not lines or used + wide > room:
            lines.append([])
            used = 0.0
        lines[-1].append(item)
        used += wide + AFTER * look.font
    return lines


def _broken(item: Item, look: Look, room: float) -> list[Item]:
    """The item, or its name and the lines of what is said of it where both are too wide for one line."""
    if not item.detail or item.wide(look) <= room:
        return [item]
    told = wrapped(item.detail, look.font, room - HANDLES["more"] * look.font)
    return [item._replace(detail=""), *(Item("more", "", line) for line in told)]


def key_height(listed: Sequence[Item], look: Look, room: float) -> float:
    return len(rows(listed, look, room)) * ROW * look.font


def draw_key(sheet: Sheet, box: Box, listed: Sequence[Item], cells: CellMap | None, style: Mapping[str, Style]) -> None:
    em = sheet.em
    for row, line in enumerate(rows(listed, sheet.look, box.width)):
        x, y = box.left, box.top + (row + 0.5) * ROW * em
        for item in line:
            _handle(sheet, x, y, item, cells, style)
            at, room = x + HANDLES[item.kind] * em, box.right - x - HANDLES[item.kind] * em
            label = cut(item.label, em, room, item.weight)
            sheet.text(at, y, label, em, item.weight)
            taken = width(label + ("  " if item.detail else ""), em, item.weight)
            if item.detail and room - taken > 2 * em:
                sheet.text(at + taken, y, cut(item.detail, em, room - taken), em, alpha=0.85)
            x += item.wide(sheet.look) + AFTER * em


def _handle(sheet: Sheet, x: float, y: float, item: Item, cells: CellMap | None, style: Mapping[str, Style]) -> None:
    em, what = sheet.em, item.what
    over = {"transform": sheet.figure.transFigure}
    across, up = x / sheet.width, 1 - y / sheet.height
    if item.kind == "patch" and cells is not None:
        patch(sheet, x, y, cells.palette[sheet.look.mode][int(what)])
    elif item.kind == "sign" and what == "ring":
        patch(sheet, x + 0.1 * em, y, sheet.ground.paper)
    elif item.kind == "sign":
        for artist in sign(str(what), [across + 0.6 * em / sheet.width], [up], 0.8 * em, sheet.ground, **over):
            sheet.figure.add_artist(artist)
    elif item.kind == "line":
        if what in ("solid", "dashed"):
            patch(sheet, x, y, GREY, 1.9)
        for artist in strokes([across, across + 1.9 * em / sheet.width], [up, up], str(what), sheet.ground, em, **over):
            artist.set_zorder(5)
            sheet.figure.add_artist(artist)
    elif item.kind == "run":
        look = style[str(what)]
        colour = look.colour(sheet.look.mode)
        sheet.line([x, x + 2.2 * em], [y, y], color=colour, linewidth=0.165 * em, linestyle=DASHES[look.dash])
        sheet.line(
            [x + 1.1 * em], [y], marker=MARKERS[look.marker], markersize=0.72 * em * EVEN[look.marker], color=colour,
            markeredgecolor=sheet.ground.halo, markeredgewidth=0.1 * em,
        )  # fmt: skip
