"""What a figure of an exploration shows: cells or a chart, the chosen run on its surface, its loss. Plain arrays and words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from figures.cell_map import CellMap
from figures.print.plate import Map, Path
from figures.theme import Style
from landscapes.ranges import Scale

Band = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True, eq=False)
class Line:
    """An optimizer's values `(n,)` at `x` `(n,)`, with bands from low to high `(n,)` behind them, the widest first.

    `key` gives colour, dash and marker, unless there is a `style`. `best` is a place on the line that is marked. `detail`
    stands beside the name.
    """

    key: str
    label: str
    x: np.ndarray
    values: np.ndarray
    bands: Sequence[Band] = ()
    best: tuple[float, float] | None = None
    detail: str = ""
    style: Style | None = None


@dataclass(frozen=True, eq=False)
class Chart:
    """Lines over one axis. `limits` are what y shows; what lies beyond is marked at the rim. `at` is a place along x.

    `marks` are places along x with their names, `level` is a value with its words.
    """

    heading: str
    x: str
    y: str
    lines: Sequence[Line]
    limits: tuple[float, float]
    x_scale: Scale = "linear"
    y_scale: Scale = "linear"
    at: float | None = None
    marks: Sequence[tuple[float, str]] = ()
    level: tuple[float, str] | None = None

    @property
    def across(self) -> tuple[float, float]:
        """What x shows: from the first to the last place of any line."""
        ends = [float(v) for line in self.lines if len(line.x) for v in (line.x.min(), line.x.max())]
        low, high = (min(ends), max(ends)) if ends else (0.0, 1.0)
        return (low, high) if high > low else (low, low + 1) if self.x_scale == "linear" else (low, low * 10)


@dataclass(frozen=True, eq=False)
class Ground:
    """A map with a name over it and paths on it."""

    heading: str
    map: Map
    paths: Sequence[Path] = ()


@dataclass(frozen=True)
class Share:
    """A part of a panel's cells: the colour's code and the part in words."""

    code: int
    words: str


@dataclass(frozen=True, eq=False)
class Exhibit:
    """A figure of an exploration.

    `main` is what was explored: cells, or charts side by side, or maps that share their colours. `ground` with `paths` is a run
    that was chosen in it, or several, and `loss` what became of it; `shares[K]` are told over the K-th panel of cells; `frame`
    is the picture of a film that is shown. `caption` and `link` are not drawn: they travel inside the file.
    """

    title: str
    heading: str
    main: CellMap | tuple[Chart, ...] | tuple[Ground, ...]
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
        """Those of the main part; none where it has cells or maps."""
        return () if isinstance(self.main, CellMap) else tuple(one for one in self.main if isinstance(one, Chart))

    @property
    def grounds(self) -> tuple[Ground, ...]:
        """The maps of the main part, if these are what it has."""
        return () if isinstance(self.main, CellMap) else tuple(one for one in self.main if isinstance(one, Ground))
