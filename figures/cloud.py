"""The cloud: where hundreds of noisy runs are, as a density that plays, and the quantiles of their loss."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
import plotly.graph_objects as go

from experiments.sweeps.cloud import QUANTILES, CloudResult
from figures import theme
from figures.bands import band
from figures.cell_map import CellMap, ColourBar, Film, MapAxis, MapLine, MapMark, MapPanel
from figures.contours import contours
from figures.plain import figure, line

COLOURS = 200
PALETTE: Mapping[theme.Mode, tuple[str, ...]] = MappingProxyType(
    {mode: (theme.GROUNDS[mode].paper, *theme.ramp(theme.DENSITY[mode], COLOURS)) for mode in theme.GROUNDS}
)


def cloud_map(
    result: CloudResult,
    labels: Sequence[str],
    heights: np.ndarray | None,
    *,
    coordinates: Sequence[str],
    minima: Sequence[Sequence[float]] = (),
    start: Sequence[float] = (),
    title: str = "",
) -> CellMap:
    """A film with one panel for each optimizer: how many runs are in each cell, on a log scale that all share.

    heights `(n, n)` are losses over the cloud's window, whose iso-lines are drawn; None for none.
    """
    cloud = result.cloud
    window = cloud.window or ()
    axes = [_axis(name, low, high, cloud.cells) for name, (low, high) in zip(coordinates, window)]
    flat = len(axes) == 1
    lines = () if flat or heights is None else _isolines(heights, cloud.cells)
    marks = [MapMark("minimum", "minimum", *_place(axes, place)) for place in minima]
    marks += [MapMark("start", "start", *_place(axes, start))] if len(start) else []
    inside = tuple(m for m in marks if -0.5 <= m.x <= cloud.cells - 0.5 and (flat or -0.5 <= m.y <= cloud.cells - 0.5))
    most = int(result.density.max(initial=1))
    panels = tuple(
        MapPanel(
            label,
            result.density[i],
            note=f"{int(result.outside[i, -1])} of {cloud.runs} end outside" if result.outside[i, -1] else "",
            lines=(*lines, *(() if flat else _mean(result.mean[i], axes))),
            marks=inside,
        )
        for i, label in enumerate(labels)
    )
    return CellMap(
        of=cloud.key,
        key=cloud.key,
        title=title,
        x=axes[0],
        y=None if flat else axes[1],
        panels=panels,
        palette=PALETTE,
        bar=ColourBar(f"Runs in a cell, of {cloud.runs}", 1.0, float(max(most, 2)), "log", 1, COLOURS),
        equal=not flat,
        choosable=False,
        film=Film(result.frames, code_of(most, cloud.runs)),
    )


def code_of(most: int, runs: int) -> np.ndarray:
    """The colour of each count up to `runs`: 0 is the ground, and the scale ends at `most`, the largest there is."""
    counts = np.arange(1, runs + 1)
    share = np.log(counts) / np.log(max(most, 2))
    return np.concatenate([[0], 1 + np.clip(np.floor(share * COLOURS), 0, COLOURS - 1)]).astype(np.uint8)


def _axis(name: str, low: float, high: float, cells: int) -> MapAxis:
    """A window's side: the values are the middles of its cells."""
    half = (high - low) / cells / 2
    return MapAxis(name, low + half, high - half, cells)


def _place(axes: Sequence[MapAxis], place: Sequence[float]) -> tuple[float, float]:
    found = [float(axis.cell_of(v)) for axis, v in zip(axes, place)]
    return found[0], found[1] if len(found) > 1 else 0.0


def _isolines(heights: np.ndarray, cells: int) -> tuple[MapLine, ...]:
    """Losses evenly spaced on a log scale above the lowest one; a height map's outer nodes lie on the window's edges."""
    values = heights.astype(float)
    above = values - np.nanmin(values)
    finite = above[np.isfinite(above) & (above > 0)]
    if not len(finite):
        return ()
    places = np.linspace(-0.5, cells - 0.5, values.shape[0])
    levels = [float(v) for v in np.geomspace(np.quantile(finite, 0.02), np.quantile(finite, 0.98), 7)]
    return tuple(MapLine("equal loss", xs, ys, "faint") for _, xs, ys in contours(above, levels, places))


def _mean(mean: np.ndarray, axes: Sequence[MapAxis]) -> tuple[MapLine, ...]:
    xs, ys = (axis.cell_of(mean[:, i]) for i, axis in enumerate(axes))
    return (MapLine("mean of the runs", xs, ys, "path"),) if np.isfinite(xs).any() else ()


def cloud_losses_figure(result: CloudResult, labels: Sequence[str], mode: theme.Mode) -> go.Figure:
    """The median loss, and bands from a quarter to three quarters of the runs and from one twentieth to nineteen."""
    keys = [choice.key for choice in result.cloud.experiment.optimizers]
    steps = np.arange(result.loss.shape[2])
    log = not (result.loss < 0).any()
    traces: list[dict[str, Any]] = []
    middle = QUANTILES.index(0.5)
    for i, (look, label) in enumerate(zip(theme.styles(keys), labels)):
        quantiles = result.loss[i]
        for k in range(middle):
            low, high = quantiles[k], quantiles[-1 - k]
            traces.append(band(steps, low, high, look.colour(mode), alpha=0.14 + 0.1 * k, group=label, log=log))
        shown = np.where(np.isfinite(quantiles[middle]) & ((quantiles[middle] > 0) | (not log)), quantiles[middle], np.nan)
        traces.append(line(look, label, steps, shown, mode, legendgroup=label))
    finite = result.loss[np.isfinite(result.loss) & ((result.loss > 0) | (not log))]
    yaxis: dict[str, Any] = {"title": {"text": "loss"}}
    if log and len(finite):
        start = float(np.nanmax(result.loss[:, :, 0]))
        low, high = max(float(finite.min()), 1e-16), min(float(finite.max()), 1e4 * max(start, 1e-12))
        yaxis |= {"type": "log", "exponentformat": "power", "range": [np.log10(low) - 0.3, np.log10(high) + 0.3]}
    return figure(traces, mode, height=360, xaxis={"title": {"text": "step"}}, yaxis=yaxis)
