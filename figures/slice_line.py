"""A quantity along a line through parameter space: training and test samples, and the points that the line is about."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from figures import theme
from figures.plain import figure, log_axis
from figures.sliced import HUES, Along, Mark


def slice_line_figure(
    curves: Sequence[Along],
    mode: theme.Mode,
    title: str,
    axis: str,
    *,
    log: bool = False,
    level: tuple[float, str] | None = None,
    marks: Sequence[Mark] = (),
    chosen: float | None = None,
) -> go.Figure:
    """The curves as they are. A log axis leaves gaps where values are not above 0; `level` is a value with its words."""
    ground, traces = theme.GROUNDS[mode], []
    for curve in curves:
        values = np.where(np.isfinite(curve.values) & ((curve.values > 0) | (not log)), curve.values, np.nan)
        pen = {"color": theme.MINIMA[mode][HUES[curve.slice]], "dash": "dash" if curve.test else "solid", "width": 2.4}
        hover = f"{curve.label}<br>{axis} %{{x:.5g}}<br>%{{y:.6g}}<extra></extra>"
        traces.append(
            {"type": "scatter", "mode": "lines", "name": curve.label, "x": curve.places, "y": values, "line": pen}
            | {"hovertemplate": hover}
        )
    shapes: list[dict[str, Any]] = [_upright(mark.place, ground.ink, "dot", 1.0) for mark in marks]
    shapes += [] if chosen is None else [_upright(chosen, ground.ink, "solid", 1.4)]
    notes: list[dict[str, Any]] = [
        {"x": mark.place, "y": 1, "yref": "paper", "yanchor": "top", "text": mark.label, "showarrow": False, "textangle": -90}
        | {"xanchor": "right", "font": {"size": 11}}
        for mark in marks
    ]
    if level is not None:
        pen = {"color": ground.ink, "width": 1.2, "dash": "dash"}
        shapes.append({"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": level[0], "y1": level[0], "line": pen})
        note = {"xref": "paper", "x": 1, "xanchor": "right", "yanchor": "bottom", "text": level[1], "showarrow": False}
        notes.append(note | {"y": float(np.log10(level[0])) if log else level[0], "font": {"size": 11}})
    yaxis = log_axis(title, *(curve.values for curve in curves)) if log else {"title": {"text": title}}
    return figure(traces, mode, height=360, xaxis={"title": {"text": axis}}, yaxis=yaxis, shapes=shapes, annotations=notes)


def _upright(at: float, colour: str, dash: str, width: float) -> dict[str, Any]:
    pen = {"color": colour, "dash": dash, "width": width}
    return {"type": "line", "x0": at, "x1": at, "yref": "paper", "y0": 0, "y1": 1, "line": pen}
