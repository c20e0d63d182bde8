"""One number against what became of the runs, a line for each optimizer, with a band over the seeds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from experiments.sweeps.result import QUANTITIES, Fate, SweepResult
from figures import theme
from figures.bands import band
from figures.plain import figure, line
from figures.sweep_map import axis_label

QUANTILES = (0.1, 0.5, 0.9)


def line_sweep_figure(
    result: SweepResult,
    quantity: str,
    labels: Sequence[str],
    mode: theme.Mode,
    *,
    coordinates: Sequence[str] = ("x", "y"),
    chosen: float | None = None,
) -> go.Figure:
    """The median over the seeds, and the band from a tenth to nine tenths of them; with one seed the line alone.

    A line has a gap where half of the runs diverged or never arrived. Both axes open on what is there.
    """
    sweep = result.sweep
    looks = theme.styles([choice.key for choice in sweep.experiment.optimizers])
    bands, x = result.band(quantity, QUANTILES), result.x
    log, ends = opens_on(result, quantity)
    traces: list[dict[str, Any]] = []
    for index, (look, label) in enumerate(zip(looks, labels)):
        low, middle, high = bands[index]
        if sweep.rows > 1:
            traces.append(band(x, low, high, look.colour(mode), alpha=0.18, group=label, log=log))
        drawable = np.where(np.isfinite(middle) & ((middle > 0) | (not log)), middle, np.nan)
        name = axis_label(sweep.x.name, coordinates)
        hover = f"{label}<br>{name} %{{x:.6g}}<br>{QUANTITIES[quantity].title} %{{y:.6g}}<extra></extra>"
        traces.append(line(look, label, x, drawable, mode, hovertemplate=hover, legendgroup=label))
    yaxis: dict[str, Any] = {"title": {"text": QUANTITIES[quantity].title}}
    if ends is not None:
        low, high = ends
        room = (np.log10(high / low) if log and high > low else high - low) * 0.06 or 0.5
        ends = (np.log10(low), np.log10(high)) if log else (low, high)
        yaxis |= {"range": [ends[0] - room, ends[1] + room]}
    if log:
        yaxis |= {"type": "log", "exponentformat": "power"}
    xaxis = {"title": {"text": axis_label(sweep.x.name, coordinates)}, "type": sweep.x.scale, "exponentformat": "power"}
    rule = {"type": "line", "x0": chosen, "x1": chosen, "y0": 0, "y1": 1, "yref": "paper"}
    shapes = [] if chosen is None else [rule | {"line": {"color": theme.GROUNDS[mode].ink, "width": 1.5, "dash": "dot"}}]
    return figure(traces, mode, height=460, xaxis=xaxis, yaxis=yaxis, shapes=shapes)


def opens_on(result: SweepResult, quantity: str) -> tuple[bool, tuple[float, float] | None]:
    """Whether the axis of the quantity is logarithmic, and the numbers between which it opens; None where there are none."""
    bands = result.band(quantity, QUANTILES)
    finite = bands[np.isfinite(bands)]
    log = QUANTITIES[quantity].scale == "log" and not (finite < 0).any()
    shown = finite[finite > 0] if log else finite
    if not len(shown):
        return log, None
    return log, (max(float(shown.min()), 1e-20 if log else -np.inf), min(float(shown.max()), _roof(result, log)))


def _roof(result: SweepResult, log: bool) -> float:
    """Ten thousand times the largest loss of a run that did not leave: lines beyond are there, and zooming out shows them."""
    stayed = result.final[(result.fate != Fate.DIVERGED) & np.isfinite(result.final)]
    return float(np.abs(stayed).max()) * (1e4 if log else 10) if len(stayed) else np.inf
