"""The bar beside panels of cells: which number each colour stands for."""

from __future__ import annotations

import numpy as np
from matplotlib.colors import to_rgb

from figures.print.arrange import BAR
from figures.print.grid import Grid
from figures.print.letters import cut, width
from figures.print.scales import axis_ticks, plain
from figures.print.scales import share as share_of
from figures.print.sheet import Box, Sheet


def draw_colour_bar(sheet: Sheet, grid: Grid) -> None:
    """The colours' numbers, from the first panel's top; a triangle where there are cells below the lowest."""
    bar, em, small = grid.cells.bar, sheet.em, sheet.look.small
    assert bar is not None
    first, last = grid.box(0), grid.box((grid.down - 1) * grid.across)
    tall = max(last.bottom - first.top, 6 * em)
    tip = BAR * em if bar.below or bar.above else 0.0
    box = Box(grid.right + 0.8 * em, first.top + tip * bar.above, BAR * em, tall - tip * (bar.below + bar.above))
    axes = sheet.axes(box, (0, 1), (0, 1))
    palette = grid.cells.palette[sheet.look.mode][bar.first : bar.last + 1]
    picture = np.array([to_rgb(colour) for colour in palette])[:, None]
    axes.imshow(picture, extent=(0, 1, 0, 1), origin="lower", aspect="auto", interpolation="nearest")
    axes.set(xlim=(0, 1), ylim=(0, 1))
    for beyond, points, colour in (
        (bar.below, [(0, 0), (1, 0), (0.5, -tip / box.height)], palette[0]),
        (bar.above, [(0, 1), (1, 1), (0.5, 1 + tip / box.height)], palette[-1]),
    ):
        if beyond:
            axes.fill(*zip(*points), facecolor=colour, edgecolor=sheet.ground.ink, linewidth=0.05 * em, clip_on=False)
    axes.yaxis.tick_right()
    found = axis_ticks(bar.low, bar.high, bar.scale, max(2, min(box.height / em / 2.2, 10)))
    places = [(float(share_of(np.array(v), bar.low, bar.high, bar.scale)), label) for v, label in found]
    sheet.tick(axes, "y", [min(max(at, 0), 1) for at, _ in places], [label for _, label in places])
    widest = max((width(plain(label), small) for _, label in places), default=0)
    name = f"{bar.title} (log scale)" if bar.scale == "log" else bar.title
    name = name if width(name, small) <= tall else cut(bar.title, small, tall)  # the numbers tell the scale too
    middle = first.top + tall / 2
    sheet.text(box.right + widest + 1.35 * em, middle, name, small, ha="center", va="center", rotation=90)
