"""Where everything goes: boxes in points from the sheet's top left corner, computed before anything is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from figures.print.arrange import LOWEST, Plan
from figures.print.legend import Entry, strip_height
from figures.print.look import SMALLEST_FONT, Look
from figures.print.plate import Plate
from figures.print.sheet import Box
from figures.print.words import Words, margin, words_of

WIDE = 1.3  # width by height from which panels stand side by side
LONG = 368.0  # points, 130 mm: the same where the height is free


@dataclass(frozen=True)
class Layout:
    """The sheet's size, its words, and the boxes; None for what is not shown. `bar` is None on one coordinate."""

    width: float
    height: float
    margin: float
    words: Words
    map: Box
    bar: Box | None
    loss: Box | None
    top: Box | None
    low: Box | None
    legend: Box
    legend_beside: bool

    @property
    def lettered(self) -> bool:
        return self.loss is not None or self.top is not None


def fitting(plate: Plate, look: Look, listed: Sequence[Entry]) -> tuple[Layout, Look]:
    """The places of everything on the sheet, and the look with letters that fit: smaller ones where there is too little room.

    Raises ValueError where even the smallest that can be read do not fit.
    """
    for beside, font in product((True, False), np.linspace(look.font, min(look.font, SMALLEST_FONT), 9)):
        smaller = replace(look, font=float(font))
        found = layout(plate, smaller, listed, beside)
        panels = [box for box in (found.map, found.loss, found.top, found.low) if box is not None]
        within = found.legend.bottom <= found.height - found.margin - found.words.foot * font + 0.01
        if within and all(box.width >= 7 * font and box.height >= 0.99 * LOWEST * font for box in panels):
            return found, smaller
    raise ValueError(f"{look.size} are too small for this figure in letters that can be read")


def layout(plate: Plate, look: Look, listed: Sequence[Entry], beside: bool = True) -> Layout:
    """The places of everything on the sheet; `beside`: the legend may stand beside a map that is alone."""
    em, m, words = look.font, margin(look), words_of(plate, look)
    wide = look.points(look.width) >= (WIDE * look.points(look.height) if look.height else LONG)
    loss = bool(plate.curves) and "loss" in look.panels
    spectra = bool(plate.spectra) and "eigenvalues" in look.panels
    room = look.points(look.width) - 2 * m
    beside_legend = beside and wide and not loss and not spectra
    legend_height = 0.0 if beside_legend else strip_height(listed, look, room) + 0.6 * em
    other = 2 * m + (words.head + words.foot) * em + legend_height
    body = None if look.height is None else look.points(look.height) - other
    plan = Plan(plate, look, loss, spectra, room, m, m + words.head * em, body)
    boxes = plan.alone(listed) if beside_legend else plan.beside() if wide and (loss or spectra) else plan.stacked()
    height = look.points(look.height) if look.height else other + boxes.height
    legend = boxes.legend or Box(m, height - m - words.foot * em - legend_height + 0.6 * em, room, legend_height - 0.6 * em)
    return Layout(
        look.points(look.width), height, m, words,
        boxes.map, boxes.bar, boxes.loss, boxes.top, boxes.low, legend, beside_legend,
    )  # fmt: skip
