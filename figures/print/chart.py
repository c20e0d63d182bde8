"""Charts of an exploration: a line for each optimizer with bands behind it, on axes that are linear or logarithmic."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke

from figures.print.curves import Trace, marked, rim
from figures.print.exhibit import Chart, Line
from figures.print.letters import cut, font, width
from figures.print.look import Look
from figures.print.scales import axis_ticks, plain
from figures.print.sheet import DASHES, EVEN, MARKERS, Box, Sheet
from figures.theme import Style

BAND, DENSER = 0.16, 0.12  # a band's opacity, and by how much each narrower one is denser
MARK = 1.05  # ems, the marker of a line's best place


def chart_gutter(chart: Chart, look: Look) -> float:
    """Left of a chart: the numbers along y, and its name."""
    labels = [plain(label) for _, label in axis_ticks(*chart.limits, chart.y_scale, 7)]
    return max((width(label, look.small) for label in labels), default=0) + 2.2 * look.font


def draw_chart(sheet: Sheet, box: Box, chart: Chart, style: Mapping[str, Style]) -> Axes:
    """The lines in their optimizers' colours, dashes and markers; a triangle at the rim where one goes beyond what is shown."""
    em, across = sheet.em, chart.across
    axes = sheet.axes(box, across, chart.limits)
    log = chart.y_scale == "log"
    if chart.x_scale == "log":
        axes.set_xscale("log")
    if log:
        axes.set_yscale("log")
    axes.set(xlim=across, ylim=chart.limits)
    axes.minorticks_off()
    _axes(sheet, axes, box, chart)
    _marks(sheet, axes, box, chart)
    for index, line in enumerate(chart.lines):
        look = style[line.label]
        _bands(axes, chart, line, look.colour(sheet.look.mode))
        _line(sheet, axes, chart, line, look, index / len(chart.lines))
    if chart.at is not None:
        axes.axvline(chart.at, color=sheet.ground.ink, linewidth=0.12 * em, linestyle=(0, (1.0, 1.6)), zorder=1.8)
    return axes


def _axes(sheet: Sheet, axes: Axes, box: Box, chart: Chart) -> None:
    em, small = sheet.em, sheet.look.small
    free, kept = -np.inf, []
    to_pixels = axes.transData.transform
    left = axes.transAxes.transform((0, 0))[0]
    for value, label in axis_ticks(
        *chart.across, chart.x_scale, max(2, box.width / em / (2.6 if chart.x_scale == "log" else 4))
    ):
        at, half = to_pixels((value, chart.limits[0]))[0] - left, width(plain(label), small) / 2
        if at - half >= max(free, -em) and at + half <= box.width + em:
            kept.append((value, label))
            free = at + half + 0.5 * em
    sheet.tick(axes, "x", [v for v, _ in kept], [label for _, label in kept])
    places = axis_ticks(*chart.limits, chart.y_scale, max(2, box.height / em / (2.2 if chart.y_scale == "log" else 3)))
    sheet.tick(axes, "y", [v for v, _ in places], [label for _, label in places])
    axes.grid(True, color=sheet.ground.ink, alpha=0.1, linewidth=0.06 * em, zorder=0)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    name = cut(chart.x, em, box.width + em)
    sheet.text(box.left + box.width / 2, box.bottom + 2.2 * em, name, em, ha="center")
    if chart.y:
        up = cut(chart.y, em, box.height + 2 * em)
        sheet.text(
            box.left - chart_gutter(chart, sheet.look) + 0.55 * em, box.top + box.height / 2, up, em, ha="center", va="center",
            rotation=90,
        )  # fmt: skip


def _marks(sheet: Sheet, axes: Axes, box: Box, chart: Chart) -> None:
    """Rules at the marked places with their names upright beside them, and at the level with its words over it."""
    em, small, (low, high) = sheet.em, sheet.look.small, chart.limits
    ink: dict[str, Any] = {"color": sheet.ground.ink, "linewidth": 0.1 * em, "zorder": 1.7}
    words: dict[str, Any] = {"fontproperties": font(small), "color": sheet.ground.ink, "parse_math": False, "zorder": 2.5}
    words["path_effects"] = [withStroke(linewidth=0.25 * em, foreground=sheet.ground.paper)]
    aside = 0.35 * em / box.width
    left, right = chart.across
    for at, name in ((at, name) for at, name in chart.marks if left <= at <= right):
        axes.axvline(at, linestyle=DASHES["dot"], **ink)
        x, told = (at - left) / (right - left), cut(name, small, 0.94 * box.height)
        shift, side = (-aside, "right") if x > 1.5 * em / box.width else (aside, "left")
        axes.text(x + shift, 0.97, told, rotation=90, ha=side, va="top", transform=axes.transAxes, **words)
    if chart.level is not None and low < chart.level[0] < high:
        value, name = chart.level
        axes.axhline(value, linestyle=DASHES["dash"], **ink)
        axes.text(1 - aside, value, name, ha="right", va="bottom", transform=axes.get_yaxis_transform(), **words)


def _bands(axes: Axes, chart: Chart, line: Line, colour: str) -> None:
    """Where a band's upper end is infinite it leaves the chart at the top; on a log axis at the bottom where it goes to 0."""
    low_end, high_end = chart.limits
    for k, (low, high) in enumerate(line.bands):
        there = np.isfinite(low) & ~np.isnan(high)
        base = np.where(low > 0, low, low_end * 1e-3) if chart.y_scale == "log" else low
        top = np.where(np.isfinite(high), high, high_end * (1e3 if chart.y_scale == "log" else 1) + (high_end - low_end))
        axes.fill_between(
            line.x, base, top, where=there.tolist(), color=colour, alpha=BAND + DENSER * k, linewidth=0, zorder=1.5
        )


def _line(sheet: Sheet, axes: Axes, chart: Chart, line: Line, look: Style, shift: float) -> None:
    em, colour, (low, high) = sheet.em, look.colour(sheet.look.mode), chart.limits
    log = chart.y_scale == "log"
    shown = np.isfinite(line.values) & ((line.values > 0) | (not log))
    values = np.where(shown, line.values, np.nan)
    axes.plot(
        line.x, values, color=colour, linewidth=0.165 * em, linestyle=DASHES[look.dash], solid_joinstyle="round", zorder=2
    )
    at = marked(shown & (line.values >= low) & (line.values <= high), shift)
    pen: dict[str, Any] = {
        "linestyle": "none",
        "marker": MARKERS[look.marker],
        "color": colour,
        "markeredgecolor": sheet.ground.halo,
    }
    axes.plot(line.x[at], values[at], markersize=0.5 * em * EVEN[look.marker], markeredgewidth=0.06 * em, zorder=3, **pen)
    if line.best is not None:
        x, y = line.best
        beyond = "^" if y > high else "v" if y < low else ""  # at the rim, as all that is out of sight
        pen |= {"marker": beyond} if beyond else {}
        size = MARK * em * (1.0 if beyond else EVEN[look.marker])
        axes.plot([x], [min(max(y, low), high)], markersize=size, markeredgewidth=0.16 * em, zorder=4, clip_on=False, **pen)
    rim(sheet, axes, Trace(line.label, line.x, line.values), colour, chart.limits, log)
