"""Maps of slices side by side, in one range of colours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from PIL import Image

from benchmarks.gallery.sheet import BAR, LEFT, NAMES, as_image, in_a_row, titled
from experiments.grids import Grid
from figures import theme
from figures.contours import contours
from figures.print.ground import ramp
from figures.print.numbers import HeightScale, by_step, scale_of, ticks
from figures.print.sheet import DASHES, EVEN, MARKERS, Box, Sheet
from optimizers import OPTIMIZERS


class Panel(NamedTuple):
    """A grid with its title, a line of numbers under that, and paths `(n, 2)` in its coordinates by optimizer key."""

    title: str
    said: str
    grid: Grid
    paths: Mapping[str, np.ndarray] = {}


def maps(panels: Sequence[Panel], quantity: str = "loss", log: bool = True, labels: bool = True) -> Image.Image:
    """Maps in one range of colours, that of all finite values together; iso-lines at the same true values in all of them.

    A single map's paths are named beside it.
    """
    every = np.concatenate([panel.grid.values[quantity].ravel() for panel in panels])
    scale = scale_of(every, log)
    sheet, boxes = in_a_row(len(panels), bar=True, ratio=1.0, foot=NAMES if labels else 0)
    for i, (panel, box) in enumerate(zip(panels, boxes)):
        titled(sheet, box, panel.title, panel.said)
        x, y = panel.grid.x, np.asarray(panel.grid.y)
        axes = sheet.axes(box, (x[0], x[-1]), (y[0], y[-1]))
        _coloured(sheet, axes, panel.grid, panel.grid.values[quantity], scale)
        looks = theme.styles(list(panel.paths))
        for path, look in zip(panel.paths.values(), looks):
            _path(sheet, axes, path, look)
        if len(panels) == 1:
            _key(sheet, boxes[0].right + (BAR + 0.8) * sheet.em, boxes[0].top, list(panel.paths), looks)
        _ticked(sheet, axes, box, panel.grid.span.labels if labels else ("", ""), first=i == 0)
    _bar(sheet, boxes[-1], scale, quantity)
    return as_image(sheet, [look.light for panel in panels for look in theme.styles(list(panel.paths))])


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


def _bar(sheet: Sheet, last: Box, scale: HeightScale, quantity: str) -> None:
    em = sheet.em
    box = Box(last.right + 1.2 * em, last.top, 0.8 * em, last.height)
    axes = sheet.axes(box, (0, 1), (0, 1))
    axes.imshow(ramp(sheet)(np.linspace(0, 1, 256))[:, None], extent=(0, 1, 0, 1), origin="lower", aspect="auto")
    axes.yaxis.tick_right()
    kept: list[tuple[float, str]] = []
    for level in scale.levels():
        at = float(scale.at(np.array(level.value)))
        if at * box.height > 0.6 * em and (not kept or (at - kept[-1][0]) * box.height >= 1.2 * em):
            kept.append((at, level.label))
    sheet.tick(axes, "y", [at for at, _ in kept], [label for _, label in kept])
    sheet.text(box.left, box.top - 0.75 * em, quantity.replace("_", " "), 0.9 * em)


def _key(sheet: Sheet, left: float, top: float, keys: Sequence[str], looks: Sequence[theme.Style]) -> None:
    """The paths' names, with their lines and marks."""
    em = sheet.em
    for i, (key, look) in enumerate(zip(keys, looks)):
        y = top + (0.8 + 1.7 * i) * em
        sheet.line([left, left + 2.4 * em], [y, y], color=look.light, linestyle=DASHES[look.dash], linewidth=0.18 * em)
        size = 0.8 * em * EVEN[look.marker]
        sheet.line([left + 1.2 * em], [y], color=look.light, marker=MARKERS[look.marker], markersize=size)
        sheet.text(left + 3 * em, y, OPTIMIZERS[key].title, em)
