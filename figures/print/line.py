"""A landscape of one coordinate: its curve, and where each run stood on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from figures.print.clip import head
from figures.print.plate import Map, Path
from figures.print.sheet import EVEN, MARKERS, Box, Sheet
from figures.theme import GROUNDS, Style


def height_range(ground: Map) -> tuple[float, float]:
    """The losses that the curve spans, with room for the balls."""
    finite = ground.heights[np.isfinite(ground.heights)].astype(float)
    low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 1.0)
    margin = 0.06 * max(high - low, abs(low) * 1e-9, 1e-12)
    return low - margin, high + margin


def draw_line(sheet: Sheet, box: Box, ground: Map) -> Axes:
    """The loss over the coordinate, with its minima."""
    em = sheet.em
    axes = sheet.axes(box, ground.window[0], height_range(ground))
    x = _nodes(ground)
    heights = np.where(np.isfinite(ground.heights), ground.heights, np.nan).astype(float)
    axes.fill_between(x, heights, axes.get_ylim()[0], color=sheet.ground.heights[2], linewidth=0, zorder=0)
    axes.plot(x, heights, color=sheet.ground.contour, linewidth=0.2 * em, zorder=1)
    for (place,) in ground.minima:
        if not x[0] <= place <= x[-1]:
            continue
        axes.plot(
            place, np.interp(place, x, heights), marker="*", color=sheet.ground.minimum, markersize=1.5 * em,
            markeredgecolor=GROUNDS["light"].ink, markeredgewidth=0.08 * em, zorder=3, clip_on=False,
        )  # fmt: skip
    return axes


def draw_balls(
    sheet: Sheet, axes: Axes, ground: Map, paths: Sequence[Path], style: Mapping[str, Style], time: float = np.inf
) -> list[Artist]:
    """Each run's steps until `time` as dots on the curve, and its head; an arrow at the edge where it is out of sight."""
    em = sheet.em
    drawn: list[Artist] = []
    heads: list[Artist] = []
    for path in paths:
        place = head(path.theta, time) if len(path.theta) else None
        if place is None:
            continue
        look = style[path.label]
        colour = look.colour(sheet.look.mode)
        step = int(min(time, path.last))
        drawn.append(
            Line2D(
                path.theta[: step + 1, 0], path.loss[: step + 1], linestyle="none", marker=MARKERS[look.marker], color=colour,
                markersize=0.45 * em * EVEN[look.marker], alpha=0.55, zorder=2, markeredgewidth=0,
            )
        )  # fmt: skip
        x = float(place[0])
        on_step = x == path.theta[step, 0]
        y = float(path.loss[step]) if on_step else float(np.interp(x, _nodes(ground), ground.heights))
        at, marker = _shown(axes, x, y, MARKERS[look.marker])
        heads.append(
            Line2D(
                *at, marker=marker, linestyle="none", markersize=0.85 * em * EVEN[look.marker], color=colour,
                markeredgecolor=sheet.ground.halo, markeredgewidth=0.1 * em, zorder=4, clip_on=False,
            )
        )  # fmt: skip
        if path.last < len(path.theta) - 1 and time > path.last:
            cross: dict[str, Any] = {"marker": "x", "color": colour, "markersize": 1.3 * em, "markeredgewidth": 0.17 * em}
            heads.append(Line2D(*at, **cross, zorder=5, clip_on=False))
    for artist in (*drawn, *heads):
        axes.add_artist(artist)
    return [*drawn, *heads]


def _nodes(ground: Map) -> np.ndarray:
    return np.linspace(*ground.window[0], len(ground.heights))


def _shown(axes: Axes, x: float, y: float, marker: str) -> tuple[tuple[list[float], list[float]], Any]:
    """Where a ball is drawn, and as what: as it is, or as a triangle at the edge towards where it is."""
    (low, high), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    at = ([min(max(x, low), high)], [min(max(y, bottom), top)])
    if x < low or x > high:
        return at, (3, 0, 90 if x < low else -90)
    return at, marker if bottom <= y <= top else (3, 0, 0 if y > top else 180)
