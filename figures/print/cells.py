"""Maps of cells: panels on one scale, with lines and marks over them, each with its name and what is said of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke

from figures.cell_map import CellMap, MapPanel
from figures.print.colour_bar import draw_colour_bar
from figures.print.exhibit import Share
from figures.print.grid import GAP, LINE, Grid, chips, ticks_of
from figures.print.letters import STRONG, cut, font, width
from figures.print.scales import plain
from figures.print.sheet import Box, Sheet
from figures.print.signs import draw_line, draw_sign


def draw_cells(sheet: Sheet, grid: Grid) -> list[Axes]:
    """The panels, each with its name and what is said of it, and the bar beside them."""
    cells, drawn = grid.cells, []
    count = len(cells.panels)
    for index, panel in enumerate(cells.panels):
        box = grid.box(index)
        axes = _panel(sheet, grid, panel, box)
        _axes(sheet, grid, axes, box, below=index + grid.across >= count, beside=index % grid.across == 0)
        shares = grid.exhibit.shares[index] if index < len(grid.exhibit.shares) else ()
        _head(sheet, grid, panel, box, shares)
        if cells.chosen is not None and cells.chosen[0] == index and grid.runs:
            _ring(sheet, axes, cells, box)
        drawn.append(axes)
    if cells.bar is not None:
        draw_colour_bar(sheet, grid)
    return drawn


def colours(cells: CellMap, sheet: Sheet, codes: np.ndarray) -> np.ndarray:
    """The cells as colours, `(rows, columns, 3)`."""
    return np.array([to_rgb(colour) for colour in cells.palette[sheet.look.mode]])[codes]


def _panel(sheet: Sheet, grid: Grid, panel: MapPanel, box: Box) -> Axes:
    cells, em = grid.cells, sheet.em
    rows, columns = 1 if cells.y is None else cells.y.cells, cells.x.cells
    codes = panel.codes if cells.film is None else cells.film.code_of[panel.codes[grid.exhibit.frame]]
    limits = (-0.5, columns - 0.5), (-0.5, rows - 0.5)
    axes = sheet.axes(box, *limits)
    axes.imshow(
        colours(cells, sheet, codes), extent=(*limits[0], *limits[1]), origin="lower", aspect="auto", interpolation="nearest",
        zorder=0,
    )  # fmt: skip
    axes.set(xlim=limits[0], ylim=limits[1])
    taken: list[tuple[float, float]] = []
    for line in panel.lines:
        draw_line(axes, line.xs, line.ys, line.look, sheet.ground, em)
    for line in sorted(panel.lines, key=lambda one: -len(one.xs)):
        if line.text:
            _words(sheet, axes, box, line.text, line.xs, line.ys, taken)
    for mark in panel.marks:
        draw_sign(axes, mark.kind, mark.x, mark.y, em, sheet.ground, clip_on=False)
    return axes


def _words(
    sheet: Sheet, axes: Axes, box: Box, text: str, xs: np.ndarray, ys: np.ndarray, taken: list[tuple[float, float]]
) -> None:
    """A line's own text on the first of a few places along it that is inside and free; no text stands there twice."""
    small, half = sheet.look.small, width(text, sheet.look.small) / 2
    wide, tall = (np.ptp(limits) for limits in (axes.get_xlim(), axes.get_ylim()))
    for at in (0.5, 0.3, 0.7, 0.15, 0.85):
        i = int(at * (len(xs) - 1))
        x, y = (xs[i] + 0.5) / wide * box.width, (ys[i] + 0.5) / tall * box.height
        inside = half + 2 < x < box.width - half - 2 and small < y < box.height - small
        if inside and all(abs(u - x) > 2 * half + small or abs(v - y) > 1.5 * small for u, v in taken):
            taken.append((float(x), float(y)))
            axes.text(
                xs[i], ys[i], text, fontproperties=font(small), color="#ffffff", ha="center", va="center_baseline",
                parse_math=False, zorder=3, path_effects=[withStroke(linewidth=0.28 * sheet.em, foreground="#000000")],
            )  # fmt: skip
            return


def _axes(sheet: Sheet, grid: Grid, axes: Axes, box: Box, *, below: bool, beside: bool) -> None:
    """Numbers in the middle of their cells; the axes' names at the outer panels."""
    em, small, cells = sheet.em, sheet.look.small, grid.cells
    free, kept = -np.inf, []
    for value, label in ticks_of(cells.x, max(2, box.width / em / 2.6)):
        at = box.width * (float(cells.x.cell_of(value)) + 0.5) / cells.x.cells
        half = width(plain(label), small) / 2
        if at - half >= max(free, -0.4 * em) and at + half <= box.width + 0.4 * em:
            kept.append((float(cells.x.cell_of(value)), label))
            free = at + half + 0.5 * em
    sheet.tick(axes, "x", [at for at, _ in kept], [label if below else "" for _, label in kept])
    if below:
        name = cut(cells.x.label, em, box.width + 2 * GAP * em)
        sheet.text(box.left + box.width / 2, box.bottom + 2.2 * em, name, em, ha="center")
    if cells.y is None:
        return
    places = [
        (float(cells.y.cell_of(v)), label)
        for v, label in ticks_of(cells.y, max(2, box.height / em / (2.2 if cells.y.scale == "log" else 3)))
    ]
    inside = [p for p in places if 0.3 * small < (p[0] + 0.5) / cells.y.cells * box.height < box.height - 0.3 * small]
    sheet.tick(axes, "y", [at for at, _ in inside], [label if beside else "" for _, label in inside])
    if beside:
        name = cut(cells.y.label, em, box.height + LINE * em)
        left = box.left - grid.gut + 0.6 * em
        sheet.text(left, box.top + box.height / 2, name, em, ha="center", va="center", rotation=90)


def _head(sheet: Sheet, grid: Grid, panel: MapPanel, box: Box, shares: Sequence[Share]) -> None:
    em, small, y = sheet.em, sheet.look.small, box.top - grid.head + LINE / 2 * sheet.em
    name = cut(panel.label, em, box.width, STRONG)
    sheet.text(box.left, y, name, em, STRONG)
    if panel.note and width(name, em, STRONG) + width(panel.note, small) + em <= box.width:
        sheet.text(box.right, y, panel.note, small, ha="right", alpha=0.85)
    palette = grid.cells.palette[sheet.look.mode]
    for line in chips(shares, sheet.look, box.width):
        y, x = y + LINE * em, box.left
        for one in line:
            patch(sheet, x, y, palette[one.code])
            sheet.text(x + 1.1 * em, y, one.words, small)
            x += width(one.words, small) + 1.9 * em


def patch(sheet: Sheet, x: float, y: float, colour: str, wide: float = 0.85) -> None:
    """A box of a colour, `wide` ems, its left at x and its middle at height y."""
    size = 0.85 * sheet.em
    sheet.figure.add_artist(
        Rectangle(
            (x / sheet.width, 1 - (y + size / 2) / sheet.height), wide * sheet.em / sheet.width, size / sheet.height,
            transform=sheet.figure.transFigure, facecolor=colour, edgecolor=sheet.ground.ink, linewidth=0.05 * sheet.em,
        )
    )  # fmt: skip


def _ring(sheet: Sheet, axes: Axes, cells: CellMap, box: Box) -> None:
    """Around the chosen cell: it can be seen however small the cell is."""
    assert cells.chosen is not None
    _, row, column = cells.chosen
    em = sheet.em
    rows = 1 if cells.y is None else cells.y.cells
    wide, high = (max(1.0, 0.9 * em / (side / count)) for side, count in ((box.width, cells.x.cells), (box.height, rows)))
    for colour, line in (("#000000", 0.3), ("#ffffff", 0.14)):
        axes.add_patch(
            Rectangle(
                (column - wide / 2, row - high / 2), wide, high, fill=False, edgecolor=colour, linewidth=line * em, zorder=5,
                clip_on=False, joinstyle="round",
            )
        )  # fmt: skip
