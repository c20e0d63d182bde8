"""What a figure of an exploration shows: cells or a chart, the chosen run on its surface, its loss. Plain arrays and words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from figures.cell_map import CellMap
from figures.print.plate import Map, Path
from landscapes.ranges import Scale

Band = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True, eq=False)
class Line:
    """An optimizer's values `(n,)` at `x` `(n,)`, with bands from low to high `(n,)` behind them, the widest first.

    `key` gives colour, dash and marker. `best` is a place on the line that is marked. `detail` stands beside the name.
    """

    key: str
    label: str
    x: np.ndarray
    values: np.ndarray
    bands: Sequence[Band] = ()
    best: tuple[float, float] | None = None
    detail: str = ""


@dataclass(frozen=True, eq=False)
class Chart:
    """Lines over one axis. `limits` are what y shows; what lies beyond is marked at the rim. `at` is a place along x."""

    heading: str
    x: str
    y: str
    lines: Sequence[Line]
    limits: tuple[float, float]
    x_scale: Scale = "linear"
    y_scale: Scale = "linear"
    at: float | None = None

    @property
    def across(self) -> tuple[float, float]:
        """What x shows: from the first to the last place of any line."""
        ends = [float(v) for line in self.lines if len(line.x) for v in (line.x.min(), line.x.max())]
        low, high = (min(ends), max(ends)) if ends else (0.0, 1.0)
        return (low, high) if high > low else (low, low + 1) if self.x_scale == "linear" else (low, low * 10)


@dataclass(frozen=True)
class Share:
    """A part of a panel's cells: the colour's code and the part in words."""

    code: int
    words: str


@dataclass(frozen=True, eq=False)
class Exhibit:
    """A figure of an exploration.

    `main` is what was explored: cells, or charts side by side. `ground` with `paths` is a run that was chosen in it, or
    several, and `loss` what became of it; `shares[K]` are told over the K-th panel of cells; `frame` is the picture of a film
    that is shown. `caption` and `link` are not drawn: they travel inside the file.
    """

    title: str
    heading: str
    main: CellMap | tuple[Chart, ...]
    ground: Map | None = None
    paths: Sequence[Path] = ()
    loss: Chart | None = None
    run: str = ""
    shares: Sequence[Sequence[Share]] = ()
    frame: int = 0
    annotation: str = ""
    note: str = ""
    caption: str = ""
    link: str = ""

    @property
    def charts(self) -> tuple[Chart, ...]:
        """Those of the main part; none where it has cells."""
        return () if isinstance(self.main, CellMap) else self.main
