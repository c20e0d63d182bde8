"""The Hessian's whole spectrum at the end of each run: eigenvalues by rank."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from figures import theme
from figures.plain import figure, line

FEWEST = 3  # labels that an axis needs to be read


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
    traces, shown = [], [np.zeros(0)]
    for s, look in zip(spectra, theme.styles([s.key for s in spectra])):
        values = s.eigenvalues[np.isfinite(s.eigenvalues)][::-1].astype(np.float64)
        if len(values) == 0:
            continue
        shown.append(values)
        ranks = np.arange(1, len(values) + 1, dtype=np.int32)
        traces.append(
            line(look, s.label, ranks, np.arcsinh(values / linear_within), mode)
            | {"customdata": values, "hovertemplate": f"{s.label}<br>rank %{{x}}<br>λ = %{{customdata:.6g}}<extra></extra>"}
        )
    ticks = _ticks(np.concatenate(shown), linear_within)
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


def _ticks(values: np.ndarray, least: float) -> np.ndarray:
    """Round eigenvalues to label: 0 and powers of ten from `least` on, and steps between where too few of them are in sight."""
    if not len(values):
        return np.zeros(1)
    low, high = float(values.min()), float(values.max())
    decades = 10.0 ** np.arange(np.round(np.log10(least)), np.ceil(np.log10(max(-low, high, least))) + 1)
    for parts in ((1,), (1, 2, 5)):
        above = np.outer(decades, parts).ravel()
        ticks = np.concatenate([-above[::-1], [0.0], above])
        if np.count_nonzero((low <= ticks) & (ticks <= high)) >= FEWEST:
            return np.asarray(ticks)
    rough = max((high - low) / 4, least / 10)
    power = 10.0 ** np.floor(np.log10(rough))
    step = power * next(factor for factor in (1, 2, 5, 10) if power * factor >= rough * 0.75)
    return np.asarray(step * np.arange(np.floor(low / step), np.ceil(high / step) + 1))
