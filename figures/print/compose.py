"""A plate composed: the map, the losses, the eigenvalues, and the legend under or beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes

from figures.print import legend
from figures.print.arrange import AXIS, HEADING
from figures.print.clip import Piece
from figures.print.curves import curvature_range, draw_traces, is_log, loss_range, loss_traces, spectrum_traces
from figures.print.ground import draw_bar, draw_ground, draw_ticks
from figures.print.layout import Layout, fitting
from figures.print.letters import STRONG, font, width
from figures.print.line import draw_balls, draw_line
from figures.print.look import Look
from figures.print.plate import Plate
from figures.print.runs import cast, draw_runs, draw_start, seen
from figures.print.sheet import Box, Sheet
from figures.print.words import draw_words
from figures.theme import Style


class Composed(NamedTuple):
    """A drawn sheet, and what is needed to draw runs on its map."""

    sheet: Sheet
    plate: Plate
    axes: Axes
    box: Box
    style: Mapping[str, Style]
    panels: Sequence[Axes]
    visible: Mapping[str, list[Piece]]

    @property
    def steps(self) -> int:
        """How many steps the longest run has."""
        return max((len(path.theta) for path in self.plate.paths), default=1) - 1

    def runs(self, time: float = np.inf) -> list[Artist]:
        """Everybody's path until `time` added to the map; the artists in their order."""
        ground, paths = self.plate.map, self.plate.paths
        if ground.dim == 1:
            return draw_balls(self.sheet, self.axes, ground, paths, self.style, time)
        return draw_runs(self.sheet, self.axes, self.box, ground, paths, self.style, self.visible, time)

    def moment(self, time: float) -> list[tuple[Axes, Artist]]:
        """What an animation shows of `time` beside the runs: the step's number, and a line through it in every panel."""
        sheet = self.sheet
        y = 1 + 0.62 * sheet.em / self.box.height
        number = self.axes.text(
            1, y, f"step {int(time)}", fontproperties=font(sheet.em), color=sheet.ground.ink, ha="right", va="center_baseline",
            transform=self.axes.transAxes,
        )  # fmt: skip
        lines = [
            (axes, axes.axvline(time, color=sheet.ground.ink, alpha=0.6, linewidth=0.1 * sheet.em)) for axes in self.panels
        ]
        return [(self.axes, number), *lines]


def compose(plate: Plate, look: Look, *, outcome: bool = True) -> Composed:
    """Everything but the runs on the map; without `outcome`, the legend does not tell yet what became of them."""
    ground, style = plate.map, cast(plate.paths)
    listed = legend.entries(plate.paths, ground)
    places, look = fitting(plate, look, listed)
    sheet = Sheet(places.width, places.height, look)
    draw_words(sheet, places.words, places.margin)
    axes = _draw_map(sheet, places, plate)
    panels = _draw_curves(sheet, places, plate, style)
    draw = legend.draw_column if places.legend_beside else legend.draw_strip
    draw(sheet, places.legend, listed, style, outcome=outcome)
    return Composed(sheet, plate, axes, places.map, style, panels, seen(plate.paths, ground) if ground.dim == 2 else {})


def _draw_map(sheet: Sheet, places: Layout, plate: Plate) -> Axes:
    ground, box = plate.map, places.map
    if places.lettered:
        _heading(sheet, box, "A", "Paths" if ground.dim == 2 else "Loss and positions")
    if ground.dim == 1:
        axes = draw_line(sheet, box, ground)
        draw_ticks(sheet, axes, box, (ground.coordinates[0], "loss"))
        return axes
    axes = draw_ground(sheet, box, ground, plate.paths)
    draw_ticks(sheet, axes, box, ground.coordinates)
    assert places.bar is not None
    draw_bar(sheet, places.bar, ground)
    starts = {tuple(path.theta[0]) for path in plate.paths if len(path.theta) and np.isfinite(path.theta[0]).all()}
    for start in starts:
        draw_start(sheet, axes, start)
    return axes


def _draw_curves(sheet: Sheet, places: Layout, plate: Plate, style: Mapping[str, Style]) -> list[Axes]:
    panels = []
    if places.loss is not None:
        traces = loss_traces(plate.curves)
        _heading(sheet, places.loss, "B", "Loss")
        panels.append(
            draw_traces(sheet, places.loss, traces, style, loss_range(traces), log=is_log(traces), steps=places.top is None)
        )
    if places.top is not None:
        traces = spectrum_traces(plate.spectra, -1)
        limits = curvature_range(traces, up=True)
        limited = any(t.level is not None and t.level <= limits[1] for t in traces)
        name = r"Hessian, $\lambda_{\mathrm{max}}$" if plate.map.dim == 2 else "Second derivative"
        said = f"{name}; dashed: unstable above" if limited else name
        _heading(sheet, places.top, "C" if places.loss is not None else "B", said)
        panels.append(draw_traces(sheet, places.top, traces, style, limits, log=False, steps=places.low is None))
    if places.low is not None:
        traces = spectrum_traces(plate.spectra, 0)
        _heading(sheet, places.low, "", r"$\lambda_{\mathrm{min}}$")
        panels.append(draw_traces(sheet, places.low, traces, style, curvature_range(traces, up=False), log=False, steps=True))
    lowest = places.low or places.top or places.loss
    if lowest is not None:
        sheet.text(lowest.left + lowest.width / 2, lowest.bottom + (AXIS - 0.6) * sheet.em, "step", sheet.em, ha="center")
    return panels


def _heading(sheet: Sheet, box: Box, letter: str, name: str) -> None:
    em, x = sheet.em, box.left
    y = box.top - (HEADING / 2 - 0.05) * em
    if letter and sheet.look.letters:
        sheet.text(x, y, letter, 1.1 * em, STRONG)
        x += width(letter + "  ", 1.1 * em, STRONG)
    sheet.text(x, y, name, em, alpha=0.9, parse_math=True)
