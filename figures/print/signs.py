"""Signs and lines over the cells of a map: white in black, to be seen on every colour, as on the page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from figures.theme import GROUNDS, Ground

SIGNS: Mapping[str, tuple[str, float]] = {
    "best": ("*", 1.7),
    "minimum": ("*", 1.25),
    "start": ("o", 0.7),
    "theory": ("D", 0.85),
}


def sign(kind: str, xs: Any, ys: Any, em: float, ground: Ground, **more: Any) -> list[Line2D]:
    """A mark of the map as artists: a star where it is best, a diamond with a dot where theory has it, a ring at a start."""
    marker, size = SIGNS[kind]
    fill = ground.minimum if kind == "minimum" else "#ffffff"
    ink = GROUNDS["light"].ink
    made = [
        Line2D(
            xs, ys, marker=marker, linestyle="none", markersize=size * em, color=fill, markeredgecolor=ink,
            markeredgewidth=0.1 * em, zorder=4, **more,
        )
    ]  # fmt: skip
    if kind == "theory":
        made.append(Line2D(xs, ys, marker="o", linestyle="none", markersize=0.28 * em, color=ink, zorder=4.1, **more))
    return made


def draw_sign(axes: Axes, kind: str, x: float, y: float, em: float, ground: Ground, **more: Any) -> None:
    for artist in sign(kind, [x], [y], em, ground, **more):
        axes.add_artist(artist)


def strokes(xs: Any, ys: Any, look: str, ground: Ground, em: float, **more: Any) -> list[Line2D]:
    """A line of the map as artists, in one of the looks of `MapLine`."""
    if look == "faint":
        return [Line2D(xs, ys, color=ground.contour, linewidth=0.06 * em, alpha=0.4, zorder=1, **more)]
    if look == "path":
        return [Line2D(xs, ys, color=ground.ink, linewidth=0.12 * em, alpha=0.75, zorder=2, **more)]
    wide, dash = (0.1, (0, (4.0, 2.4))) if look == "dashed" else (0.17, "solid")
    below = Line2D(xs, ys, color="#000000", linewidth=(wide + 0.1) * em, alpha=0.5, zorder=2, **more)
    return [below, Line2D(xs, ys, color="#ffffff", linewidth=wide * em, linestyle=dash, zorder=2.1, **more)]  # type: ignore[arg-type]  # a dash may be a pattern


def draw_line(axes: Axes, xs: np.ndarray, ys: np.ndarray, look: str, ground: Ground, em: float) -> None:
    drawn: list[Artist] = [*strokes(xs, ys, look, ground, em)]
    for artist in drawn:
        axes.add_artist(artist)
