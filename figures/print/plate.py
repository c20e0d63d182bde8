"""What a figure to take away shows: plain arrays and words. Nothing here knows matplotlib."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from figures.fate import Fate, Window, fate
from figures.print.numbers import HeightScale, scale_of

if TYPE_CHECKING:  # these records live beside Plotly figures, and Plotly takes long to import
    from figures.eigenvalues import Spectrum
    from figures.losses import Curve

Places = Sequence[Sequence[float]]


@dataclass(frozen=True, eq=False)
class Map:
    """The ground: true losses at the nodes of a regular grid whose outer nodes lie on the edges of `window`.

    `heights` are `(ny, nx)`, row 0 the lowest y, over ((x0, x1), (y0, y1)); on one coordinate `(n,)` over ((x0, x1),).
    `log` colours by the logarithm of the height above the lowest; iso-lines are true losses either way. `name` is what the
    heights are, `range` the lowest and the highest value of the colours where maps share them; `level`, a value and its words,
    gets an iso-line that stands out.
    """

    heights: np.ndarray
    window: Window
    coordinates: tuple[str, ...]
    log: bool = False
    minima: Places = ()
    saddles: Places = ()
    name: str = "loss"
    range: tuple[float, float] | None = None
    level: tuple[float, str] | None = None

    def __post_init__(self) -> None:
        if not self.heights.ndim == len(self.window) == len(self.coordinates) or self.heights.ndim not in (1, 2):
            raise ValueError(
                f"a map has one or two coordinates, and as many axes of heights; got heights {self.heights.shape}, "
                f"{len(self.window)} sides and {len(self.coordinates)} names"
            )
        if min(self.heights.shape) < 2:
            raise ValueError(f"a map needs at least two nodes along each side, got {self.heights.shape}")

    @property
    def dim(self) -> int:
        return len(self.window)

    @property
    def scale(self) -> HeightScale:
        """How its heights become colours."""
        return scale_of(self.heights if self.range is None else np.array(self.range), self.log)


@dataclass(frozen=True, eq=False)
class Path:
    """One run over the map: theta `(steps + 1, dim)`, NaN after divergence, and its loss `(steps + 1,)`.

    `key` gives colour, dash and marker, `label` is its name and `detail` what it was run with, as "lr 0.02". A method that
    cannot run has no points, and a `reason`. `steps` are those of its rows, where not every step was recorded.
    """

    key: str
    label: str
    theta: np.ndarray
    loss: np.ndarray
    detail: str = ""
    reason: str = ""
    steps: np.ndarray | None = None

    def step(self, row: int) -> int:
        """Of a row."""
        return row if self.steps is None else int(self.steps[row])

    @property
    def last(self) -> int:
        """The last finite row; -1 where there is none."""
        return int(np.logical_and.accumulate(np.isfinite(self.theta).all(axis=1)).sum()) - 1

    def fate(self, window: Window) -> Fate:
        return fate(self.theta, window)


@dataclass(frozen=True, eq=False)
class Plate:
    """A map with everybody's paths and, where given, their loss curves and Hessian eigenvalues.

    Curves and spectra belong to the paths of the same label. `annotation` stands under the title, `note` small at the foot.
    `caption` and `link` are not drawn: they travel inside the file, so that a figure can be traced back.
    """

    title: str
    map: Map
    paths: Sequence[Path]
    curves: Sequence[Curve] = ()
    spectra: Sequence[Spectrum] = ()
    annotation: str = ""
    note: str = ""
    caption: str = ""
    link: str = ""


@dataclass(frozen=True, eq=False)
class Multiples:
    """Small multiples: a path in each panel, all over one map in the same colours.

    `cells[row][column]`; `rows` and `columns` name them, as optimizers and learning rates; either may be empty, and each
    panel then carries its path's own label and detail.
    """

    title: str
    map: Map
    cells: Sequence[Sequence[Path]]
    rows: Sequence[str] = ()
    columns: Sequence[str] = ()
    annotation: str = ""
    note: str = ""
    caption: str = ""
    link: str = ""

    def __post_init__(self) -> None:
        if self.map.dim != 2:
            raise ValueError("small multiples are of maps with two coordinates")
        width = max((len(row) for row in self.cells), default=0)
        if width == 0:
            raise ValueError("small multiples need at least one panel")
        if (self.rows and len(self.rows) != len(self.cells)) or (self.columns and len(self.columns) != width):
            raise ValueError(
                f"{len(self.cells)} x {width} panels with {len(self.rows)} names of rows and {len(self.columns)} of columns"
            )
