"""What a network decides for every input of two numbers, and what it predicts for every input of one."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go

from experiments.grids.look import Decisions, Fit
from figures import theme
from figures.plain import figure

SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross")  # of classes, beside their colours
PALEST, FULLEST = 0.12, 0.62  # shares of a class's colour where the network is least and most sure


def decisions_figure(found: Decisions, mode: theme.Mode) -> go.Figure:
    """The chosen class at every input, paler where the network is less sure; test samples in the colours of their labels.

    A sample in an area of another colour is one that the network gets wrong.
    """
    hues, ground = theme.MINIMA[mode], theme.GROUNDS[mode]
    classes = sorted({*np.unique(found.labels).tolist(), *np.unique(found.guess[found.guess >= 0]).tolist()})
    floor = 1 / max(len(classes), 2)  # as sure as a guess
    sure = np.nan_to_num((found.probability - floor) / (1 - floor), nan=0.6)
    places = np.full(found.guess.shape, np.nan)  # the class's place, and behind the point how sure the network is
    scale: list[tuple[float, str]] = []
    for place, label in enumerate(classes):
        here, hue = found.guess == label, hues[int(label) % len(hues)]
        places[here] = place + np.clip(sure[here], 0.0, 0.999)
        ends = (theme.towards(ground.paper, hue, PALEST), theme.towards(ground.paper, hue, FULLEST))
        scale += [((place + end) / len(classes), colour) for end, colour in enumerate(ends)]
    traces: list[dict[str, Any]] = [
        {"type": "heatmap", "x": found.x, "y": found.y, "z": places, "zmin": 0, "zmax": len(classes), "colorscale": scale}
        | {"showscale": False, "hoverinfo": "skip"}
    ]
    for label in classes:
        mine = found.labels == label
        mark = {"color": hues[int(label) % len(hues)], "symbol": SYMBOLS[int(label) % len(SYMBOLS)], "size": 8}
        mark |= {"line": {"color": ground.ink, "width": 1}}
        traces.append(
            {"type": "scatter", "mode": "markers", "name": f"class {label}", "marker": mark}
            | {"x": found.points[mine, 0], "y": found.points[mine, 1]}
            | {"hovertemplate": f"class {label}<br>%{{x:.4g}}, %{{y:.4g}}<extra></extra>"}
        )
    wide, tall = ((float(axis[0]), float(axis[-1])) for axis in (found.x, found.y))
    return figure(
        traces,
        mode,
        height=420,
        xaxis={"title": {"text": "input 1"}, "range": wide, "showgrid": False, "constrain": "domain"},
        yaxis={"title": {"text": "input 2"}, "range": tall, "showgrid": False, "scaleanchor": "x"},
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
