"""The surface in three dimensions with the runs over it, for `figures.components.plotly_view`, where it is turned by hand.

A run stands at its recorded losses, never at heights read off the grid, and goes straight from one to the next in its
coordinates and in loss. Ticks, iso-lines and hovers are true losses; the axis says what its heights are. Everything that lies
on the surface is drawn a hundredth of the axis above it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from contourpy import LineType, contour_generator

from figures import theme
from figures.heights3d import Heights, heights_of
from figures.print.numbers import HeightScale, scale_of, short
from figures.print.plate import Map, Path
from figures.runs3d import LIFT, TOP, place_traces, run_traces

MOST_NODES = 121  # along each side: a finer map is drawn by every second, third ... node
TALLEST = 2.2  # beyond this ratio of its sides the ground is not drawn to scale


def surface3d_figure(
    ground: Map, paths: Sequence[Path], mode: theme.Mode, log: bool | None = None, step: int | None = None
) -> go.Figure:
    """The map as a surface, its minima and saddles, and every path until `step`, by default to its end.

    Heights are losses, or logarithmic where `log`, by default where the map's colours are. Paths that leave the window are
    drawn up to its edge, and their labels say so; what is infinite or NaN leaves a gap.
    Raises ValueError for a map on one coordinate.
    """
    if ground.dim != 2:
        raise ValueError("a landscape on one coordinate has no view in three dimensions: its loss is a curve")
    heights = heights_of(ground, paths, ground.log if log is None else log)
    colours = scale_of(ground.heights, ground.log)
    traces = [_surface(ground, heights, colours, mode), _isolines(ground, heights, colours, mode)]
    for path, look in zip(paths, theme.styles([path.key for path in paths])):
        if len(path.theta):
            traces += run_traces(path, look, ground, heights, mode, step)
    return go.Figure(data=[*traces, *place_traces(ground, heights, mode)], layout=_layout(ground, heights, mode))


def surface3d_text(ground: Map, paths: Sequence[Path], title: str, log: bool | None = None) -> str:
    """What the figure shows, in sentences, for those who do not see it."""
    heights = heights_of(ground, paths, ground.log if log is None else log)
    x, y = ground.coordinates
    drawn = f"The heights are {heights.formula}. " if heights.log else ""
    span = f"{heights.name} from {short(heights.lowest)} to {short(heights.highest)}"
    told = [f"{title} as a surface over {x} and {y}, {span}. {drawn}"]
    for path in paths:
        fate = path.fate(ground.window).words(steps=path.steps)
        if path.last >= 0:
            place = ", ".join(short(float(v)) for v in path.theta[path.last])
            told.append(f"{path.label}: loss {short(float(path.loss[path.last]))} at ({place}){f', {fate}' if fate else ''}. ")
        elif path.reason:
            told.append(f"{path.label} does not run: {path.reason} ")
    return "".join(told).strip()


def _surface(ground: Map, heights: Heights, colours: HeightScale, mode: theme.Mode) -> dict[str, Any]:
    ((x0, x1), (y0, y1)), (across, up) = ground.window, ground.coordinates
    losses = _thinned(ground.heights)
    ny, nx = losses.shape
    with np.errstate(invalid="ignore"):
        z = np.where(np.isfinite(losses), heights.at(losses.astype(float)), np.nan).astype(np.float32)
    return {
        "type": "surface", "x": np.linspace(x0, x1, nx), "y": np.linspace(y0, y1, ny), "z": z, "customdata": losses,
        "cmin": 0, "cmax": 1, "colorscale": _colorscale(heights, colours, mode), "showscale": False,
        "lighting": {"ambient": 0.75, "diffuse": 0.5, "specular": 0.06, "roughness": 0.9, "fresnel": 0.02},
        "lightposition": {"x": -3000, "y": -2000, "z": 8000},
        "contours": {axis: {"highlight": False} for axis in "xyz"},
        "hovertemplate": f"{ground.name} %{{customdata:.6g}}<br>{across} %{{x:.6g}}, {up} %{{y:.6g}}<extra></extra>",
    }  # fmt: skip


def _thinned(heights: np.ndarray) -> np.ndarray:
    """Every k-th node, k as small as `MOST_NODES` allows, where the last node is one of them; else all."""

    def stride(count: int) -> int:
        fits = (k for k in range(1, 8) if (count - 1) % k == 0 and (count - 1) // k < MOST_NODES)
        return next(fits, 1)

    return np.ascontiguousarray(heights[:: stride(heights.shape[0]), :: stride(heights.shape[1])])


def _colorscale(heights: Heights, colours: HeightScale, mode: theme.Mode) -> list[tuple[float, str]]:
    """The stage's colour of each loss, at the height where that loss is drawn."""
    stops = np.linspace(0, 1, 65)
    share = np.clip(colours.at(heights.loss(stops)), 0, 1)
    ramp = np.array([[int(colour[i : i + 2], 16) for i in (1, 3, 5)] for colour in theme.GROUNDS[mode].heights])
    rgb = np.stack([np.interp(share, np.linspace(0, 1, len(ramp)), channel) for channel in ramp.T], axis=1)
    return [(float(at), f"rgb({r:.0f}, {g:.0f}, {b:.0f})") for at, (r, g, b) in zip(stops, rgb)]


def _isolines(ground: Map, heights: Heights, colours: HeightScale, mode: theme.Mode) -> dict[str, Any]:
    """The stage's iso-lines, of the whole map."""
    (x0, x1), (y0, y1) = ground.window
    ny, nx = ground.heights.shape
    nodes = np.ma.masked_invalid(ground.heights.astype(np.float64))
    generator = contour_generator(np.linspace(x0, x1, nx), np.linspace(y0, y1, ny), nodes, line_type=LineType.Separate)
    parts = [np.empty((0, 3))]
    for level in colours.levels():
        z = float(heights.at(np.array(level.value))) + LIFT
        for line in generator.lines(level.value):
            points = np.asarray(line, dtype=np.float64)
            parts += [np.column_stack([points, np.full(len(points), z)]), np.full((1, 3), np.nan)]
    return {
        "type": "scatter3d", "mode": "lines", **dict(zip("xyz", np.vstack(parts).astype(np.float32).T)), "opacity": 0.45,
        "line": {"color": theme.GROUNDS[mode].contour, "width": 1.5}, "hoverinfo": "skip", "showlegend": False,
    }  # fmt: skip


def _layout(ground: Map, heights: Heights, mode: theme.Mode) -> dict[str, Any]:
    look = theme.GROUNDS[mode]
    (x0, x1), (y0, y1) = ground.window
    ratio = float(np.clip((x1 - x0) / (y1 - y0), 1 / TALLEST, TALLEST))
    axis = {
        "gridcolor": look.heights[4], "linecolor": look.heights[4], "showline": True, "zeroline": False,
        "showbackground": False, "showspikes": False, "nticks": 5, "tickfont": {"size": 11},
    }  # fmt: skip
    marks = heights.ticks()
    at = heights.at(np.array([mark.value for mark in marks]))
    return {
        "template": "none", "margin": {"l": 0, "r": 0, "t": 0, "b": 0}, "paper_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": theme.FONT, "color": look.ink, "size": 13},
        "hoverlabel": {"font": {"family": theme.FONT}},
        "legend": {"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom", "bgcolor": "rgba(0,0,0,0)", "font": {"size": 12}},
        "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": look.contour, "activecolor": look.ink},
        "annotations": [_note(heights)] if heights.log else [],
        "scene": {
            "xaxis": axis | {"title": {"text": ground.coordinates[0], "font": {"size": 13}}, "range": [x0, x1]},
            "yaxis": axis | {"title": {"text": ground.coordinates[1], "font": {"size": 13}}, "range": [y0, y1]},
            "zaxis": axis | {
                "title": {"text": heights.title, "font": {"size": 12}}, "range": [0, TOP], "tickvals": at,
                "ticktext": [mark.label for mark in marks],
            },
            "aspectmode": "manual", "aspectratio": {"x": ratio**0.5, "y": ratio**-0.5, "z": 0.55},
            "camera": {"eye": {"x": 0.8, "y": -1.15, "z": 1.2}, "center": {"x": 0, "y": 0, "z": -0.1}},
        },
    }  # fmt: skip


def _note(heights: Heights) -> dict[str, Any]:
    """What the heights are, in a corner of the figure: where it is read from any side and on a phone."""
    return {
        "text": f"height: {heights.formula}", "showarrow": False, "xref": "paper", "yref": "paper", "x": 0, "y": 0,
        "xanchor": "left", "yanchor": "bottom", "font": {"size": 12},
    }  # fmt: skip
