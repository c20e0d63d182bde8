"""Maps of slices side by side, in one range of colours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from PIL import Image

from benchmarks.gallery.sheet import ACROSS, LEFT, LINE, UNDER, as_image, in_rows, titled
from experiments.grids import Grid
from experiments.grids.shown_slice import ShownSlice
from figures import theme
from figures.contours import contours
from figures.print.ground import ramp
from figures.print.letters import width
from figures.print.numbers import HeightScale, by_step, scale_of, short, ticks
from figures.print.sheet import DASHES, EVEN, MARKERS, Box, Sheet
from optimizers import OPTIMIZERS


class Panel(NamedTuple):
    """A grid with its title, a line of numbers under that, paths `(n, 2)` in its coordinates by optimizer key, and the view of
    it that the app shows; None where the app cannot."""

    title: str
    said: str
    grid: Grid
    paths: Mapping[str, np.ndarray] = {}
    view: ShownSlice | None = None


def maps(panels: Sequence[Panel], quantity: str = "loss", log: bool = True, labels: bool = True) -> Image.Image:
    """Maps in one range of colours, that of all finite values together; iso-lines at the same true values in all of them.

    A single map's paths are named under it.
    """
    every = np.concatenate([panel.grid.values[quantity].ravel() for panel in panels])
    scale = scale_of(every, log)
    keys = list(panels[0].paths) if len(panels) == 1 else []
    rows = -(-len(keys) // KEYS)
    free = len(panels) > 1 and len(panels) % ACROSS  # a place among the panels, for the colour bar
    sheet, boxes = in_rows(len(panels), names=labels, under=rows * LINE + (0 if free else UNDER))
    for i, (panel, box) in enumerate(zip(panels, boxes)):
        titled(sheet, box, panel.title, panel.said)
        x, y = panel.grid.x, np.asarray(panel.grid.y)
        axes = sheet.axes(box, (x[0], x[-1]), (y[0], y[-1]))
        _coloured(sheet, axes, panel.grid, panel.grid.values[quantity], scale)
        for path, look in zip(panel.paths.values(), theme.styles(list(panel.paths))):
            _path(sheet, axes, path, look)
        _ticked(sheet, axes, box, panel.grid.span.labels if labels else ("", ""), first=i % ACROSS == 0)
    foot = sheet.height - (rows * LINE + UNDER) * sheet.em
    if free:
        _upright(sheet, Box(boxes[1].left, boxes[-1].top, 1.2 * sheet.em, boxes[-1].height), scale, quantity)
    else:
        _level(
            sheet, Box(boxes[0].left, foot + 1.6 * sheet.em, sheet.width - boxes[0].left - sheet.em, sheet.em), scale, quantity
        )
    _key(sheet, boxes[0].left, sheet.height - rows * LINE * sheet.em, keys)
    return as_image(sheet, [look.light for panel in panels for look in theme.styles(list(panel.paths))])


KEYS = 3  # names in a line of the legend


def _coloured(sheet: Sheet, axes: Axes, grid: Grid, values: np.ndarray, scale: HeightScale) -> None:
    x, y = grid.x, np.asarray(grid.y)
    finite = np.isfinite(values)
    colours = ramp(sheet)(np.clip(scale.at(np.where(finite, values, scale.low)), 0, 1))
    colours[~finite, 3] = 0.0
    dx, dy = (x[1] - x[0]) / 2, (y[1] - y[0]) / 2  # nodes lie on the edges, pixels around their nodes
    window = axes.get_xlim(), axes.get_ylim()
    axes.imshow(
        colours, extent=(x[0] - dx, x[-1] + dx, y[0] - dy, y[-1] + dy), origin="lower", aspect="auto", interpolation="bilinear"
    )
    axes.set(xlim=window[0], ylim=window[1])
    for _, columns, rows in contours(values, [level.value for level in scale.levels()]):
        at = np.interp(columns, np.arange(len(x)), x), np.interp(rows, np.arange(len(y)), y)
        axes.plot(*at, color=sheet.ground.contour, alpha=0.5, linewidth=0.07 * sheet.em)


def _path(sheet: Sheet, axes: Axes, path: np.ndarray, look: theme.Style) -> None:
    axes.plot(*path.T, color=look.light, linestyle=DASHES[look.dash], linewidth=0.18 * sheet.em)
    axes.plot(
        *path[-1], marker=MARKERS[look.marker], markersize=0.85 * sheet.em * EVEN[look.marker], color=look.light,
        markeredgecolor=sheet.ground.halo, markeredgewidth=0.1 * sheet.em, clip_on=False,
    )  # fmt: skip


def _ticked(sheet: Sheet, axes: Axes, box: Box, labels: Sequence[str], first: bool) -> None:
    for which, limits in (("x", axes.get_xlim()), ("y", axes.get_ylim())):
        values, step = ticks(*limits, 5)
        sheet.tick(axes, which, values, [by_step(v, step) if which == "x" or first else "" for v in values])
    sheet.text(box.left + box.width / 2, box.bottom + 2.4 * sheet.em, labels[0], sheet.em, ha="center")
    if first:
        left = box.left - (LEFT - 0.9) * sheet.em
        sheet.text(left, box.top + box.height / 2, labels[1], sheet.em, ha="center", va="center", rotation=90)


def _marks(scale: HeightScale, room: float, apart: float) -> tuple[list[float], list[str]]:
    """Shares of a colour bar of that length and what stands there: both ends, and levels so far from them and each other."""
    kept = [(0.0, short(scale.low, 2)), (1.0, short(scale.high, 2))]
    for level in scale.levels():
        at = float(scale.at(np.array(level.value)))
        if all(abs(at - other) * room >= apart for other, _ in kept):
            kept.append((at, level.label))
    return [at for at, _ in kept], [label for _, label in kept]


def _upright(sheet: Sheet, box: Box, scale: HeightScale, quantity: str) -> None:
    """The colour bar in the place of a panel."""
    axes = sheet.axes(box, (0, 1), (0, 1))
    axes.imshow(ramp(sheet)(np.linspace(0, 1, 256))[:, None], extent=(0, 1, 0, 1), origin="lower", aspect="auto")
    axes.yaxis.tick_right()
    sheet.tick(axes, "y", *_marks(scale, box.height, 1.4 * sheet.em))
    sheet.text(box.left, box.top - 0.75 * sheet.em, quantity.replace("_", " "), 0.9 * sheet.em)


def _level(sheet: Sheet, box: Box, scale: HeightScale, quantity: str) -> None:
    """The colour bar under all panels, its name on its left."""
    name, size = quantity.replace("_", " "), 0.95 * sheet.em
    box = box._replace(left=box.left + width(name, size) + sheet.em, width=box.width - width(name, size) - 2 * sheet.em)
    sheet.text(box.left - width(name, size) - 0.8 * sheet.em, box.top + box.height / 2, name, size)
    axes = sheet.axes(box, (0, 1), (0, 1))
    axes.imshow(ramp(sheet)(np.linspace(0, 1, 256))[None], extent=(0, 1, 0, 1), origin="lower", aspect="auto")
    sheet.tick(axes, "x", *_marks(scale, box.width, 2.9 * sheet.em))


def _key(sheet: Sheet, left: float, top: float, keys: Sequence[str]) -> None:
    """The paths' names, with their lines and marks."""
    em, apart = sheet.em, (sheet.width - left) / KEYS
    for i, (key, look) in enumerate(zip(keys, theme.styles(list(keys)))):
        x, y = left + i % KEYS * apart, top + (0.5 + i // KEYS) * LINE * em
        sheet.line([x, x + 2.4 * em], [y, y], color=look.light, linestyle=DASHES[look.dash], linewidth=0.18 * em)
        size = 0.8 * em * EVEN[look.marker]
        sheet.line([x + 1.2 * em], [y], color=look.light, marker=MARKERS[look.marker], markersize=size)
        sheet.text(x + 3 * em, y, OPTIMIZERS[key].title, em)
