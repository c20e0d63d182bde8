"""Charts of how far a slice can be trusted: paths against their shadows, and the same window with other seeds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from experiments.grids.trust import PathTrust, SeedTrust
from figures import theme
from figures.plain import figure, line, log_axis


def path_losses_figure(
    paths: Sequence[PathTrust], keys: Sequence[str], labels: Sequence[str], steps: np.ndarray, mode: theme.Mode
) -> go.Figure:
    """Of every path the loss where it truly is, solid, and the loss that the slice shows under its shadow, dotted."""
    losses = [values for path in paths for values in (path.true_loss, path.plane_loss)]
    traces: list[dict[str, Any]] = []
    for path, look, label in zip(paths, theme.styles(keys), labels):
        for values, dash, what in ((path.true_loss, "solid", ""), (path.plane_loss, "dot", ", on the slice")):
            traced = line(look, f"{label}{what}", steps, _above(values), mode)
            traces.append(traced | {"line": {**traced["line"], "dash": dash}, "showlegend": not what, "legendgroup": label})
    return figure(
        traces, mode, height=300, xaxis={"title": {"text": "step"}}, yaxis=log_axis("Loss: true, and on the slice", *losses)
    )


def seeds_figure(seeds: SeedTrust, mode: theme.Mode, axis: str) -> go.Figure:
    """The loss along the first axis through the middle of the window, a line for each seed; the first is the one on show."""
    ink, middle = theme.GROUNDS[mode].ink, seeds.loss.shape[1] // 2
    traces: list[dict[str, Any]] = []
    for index, (seed, loss) in enumerate(zip(seeds.seeds, seeds.loss[:, middle])):
        colour = theme.MINIMA[mode][4] if index == 0 else ink
        traces.append(
            {"type": "scatter", "mode": "lines+markers", "name": f"seed {seed}", "x": seeds.x, "y": _above(loss)}
            | {"line": {"color": colour, "width": 2.6 if index == 0 else 1.2}, "opacity": 1.0 if index == 0 else 0.55}
            | {"hovertemplate": f"seed {seed}<br>{axis} %{{x:.4g}}<br>%{{y:.5g}}<extra></extra>"}
        )
    return figure(traces, mode, height=300, xaxis={"title": {"text": axis}}, yaxis=log_axis("Loss", seeds.loss[:, middle]))


def _above(values: np.ndarray) -> np.ndarray:
    """What a log axis can show."""
    return np.where(np.isfinite(values) & (values > 0), values, np.nan)
