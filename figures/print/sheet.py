"""The sheet a figure is laid out on: everything in points, from its top left corner."""

from __future__ import annotations

from typing import Any, NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from figures.print.letters import REGULAR, font
from figures.print.look import Look
from figures.theme import GROUNDS, Ground

MARKERS = {"circle": "o", "square": "s", "diamond": "D", "up": "^", "down": "v", "hexagon": "h", "pentagon": "p"}
EVEN = {"circle": 1.0, "square": 0.9, "diamond": 0.84, "up": 1.1, "down": 1.1, "hexagon": 1.06, "pentagon": 1.08}  # in area
DASHES: dict[str, Any] = {
    "solid": "solid",
    "dash": (0, (3.6, 1.8)),
    "dot": (0, (1.0, 1.5)),
    "dashdot": (0, (4.6, 1.5, 1.0, 1.5)),
}


class Box(NamedTuple):
    """A place on the sheet."""

    left: float
    top: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.left + self.width

    @property
    def bottom(self) -> float:
        return self.top + self.height


class Sheet:
    """A matplotlib figure of `width` x `height` points in a look, with the theme's ground and letters."""

    def __init__(self, width: float, height: float, look: Look) -> None:
        self.width, self.height, self.look = width, height, look
        self.em = look.font
        self.ground: Ground = GROUNDS[look.mode]
        self.figure = Figure(figsize=(width / 72, height / 72), dpi=72, frameon=not look.transparent)
        self.figure.patch.set_facecolor(self.ground.paper)

    def axes(self, box: Box, x: tuple[float, float], y: tuple[float, float]) -> Axes:
        """Empty axes with these limits, thin rules and no ticks."""
        place = (box.left / self.width, 1 - box.bottom / self.height, box.width / self.width, box.height / self.height)
        axes = self.figure.add_axes(place, xlim=x, ylim=y, xticks=[], yticks=[])
        axes.patch.set_visible(False)
        for side in axes.spines.values():
            side.set(color=self.ground.ink, alpha=0.45, linewidth=0.06 * self.em)
        axes.tick_params(which="both", length=0.3 * self.em, width=0.06 * self.em, color=self.ground.ink, pad=0.25 * self.em)
        return axes

    def tick(self, axes: Axes, which: str, values: Any, labels: Any) -> None:
        """Ticks along "x" or "y" with these labels, small."""
        axis = axes.xaxis if which == "x" else axes.yaxis
        axis.set_ticks(values)
        axis.set_ticklabels(labels, fontproperties=font(self.look.small), color=self.ground.ink, parse_math=True)

    def text(self, x: float, y: float, words: str, size: float, weight: int = REGULAR, **more: Any) -> None:
        """A line of words, its middle at height y unless `va` says otherwise."""
        given: dict[str, Any] = {"color": self.ground.ink, "va": "center_baseline", "ha": "left", "parse_math": False} | more
        self.figure.text(x / self.width, 1 - y / self.height, words, fontproperties=font(size, weight), **given)

    def line(self, xs: Any, ys: Any, **more: Any) -> None:
        """A line over the sheet itself."""
        across, up = [x / self.width for x in xs], [1 - y / self.height for y in ys]
        self.figure.add_artist(Line2D(across, up, transform=self.figure.transFigure, **more))
