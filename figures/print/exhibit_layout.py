"""Where the parts of an exhibit go: what was explored, the chosen run, its loss, and the key under them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from figures.cell_map import CellMap
from figures.print.arrange import AXIS, LOWEST
from figures.print.chart import chart_gutter
from figures.print.exhibit import Chart, Exhibit
from figures.print.grid import HEADING, Grid
from figures.print.ground import bar_room, gutter, shape
from figures.print.key import Item, items, key_height
from figures.print.layout import LONG, WIDE
from figures.print.line import height_range
from figures.print.look import SMALLEST_FONT, Look
from figures.print.maps import map_boxes, maps_height
from figures.print.sheet import Box
from figures.print.words import Words, margin, words_of

CHART, LOSS = 0.6, 0.5  # height by width of a chart, and of the loss beside something else
APART = 1.4  # ems between two parts side by side
NARROWEST = 17  # ems, a chart beside another one
MANY = 3  # panels of cells from which the run goes under them


@dataclass(frozen=True)
class Places:
    """The sheet's size, its words, and the parts' outer boxes, None for what is not shown; the look has letters that fit."""

    width: float
    height: float
    margin: float
    words: Words
    main: Box
    run: Box | None
    loss: Box | None
    key: Box
    listed: Sequence[Item]
    look: Look

    @property
    def lettered(self) -> bool:
        return self.run is not None or self.loss is not None

    @property
    def shown(self) -> tuple[str, ...]:
        return tuple(name for name in ("run", "loss") if getattr(self, name) is not None)


def parts_of(exhibit: Exhibit, look: Look) -> list[str]:
    """Which of "run" and "loss" stand beside the main part."""
    has = {"run": exhibit.ground is not None, "loss": exhibit.loss is not None}
    return [name for name in ("run", "loss") if has[name] and name in look.panels]


def fitting(exhibit: Exhibit, look: Look) -> Places:
    """Where everything goes, in letters that fit. Raises ValueError where even the smallest that can be read do not."""
    for font in np.linspace(look.font, min(look.font, SMALLEST_FONT), 9):
        found = places(exhibit, replace(look, font=float(font)))
        if _fits(exhibit, found):
            return found
    raise ValueError(f"{look.size} are too small for this figure in letters that can be read")


def chart_box(chart: Chart, box: Box, look: Look) -> Box:
    """The axes' own box in the outer box of a chart: less its heading, its numbers and its names."""
    em, gut = look.font, chart_gutter(chart, look)
    return Box(box.left + gut, box.top + HEADING * em, box.width - gut - 0.8 * em, box.height - (HEADING + AXIS) * em)


def chart_boxes(exhibit: Exhibit, box: Box, look: Look) -> list[Box]:
    """The axes' boxes of the main part's charts, side by side or one under another."""
    count = len(exhibit.charts)
    abreast = _abreast(count, box.width, look)
    wide, tall = box.width / abreast, box.height / -(-count // abreast)
    outer = [Box(box.left + i % abreast * wide, box.top + i // abreast * tall, wide, tall) for i in range(count)]
    return [chart_box(chart, one, look) for chart, one in zip(exhibit.charts, outer)]


def _abreast(count: int, wide: float, look: Look) -> int:
    """How many charts stand side by side."""
    return max(1, min(count, int(wide / (NARROWEST * look.font))))


def run_box(exhibit: Exhibit, box: Box, look: Look) -> Box:
    """The axes' own box in the outer box of a run."""
    em = look.font
    top, tall = box.top + HEADING * em, box.height - (HEADING + AXIS) * em
    gut, bar = _around(exhibit, look)
    wide, ratio = box.width - gut - bar, _ratio(exhibit)
    across = min(wide, tall * ratio)
    return Box(box.left + gut + (wide - across) / 2, top, across, min(tall, across / ratio))


def _around(exhibit: Exhibit, look: Look) -> tuple[float, float]:
    """What stands left and right of a run's map."""
    ground = exhibit.ground
    assert ground is not None
    if ground.dim == 1:
        return gutter(look, "loss", height_range(ground), 30 * look.font), 0.6 * look.font
    return gutter(look, ground.coordinates[1], ground.window[1], 30 * look.font), bar_room(look, ground)


def _ratio(exhibit: Exhibit) -> float:
    assert exhibit.ground is not None
    return shape(exhibit.ground.window) if exhibit.ground.dim == 2 else 1.5


def _fits(exhibit: Exhibit, found: Places) -> bool:
    em, look = found.look.font, found.look
    if isinstance(exhibit.main, CellMap):
        box = found.main
        if not Grid(exhibit, look, box.left, box.top, box.width, box.height).fits:
            return False
    boxes = chart_boxes(exhibit, found.main, look) if exhibit.charts else []
    boxes += map_boxes(exhibit.grounds, found.main, look) if exhibit.grounds else []
    boxes += [] if found.run is None else [run_box(exhibit, found.run, look)]
    boxes += [] if found.loss is None or exhibit.loss is None else [chart_box(exhibit.loss, found.loss, look)]
    return all(box.width >= 7 * em and box.height >= 0.99 * LOWEST * em for box in boxes)


def natural(exhibit: Exhibit, part: str, wide: float, look: Look) -> float:
    """How high a part is at its best, for a width."""
    em = look.font
    if part == "main" and isinstance(exhibit.main, CellMap):
        return Grid(exhibit, look, 0, 0, wide, None).height
    if part == "main" and exhibit.grounds:
        return maps_height(exhibit.grounds, wide, look)
    if part == "run":
        gut, bar = _around(exhibit, look)
        return (wide - gut - bar) / _ratio(exhibit) + (HEADING + AXIS) * em
    abreast = _abreast(len(exhibit.charts), wide, look) if part == "main" else 1
    rows = -(-len(exhibit.charts) // abreast) if part == "main" else 1
    share = (CHART if part == "main" else LOSS) / abreast
    return rows * (max(share * wide, LOWEST * em) + (HEADING + AXIS) * em)


def places(exhibit: Exhibit, look: Look) -> Places:
    em, m, words = look.font, margin(look), words_of(exhibit, look)
    beside = parts_of(exhibit, look)
    listed = items(exhibit, beside)
    room = look.points(look.width) - 2 * m
    key = key_height(listed, look, room) + 0.6 * em * bool(listed)
    other = 2 * m + (words.head + words.foot) * em + key
    body = None if look.height is None else look.points(look.height) - other
    top = m + words.head * em
    boxes = _arranged(exhibit, look, beside, m, top, room, body)
    tall = max(box.bottom for box in boxes.values()) - top if body is None else body
    height = other + tall if look.height is None else look.points(look.height)
    at = height - m - words.foot * em - key + 0.6 * em * bool(listed)
    key_box = Box(m, at, room, key - 0.6 * em * bool(listed))
    return Places(
        look.points(look.width), height, m, words, boxes["main"], boxes.get("run"), boxes.get("loss"), key_box, listed, look
    )


def _arranged(
    exhibit: Exhibit, look: Look, beside: Sequence[str], left: float, top: float, room: float, body: float | None
) -> dict[str, Box]:
    """The parts' boxes: the others at the right of the main one, or under it where the sheet is narrow or panels are many."""
    em = look.font
    ratio = None if look.height is None else look.points(look.width) / look.points(look.height)
    wide = look.points(look.width) >= LONG if ratio is None else ratio >= WIDE
    many = _flows(exhibit.main) if isinstance(exhibit.main, CellMap) else len(exhibit.charts) > 1

    def high(part: str, across: float) -> float:
        return natural(exhibit, part, across, look)

    if not beside:
        return {"main": Box(left, top, room, high("main", room) if body is None else body)}
    if wide and not (many and body is None):
        across = (0.6 if many else 0.54) * (room - APART * em)
        rest, x = room - APART * em - across, left + across + APART * em
        tall = body if body is not None else max(high("main", across), sum(high(part, rest) for part in beside))
        return {"main": Box(left, top, across, tall), **_column(exhibit, look, beside, x, top, rest, tall)}
    if wide:
        tall = high("main", room)
        across = (room - APART * em * (len(beside) - 1)) / len(beside)
        under = min(max(high(part, across) for part in beside), 0.5 * room)
        boxes = {part: Box(left + i * (across + APART * em), top + tall, across, under) for i, part in enumerate(beside)}
        return {"main": Box(left, top, room, tall), **boxes}
    order = ["main", *beside]
    heights = [high(part, room) for part in order]
    if body is not None:
        heights = [h * body / sum(heights) for h in heights]
    tops = top + np.concatenate([[0.0], np.cumsum(heights)])
    return {part: Box(left, float(tops[i]), room, heights[i]) for i, part in enumerate(order)}


def _flows(cells: CellMap) -> bool:
    """Whether panels want the whole width: many, or two that are square, or strips."""
    return cells.y is None or len(cells.panels) >= (2 if cells.equal else MANY)


def _column(
    exhibit: Exhibit, look: Look, beside: Sequence[str], left: float, top: float, wide: float, tall: float
) -> dict[str, Box]:
    """The run as high as it likes, at most so that the loss keeps its room; the loss takes what is left."""
    if len(beside) == 1:
        own = natural(exhibit, beside[0], wide, look)
        return {beside[0]: Box(left, top, wide, min(tall, own) if beside[0] == "run" else tall)}
    least = max(0.36 * tall, (HEADING + AXIS + LOWEST) * look.font)
    first = min(natural(exhibit, "run", wide, look), tall - least)
    return {"run": Box(left, top, wide, first), "loss": Box(left, top + first, wide, tall - first)}
