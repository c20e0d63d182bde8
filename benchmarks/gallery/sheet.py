"""What all pictures are drawn on: panels in rows of two, legible on a phone, in the letters and colours of other figures."""

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

LOOK = Look(500, None, "px", 10, 144)  # on a phone of 360 px the smallest letters are still 7 px
HEAD, FOOT, LEFT, GAP = 3.0, 2.0, 4.2, 2.8  # ems: over each row of panels, under it, left of the first column, between columns
NAMES, UNDER, LINE = 1.6, 4.0, 1.9  # ems: for the names of axes; for a colour bar under all panels; for a line of a legend
ACROSS = 2


def in_rows(
    count: int, ratio: float = 1.0, names: bool = True, under: float = UNDER, left: float = LEFT
) -> tuple[Sheet, list[Box]]:
    """Panels of a width over height, two in a row, and `under` ems below all of them."""
    em, wide, columns = LOOK.font, LOOK.points(LOOK.width), min(count, ACROSS)
    each = (wide - (left + 1 + (columns - 1) * GAP) * em) / columns
    row = each / ratio + (HEAD + FOOT + (NAMES if names else 0)) * em
    sheet = Sheet(wide, -(-count // columns) * row + under * em, LOOK)
    places = [(left * em + i % columns * (each + GAP * em), i // columns * row + HEAD * em) for i in range(count)]
    return sheet, [Box(*place, each, each / ratio) for place in places]


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
