"""The Hessian's whole spectrum at the end of each run: eigenvalues by rank."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from figures import theme
from figures.plain import figure, line


@dataclass(frozen=True, eq=False)
class EndSpectrum:
    """Where an optimizer ended: its eigenvalues there, `(k,)` ascending."""

    key: str
    label: str
    eigenvalues: np.ndarray


def spectrum_figure(spectra: Sequence[EndSpectrum], mode: theme.Mode, linear_within: float = 1e-3) -> go.Figure:
    """Eigenvalues from the largest down, on an arcsinh axis: logarithmic away from 0, linear within ±`linear_within`.

    Tick labels are true eigenvalues; the hover text is too.
    """
    traces, largest = [], linear_within
    for s, look in zip(spectra, theme.styles([s.key for s in spectra])):
        values = s.eigenvalues[np.isfinite(s.eigenvalues)][::-1].astype(np.float64)
        if len(values) == 0:
            continue
        largest = max(largest, float(np.abs(values).max()))
        ranks = np.arange(1, len(values) + 1, dtype=np.int32)
        traces.append(
            line(look, s.label, ranks, np.arcsinh(values / linear_within), mode)
            | {"customdata": values, "hovertemplate": f"{s.label}<br>rank %{{x}}<br>λ = %{{customdata:.6g}}<extra></extra>"}
        )
    decades = 10.0 ** np.arange(np.round(np.log10(linear_within)), np.ceil(np.log10(largest)) + 1)
    ticks = np.concatenate([-decades[::-1], [0.0], decades])
    return figure(
        traces,
        mode,
        xaxis={"title": {"text": "rank"}},
        yaxis={
            "title": {"text": "Hessian eigenvalue"},
            "tickvals": np.arcsinh(ticks / linear_within),
            "ticktext": [f"{tick:g}" for tick in ticks],
        },
    )
