"""Lines of equal loss, labelled with it in gaps of their own, beside what must stay visible."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, cast

import numpy as np
from contourpy import LineType, contour_generator
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection

from figures.print.clip import pieces
from figures.print.letters import font, width
from figures.print.numbers import HeightScale, Level
from figures.print.plate import Map, Path
from figures.print.sheet import DASHES, Box, Sheet


class _Spot(NamedTuple):
    """Where a label goes: its middle in points, its turn in degrees, and the stretch of the line that it takes."""

    x: float
    y: float
    turn: float
    span: tuple[float, float]


def draw_isolines(sheet: Sheet, axes: Axes, box: Box, ground: Map, scale: HeightScale, paths: Sequence[Path] | None) -> None:
    """Lines of equal loss on the map in `box`; labelled where there are `paths`, though there may be none to keep away from."""
    (x0, x1), (y0, y1) = ground.window
    ny, nx = ground.heights.shape
    generator = contour_generator(
        np.linspace(0, box.width, nx), np.linspace(0, box.height, ny), np.ma.masked_invalid(ground.heights.astype(np.float64)),
        line_type=LineType.Separate,
    )  # fmt: skip
    busy = _busy(box, ground, paths) if paths is not None else np.empty((0, 2))
    taken: list[tuple[float, float]] = []
    to_data = np.array([(x1 - x0) / box.width, (y1 - y0) / box.height])
    levels = scale.levels()
    if ground.level is not None:  # the first to be drawn, so that it finds room for its words
        levels = [Level(*ground.level), *levels]
    values = np.array([level.value for level in levels], dtype=float)
    for index, level in enumerate(levels):
        strokes: list[np.ndarray] = []
        wide = width(level.label, sheet.look.small)
        for line in cast(list[np.ndarray], generator.lines(level.value)):
            spot = _spot(line, _Field(box, ground.heights, values), wide, sheet.em, taken, busy) if paths is not None else None
            if spot is None:
                strokes.append(line)
                continue
            taken.append((spot.x, spot.y))
            strokes += _without(line, spot.span)
            axes.text(
                x0 + spot.x * to_data[0], y0 + spot.y * to_data[1], level.label, fontproperties=font(sheet.look.small),
                color=sheet.ground.contour, ha="center", va="center_baseline", rotation=spot.turn, rotation_mode="anchor",
                parse_math=False, zorder=1.5,
            )  # fmt: skip
        marked = ground.level is not None and index == 0
        weight, alpha = (0.16, 0.9) if marked else ((0.075, 0.5), (0.05, 0.34))[index % 2]
        lines = [np.array([x0, y0]) + stroke * to_data for stroke in strokes]
        dashes = DASHES["dash" if marked else "solid"]
        drawn = LineCollection(
            lines, colors=sheet.ground.contour, linewidths=weight * sheet.em, alpha=alpha, zorder=1, linestyles=dashes
        )
        axes.add_collection(drawn, autolim=False)


class _Field(NamedTuple):
    """The map's heights in its box, and the levels of all lines."""

    box: Box
    heights: np.ndarray
    levels: np.ndarray

    def crossed(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """How many lines pass between places `(n, 2)` and `(n, 2)`, as far as the heights at both can tell."""
        low, high = np.sort([self._at(a), self._at(b)], axis=0)
        crossed: np.ndarray = ((self.levels > low[:, None]) & (self.levels < high[:, None])).sum(axis=1)
        return crossed

    def _at(self, places: np.ndarray) -> np.ndarray:
        ny, nx = self.heights.shape
        i, j = (
            np.clip(np.rint(places[:, axis] / size * (count - 1)), 0, count - 1).astype(int)
            for axis, size, count in ((0, self.box.width, nx), (1, self.box.height, ny))
        )
        found: np.ndarray = self.heights[j, i]
        return found


def _busy(box: Box, ground: Map, paths: Sequence[Path]) -> np.ndarray:
    """Points `(n, 2)` of the box that labels keep away from: along the paths, minima and saddles."""
    window = np.array(ground.window, dtype=float)
    scale = np.array([box.width, box.height]) / (window[:, 1] - window[:, 0])
    places = [np.array(ground.minima, dtype=float).reshape(-1, 2), np.array(ground.saddles, dtype=float).reshape(-1, 2)]
    for path in paths:
        for piece in pieces(path.theta, window) if len(path.theta) else ():
            points = piece.points
            far = np.hypot(*(np.diff(points, axis=0) * scale).T)
            along = np.concatenate([[0.0], np.cumsum(far)])
            at = np.linspace(0, along[-1], min(int(along[-1] / 3) + 2, 2000))
            places.append(np.stack([np.interp(at, along, points[:, i]) for i in (0, 1)], axis=1))
    return (np.concatenate(places) - window[:, 0]) * scale


def _spot(
    line: np.ndarray, field: _Field, wide: float, em: float, taken: Sequence[tuple[float, float]], busy: np.ndarray
) -> _Spot | None:
    """The straightest stretch of a line away from the rim, labels and what must stay visible; None where there is none."""
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))])
    half = wide * 0.5 + 0.28 * em
    if along[-1] < 4 * half:
        return None
    middles = np.linspace(half, along[-1] - half, min(int(along[-1] / (0.8 * em)) + 2, 120))

    def at(distance: np.ndarray) -> np.ndarray:
        return np.stack([np.interp(distance, along, line[:, i]) for i in (0, 1)], axis=-1)

    centre, a, b = at(middles), at(middles - half), at(middles + half)
    chord = b - a
    length = np.hypot(*chord.T)
    sag = np.abs(chord[:, 0] * (a[:, 1] - centre[:, 1]) - (a[:, 0] - centre[:, 0]) * chord[:, 1]) / np.maximum(length, 1e-9)
    box = field.box
    rim = np.minimum(np.minimum(centre[:, 0], box.width - centre[:, 0]), np.minimum(centre[:, 1], box.height - centre[:, 1]))
    good = (rim > half + 0.3 * em) & (sag < 0.22 * em) & (length > 1.8 * half)
    for x, y in taken:
        good &= np.hypot(centre[:, 0] - x, centre[:, 1] - y) > wide + 2.4 * em
    aside = 0.6 * em * np.stack([-chord[:, 1], chord[:, 0]], axis=1) / np.maximum(length, 1e-9)[:, None]
    for place in (a, centre, b):
        good &= field.crossed(place - aside, place + aside) == 1  # this one alone, and not both sides of a valley
        if len(busy) and good.any():
            near = np.full(len(good), np.inf)
            near[good] = np.min(np.hypot(*(place[good][:, None] - busy[None]).transpose(2, 0, 1)), axis=1)
            good &= near > 0.75 * em
    if not good.any():
        return None
    score = np.where(good, sag * 4 - np.minimum(rim, 5 * em) * 0.1, np.inf)
    k = int(score.argmin())
    turn = float(np.degrees(np.arctan2(chord[k, 1], chord[k, 0])))
    turn -= 180 * (turn > 90) - 180 * (turn <= -90)
    x, y = (float(v) for v in centre[k])
    return _Spot(x, y, turn, (float(middles[k] - half), float(middles[k] + half)))


def _without(line: np.ndarray, span: tuple[float, float]) -> list[np.ndarray]:
    """A line less the stretch between two distances along it."""
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))])
    cut = [np.array([np.interp(s, along, line[:, i]) for i in (0, 1)]) for s in span]
    before, after = line[along < span[0]], line[along > span[1]]
    return [np.vstack([before, cut[0]]), np.vstack([cut[1], after])]
