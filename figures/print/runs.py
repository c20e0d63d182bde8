"""Runs over a map: the walked path, the head, an arrow where it left and a cross where it diverged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from figures.print.clip import Piece, head, pieces, until
from figures.print.plate import Map, Path
from figures.print.sheet import DASHES, EVEN, MARKERS, Box, Sheet
from figures.theme import Style, styles


def cast(paths: Sequence[Path]) -> Mapping[str, Style]:
    """Each path's style by its label: where a method enters again it is told apart."""
    return {path.label: style for path, style in zip(paths, styles([path.key for path in paths]))}


def seen(paths: Sequence[Path], ground: Map) -> dict[str, list[Piece]]:
    """The stretches of each path that lie on the map, by label."""
    window = np.array(ground.window, dtype=float)
    return {path.label: pieces(path.theta, window) if len(path.theta) else [] for path in paths}


def draw_runs(
    sheet: Sheet,
    axes: Axes,
    box: Box,
    ground: Map,
    paths: Sequence[Path],
    style: Mapping[str, Style],
    visible: Mapping[str, list[Piece]],
    time: float = np.inf,
    size: float = 1.0,
) -> list[Artist]:
    """Everybody's path until `time` and the heads over them, as artists on the axes in their order."""
    em = sheet.em * size
    drawn: list[Artist] = []
    for path in paths:
        colour = style[path.label].colour(sheet.look.mode)
        dash = DASHES[style[path.label].dash]
        for piece in visible[path.label]:
            points = until(piece, time) if np.isfinite(time) else piece.points
            if len(points) < 2:
                continue
            xs, ys = points.T
            drawn.append(
                Line2D(xs, ys, color=sheet.ground.halo, linewidth=0.34 * em, alpha=0.62, solid_joinstyle="round", zorder=2)
            )
            drawn.append(
                Line2D(xs, ys, color=colour, linewidth=0.165 * em, linestyle=dash, solid_joinstyle="round", zorder=2.1)
            )
    for path in paths:
        drawn += _head(sheet, box, ground, path, style[path.label], visible[path.label], time, em)
    for artist in drawn:
        axes.add_artist(artist)
    return drawn


def draw_start(sheet: Sheet, axes: Axes, start: Sequence[float], size: float = 1.0) -> None:
    """A ring where all began."""
    for colour, line in ((sheet.ground.halo, 0.3), (sheet.ground.ink, 0.13)):
        axes.plot(
            *start, "o", markerfacecolor="none", markeredgecolor=colour, markersize=0.95 * sheet.em * size,
            markeredgewidth=line * sheet.em * size, zorder=2.6,
        )  # fmt: skip


def _head(
    sheet: Sheet, box: Box, ground: Map, path: Path, style: Style, visible: Sequence[Piece], time: float, em: float
) -> list[Artist]:
    place = head(path.theta, time) if len(path.theta) else None
    if place is None:
        return []
    colour = style.colour(sheet.look.mode)
    low, high = np.array(ground.window, dtype=float).T
    inside = bool(((place >= low) & (place <= high)).all())
    diverged = path.last < len(path.theta) - 1 and time > path.last
    marks: list[Artist] = []
    if inside:
        marks.append(mark(sheet, place, style, 0.78 * em))
    else:
        walked = [piece for piece in visible if piece.times[0] <= time]
        edge = until(walked[-1], time)[-1] if walked else np.clip(place, low, high)
        place, marker = _arrow(edge, low, high, box, (0.8 if diverged else 0.42) * em)
        marks.append(
            Line2D(*place[:, None], marker=marker, markersize=1.0 * em, color=colour, markeredgecolor=sheet.ground.halo,
                   markeredgewidth=0.1 * em, zorder=4.2)
        )  # fmt: skip
    if diverged:
        for ink, line in ((sheet.ground.halo, 0.36), (colour, 0.17)):
            marks.append(
                Line2D(*place[:, None], marker="x", markersize=1.35 * em, color=ink, markeredgewidth=line * em, zorder=4.3)
            )
    return marks


def mark(sheet: Sheet, place: np.ndarray, style: Style, size: float) -> Line2D:
    """A run's marker at a place, with a rim that sets it off."""
    return Line2D(
        [place[0]], [place[1]], linestyle="none", marker=MARKERS[style.marker], markersize=size * EVEN[style.marker],
        color=style.colour(sheet.look.mode), markeredgecolor=sheet.ground.halo, markeredgewidth=0.14 * size, zorder=4,
    )  # fmt: skip


def _arrow(
    edge: np.ndarray, low: np.ndarray, high: np.ndarray, box: Box, reach: float
) -> tuple[np.ndarray, tuple[int, Literal[0], int]]:
    """A triangle just inside the edge where a run went out: its middle, and matplotlib's marker for its turn."""
    share = (edge - low) / (high - low)
    gaps = [share[0] * box.width, (1 - share[0]) * box.width, share[1] * box.height, (1 - share[1]) * box.height]
    side = int(np.argmin(gaps))
    inset = np.array([reach / box.width, reach / box.height])
    return low + np.clip(share, inset, 1 - inset) * (high - low), (3, 0, (90, -90, 180, 0)[side])
