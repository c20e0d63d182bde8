"""Maps side by side, or one under another, that share their window and colours: one bar, and the axes' names at the rim."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes

from figures.print.arrange import AXIS, BAR
from figures.print.exhibit import Ground
from figures.print.grid import HEADING
from figures.print.ground import bar_room, draw_bar, draw_ground, draw_ticks, gutter, shape
from figures.print.letters import STRONG, cut
from figures.print.look import Look
from figures.print.plate import Map, Path
from figures.print.runs import draw_runs, draw_start, seen
from figures.print.sheet import Box, Sheet
from figures.theme import Style

NARROWEST = 15  # ems, a map beside another one
APART = 1.2  # ems between two maps
TALLEST = 0.72  # of the width: one map alone is not higher
LABELLED = 20  # ems from which iso-lines carry labels


def _panel(grounds: Sequence[Ground], wide: float, look: Look) -> tuple[int, float, float]:
    """How many stand abreast, how wide each may be, and what stands left of the first one."""
    em, ground = look.font, grounds[0].map
    left = gutter(look, ground.coordinates[1], ground.window[1], 30 * em)
    room = wide - left - bar_room(look, ground)
    abreast = max(1, min(len(grounds), int((room + APART * em) / ((NARROWEST + APART) * em))))
    return abreast, (room - (abreast - 1) * APART * em) / abreast, left


def maps_height(grounds: Sequence[Ground], wide: float, look: Look) -> float:
    """How high they are at their best, for a width."""
    abreast, across, _ = _panel(grounds, wide, look)
    across = min(across, TALLEST * wide)
    return -(-len(grounds) // abreast) * (across / shape(grounds[0].map.window) + (HEADING + AXIS) * look.font)


def map_boxes(grounds: Sequence[Ground], box: Box, look: Look) -> list[Box]:
    """The axes' boxes; in the middle of the width where it is more than they can take."""
    em, ratio = look.font, shape(grounds[0].map.window)
    abreast, wide, left = _panel(grounds, box.width, look)
    outer = box.height / -(-len(grounds) // abreast)
    across = min(wide, (outer - (HEADING + AXIS) * em) * ratio)
    spare = abreast * (wide - across) / 2
    return [
        Box(
            box.left + left + spare + i % abreast * (across + APART * em),
            box.top + i // abreast * outer + HEADING * em,
            across,
            across / ratio,
        )
        for i in range(len(grounds))
    ]


def draw_maps(sheet: Sheet, boxes: Sequence[Box], grounds: Sequence[Ground], style: Mapping[str, Style]) -> list[Axes]:
    """The maps with their names and paths, and the bar of all."""
    em, drawn = sheet.em, []
    for box, one in zip(boxes, grounds):
        sheet.text(box.left, box.top - 0.85 * em, cut(one.heading, em, box.width, STRONG), em, STRONG)
        lowest, first = box.top == max(b.top for b in boxes), box.left == boxes[0].left
        drawn.append(draw_map(sheet, box, one.map, one.paths, style, x=lowest, y=first))
    last = max(boxes, key=lambda box: (-box.top, box.left))
    draw_bar(sheet, Box(last.right + 0.7 * em, last.top, BAR * em, last.height), grounds[0].map)
    return drawn


def draw_map(
    sheet: Sheet, box: Box, ground: Map, paths: Sequence[Path], style: Mapping[str, Style], *, x: bool = True, y: bool = True,
    size: float = 1.0,
) -> Axes:  # fmt: skip
    """A map with its ticks, the rings where paths begin, and the paths. A path of one point is its end alone."""
    axes = draw_ground(sheet, box, ground, paths, labels=box.width > LABELLED * sheet.em)
    draw_ticks(sheet, axes, box, ground.coordinates, x=x, y=y)
    for start in {tuple(path.theta[0]) for path in paths if len(path.theta) > 1 and np.isfinite(path.theta[0]).all()}:
        draw_start(sheet, axes, start, size)
    draw_runs(sheet, axes, box, ground, paths, style, seen(paths, ground), size=size)
    return axes
