"""Shaded bands between two lines, such as quantiles of many runs."""

from __future__ import annotations

from typing import Any

import numpy as np

FAR = 1e290  # off any chart, and still a number that Plotly can draw towards


def band(
    x: np.ndarray, low: np.ndarray, high: np.ndarray, colour: str, *, alpha: float, group: str, log: bool
) -> dict[str, Any]:
    """The ground between `low` and `high` `(n,)` at `x`: one closed shape for each piece on which `low` is a number.

    Where `high` is infinite the band leaves the chart at the top; on a log axis it leaves it at the bottom where `low` is 0.
    """
    top = np.where(np.isnan(high), np.nan, np.minimum(high, FAR))
    base = np.where(low > 0, low, 1 / FAR) if log else np.maximum(low, -FAR)
    there = np.isfinite(low) & ~np.isnan(top)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], there, [False]]).astype(int)))
    gap = np.array([np.nan])
    xs: list[np.ndarray] = []
    ys: list[np.ndarray] = []
    for start, end in edges.reshape(-1, 2):
        xs += [x[start:end], x[start:end][::-1], gap]
        ys += [base[start:end], top[start:end][::-1], gap]
    x, y = (np.concatenate(parts) if parts else np.empty(0) for parts in (xs, ys))
    return {
        "type": "scatter", "mode": "lines", "x": x, "y": y,
        "line": {"width": 0}, "fill": "toself", "fillcolor": faded(colour, alpha), "hoverinfo": "skip", "showlegend": False,
        "legendgroup": group,
    }  # fmt: skip


def faded(colour: str, alpha: float) -> str:
    return f"rgba({', '.join(str(int(colour[i : i + 2], 16)) for i in (1, 3, 5))}, {alpha:g})"
