"""What a network decides for every input of two numbers, and what it predicts for every input of one."""

from __future__ import annotations

from base64 import b64encode
from io import BytesIO
from typing import Any

import numpy as np
import plotly.graph_objects as go
from PIL import Image

from experiments.grids.look import Decisions, Fit
from figures import theme
from figures.plain import figure

SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross")  # of classes, beside their colours


def decisions_figure(found: Decisions, mode: theme.Mode) -> go.Figure:
    """The chosen class at every input, paler where the network is less sure; test samples in the colours of their labels.

    A sample in an area of another colour is one that the network gets wrong.
    """
    hues, paper = theme.MINIMA[mode], theme.GROUNDS[mode].paper
    classes = sorted({*np.unique(found.labels).tolist(), *np.unique(found.guess[found.guess >= 0]).tolist()})
    picture = np.zeros((*found.guess.shape, 3), np.uint8)
    picture[:] = _rgb(theme.GROUNDS[mode].outside)
    floor = 1 / max(len(classes), 1)
    for label in classes:
        here = found.guess == label
        sure = np.nan_to_num((found.probability[here] - floor) / (1 - floor) if floor < 1 else 1.0, nan=0.6)
        share = np.clip(0.12 + 0.5 * sure, 0.12, 0.62)[:, None]
        picture[here] = (1 - share) * _rgb(paper) + share * _rgb(hues[int(label) % len(hues)])
    step = [float(np.diff(axis[:2])[0]) for axis in (found.x, found.y)]
    traces: list[dict[str, Any]] = [
        {
            "type": "image",
            "source": _png(picture),
            "x0": float(found.x[0]),
            "dx": step[0],
            "y0": float(found.y[0]),
            "dy": step[1],
        }
        | {"hoverinfo": "skip"}
    ]
    for label in classes:
        mine = found.labels == label
        mark = {"color": hues[int(label) % len(hues)], "symbol": SYMBOLS[int(label) % len(SYMBOLS)], "size": 8}
        mark |= {"line": {"color": theme.GROUNDS[mode].ink, "width": 1}}
        traces.append(
            {"type": "scatter", "mode": "markers", "name": f"class {label}", "marker": mark}
            | {"x": found.points[mine, 0], "y": found.points[mine, 1]}
            | {"hovertemplate": f"class {label}<br>%{{x:.4g}}, %{{y:.4g}}<extra></extra>"}
        )
    ends = [(float(axis[0]), float(axis[-1])) for axis in (found.x, found.y)]
    return figure(
        traces,
        mode,
        height=420,
        xaxis={"title": {"text": "input 1"}, "range": ends[0], "showgrid": False, "constrain": "domain"},
        yaxis={"title": {"text": "input 2"}, "range": ends[1], "showgrid": False, "scaleanchor": "x"},
    )


def fit_figure(found: Fit, mode: theme.Mode) -> go.Figure:
    """The network's outputs over its one input, and the test samples."""
    hues, ink = theme.MINIMA[mode], theme.GROUNDS[mode].ink
    traces: list[dict[str, Any]] = []
    for k in range(found.outputs.shape[1]):
        name = "network" if found.outputs.shape[1] == 1 else f"network, output {k + 1}"
        pen = {"color": hues[4 + k % 2], "width": 2.4}
        traces.append({"type": "scatter", "mode": "lines", "name": name, "x": found.x, "y": found.outputs[:, k], "line": pen})
        marks = {"color": ink, "size": 5, "opacity": 0.55}
        points = {"type": "scatter", "mode": "markers", "name": "test samples", "x": found.points, "y": found.labels[:, k]}
        traces.append(points | {"marker": marks, "showlegend": k == 0})
    return figure(traces, mode, height=360, xaxis={"title": {"text": "input"}}, yaxis={"title": {"text": "output"}})


def _png(picture: np.ndarray) -> str:
    """A picture as an address that holds it: nested lists of numbers would be ten times as long."""
    file = BytesIO()
    Image.fromarray(picture).save(file, "PNG")
    return f"data:image/png;base64,{b64encode(file.getvalue()).decode()}"


def _rgb(colour: str) -> np.ndarray:
    return np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)])
