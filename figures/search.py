"""The search for each optimizer's best learning rate: the loss after the budget against the rate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from figures import theme
from figures.plain import figure, line

_SYMBOLS = {"up": "triangle-up", "down": "triangle-down"}  # Plotly's names


@dataclass(frozen=True, eq=False)
class SearchCurve:
    """One optimizer's search: losses `(n,)` after the budget at learning rates `(n,)`, ascending; `best` is the rate chosen."""

    key: str
    label: str
    rates: np.ndarray
    losses: np.ndarray
    best: float


def search_figure(curves: Sequence[SearchCurve], mode: theme.Mode) -> go.Figure:
    """Both axes logarithmic; the best rate carries the optimizer's marker. Where a run diverged or ended at exactly 0 the line
    has a gap: hover tells which rates were tried."""
    traces = []
    for curve, look in zip(curves, theme.styles([c.key for c in curves])):
        drawable = np.where(np.isfinite(curve.losses) & (curve.losses > 0), curve.losses, np.nan)
        hover = f"{curve.label}<br>lr %{{x:.6g}}<br>loss %{{y:.6g}}<extra></extra>"
        traces.append(line(look, curve.label, curve.rates, drawable, mode, hovertemplate=hover))
        chosen = curve.rates == curve.best
        traces.append(
            line(look, curve.label, curve.rates[chosen], drawable[chosen], mode, hovertemplate=hover)
            | {
                "mode": "markers",
                "showlegend": False,
                "marker": {"color": look.colour(mode), "size": 11, "symbol": _SYMBOLS.get(look.marker, look.marker)},
            }
        )
    finite = np.concatenate([c.losses[np.isfinite(c.losses) & (c.losses > 0)] for c in curves]) if curves else np.ones(1)
    low = max(float(finite.min()), 1e-30) if len(finite) else 1e-30
    high = min(float(finite.max()), 1e6) if len(finite) else 1.0
    return figure(
        traces,
        mode,
        xaxis={"title": {"text": "learning rate"}, "type": "log", "exponentformat": "power"},
        yaxis={
            "title": {"text": "loss after the budget"}, "type": "log", "exponentformat": "power",
            "range": [np.log10(low) - 0.5, np.log10(high) + 0.5],
        },
    )  # fmt: skip
