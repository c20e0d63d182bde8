"""What all Plotly figures share: fonts, axes and grounds from the theme, and lines with an optimizer's colour and dash."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go

from figures import theme


def line(look: theme.Style, label: str, x: np.ndarray, y: np.ndarray, mode: theme.Mode, **more: Any) -> dict[str, Any]:
    """A trace in the optimizer's colour and dash. Arrays travel as typed bytes: never pass lists."""
    pen = {"color": look.colour(mode), "dash": look.dash, "width": 2.2}
    hover = f"{label}<br>step %{{x}}<br>%{{y:.6g}}<extra></extra>"
    return {"type": "scatter", "mode": "lines", "name": label, "x": x, "y": y, "line": pen, "hovertemplate": hover} | more


def log_axis(title: str, *values: np.ndarray) -> dict[str, Any]:
    """A logarithmic axis for these values: of few decades 1, 2 and 5 are labelled, of many only the powers of ten."""
    above = np.concatenate([value[np.isfinite(value) & (value > 0)] for value in map(np.ravel, values)] or [np.ones(1)])
    few = len(above) > 0 and float(np.log10(above.max() / above.min())) < 3
    return {"title": {"text": title}, "type": "log", "exponentformat": "power"} | ({"dtick": "D2"} if few else {})


def figure(traces: list[dict[str, Any]], mode: theme.Mode, height: int = 340, **layout: Any) -> go.Figure:
    """A figure on the theme's ground, with a horizontal legend on top; axes are set by `x_title` and `y_title` in `layout`."""
    ground = theme.GROUNDS[mode]
    grid = "rgba(128,140,150,0.22)"
    axis = {"gridcolor": grid, "zeroline": False, "linecolor": ground.ink, "automargin": True}
    base = {
        "height": height,
        "margin": {"l": 8, "r": 8, "t": 36, "b": 8},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": theme.FONT, "color": ground.ink, "size": 13},
        "hoverlabel": {"font": {"family": theme.FONT}},
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "font": {"size": 12}},
        "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": grid.replace("0.22", "0.6"), "activecolor": ground.ink},
        "uirevision": "keep",
    }
    axes = {name: axis | layout.pop(name, {}) for name in ("xaxis", "yaxis")}
    others = {name: axis | layout[name] for name in layout if name.startswith(("xaxis", "yaxis"))}
    return go.Figure(data=traces, layout=base | axes | layout | others)
