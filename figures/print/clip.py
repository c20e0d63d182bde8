"""Paths cut at the edges of a window, so that what runs off to 1e300 is drawn up to the edge, exactly, and no further."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Piece(NamedTuple):
    """A connected stretch inside the window: points `(n, 2)` and the time of each, in steps, fractional at an edge."""

    points: np.ndarray
    times: np.ndarray


def pieces(path: np.ndarray, window: np.ndarray) -> list[Piece]:
    """The parts of a path `(steps + 1, 2)` inside `window`, rows (low, high). Segments with an end that is not finite are left
    out."""
    a, b = path[:-1], path[1:]
    far = np.abs(a).max(axis=1) > np.abs(b).max(axis=1)  # from the end nearer to 0: the other may be 1e300, and rounds it away
    near, other = np.where(far[:, None], b, a), np.where(far[:, None], a, b)
    come, go = _crossings(near, other, window)
    enter, leave = np.where(far, 1 - go, come), np.where(far, 1 - come, go)
    seen = np.flatnonzero(come <= go)
    if not len(seen):
        inside = len(path) > 0 and bool(((path[0] >= window[:, 0]) & (path[0] <= window[:, 1])).all())
        return [Piece(path[:1], np.zeros(1))] if inside else []

    def at(segment: int, share: float) -> np.ndarray:
        if share == 0:
            return np.asarray(near[segment])
        return np.clip(_between(near[segment], other[segment], share), *window.T)  # of the edge, it may miss the last digit

    found: list[Piece] = []
    outside = np.where(far, come, 1 - go) != 0, np.where(far, go - 1, come) != 0  # whether a segment ends so, or begins so
    cuts = np.flatnonzero((np.diff(seen) > 1) | outside[0][seen[:-1]] | outside[1][seen[1:]]) + 1
    for run in np.split(seen, cuts):
        first, last = run[0], run[-1]
        ends = at(first, go[first] if far[first] else come[first]), at(last, come[last] if far[last] else go[last])
        times = np.concatenate([[first + enter[first]], run[:-1] + 1.0, [last + leave[last]]])
        found.append(Piece(np.vstack([ends[0], b[run[:-1]], ends[1]]), times))
    return found


def _crossings(a: np.ndarray, b: np.ndarray, window: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each segment the share of it at which it comes into the window and goes out; in > out where it never does.

    Reference: Liang and Barsky 1984, ACM Transactions on Graphics 3(1).
    """
    enter, leave = np.zeros(len(a)), np.ones(len(a))
    with np.errstate(all="ignore"):
        for axis, (low, high) in enumerate(window):
            start, d = a[:, axis] / 2, b[:, axis] / 2 - a[:, axis] / 2  # halves: the difference of two floats may be none
            for edge, sign in ((low / 2, -1), (high / 2, 1)):
                t, going = (edge - start) / d, np.sign(d) * sign
                leave = np.where(going > 0, np.minimum(leave, t), leave)
                enter = np.where(going < 0, np.maximum(enter, t), enter)
                beyond = (start - edge) * sign > 0
                enter = np.where((going == 0) & beyond, np.inf, enter)
    known = np.isfinite(a).all(axis=1) & np.isfinite(b).all(axis=1)
    return np.where(known, enter, np.inf), leave


def _between(a: np.ndarray, b: np.ndarray, share: float) -> np.ndarray:
    if share <= 0:
        return a
    return b if share >= 1 else a * (1 - share) + b * share


def until(piece: Piece, time: float) -> np.ndarray:
    """The points of a piece walked by `time`, `(n, 2)`, with the place between two points where the walk stands."""
    count = int(np.searchsorted(piece.times, time, side="right"))
    points = piece.points[:count]
    if 0 < count < len(piece.times):
        share = (time - piece.times[count - 1]) / (piece.times[count] - piece.times[count - 1])
        if share > 0:
            points = np.vstack([points, _between(piece.points[count - 1], piece.points[count], share)])
    return points


def head(path: np.ndarray, time: float) -> np.ndarray | None:
    """Where a path `(steps + 1, dim)` stands at `time`, between two steps on the line between them; at its last finite point
    from the step before it becomes infinite or NaN. None where it has no finite point."""
    last = int(np.logical_and.accumulate(np.isfinite(path).all(axis=1)).sum()) - 1
    if last < 0:
        return None
    step = int(min(time, last))
    share = min(time, last) - step
    return path[step] if share == 0 else _between(path[step], path[step + 1], share)
