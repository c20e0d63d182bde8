"""What the map canvas shows, as frozen records: cells in their colours, lines and marks over them, and the numbers of each.

Places on a map are in cells: 0 is the middle of the first one, so that an axis is the same whatever its scale. A map that is
still coarse has every `stride`-th cell of each axis; each of these fills the block that begins with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from figures.theme import Mode
from landscapes.ranges import Scale

Cell = tuple[int, int, int]  # panel, row, column; rows and columns are those of the whole map
MOST_PANELS = 64


@dataclass(frozen=True)
class MapAxis:
    """`cells` values from `low` to `high`, evenly spaced on the scale; rounded where they are `whole`."""

    label: str
    low: float
    high: float
    cells: int
    scale: Scale = "linear"
    whole: bool = False

    def cell_of(self, values: Any) -> np.ndarray:
        """Where values lie, counted in cells and not rounded; NaN for what the scale cannot show."""
        values = np.asarray(values, dtype=float)
        with np.errstate(all="ignore"):
            low, high, at = (np.log(v) if self.scale == "log" else v for v in (self.low, self.high, values))
            found = (at - low) / (high - low if high != low else 1.0) * (self.cells - 1)
        return np.where(np.isfinite(found), found, np.nan)


@dataclass(frozen=True, eq=False)
class MapLine:
    """A line over the cells: xs and ys `(n,)` in cells, NaN where the pen is lifted. Lines with one label look alike.

    `text` stands on the line itself. A faint line is ground, not message; a path is thin, in ink.
    """

    label: str
    xs: np.ndarray
    ys: np.ndarray
    look: Literal["solid", "dashed", "faint", "path"] = "solid"
    text: str = ""


@dataclass(frozen=True)
class MapMark:
    """A place over the cells, in cells."""

    kind: Literal["best", "theory", "minimum", "start"]
    label: str
    x: float
    y: float


@dataclass(frozen=True, eq=False)
class MapPanel:
    """One map: codes `(rows, columns)` uint8, each the place of a colour in the palette.

    Of a film, codes `(frames, rows, columns)` uint16 are counts, and the picture's `code_of` has the colour of each count.
    """

    label: str
    codes: np.ndarray
    note: str = ""
    lines: tuple[MapLine, ...] = ()
    marks: tuple[MapMark, ...] = ()


@dataclass(frozen=True)
class ColourBar:
    """The palette's colours from `first` to `last` stand for numbers from `low` to `high`, evenly on the scale.

    `below` and `above`: there are cells beyond an end, which have its colour; the bar says so with an arrow.
    """

    title: str
    low: float
    high: float
    scale: Scale
    first: int
    last: int
    below: bool = False
    above: bool = False


@dataclass(frozen=True)
class Patch:
    """A colour of the palette that stands for one word."""

    label: str
    code: int


@dataclass(frozen=True, eq=False)
class Field:
    """A number of every cell, values `(panels, rows, columns)`; or one of some `words`, by its place among them."""

    name: str
    values: np.ndarray
    words: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Film:
    """Pictures that follow each other: at `steps` `(frames,)`. `code_of` `(most + 1,)` uint8 has the colour of each count."""

    steps: np.ndarray
    code_of: np.ndarray
    speed: float = 25.0  # steps a second


@dataclass(frozen=True, eq=False)
class CellMap:
    """All that the map canvas shows.

    `of` names what is mapped, and `key` what is shown of it: another stride or quantity is another key. Without `y` there is
    one row. `equal`: both axes are lengths on one scale. `chosen` is the cell whose run is looked at; cells can be chosen only
    where `choosable`.
    """

    of: str
    key: str
    title: str
    x: MapAxis
    y: MapAxis | None
    panels: tuple[MapPanel, ...]
    palette: Mapping[Mode, tuple[str, ...]]
    bar: ColourBar | None = None
    patches: tuple[Patch, ...] = ()
    fields: tuple[Field, ...] = ()
    stride: int = 1
    note: str = ""
    equal: bool = False
    choosable: bool = True
    chosen: Cell | None = None
    film: Film | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be drawn: ValueError with the field's name."""
        if not 1 <= len(self.panels) <= MOST_PANELS:
            raise ValueError(f"there are 1 to {MOST_PANELS} panels, not {len(self.panels)}")
        shape = self.shape
        frames = () if self.film is None else (len(self.film.steps),)
        for panel in self.panels:
            if panel.codes.shape != (*frames, *shape):
                raise ValueError(f"the codes of {panel.label} must have the shape {(*frames, *shape)}, not {panel.codes.shape}")
        for one in self.fields:
            if one.values.shape != (len(self.panels), *shape):
                raise ValueError(f"{one.name} must have the shape {(len(self.panels), *shape)}, not {one.values.shape}")
        highest = max(int(p.codes.max(initial=0)) for p in self.panels) if self.film is None else int(self.film.code_of.max())
        if len(self.palette["light"]) != len(self.palette["dark"]) or highest >= len(self.palette["light"]):
            raise ValueError(f"the palettes must have a colour for each code up to {highest}")
        if self.chosen is not None and not self.holds(self.chosen):
            raise ValueError(f"chosen must be a cell of the map, not {self.chosen}")

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns that there are so far."""
        rows = 1 if self.y is None else self.y.cells
        return -(-rows // self.stride), -(-self.x.cells // self.stride)

    def holds(self, cell: Cell) -> bool:
        ends = (len(self.panels), 1 if self.y is None else self.y.cells, self.x.cells)
        return all(0 <= at < end for at, end in zip(cell, ends))
