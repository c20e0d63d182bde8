"""The search for the best setting over two hyperparameters: a cell for each setting that was tried."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go

from figures import theme
from figures.plain import figure
from figures.search import BEST, DIVERGED, HEIGHT, OWN, ZERO, Searched, ends_of, kinds_of, on_log
from figures.sweep_map import axis_label
from landscapes.ranges import Scale

SHADES = 64


def search_map(one: Searched, mode: theme.Mode) -> go.Figure:
    """Cells coloured by the loss where the budget ends, those of each grid over those of the grids before it. The star is the
    best setting, the open circle the one that was set before."""
    search, (across, up) = one.search, (axis_label(name) for name in one.search.names)
    log = on_log([search])
    kinds, ends = kinds_of(search.scores, log), ends_of(search.scores, search.loss, log)
    said = f"{across} %{{x:.6g}}<br>{up} %{{y:.6g}}<br>"
    fills = {DIVERGED: theme.FATES[mode]["diverged"], ZERO: theme.FATES[mode]["zero"]}
    traces: list[dict[str, Any]] = []
    for grid in range(1, int(search.rounds.max()) + 1):
        for kind in ("", *fills):
            there = (search.rounds == grid) & (kinds == kind)
            if there.any():
                flat = {"showscale": False, "colorscale": [[0, fills.get(kind)], [1, fills.get(kind)]]}
                hover = {"hovertemplate": f"{said}{kind or 'loss %{customdata:.6g}'}<extra></extra>"}
                traces.append(
                    _cells(one, search.rounds == grid, there, log) | hover | (flat if kind else {"coloraxis": "coloraxis"})
                )
    for kind, fill in fills.items():
        if (kinds == kind).any():
            square = {"symbol": "square", "size": 11, "color": fill}
            traces.append({"type": "scatter", "mode": "markers", "x": [None], "y": [None], "name": kind, "marker": square})
    for at, kind, symbol in ((0, OWN, "circle"), (search.best, BEST, "star")):
        fill = "#ffffff" if kind == BEST else "rgba(255,255,255,0.4)"
        mark = {"symbol": symbol, "size": 14, "color": fill, "line": {"width": 1.5, "color": "#06090f"}}
        loss = f"loss {search.scores[at]:.6g}" if np.isfinite(search.scores[at]) else DIVERGED
        x, y = search.settings[at : at + 1].T
        told = f"{said}{loss}, {kind}<extra></extra>"
        traces.append(
            {"type": "scatter", "mode": "markers", "x": x, "y": y, "name": kind, "marker": mark, "hovertemplate": told}
        )
    bar: dict[str, Any] = {"title": {"text": "loss", "side": "right"}, "thickness": 12, "outlinewidth": 0}
    if log:
        ticks = np.unique(np.round(np.linspace(*ends, 5)))
        bar |= {"tickvals": ticks, "ticktext": [f"10<sup>{int(tick)}</sup>" for tick in ticks]}
    scale = list(map(list, zip(np.linspace(0, 1, SHADES), theme.ramp(theme.RAMP, SHADES))))
    axis = {"exponentformat": "power", "showgrid": False}
    return figure(
        traces, mode, height=HEIGHT + 40, margin={"l": 8, "r": 8, "t": 36, "b": 8},
        legend={"orientation": "h", "y": -0.22, "yanchor": "top", "x": 0, "font": {"size": 12}},
        title={"text": one.label, "x": 0.01, "y": 0.97, "font": {"size": 14, "color": theme.GROUNDS[mode].ink}},
        xaxis=axis | {"title": {"text": across}, "type": one.scales[0]},
        yaxis=axis | {"title": {"text": up}, "type": one.scales[1]},
        coloraxis={"cmin": ends[0], "cmax": ends[1], "colorscale": scale, "colorbar": bar},
    )  # fmt: skip


def _cells(one: Searched, grid: np.ndarray, there: np.ndarray, log: bool) -> dict[str, Any]:
    """The cells of a grid `(n,)` in which settings are `there` `(n,)`; the others are left open."""
    settings, scores = one.search.settings, one.search.scores
    xs, ys = (np.unique(settings[grid, at]) for at in (0, 1))
    at = np.searchsorted(ys, settings[there, 1]), np.searchsorted(xs, settings[there, 0])
    losses = np.full((len(ys), len(xs)), np.nan)
    losses[at] = scores[there]
    with np.errstate(divide="ignore"):
        heights = np.log10(losses) if log else losses
    heights = np.where(np.isinf(heights), 0.0, heights)  # of one colour, whatever their height
    edges = {"x": edges_of(xs, one.scales[0]), "y": edges_of(ys, one.scales[1])}
    return {"type": "heatmap", "z": heights, "customdata": losses, "hoverongaps": False} | edges


def edges_of(values: np.ndarray, scale: Scale) -> np.ndarray:
    """The borders between cells, `(n + 1,)`: halfway between neighbours, on the scale."""
    at = np.log(values) if scale == "log" else values
    gaps = np.diff(at) if len(at) > 1 else np.ones(1)
    edges = np.concatenate([at[:1] - gaps[0] / 2, at[:-1] + np.diff(at) / 2, at[-1:] + gaps[-1] / 2])
    return np.exp(edges) if scale == "log" else edges
