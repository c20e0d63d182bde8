"""Quantities against steps: the loss, and the Hessian's extreme eigenvalues with each learning rate's limit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import LogFormatterMathtext, LogLocator

from figures.print.numbers import by_step, ticks
from figures.print.sheet import DASHES, EVEN, MARKERS, Box, Sheet
from figures.theme import Style

if TYPE_CHECKING:
    from figures.eigenvalues import Spectrum
    from figures.losses import Curve


class Trace(NamedTuple):
    """A run's values `(n,)` at steps `(n,)`, and a level that is drawn across in its colour."""

    label: str
    steps: np.ndarray
    values: np.ndarray
    level: float | None = None


def loss_traces(curves: Sequence[Curve]) -> list[Trace]:
    return [Trace(c.label, c.steps, c.values) for c in curves]


def is_log(traces: Sequence[Trace]) -> bool:
    """Whether losses stand on a log axis: no finite one is negative, and one is positive."""
    values = np.concatenate([t.values[np.isfinite(t.values)] for t in traces])
    return bool((values >= 0).all() and (values > 0).any())


def loss_range(traces: Sequence[Trace]) -> tuple[float, float]:
    """What the loss axis shows: on a log axis 1e-16 to ten thousand times the start, else up to a hundred times what is usual.

    What lies beyond is marked at the rim.
    """
    values = np.concatenate([t.values[np.isfinite(t.values)] for t in traces])
    first = max((float(t.values[0]) for t in traces if np.isfinite(t.values[0])), default=1.0)
    if not is_log(traces):
        usual = max(1e-12, abs(first), float(np.median(np.abs(values)))) if len(values) else 1.0
        near = values[np.abs(values) <= 100 * usual] if len(values) else np.array([0.0, 1.0])
        margin = 0.05 * max(float(near.max() - near.min()), 1e-6 * usual)
        return float(near.min()) - margin, float(near.max()) + margin
    values = values[values > 0]
    low = max(float(values.min()), 1e-16)
    high = max(min(float(values.max()), 1e4 * max(first, 1e-12)), low * 1.01)
    margin = 10 ** (0.05 * max(np.log10(high / low), 1))
    return low / margin, high * margin


def curvature_range(traces: Sequence[Trace], *, up: bool) -> tuple[float, float]:
    """What an eigenvalue axis shows: 0, what most values are, three times that, and levels within ten times it.

    A run that flies off would flatten all others; it is marked at the rim.
    """
    values = np.concatenate([t.values[np.isfinite(t.values)] for t in traces])
    first = max((abs(float(t.values[0])) for t in traces if np.isfinite(t.values[0])), default=0.0)
    most = 3 * float(np.percentile(np.abs(values), 98)) if len(values) else 1.0
    bound = max(10 * first, min(1e3 * first, most) if first else most)
    levels = [t.level for t in traces if t.level is not None and t.level <= bound]
    near = [*values[np.abs(values) <= bound], *levels, 0.0]
    low, high = float(min(near)), float(max(near))
    high = high if high > low else low + 1
    margin = 0.06 * (high - low)
    return low - (margin if low < 0 or not up else 0), high + margin


def draw_traces(
    sheet: Sheet,
    box: Box,
    traces: Sequence[Trace],
    style: Mapping[str, Style],
    limits: tuple[float, float],
    *,
    log: bool,
    steps: bool,
    time: float = np.inf,
) -> Axes:
    """Lines in their runs' colours and dashes, a few markers along each, and triangles at the rim where one goes beyond it.

    `steps`: whether the axis of steps is labelled.
    """
    em = sheet.em
    last = max((float(t.steps[-1]) for t in traces if len(t.steps)), default=1.0)
    across = (0.0, max(last, 1.0))
    axes = sheet.axes(box, across, limits)
    _grid(sheet, axes, box, across, limits, log, steps)
    for index, trace in enumerate(traces):
        look = style[trace.label]
        colour = look.colour(sheet.look.mode)
        shown = np.isfinite(trace.values) & ((trace.values > 0) | (not log))
        values = np.where(shown, trace.values, np.nan)
        if trace.level is not None and limits[0] <= trace.level <= limits[1]:
            axes.axhline(trace.level, color=colour, linewidth=0.1 * em, linestyle=(0, (6, 3)), zorder=1.5)
        axes.plot(
            trace.steps, values, color=colour, linewidth=0.165 * em, linestyle=DASHES[look.dash], solid_joinstyle="round",
            zorder=2, clip_on=True,
        )  # fmt: skip
        inside = shown & (trace.values >= limits[0]) & (trace.values <= limits[1])
        at = marked(inside, index / len(traces))
        axes.plot(
            trace.steps[at], values[at], linestyle="none", marker=MARKERS[look.marker], markersize=0.5 * em * EVEN[look.marker],
            color=colour, markeredgecolor=sheet.ground.halo, markeredgewidth=0.06 * em, zorder=3,
        )  # fmt: skip
        rim(sheet, axes, trace, colour, limits, log)
    return axes


def marked(inside: np.ndarray, shift: float) -> np.ndarray:
    """Which of the values carry a marker: all of a few, five of many, at other steps for each run so that all are seen."""
    if len(inside) <= 8:
        return np.flatnonzero(inside)
    at = np.unique(((np.arange(5) + 0.92 - 0.84 * shift) / 5 * (len(inside) - 1)).astype(int))
    return at[inside[at]]


def _grid(
    sheet: Sheet,
    axes: Axes,
    box: Box,
    across: tuple[float, float],
    limits: tuple[float, float],
    log: bool,
    steps: bool,
) -> None:
    em = sheet.em
    values, step = ticks(*across, max(2, box.width / em / 5))
    values = [v for v in values if v == round(v)]
    sheet.tick(axes, "x", values, [by_step(v, max(step, 1)) if steps else "" for v in values])
    if log:
        axes.set_yscale("log")
        axes.set_ylim(limits)
        count = max(2, int(box.height / em / 2.2))
        decades = np.log10(limits[1] / limits[0])
        locator = LogLocator(10, (1.0,) if decades > 2 else (1.0, 2.0, 5.0), numticks=count)
        places = [v for v in locator.tick_values(*limits) if limits[0] <= v <= limits[1]]
        writes = LogFormatterMathtext(10, labelOnlyBase=False) if decades > 2 else None
        sheet.tick(axes, "y", places, [writes(v) if writes else f"{v:.3g}" for v in places])
        axes.minorticks_off()
    else:
        places, step = ticks(*limits, max(3, box.height / em / 3))
        sheet.tick(axes, "y", places, [by_step(v, step) for v in places])
    axes.grid(True, color=sheet.ground.ink, alpha=0.1, linewidth=0.06 * em, zorder=0)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def rim(sheet: Sheet, axes: Axes, trace: Trace, colour: str, limits: tuple[float, float], log: bool) -> None:
    """A triangle at the first step at which the values are above or below what the axis shows, or infinite."""
    values, (low, high) = trace.values, limits
    with np.errstate(invalid="ignore"):
        for beyond, y, marker in ((values > high, 1.0, "^"), (values < low, 0.0, "v")):
            if beyond.any():
                axes.plot(
                    trace.steps[int(beyond.argmax())], y, marker=marker, transform=axes.get_xaxis_transform(), color=colour,
                    markersize=0.75 * sheet.em, markeredgecolor=sheet.ground.halo, markeredgewidth=0.06 * sheet.em,
                    clip_on=False, zorder=4,
                )  # fmt: skip


def spectrum_traces(spectra: Sequence[Spectrum], index: int) -> list[Trace]:
    """The eigenvalue at `index`, -1 the largest, of each run; the largest with the level that its learning rate allows."""
    return [
        Trace(s.label, np.arange(len(s.eigenvalues)), s.eigenvalues[:, index], s.threshold if index == -1 else None)
        for s in spectra
    ]
