"""The map: heights as colours, iso-lines with their true losses, minima, saddles and axes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, to_rgb

from figures.print.isolines import draw_isolines
from figures.print.letters import width
from figures.print.look import Look
from figures.print.numbers import by_step, ticks
from figures.print.plate import Map, Path
from figures.print.sheet import Box, Sheet
from figures.theme import GROUNDS

TALLEST = 2.2  # beyond this ratio of its sides a map is not drawn to scale


def shape(window: Sequence[Sequence[float]]) -> float:
    """Width by height of a map: both axes in one scale, unless one side is more than `TALLEST` times the other."""
    (x0, x1), (y0, y1) = window
    return float(min(max((x1 - x0) / (y1 - y0), 1 / TALLEST), TALLEST))


def ramp(sheet: Sheet) -> LinearSegmentedColormap:
    return LinearSegmentedColormap.from_list("heights", list(sheet.ground.heights), N=512)


def draw_ground(sheet: Sheet, box: Box, ground: Map, paths: Sequence[Path], *, labels: bool = True) -> Axes:
    """The map in its place. Iso-lines carry labels where there is room beside the paths, minima and saddles."""
    (x0, x1), (y0, y1) = ground.window
    axes = sheet.axes(box, (x0, x1), (y0, y1))
    scale = ground.scale
    ny, nx = ground.heights.shape
    finite = np.isfinite(ground.heights)
    with np.errstate(invalid="ignore"):
        colours = ramp(sheet)(np.clip(scale.at(np.where(finite, ground.heights, scale.low)), 0, 1))
    colours[~finite, :3] = to_rgb(sheet.ground.outside)
    dx, dy = (x1 - x0) / (nx - 1) / 2, (y1 - y0) / (ny - 1) / 2  # nodes lie on the edges, pixels around their nodes
    axes.imshow(
        colours, extent=(x0 - dx, x1 + dx, y0 - dy, y1 + dy), origin="lower", aspect="auto", interpolation="bilinear", zorder=0
    )
    axes.set(xlim=(x0, x1), ylim=(y0, y1))
    draw_isolines(sheet, axes, box, ground, scale, paths if labels else None)
    size = 0.62 * sheet.em if labels else 0.42 * sheet.em
    for x, y in ground.saddles:
        for colour, line in ((sheet.ground.halo, 0.42), (sheet.ground.saddle, 0.17)):
            axes.plot(x, y, "x", color=colour, markersize=size * 1.25, markeredgewidth=line * sheet.em, zorder=3)
    for x, y in ground.minima:
        axes.plot(
            x, y, marker="*", linestyle="none", color=sheet.ground.minimum, markersize=size * 2.4,
            markeredgecolor=GROUNDS["light"].ink, markeredgewidth=0.08 * sheet.em, zorder=3,
        )  # fmt: skip
    return axes


def draw_ticks(
    sheet: Sheet, axes: Axes, box: Box, coordinates: tuple[str, ...], *, x: bool = True, y: bool = True, inward: bool = False
) -> None:
    """Round numbers along the axes and, where asked for, the coordinates' names under and beside them.

    `inward`: numbers at the corners keep to their own axis, where panels are close together.
    """
    em = sheet.em
    for which, asked, room, low_high in (("x", x, box.width / 5, axes.get_xlim()), ("y", y, box.height / 4, axes.get_ylim())):
        values, step = ticks(*low_high, max(2, room / em))
        sheet.tick(axes, which, values, [by_step(v, step) for v in values] if asked else [""] * len(values))
    if inward:
        for label, at in zip(axes.get_xticklabels(), axes.get_xticks()):
            share = (at - axes.get_xlim()[0]) / (axes.get_xlim()[1] - axes.get_xlim()[0])
            label.set_horizontalalignment("left" if share < 0.1 else "right" if share > 0.9 else "center")
    if x:
        sheet.text(box.left + box.width / 2, box.bottom + 2.2 * em, coordinates[0], em, ha="center")
    if y:
        name = coordinates[1]
        left, middle = box.left - gutter(sheet.look, name, axes.get_ylim(), box.height), box.top + box.height / 2
        if upright(name):
            sheet.text(left, middle, name, em)
        else:
            sheet.text(left + 0.55 * em, middle, name, em, ha="center", va="center", rotation=90)


def upright(name: str) -> bool:
    """Whether a coordinate's name is so short that it stands beside its axis as it is."""
    return len(name) <= 2


def gutter(look: Look, name: str, low_high: tuple[float, float], height: float) -> float:
    """How much room tick labels and the coordinate's name take left of a map."""
    values, step = ticks(*low_high, max(2, height / 4 / look.font))
    widest = max((width(by_step(v, step), look.small) for v in values), default=0)
    return widest + 1.15 * look.font + (width(name, look.font) if upright(name) else 1.1 * look.font)


def draw_bar(sheet: Sheet, box: Box, ground: Map) -> None:
    """The colours' losses beside the map: its lines are the map's iso-lines."""
    scale = ground.scale
    axes = sheet.axes(box, (0, 1), (0, 1))
    axes.imshow(
        ramp(sheet)(np.linspace(0, 1, 256))[:, None],
        extent=(0, 1, 0, 1),
        origin="lower",
        aspect="auto",
        interpolation="bilinear",
    )
    axes.yaxis.tick_right()
    levels = scale.levels()
    places = scale.at(np.array([level.value for level in levels], dtype=float)) * box.height
    kept, last = [], -np.inf
    for i, at in enumerate(places):
        if at - last >= 1.25 * sheet.look.small and 2 < at < box.height - 2:
            kept.append(i)
            last = at
    sheet.tick(axes, "y", [places[i] / box.height for i in kept], [levels[i].label for i in kept])
    sheet.text(box.left, box.top - 0.75 * sheet.em, ground.name, sheet.look.small)


def bar_room(look: Look, ground: Map) -> float:
    """How wide the bar and its labels are."""
    levels = ground.scale.levels()
    widest = max((width(level.label, look.small) for level in levels), default=0)
    return max(1.9 * look.font + widest, 0.7 * look.font + width(ground.name, look.small))
