"""Lines on which a grid of numbers has one value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np
from contourpy import LineType, contour_generator


def contours(
    values: np.ndarray, levels: Sequence[float], places: np.ndarray | None = None
) -> list[tuple[float, np.ndarray, np.ndarray]]:
    """The pieces of each level's line, as (level, xs, ys); there is none through numbers that are infinite or NaN.

    values `(rows, columns)` stand at `places` along both axes, by default at 0, 1, 2 and so on.
    """
    generator = contour_generator(places, places, np.ma.masked_invalid(values), line_type=LineType.Separate)
    found = [(level, piece) for level in levels for piece in cast(list[np.ndarray], generator.lines(level))]
    return [(level, piece[:, 0], piece[:, 1]) for level, piece in found]
