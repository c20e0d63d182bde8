"""The search for the best setting over one hyperparameter: the loss where the budget ends, a curve for each optimizer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from experiments.tune import Search
from figures import theme
from figures.colouring import SMALLEST
from figures.plain import figure, line
from figures.sweep_map import axis_label
from landscapes.ranges import Scale

ROOF = 10.0  # times the loss at the start: what is above it is off the chart, and there when one zooms out
SYMBOLS = {"up": "triangle-up", "down": "triangle-down"}  # Plotly's names
BEST, OWN = "best setting", "as it was set"
DIVERGED, ZERO = "diverged", "exactly 0"
HEIGHT = 360


@dataclass(frozen=True, eq=False)
class Searched:
    """One optimizer's search, with its key and its name; `scales` are those of the hyperparameters that were searched."""

    key: str
    label: str
    search: Search
    scales: tuple[Scale, ...]


def search_figure(found: Sequence[Searched], mode: theme.Mode) -> go.Figure:
    """Searches of one hyperparameter, the same in all of them. A dot is a setting, the large one the best, the open one that
    which was set before. What a log scale has no place for is marked at the edge: at the top what diverged, at the bottom what
    came to exactly 0."""
    log = on_log([one.search for one in found])
    name = axis_label(found[0].search.names[0])
    traces: list[dict[str, Any]] = []
    for place, (one, look) in enumerate(zip(found, theme.styles([one.key for one in found]))):
        values, losses = one.search.settings[:, 0], one.search.scores
        kinds, order = kinds_of(losses, log), np.argsort(values, kind="stable")
        shared = {"legendgroup": one.label, "showlegend": False, "mode": "markers"}
        said = f"{one.label}<br>{name} %{{x:.6g}}<br>"
        drawn = np.where(kinds == "", losses, np.nan)
        curve = line(look, one.label, values[order], drawn[order], mode, hovertemplate=f"{said}loss %{{y:.6g}}<extra></extra>")
        traces.append(curve | {"legendgroup": one.label, "mode": "lines+markers", "marker": {"size": 4}})
        for at, kind in ((0, OWN), (one.search.best, BEST)):
            symbol = SYMBOLS.get(look.marker, look.marker) if kind == BEST else "circle-open"
            marker = {"color": look.colour(mode), "size": 11, "symbol": symbol}
            told = f"{said}loss %{{y:.6g}}, {kind}<extra></extra>"
            point = line(look, one.label, values[at : at + 1], drawn[at : at + 1], mode, hovertemplate=told, marker=marker)
            traces.append(point | shared)
        for kind, edge, inwards, symbol in ((DIVERGED, 0.985, -0.025, "x-thin-open"), (ZERO, 0.015, 0.025, "line-ns-open")):
            xs = values[kinds == kind]
            marker = {"color": look.colour(mode), "size": 6, "symbol": symbol}
            told = f"{said}{kind}<extra></extra>"
            rug = line(look, one.label, xs, np.full(len(xs), edge + inwards * place), mode, hovertemplate=told, marker=marker)
            traces += [rug | shared | {"yaxis": "y2"}] if len(xs) else []
    scores = np.concatenate([one.search.scores for one in found])
    low, high = ends_of(scores, max((one.search.loss for one in found), key=abs), log)
    room = 0.08 * (high - low) or 0.5
    scale = "log" if all(one.scales[0] == "log" for one in found) else "linear"
    return figure(
        traces, mode, height=HEIGHT,
        xaxis={"title": {"text": name}, "type": scale, "exponentformat": "power"},
        yaxis={
            "title": {"text": "loss where the budget ends"}, "range": [low - room, high + room], "exponentformat": "power",
            "type": "log" if log else "linear",
        },
        yaxis2={"overlaying": "y", "range": [0, 1], "visible": False, "fixedrange": True},
    )  # fmt: skip


def on_log(searches: Sequence[Search]) -> bool:
    """Whether a log scale can show the losses: where none is below 0."""
    return all((search.scores >= 0).all() for search in searches)


def kinds_of(scores: np.ndarray, log: bool) -> np.ndarray:
    """What a scale has no place for, in a word, and "" for the rest, `(n,)`."""
    return np.where(~np.isfinite(scores), DIVERGED, np.where((scores == 0) & log, ZERO, ""))


def ends_of(scores: np.ndarray, first: float, log: bool) -> tuple[float, float]:
    """From where to where losses are shown; on a log scale, decimal logarithms. Not above `ROOF` times that at the start."""
    losses = scores[kinds_of(scores, log) == ""]
    if not len(losses):
        return -1.0, 1.0
    low = max(float(losses.min()), SMALLEST) if log else float(losses.min())
    high = max(low, min(float(losses.max()), ROOF * abs(first) if first else np.inf))
    return (float(np.log10(low)), float(np.log10(high))) if log else (low, high)
