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
DIVERGED, ZERO, FAR_DOWN = "diverged", "exactly 0", "below the axis"
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
    which was set before. What the axis has no place for is marked at the edge: at the top what diverged, at the bottom what
    came to exactly 0, or so near that it is rounding."""
    log = on_log([one.search for one in found])
    name = axis_label(found[0].search.names[0])
    scores = np.concatenate([one.search.scores for one in found])
    low, high = ends_of(scores, max((one.search.loss for one in found), key=abs), log)
    traces: list[dict[str, Any]] = []
    for place, (one, look) in enumerate(zip(found, theme.styles([one.key for one in found]))):
        values, losses = one.search.settings[:, 0], one.search.scores
        kinds, order = kinds_of(losses, log), np.argsort(values, kind="stable")
        said = f"{one.label}<br>{name} %{{x:.6g}}<br>"
        curve = line(
            look, one.label, values[order], np.where(kinds == "", losses, np.nan)[order], mode,
            hovertemplate=f"{said}loss %{{y:.6g}}<extra></extra>", legendgroup=one.label,
        )  # fmt: skip
        traces.append(curve | {"mode": "lines+markers", "marker": {"size": 4}})
        lost = np.where(kinds != "", kinds, np.where(log & (losses < SMALLEST), FAR_DOWN, ""))
        edges = np.where(lost == DIVERGED, 0.985 - 0.025 * place, 0.015 + 0.025 * place)
        for kind, symbol in ((DIVERGED, "x-thin-open"), (ZERO, "line-ns-open"), (FAR_DOWN, "line-ns-open")):
            at = np.flatnonzero(lost == kind)
            traces += [_marks(one, look, at, edges, kind, {"symbol": symbol, "size": 6}, said, mode)] if len(at) else []
        for at, kind in ((np.array([0]), OWN), (np.array([one.search.best]), BEST)):
            symbol = SYMBOLS.get(look.marker, look.marker) if kind == BEST else "circle-open"
            ys = edges if lost[at[0]] else None
            traces.append(_marks(one, look, at, ys, kind, {"symbol": symbol, "size": 11}, said, mode))
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


def _marks(
    one: Searched,
    look: theme.Style,
    at: np.ndarray,
    edges: np.ndarray | None,
    kind: str,
    marker: dict[str, Any],
    said: str,
    mode: theme.Mode,
) -> dict[str, Any]:
    """Settings by their places `at` `(n,)`, marked at their losses, or where `edges` `(settings,)` say, at the chart's edge."""
    losses = one.search.scores[at]
    told = [f"loss {loss:.6g}, {kind}" if kind in (OWN, BEST, FAR_DOWN) and np.isfinite(loss) else kind for loss in losses]
    trace = line(
        look, one.label, one.search.settings[at, 0], losses if edges is None else edges[at], mode, customdata=told,
        hovertemplate=f"{said}%{{customdata}}<extra></extra>", marker=marker | {"color": look.colour(mode)},
        legendgroup=one.label, showlegend=False,
    )  # fmt: skip
    return trace | {"mode": "markers"} | ({} if edges is None else {"yaxis": "y2"})


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
