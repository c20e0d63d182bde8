"""A slice as a Plotly figure: a plane's map with paths over it, or the curves of a line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from experiments.grids import Grid
from figures import theme
from figures.contours import contours
from figures.plain import figure
from figures.print.numbers import HeightScale, scale_of
from landscapes.grids import QUANTITIES

SIZE = 520  # pixels of a map's height
APART = 0.045  # of the colour bar, between two of its numbers
HEAD = {"up": "triangle-up", "down": "triangle-down"}  # Plotly's names
DASHES = ("solid", "dash", "dot", "dashdot")


def slice_figure(
    grid: Grid,
    paths: Mapping[str, np.ndarray] | None = None,
    *,
    quantity: str | None = None,
    log: bool | None = None,
    mode: theme.Mode = "light",
    title: str = "",
) -> go.Figure:
    """What a grid holds. Colours and iso-lines are of true values; cells that are infinite or NaN, or not done, are left empty.

    paths: points `(n, dim)` in the network's own weights by optimizer key, drawn at their projections, as `trajectory.theta`.
    quantity: which of the grid's, by default the first; of a line all that share its scale are drawn. log: colours, or a line's
    axis, by the logarithm; by default as the quantity is usually shown.
    """
    name = quantity or grid.quantities[0]
    scale = QUANTITIES[name]
    logarithmic = scale.scale == "log" if log is None else log
    if grid.y is None:
        return _line(grid, name, logarithmic, mode, title)
    values = np.where(np.isfinite(grid.values[name]), grid.values[name], np.nan)
    scaled = scale_of(values, logarithmic)
    traces = [_heights(grid, values, scaled, scale.title, mode), _isolines(grid, values, scaled, mode)]
    for (key, points), look in zip((paths or {}).items(), theme.styles(list(paths or {}))):
        traces += _path(key, grid.span.coordinates(np.asarray(points)), look, mode)
    lengths = grid.span.lengths
    equal = {"scaleanchor": "x", "scaleratio": float(lengths[1] / lengths[0])} if _comparable(grid) else {}
    window = [[float(axis[0]), float(axis[-1])] for axis in (grid.x, grid.y)]
    return figure(
        traces,
        mode,
        height=SIZE,
        title={"text": title} if title else None,
        xaxis={"title": {"text": grid.span.labels[0]}, "range": window[0], "showgrid": False, "constrain": "domain"},
        yaxis={"title": {"text": grid.span.labels[1]}, "range": window[1], "showgrid": False, "constrain": "domain"} | equal,
    )


def _comparable(grid: Grid) -> bool:
    """Whether both axes can be drawn in one scale, so that distances and angles are those of parameter space."""
    assert grid.y is not None
    sides = np.array([grid.x[-1] - grid.x[0], grid.y[-1] - grid.y[0]]) * grid.span.lengths
    return bool(sides.max() <= 2.2 * sides.min())


def _heights(grid: Grid, values: np.ndarray, scaled: HeightScale, title: str, mode: theme.Mode) -> dict[str, Any]:
    colours, ticks = theme.GROUNDS[mode].heights, _ticks(scaled)
    with np.errstate(invalid="ignore"):
        shares = scaled.at(values)
    return {
        "type": "heatmap", "x": grid.x, "y": grid.y, "z": shares, "zmin": 0.0, "zmax": 1.0,
        "colorscale": [[i / (len(colours) - 1), colour] for i, colour in enumerate(colours)],
        "customdata": values, "hovertemplate": f"%{{x:.4g}}, %{{y:.4g}}<br>{title.lower()} %{{customdata:.6g}}<extra></extra>",
        "colorbar": {
            "title": {"text": title}, "tickvals": [at for at, _ in ticks], "ticktext": [label for _, label in ticks],
            "thickness": 14, "outlinewidth": 0,
        },
    }  # fmt: skip


def _ticks(scaled: HeightScale) -> list[tuple[float, str]]:
    """The iso-lines' places along the bar with their true values, without those that would stand too close to be read."""
    kept: list[tuple[float, str]] = []
    for level in scaled.levels():
        at = float(scaled.at(np.array(level.value)))
        if not kept or at - kept[-1][0] >= APART:
            kept.append((at, level.label))
    return kept


def _isolines(grid: Grid, values: np.ndarray, scaled: HeightScale, mode: theme.Mode) -> dict[str, Any]:
    """All pieces as one line with gaps."""
    pieces = contours(values, [level.value for level in scaled.levels()])
    gap = np.array([np.nan])
    xs, ys = (
        np.concatenate([part for piece in pieces for part in (np.interp(piece[i], np.arange(len(axis)), axis), gap)] or [gap])
        for i, axis in ((1, grid.x), (2, np.asarray(grid.y)))
    )
    pen = {"color": theme.GROUNDS[mode].contour, "width": 0.8}
    return {
        "type": "scatter", "mode": "lines", "x": xs, "y": ys, "line": pen, "opacity": 0.5, "hoverinfo": "skip",
        "showlegend": False,
    }  # fmt: skip


def _path(key: str, points: np.ndarray, look: theme.Style, mode: theme.Mode) -> list[dict[str, Any]]:
    colour, halo = look.colour(mode), theme.GROUNDS[mode].halo
    last = points[np.isfinite(points).all(axis=1)][-1:]
    marker = {"color": colour, "size": 10, "symbol": HEAD.get(look.marker, look.marker), "line": {"color": halo, "width": 1}}
    steps = np.arange(len(points))
    common = {"type": "scatter", "name": key, "legendgroup": key}
    return [
        common
        | {
            "mode": "lines", "x": points[:, 0], "y": points[:, 1], "customdata": steps,
            "line": {"color": colour, "dash": look.dash, "width": 2.2},
            "hovertemplate": f"{key}<br>step %{{customdata}}<extra></extra>",
        },
        common
        | {
            "mode": "markers", "x": last[:, 0], "y": last[:, 1], "marker": marker, "showlegend": False,
            "hoverinfo": "skip",
        },
    ]  # fmt: skip


def _line(grid: Grid, name: str, log: bool, mode: theme.Mode, title: str) -> go.Figure:
    ground = theme.GROUNDS[mode]
    shown: Sequence[str] = [other for other in grid.quantities if QUANTITIES[other].scale == QUANTITIES[name].scale]
    traces = []
    for i, other in enumerate(shown):
        values = grid.values[other][0]
        drawable = np.where(np.isfinite(values) & ((values > 0) | (not log)), values, np.nan)
        pen = {"color": ground.ink, "dash": DASHES[i % len(DASHES)], "width": 2.0}
        hover = f"{QUANTITIES[other].title}<br>%{{x:.4g}}: %{{y:.6g}}<extra></extra>"
        traces.append(
            {
                "type": "scatter", "mode": "lines", "name": QUANTITIES[other].title, "x": grid.x, "y": drawable, "line": pen,
                "hovertemplate": hover,
            }
        )  # fmt: skip
    axis = {"type": "log", "exponentformat": "power"} if log else {}
    return figure(
        traces,
        mode,
        title={"text": title} if title else None,
        xaxis={"title": {"text": grid.span.labels[0]}},
        yaxis={"title": {"text": QUANTITIES[name].title if len(shown) == 1 else ""}} | axis,
        showlegend=len(shown) > 1,
    )
