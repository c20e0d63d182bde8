"""Runs, minima and saddles in three dimensions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from figures import theme
from figures.fate import Fate
from figures.heights3d import Heights, box_of, track_of
from figures.print.clip import head, pieces, until
from figures.print.plate import Map, Path

LIFT = 0.012  # of the axis: runs and iso-lines stand so far above their heights; else the surface, a mesh, cuts through them
STEM = 0.075  # marks hover so far above their places, on stems that end there
_UP = np.array([0.0, 0.0, STEM])
TOP = 1.12  # of the axis, which leaves room for the marks

GLYPHS = {"circle": "●", "square": "■", "diamond": "◆", "up": "▲", "down": "▼", "hexagon": "⬢", "pentagon": "⬟"}


def run_traces(
    path: Path, look: theme.Style, ground: Map, heights: Heights, mode: theme.Mode, step: int | None
) -> list[dict[str, Any]]:
    """A run until `step`: straight lines between its recorded points where these or parts of them are inside the window, the
    points themselves, and its sign on a stem where it stands.

    Where it has left, it is said at which step; where it has diverged, too.
    """
    colour = look.colour(mode)
    time = float(len(path.theta) - 1 if step is None else step)
    track, box = track_of(path), box_of(ground, heights.highest)
    walked = [until(piece, time) for piece in pieces(track, box) if piece.times[0] <= time]
    points = track[: int(time) + 1]
    with np.errstate(invalid="ignore"):
        seen = np.flatnonzero(((points >= box[:, 0]) & (points <= box[:, 1])).all(axis=1))
    group = {"type": "scatter3d", "legendgroup": path.label, "showlegend": False}
    lines = [part for stretch in walked for part in (_straight(stretch, heights), _GAP)]
    fate = path.fate(ground.window)
    place, sign = _stand(track, walked, box, time, fate)
    if place is not None:
        foot = _raised(place[None], heights)
        lines.append(np.vstack([foot, foot + _UP]))
    told = fate.words(steps=path.steps)
    traces = [
        group | _xyz(lines) | {
            "mode": "lines", "name": f"{GLYPHS[look.marker]} {path.label}{f', {told}' if told else ''}", "showlegend": True,
            "line": {"color": colour, "dash": look.dash, "width": 5}, "hoverinfo": "skip",
        },
        group | _xyz([_raised(points[seen], heights)]) | {
            "mode": "markers", "name": path.label, "marker": {"color": colour, "size": 2.6},
            "customdata": np.column_stack([seen if path.steps is None else path.steps[seen], points[seen, 2]]),
            "hovertemplate": f"{path.label}<br>step %{{customdata[0]:d}}<br>loss %{{customdata[1]:.6g}}"
            f"<br>{ground.coordinates[0]} %{{x:.6g}}, {ground.coordinates[1]} %{{y:.6g}}<extra></extra>",
        },
    ]  # fmt: skip
    if place is not None:
        traces.append(
            group | _xyz([foot + _UP]) | {
                "mode": "text", "name": path.label, "text": [GLYPHS[look.marker] + sign], "textposition": "middle center",
                "textfont": {"color": colour, "size": 17}, "hoverinfo": "skip",
            }
        )  # fmt: skip
    return traces


def place_traces(ground: Map, heights: Heights, mode: theme.Mode) -> list[dict[str, Any]]:
    """Stars over the minima and crosses over the saddles. No loss is recorded there: their stems end on the drawn surface."""
    look = theme.GROUNDS[mode]
    traces = []
    for glyph, colour, places in (("★", look.minimum, ground.minima), ("✕", look.saddle, ground.saddles)):
        within = [place[:2] for place in places if all(low <= v <= high for v, (low, high) in zip(place, ground.window))]
        feet = np.array([[*place, float(heights.at(_interpolated(ground, place))) + LIFT] for place in within])
        if not len(feet):
            continue
        stems = [part for foot in feet for part in (np.vstack([foot, foot + _UP]), _GAP)]
        traces += [
            {"type": "scatter3d", "mode": "lines", **_xyz(stems), "line": {"color": look.ink, "width": 2}},
            {
                "type": "scatter3d", "mode": "text", **_xyz([feet + _UP]), "text": [glyph] * len(feet),
                "textfont": {"color": colour, "size": 22}, "textposition": "middle center",
            },
        ]  # fmt: skip
    return [trace | {"showlegend": False, "hoverinfo": "skip"} for trace in traces]


_GAP = np.full((1, 3), np.nan)


def _xyz(parts: Sequence[np.ndarray]) -> dict[str, np.ndarray]:
    rows = np.vstack(parts) if len(parts) else np.empty((0, 3))
    return dict(zip("xyz", rows.T))


def _raised(points: np.ndarray, heights: Heights) -> np.ndarray:
    """Points (x, y, loss) where they are drawn."""
    return np.column_stack([points[:, :2], heights.at(points[:, 2]) + LIFT])


def _straight(points: np.ndarray, heights: Heights) -> np.ndarray:
    """The points with more between them on straight lines in x, y and loss, which a logarithm bends."""
    if not heights.log or len(points) < 2:
        return _raised(points, heights)
    rise = np.abs(np.diff(heights.at(points[:, 2])))
    parts = np.clip(np.ceil(rise / 0.02), 1, 24).astype(int)
    first = np.repeat(np.arange(len(parts)), parts)
    share = np.concatenate([np.arange(n) / n for n in parts])[:, None]
    between = points[first] * (1 - share) + points[first + 1] * share
    return _raised(np.vstack([between, points[-1:]]), heights)


def _stand(
    track: np.ndarray, walked: Sequence[np.ndarray], box: np.ndarray, time: float, fate: Fate
) -> tuple[np.ndarray | None, str]:
    """Where a run's mark goes at `time`, and what is added to it: an arrow where it has left, a cross where it has diverged.
    No place for one that was never inside."""
    at = head(track, time)
    if at is None or not walked:
        return None, ""
    inside = bool(((at >= box[:, 0]) & (at <= box[:, 1])).all())
    diverged = fate.diverged is not None and time >= fate.diverged
    return at if inside else walked[-1][-1], ("" if inside else "↗") + ("✕" if diverged else "")


def _interpolated(ground: Map, place: Sequence[float]) -> np.ndarray:
    """The map's loss at a place, bilinear between its nodes."""
    (x0, x1), (y0, y1) = ground.window
    ny, nx = ground.heights.shape
    u, v = (place[0] - x0) / (x1 - x0) * (nx - 1), (place[1] - y0) / (y1 - y0) * (ny - 1)
    i, j = min(int(u), nx - 2), min(int(v), ny - 2)
    cell = ground.heights[j : j + 2, i : i + 2].astype(float)
    return np.array([1 - v + j, v - j]) @ cell @ np.array([1 - u + i, u - i])
