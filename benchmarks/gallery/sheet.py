"""What all pictures are drawn on: panels in a row, in the letters and colours of the other figures."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import Any

import numpy as np
from matplotlib.colors import to_rgb
from PIL import Image
from scipy.spatial import cKDTree

from figures import theme
from figures.print.letters import STRONG
from figures.print.look import Look
from figures.print.sheet import Box, Sheet

LOOK = Look(900, None, "px", 9.5, 144)
HEAD, FOOT, LEFT, GAP, BAR = 2.9, 2.1, 4.2, 2.2, 5.2  # ems: over panels, under, left of the first, between, for the colour bar
NAMES = 1.6  # ems for the names of axes, and for a legend under them
KEY = 11.0  # ems for a legend beside a single map


def in_a_row(count: int, bar: bool, ratio: float, foot: float) -> tuple[Sheet, list[Box]]:
    """Panels on a sheet; a single map leaves room for a legend beside it."""
    em, wide = LOOK.font, LOOK.points(LOOK.width)
    beside = (BAR if bar else 0) + (KEY if bar and count == 1 else 0)
    room = wide - (LEFT + 1 + beside + (count - 1) * GAP) * em
    each = min(room / count, 0.5 * wide) if bar else room / count
    sheet = Sheet(wide, each / ratio + (HEAD + FOOT + foot) * em, LOOK)
    left = LEFT * em + max(0.0, room - count * each) / 2
    return sheet, [Box(left + i * (each + GAP * em), HEAD * em, each, each / ratio) for i in range(count)]


def titled(sheet: Sheet, box: Box, title: str, said: str) -> None:
    sheet.text(box.left, box.top - 2.0 * sheet.em, title, 1.05 * sheet.em, STRONG)
    sheet.text(box.left, box.top - 0.75 * sheet.em, said, 0.9 * sheet.em, alpha=0.85)


def as_image(sheet: Sheet, pens: Sequence[str], ramp: Sequence[str] = ()) -> Image.Image:
    """With 256 colours, a third of the size: those of the ramp, by default of heights, and of each pen with its shades.

    Every pixel takes the nearest of them.
    """
    file, metadata = BytesIO(), dict[str, Any](Software=None)
    sheet.figure.savefig(file, format="png", dpi=LOOK.dpi, metadata=metadata)
    ground, ramp = sheet.ground, ramp or sheet.ground.heights
    shades = [
        theme.towards(pen, other, share)
        for pen in dict.fromkeys((*pens, ground.ink, ground.contour))
        for other in (ground.paper, ramp[len(ramp) // 2], ramp[-1])
        for share in (0.0, 0.3, 0.6, 0.85)
    ]
    chosen = list(dict.fromkeys([ground.paper, *shades]))
    chosen += theme.ramp(ramp, 256 - len(chosen))
    palette = np.rint([[255 * part for part in to_rgb(colour)] for colour in chosen]).astype(np.uint8)
    pixels = np.asarray(Image.open(file).convert("RGB"))
    found, which = np.unique(pixels.reshape(-1, 3), axis=0, return_inverse=True)
    nearest = cKDTree(palette.astype(float)).query(found.astype(float))[1].astype(np.uint8)
    image = Image.fromarray(nearest[which].reshape(pixels.shape[:2]), mode="P")
    image.putpalette(palette.ravel().tolist())
    return image
