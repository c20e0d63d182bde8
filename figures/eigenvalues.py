"""Hessian eigenvalues along each path, and the curvature above which its learning rate is unstable."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

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
    """λ_max above, with each threshold as a dashed line in its optimizer's colour; λ_min below. Linear axes, true values.

    A run that flies off would flatten all others: the axes then open on what lies within a thousand times the largest start,
    its line leaves the picture, and zooming out shows it whole.
    """
    traces = []
    for index, (s, look) in enumerate(zip(spectra, theme.styles([s.key for s in spectra]))):
        steps = np.arange(len(s.eigenvalues), dtype=np.int32)
        top = np.where(np.isfinite(s.eigenvalues[:, -1]), s.eigenvalues[:, -1], np.nan)
        low = np.where(np.isfinite(s.eigenvalues[:, 0]), s.eigenvalues[:, 0], np.nan)
        traces.append(line(look, s.label, steps, top, mode, legendgroup=str(index)))
        traces.append(line(look, s.label, steps, low, mode, legendgroup=str(index), showlegend=False, yaxis="y2"))
        if s.threshold is not None:
            level = np.array([s.threshold, s.threshold])
            trace = line(look, f"{s.label}: unstable above", steps[[0, -1]], level, mode, legendgroup=str(index))
            trace["line"] = trace["line"] | {"dash": "dash", "width": 1.4}
            traces.append(trace | {"showlegend": False})
    return figure(
        traces,
        mode,
        height=420,
        xaxis={"title": {"text": "step"}, "anchor": "y2"},
        yaxis={
            "title": {"text": "λ<sub>max</sub>"},
            **_window([s.eigenvalues[:, -1] for s in spectra], up=True),
            "domain": [0.47, 1],
            "exponentformat": "power",
        },
        yaxis2={
            "title": {"text": "λ<sub>min</sub>"},
            **_window([s.eigenvalues[:, 0] for s in spectra], up=False),
            "domain": [0, 0.4],
            "exponentformat": "power",
        },
    )


def _window(traces: Sequence[np.ndarray], up: bool) -> dict[str, Any]:
    """The range an axis opens on, where some value lies far beyond the first ones; else nothing, and Plotly fits all."""
    values = np.concatenate([t[np.isfinite(t)] for t in traces]) if traces else np.empty(0)
    bound = 1e3 * max((abs(float(t[0])) for t in traces if len(t) and np.isfinite(t[0])), default=0.0)
    near = values[np.abs(values) <= bound]
    if len(near) == len(values) or not len(near):
        return {}
    low, high = (min(0.0, near.min()), near.max()) if up else (near.min(), max(0.0, near.max()))
    margin = 0.05 * max(high - low, abs(high), 1e-12)
    return {"range": [float(low - margin), float(high + margin)]}
