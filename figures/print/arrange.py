"""How map, panels and legend share the room between a figure's words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from figures.print.curves import curvature_range, spectrum_traces
from figures.print.ground import bar_room, gutter, shape
from figures.print.legend import Entry, column_height, column_width
from figures.print.letters import width
from figures.print.line import height_range
from figures.print.look import Look
from figures.print.numbers import by_step, ticks
from figures.print.plate import Plate
from figures.print.sheet import Box

AXIS = 2.8  # ems under a panel, for ticks and a name
HEADING = 1.7  # ems over a panel
GAP = 0.6  # ems between two panels, besides a heading
BAR = 0.7  # ems, the colour bar
TOP, LOW = 0.8, 0.5  # heights of the eigenvalues' panels, of the loss's
LOWEST = 3.4  # ems, the least height of a panel


@dataclass(frozen=True)
class Boxes:
    height: float
    map: Box
    bar: Box | None
    loss: Box | None = None
    top: Box | None = None
    low: Box | None = None
    legend: Box | None = None


@dataclass(frozen=True)
class Plan:
    """What a layout starts from: what is shown, the width there is, and the height, or None where it is free."""

    plate: Plate
    look: Look
    loss: bool
    spectra: bool
    room: float
    left: float
    top: float
    body: float | None

    @property
    def ratio(self) -> float:
        return shape(self.plate.map.window) if self.plate.map.dim == 2 else 1.5

    @property
    def gut(self) -> float:
        ground = self.plate.map
        name = ground.coordinates[1] if ground.dim == 2 else "loss"
        return gutter(self.look, name, ground.window[1] if ground.dim == 2 else height_range(ground), 24 * self.look.font)

    @property
    def bar(self) -> float:
        return bar_room(self.look, self.plate.map) if self.plate.map.dim == 2 else 0.6 * self.look.font

    def bar_box(self, of: Box) -> Box | None:
        em = self.look.font
        return Box(of.right + 0.7 * em, of.top, BAR * em, of.height) if self.plate.map.dim == 2 else None

    @property
    def panel_gut(self) -> float:
        """Room for the tick labels of loss and eigenvalues."""
        wide = 2.4 * self.look.small if self.loss else 0.0
        if self.spectra:
            for traces, up in (
                (spectrum_traces(self.plate.spectra, -1), True),
                (spectrum_traces(self.plate.spectra, 0), False),
            ):
                values, step = ticks(*curvature_range(traces, up=up), 4)
                wide = max([wide, *(width(by_step(v, step), self.look.small) for v in values)])
        return wide + 0.9 * self.look.font

    @property
    def shares(self) -> list[float]:
        """How high the panels are, in parts of the loss's."""
        shown = ((1.0, self.loss), (TOP, self.spectra), (LOW, self.spectra and self.plate.map.dim == 2))
        return [share for share, is_shown in shown if is_shown]

    @property
    def around(self) -> float:
        """What headings, gaps and the axis of steps take of a column of panels."""
        ems = HEADING * (self.loss + self.spectra) + GAP * (self.loss and self.spectra) + AXIS
        return (ems + (GAP + 0.8 * HEADING) * (self.spectra and self.plate.map.dim == 2)) * self.look.font

    @property
    def least(self) -> float:
        """The least height of a column of panels."""
        return self.around + sum(self.shares) / min(self.shares, default=1) * LOWEST * self.look.font

    def alone(self, listed: Sequence[Entry]) -> Boxes:
        """The map, and the legend beside it."""
        em = self.look.font
        head, axis = 1.2 * em, AXIS * em
        room = self.room - self.gut - self.bar - 1.2 * em
        legend = self._legend(listed, room)
        legend_height = column_height(listed, self.look, legend)
        tall = (self.body - head - axis) if self.body is not None else 0.62 * room
        wide = min(room - legend, tall * self.ratio)
        tall = wide / self.ratio if self.body is None else min(tall, wide / self.ratio)
        height = max(head + tall + axis, legend_height) if self.body is None else self.body
        spare = (self.room - self.gut - wide - self.bar - 1.2 * em - legend) / 2 if self.body is not None else 0
        at = Box(self.left + spare + self.gut, self.top + head + (height - head - tall - axis) / 2, wide, tall)
        below = at.top + max(0, (tall - legend_height) / 2)
        top = max(
            self.top, min(below, self.top + height - legend_height)
        )  # a legend that is higher than the map begins above it
        beside = Box(at.right + self.bar + 1.2 * em, top, legend, legend_height)
        return Boxes(height, at, self.bar_box(at), legend=beside)

    def _legend(self, listed: Sequence[Entry], room: float) -> float:
        """Its width beside the map: wider than usual where it would else be higher than the sheet."""
        usual, most = min(column_width(listed, self.look), 0.42 * room), 0.6 * room
        if self.body is None:
            return usual
        widths = (float(wide) for wide in np.linspace(usual, most, 7))
        return next((wide for wide in widths if column_height(listed, self.look, wide) <= self.body), usual)

    def beside(self) -> Boxes:
        """The map, and loss and eigenvalues in a column at its right."""
        em = self.look.font
        head, axis = HEADING * em, AXIS * em
        panel_gut = self.panel_gut
        room = self.room - self.gut - self.bar - 1.2 * em - panel_gut
        wide = min(0.6 * room, (self.body - head - axis) * self.ratio) if self.body is not None else 0.54 * room
        tall = wide / self.ratio
        height = self.body if self.body is not None else max(head + tall + axis, self.least)
        at = Box(self.left + self.gut, self.top + head, wide, tall)
        left = at.right + self.bar + 1.2 * em + panel_gut
        return self._with_panels(
            Boxes(height, at, self.bar_box(at)), left, self.left + self.room - left - 0.9 * em, self.top, height
        )

    def stacked(self) -> Boxes:
        """The map, and loss and eigenvalues under it."""
        em = self.look.font
        head, axis = (HEADING if self.loss or self.spectra else 1.2) * em, AXIS * em
        wide = self.room - self.gut - self.bar
        count = 0.4 * self.loss + 0.52 * self.spectra
        under = max(wide * count + (HEADING * (self.loss + self.spectra) + AXIS) * em, self.least) if count else 0
        tall = wide / self.ratio
        if self.body is not None:
            tall = min(tall, self.body * (0.6 if count else 1) - head - axis)
            wide = tall * self.ratio
            under = self.body - head - tall - axis if count else 0
        at = Box(self.left + self.gut, self.top + head, wide, tall)
        boxes = Boxes(head + tall + axis + under, at, self.bar_box(at))
        left = self.left + max(self.gut, self.panel_gut)
        return self._with_panels(boxes, left, self.left + self.room - left - 0.9 * em, at.bottom + axis, under)

    def _with_panels(self, boxes: Boxes, left: float, wide: float, top: float, height: float) -> Boxes:
        """Loss, largest and smallest eigenvalue one under another, over one axis of steps."""
        if not self.shares:
            return boxes
        em, flat = self.look.font, self.plate.map.dim == 1
        each = (height - self.around) / sum(self.shares)
        at = top
        loss = top_box = low = None
        if self.loss:
            loss = Box(left, at + HEADING * em, wide, each)
            at = loss.bottom + GAP * em
        if self.spectra:
            top_box = Box(left, at + HEADING * em, wide, TOP * each)
            low = None if flat else Box(left, top_box.bottom + (GAP + 0.8 * HEADING) * em, wide, LOW * each)
        return Boxes(boxes.height, boxes.map, boxes.bar, loss, top_box, low, boxes.legend)
