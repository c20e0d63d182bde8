"""An exhibit on a sheet: its main part, the chosen run on its surface and its loss, lettered, over a key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from matplotlib.axes import Axes

from figures.cell_map import CellMap
from figures.print.arrange import BAR
from figures.print.cells import draw_cells
from figures.print.chart import draw_chart
from figures.print.exhibit import Exhibit
from figures.print.exhibit_layout import Places, chart_box, chart_boxes, fitting, run_box
from figures.print.grid import Grid
from figures.print.ground import draw_bar, draw_ticks
from figures.print.key import draw_key
from figures.print.letters import STRONG, cut, width
from figures.print.line import draw_balls, draw_line
from figures.print.look import Look
from figures.print.maps import draw_map, draw_maps, map_boxes
from figures.print.sheet import Box, Sheet
from figures.print.words import draw_words
from figures.theme import Style, styles

MARKS = 0.85  # of marks and lines, of those on a single map


@dataclass(frozen=True, eq=False)
class Shown:
    """A drawn sheet and its axes: those of the main part, one for each panel of cells, of the run and of the loss."""

    sheet: Sheet
    main: list[Axes]
    run: Axes | None
    loss: Axes | None


def compose_exhibit(exhibit: Exhibit, look: Look) -> Shown:
    """All of it. Raises ValueError where it is too small for letters that can be read."""
    places = fitting(exhibit, look)
    sheet = Sheet(places.width, places.height, places.look)
    draw_words(sheet, places.words, places.margin)
    style, letter = _cast(exhibit), iter("ABC")
    _heading(sheet, places.main, next(letter) if places.lettered else "", exhibit.heading)
    if isinstance(exhibit.main, CellMap):
        box = places.main
        main = draw_cells(sheet, Grid(exhibit, places.look, box.left, box.top, box.width, box.height))
    elif exhibit.grounds:
        main = draw_maps(sheet, map_boxes(exhibit.grounds, places.main, places.look), exhibit.grounds, style)
    else:
        boxes = chart_boxes(exhibit, places.main, places.look)
        charts = [chart if places.lettered else replace(chart, at=None) for chart in exhibit.charts]
        main = [draw_chart(sheet, box, chart, style) for box, chart in zip(boxes, charts)]
    run = loss = None
    if places.run is not None:
        _heading(sheet, places.run, next(letter), exhibit.run)
        run = _run(sheet, exhibit, places, style)
    if places.loss is not None and exhibit.loss is not None:
        _heading(sheet, places.loss, next(letter), exhibit.loss.heading)
        loss = draw_chart(sheet, chart_box(exhibit.loss, places.loss, places.look), exhibit.loss, style)
    draw_key(sheet, places.key, places.listed, exhibit.main if isinstance(exhibit.main, CellMap) else None, style)
    return Shown(sheet, main, run, loss)


def _cast(exhibit: Exhibit) -> Mapping[str, Style]:
    """Each optimizer's style by its label, told apart where a method enters again: in the order of the main part's lines."""
    keys: dict[str, str] = {}
    for chart in (*exhibit.charts, exhibit.loss):
        if chart is not None:
            keys |= {line.label: line.key for line in chart.lines if line.label not in keys}
    paths = (*exhibit.paths, *(path for ground in exhibit.grounds for path in ground.paths))
    keys |= {path.label: path.key for path in paths if path.label not in keys}
    own = {line.label: line.style for chart in exhibit.charts for line in chart.lines if line.style is not None}
    return dict(zip(keys, styles(list(keys.values())))) | own


def _run(sheet: Sheet, exhibit: Exhibit, places: Places, style: Mapping[str, Style]) -> Axes:
    ground, outer = exhibit.ground, places.run
    assert ground is not None and outer is not None
    box = run_box(exhibit, outer, places.look)
    if ground.dim == 1:
        axes = draw_line(sheet, box, ground)
        draw_ticks(sheet, axes, box, (ground.coordinates[0], "loss"))
        draw_balls(sheet, axes, ground, exhibit.paths, style)
        return axes
    axes = draw_map(sheet, box, ground, exhibit.paths, style, size=MARKS)
    draw_bar(sheet, Box(box.right + 0.7 * sheet.em, box.top, BAR * sheet.em, box.height), ground)
    return axes


def _heading(sheet: Sheet, box: Box, letter: str, name: str) -> None:
    em, x, y = sheet.em, box.left, box.top + 0.75 * sheet.em
    if letter and sheet.look.letters:
        sheet.text(x, y, letter, 1.1 * em, STRONG)
        x += width(letter + "  ", 1.1 * em, STRONG)
    sheet.text(x, y, cut(name, em, box.right - x), em, alpha=0.9)
