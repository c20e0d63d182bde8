"""How a figure to take away looks: its size, its letters, its ground."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from figures.theme import PRESETS, Mode

Panel = Literal["map", "run", "loss", "eigenvalues"]  # "run" is that of a cell that was chosen
ALL: tuple[Panel, ...] = ("map", "run", "loss", "eigenvalues")
SMALL = 0.86  # the smallest letters, of the font's size
SMALLEST_FONT = 6.0 / SMALL  # points: below 6 a printed letter cannot be read

POINTS = {"mm": 72 / 25.4, "px": 72 / 96}  # a pixel is a CSS pixel, a 96th of an inch


@dataclass(frozen=True)
class Look:
    """A width in mm or px, and a height, or None where it follows from what is shown.

    `font` is the size of letters in points, made smaller where there is no room, never
    below 6; `dpi` the pixels of an inch of a PNG at scale 1.
    A size in px has exactly these pixels then. `panels` that a plate has nothing for are left out.
    """

    width: float
    height: float | None = None
    unit: Literal["mm", "px"] = "mm"
    font: float = 8.0
    dpi: float = 300.0
    mode: Mode = "light"
    transparent: bool = False
    title: bool = True
    annotation: bool = True
    letters: bool = True
    panels: tuple[Panel, ...] = ALL

    def __post_init__(self) -> None:
        if not (20 <= self.points(self.width) <= 15000 and (self.height is None or 20 <= self.points(self.height) <= 15000)):
            raise ValueError(f"a figure is 20 to 15000 points wide and high, got {self.width} x {self.height} {self.unit}")
        if self.font < SMALLEST_FONT:
            raise ValueError(f"font must be at least {SMALLEST_FONT:.3g} points to be read, got {self.font:g}")
        if "map" not in self.panels:
            raise ValueError("a figure has the map at least")

    def points(self, size: float) -> float:
        return size * POINTS[self.unit]

    @property
    def size(self) -> str:
        """Width, and height where it is given, in words."""
        return f"{self.width:g} {self.unit} across" if self.height is None else f"{self.width:g} x {self.height:g} {self.unit}"

    @property
    def small(self) -> float:
        """The size of the smallest letters, in points."""
        return self.font * SMALL


def _screen(name: str, *panels: Panel) -> Look:
    """A preset of the theme, whose pixels and letters are those of a screen."""
    preset = PRESETS[name]
    return Look(preset.width, preset.height, "px", preset.font * POINTS["px"], 96, preset.mode, panels=panels)


LOOKS: Mapping[str, Look] = MappingProxyType(
    {
        "column": Look(85, font=7.5, dpi=300),
        "page": Look(178, font=8, dpi=300),
        "slide": _screen("slide", *ALL),
        "card": _screen("card", "map"),
        "dark": _screen("dark", *ALL),
        "motion": Look(800, 600, "px", 11.5, 96, panels=("map",)),
    }
)
TITLES: Mapping[str, str] = MappingProxyType(
    {
        "column": "Paper, one column (85 mm)",
        "page": "Paper, two columns (178 mm)",
        "slide": "Slide, 16:9",
        "card": "Social card, 1200 × 630",
        "dark": "Dark, 16:9",
        "motion": "Animation, 800 × 600",
    }
)
