"""Hessian eigenvalues along each path, and the curvature above which its learning rate is unstable."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from figures import theme
from figures.plain import figure, line


@dataclass(frozen=True, eq=False)
class Spectrum:
    """An optimizer's eigenvalues `(n, dim)` ascending along its path, and its threshold (2/lr for SGD) where it has one."""

    key: str
    label: str
    eigenvalues: np.ndarray
    threshold: float | None


def eigenvalues_figure(spectra: Sequence[Spectrum], mode: theme.Mode) -> go.Figure:
    """λ_max above, with each threshold as a dashed line in its optimizer's colour; λ_min below. Linear axes, true values."""
    traces = []
    for s in spectra:
        steps = np.arange(len(s.eigenvalues), dtype=np.int32)
        top = np.where(np.isfinite(s.eigenvalues[:, -1]), s.eigenvalues[:, -1], np.nan)
        low = np.where(np.isfinite(s.eigenvalues[:, 0]), s.eigenvalues[:, 0], np.nan)
        traces.append(line(s.key, s.label, steps, top, mode, legendgroup=s.key))
        traces.append(line(s.key, s.label, steps, low, mode, legendgroup=s.key, showlegend=False, yaxis="y2"))
        if s.threshold is not None:
            level = np.array([s.threshold, s.threshold])
            trace = line(s.key, f"{s.label}: unstable above", steps[[0, -1]], level, mode, legendgroup=s.key)
            trace["line"] = trace["line"] | {"dash": "dash", "width": 1.4}
            traces.append(trace | {"showlegend": False})
    return figure(
        traces,
        mode,
        height=420,
        xaxis={"title": {"text": "step"}, "anchor": "y2"},
        yaxis={"title": {"text": "λ<sub>max</sub>"}, "domain": [0.47, 1], "exponentformat": "power"},
        yaxis2={"title": {"text": "λ<sub>min</sub>"}, "domain": [0, 0.4], "exponentformat": "power"},
    )
