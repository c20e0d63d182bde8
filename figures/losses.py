"""Loss and other quantities of runs against what they cost, one line per run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from figures import theme
from figures.plain import figure, line


@dataclass(frozen=True, eq=False)
class Curve:
    """A named line: an optimizer's key (its colour) and label, values `(n,)` at steps `(n,)`, or at another cost."""

    key: str
    label: str
    steps: np.ndarray
    values: np.ndarray


def losses_figure(
    curves: Sequence[Curve], mode: theme.Mode, title: str = "Loss", log: bool | None = None, against: str = "step"
) -> go.Figure:
    """The curves as they are; on a log axis when no finite value is negative, unless `log` says otherwise.

    Values that are infinite or NaN leave a gap; a log axis cannot show exact zeros, so the line ends there too. The axis
    opens on what can be told apart, 1e-16 to ten thousand times the start; lines beyond are there, and zooming out shows them.
    """
    if log is None:
        finite = np.concatenate([c.values[np.isfinite(c.values)] for c in curves]) if curves else np.ones(1)
        log = bool((finite >= 0).all() and (finite > 0).any())
    axis: dict[str, Any] = {}
    if log:
        low, high = _window(curves)
        axis = {"type": "log", "exponentformat": "power", "range": [low, high]}
        axis |= {"dtick": "D2"} if high - low < 3 else {}  # few decades: label 1, 2 and 5 of each
    traces = [
        line(look, c.label, c.steps, _drawable(c.values, log), mode, **_hover(c.label, against))
        for c, look in zip(curves, theme.styles([c.key for c in curves]))
    ]
    return figure(
        traces,
        mode,
        xaxis={"title": {"text": against}},
        yaxis={"title": {"text": title}} | axis,
    )


def above(curves: Sequence[Curve]) -> list[int]:
    """Which curves have finite values above the logarithmic axis that `losses_figure` opens on."""
    if not curves:
        return []
    top = 10.0 ** _window(curves)[1]
    return [i for i, c in enumerate(curves) if (np.isfinite(c.values) & (c.values > top)).any()]


def _hover(label: str, against: str) -> dict[str, str]:
    return {"hovertemplate": f"{label}<br>{against} %{{x}}<br>%{{y:.6g}}<extra></extra>"}


def _window(curves: Sequence[Curve]) -> list[float]:
    """Exponents that the log axis opens on."""
    values = np.concatenate([_drawable(c.values, True) for c in curves]) if curves else np.ones(1)
    first = np.nanmax([c.values[0] for c in curves]) if curves else 1.0
    low, high = max(np.nanmin(values), 1e-16), min(np.nanmax(values), 1e4 * max(first, 1e-12))
    margin = 0.05 * max(np.log10(high / low), 1)
    return [float(np.log10(low) - margin), float(np.log10(high) + margin)]


def _drawable(values: np.ndarray, log: bool) -> np.ndarray:
    return np.where(np.isfinite(values) & ((values > 0) | (not log)), values, np.nan)
