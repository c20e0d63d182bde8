"""Curves, decisions over the plane of two inputs, and images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from PIL import Image

from benchmarks.gallery.sheet import LEFT, LINE, LOOK, as_image, in_rows, titled
from figures import theme
from figures.contours import contours
from figures.print.numbers import by_step, short, ticks
from figures.print.sheet import DASHES, Box, Sheet

MARKS = ("o", "s")  # of samples of the two classes


class Curves(NamedTuple):
    """Lines `(x, y)` by name over a common axis."""

    title: str
    said: str
    label: str
    lines: Mapping[str, tuple[np.ndarray, np.ndarray]]


def curves(
    panels: Sequence[Curves], colours: Mapping[str, tuple[str, theme.Dash]], quantity: str, log: bool = True
) -> Image.Image:
    """Lines on one range of values; `colours` gives an optimizer's key, whose colour it takes, and a dash for each name."""
    lines = -(-len(colours) // 2)
    sheet, boxes = in_rows(len(panels), ratio=0.8 if len(panels) > 1 else 1.6, under=(lines + 0.4) * LINE)
    every = np.concatenate([y[np.isfinite(y) & ((y > 0) | (not log))] for panel in panels for _, y in panel.lines.values()])
    low, high = float(every.min()), float(every.max())
    limits = (low / 1.25, high * 1.25) if log else (low - 0.04 * (high - low), high + 0.04 * (high - low))
    for i, (panel, box) in enumerate(zip(panels, boxes)):
        titled(sheet, box, panel.title, panel.said)
        across = np.concatenate([x for x, _ in panel.lines.values()])
        axes = sheet.axes(box, (float(across.min()), float(across.max())), limits)
        if log:
            axes.set_yscale("log")
            axes.set_ylim(limits)
            axes.minorticks_off()
        for name, (x, y) in panel.lines.items():
            key, dash = colours[name]
            pen = theme.style(key).light
            axes.plot(x, y, color=pen, linestyle=DASHES[dash], linewidth=0.2 * sheet.em, label=name)
        places = _levels(limits) if log else ticks(*limits, 5)[0]
        sheet.tick(axes, "y", places, [short(v, 2) if i == 0 else "" for v in places])
        values, step = ticks(*axes.get_xlim(), 3)
        sheet.tick(axes, "x", values, [by_step(v, step) for v in values])
        axes.grid(True, color=sheet.ground.ink, alpha=0.1, linewidth=0.06 * sheet.em)
        sheet.text(box.left + box.width / 2, box.bottom + 2.4 * sheet.em, panel.label, sheet.em, ha="center")
        if i == 0:
            left = box.left - (LEFT - 0.9) * sheet.em
            sheet.text(left, box.top + box.height / 2, quantity, sheet.em, ha="center", va="center", rotation=90)
    _legend(sheet, boxes[0].left, sheet.height - lines * LINE * sheet.em, colours)
    return as_image(sheet, [theme.style(key).light for key, _ in colours.values()])


def decisions(
    shown: Sequence[tuple[str, str, np.ndarray]], side: np.ndarray, points: np.ndarray, labels: np.ndarray
) -> Image.Image:
    """The probability of class 1 over the plane of two inputs, `(side, side)` a panel, with the line of one half, and samples
    `(n, 2)` of two classes."""
    sheet, boxes = in_rows(len(shown), names=False, under=LINE, left=1.0)
    pair = (theme.style("sgd").light, theme.style("momentum").light)
    ends = [theme.towards(pen, sheet.ground.paper, 0.45) for pen in pair]
    colours = LinearSegmentedColormap.from_list("classes", [ends[0], sheet.ground.paper, ends[1]], N=101)
    for (title, said, chance), box in zip(shown, boxes):
        titled(sheet, box, title, said)
        axes = sheet.axes(box, (side[0], side[-1]), (side[0], side[-1]))
        half = (side[1] - side[0]) / 2
        extent = (side[0] - half, side[-1] + half) * 2
        axes.imshow(colours(chance), extent=extent, origin="lower", aspect="auto", interpolation="bilinear")
        axes.set(xlim=(side[0], side[-1]), ylim=(side[0], side[-1]))
        for _, columns, rows in contours(chance, [0.5]):
            at = (np.interp(where, np.arange(len(side)), side) for where in (columns, rows))
            axes.plot(*at, color=sheet.ground.ink, linewidth=0.12 * sheet.em)
        for kind, (pen, marker) in enumerate(zip(pair, MARKS)):
            axes.plot(
                *points[labels == kind].T, linestyle="none", marker=marker, markersize=0.42 * sheet.em, color=pen,
                markeredgecolor=sheet.ground.halo, markeredgewidth=0.05 * sheet.em,
            )  # fmt: skip
    y = sheet.height - 0.9 * sheet.em
    for i, (pen, marker) in enumerate(zip(pair, MARKS)):
        x = boxes[0].left + i * 15 * sheet.em
        sheet.line([x, x + 1.6 * sheet.em], [y, y], color=ends[i], linewidth=1.2 * sheet.em, solid_capstyle="butt")
        sheet.line([x + 0.8 * sheet.em], [y], color=pen, marker=marker, markersize=0.6 * sheet.em, markeredgecolor="white")
        sheet.text(x + 2.3 * sheet.em, y, f"class {i}, as sample and guess", 0.95 * sheet.em)
    return as_image(sheet, pair, [ends[0], sheet.ground.paper, ends[1]])


def images(shown: Sequence[np.ndarray], words: Sequence[str], across: int) -> Image.Image:
    """Grey images `(height, width)` in rows, each with words under it."""
    em, down = LOOK.font, -(-len(shown) // across)
    wide = LOOK.points(LOOK.width)
    size = (wide - (across + 1) * em) / across
    sheet = Sheet(wide, down * (size + 3.2 * em) + em, LOOK)
    for i, (image, said) in enumerate(zip(shown, words)):
        box = Box(em + (i % across) * (size + em), em + (i // across) * (size + 3.2 * em), size, size)
        axes = sheet.axes(box, (-0.5, image.shape[1] - 0.5), (image.shape[0] - 0.5, -0.5))
        axes.imshow(image, cmap="gray_r", interpolation="nearest", aspect="auto", vmin=0, vmax=float(image.max()))
        for line, text in enumerate(said.split("\n")):
            sheet.text(box.left + size / 2, box.bottom + (0.85 + 1.15 * line) * em, text, 0.95 * em, ha="center")
    return as_image(sheet, [], ["#ffffff", "#000000"])


def _legend(sheet: Sheet, left: float, top: float, colours: Mapping[str, tuple[str, theme.Dash]]) -> None:
    em = sheet.em
    for i, (name, (key, dash)) in enumerate(colours.items()):
        x, y = left + i % 2 * (sheet.width - left) / 2, top + (0.5 + i // 2) * LINE * em
        sheet.line([x, x + 2.2 * em], [y, y], color=theme.style(key).light, linestyle=DASHES[dash], linewidth=0.2 * em)
        sheet.text(x + 2.7 * em, y, name, em)


def _levels(limits: tuple[float, float]) -> list[float]:
    powers = range(int(np.floor(np.log10(limits[0]))), int(np.ceil(np.log10(limits[1]))) + 1)
    parts = (1.0,) if np.log10(limits[1] / limits[0]) > 3 else (1.0, 2.0, 5.0)
    return [v for k in powers for m in parts if limits[0] <= (v := m * 10.0**k) <= limits[1]]
