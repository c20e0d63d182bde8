"""A shown slice as an exhibit: maps that share their colours with the training's paths on the first, or the curves of lines."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from experiments.grids.paths import ProjectedPath
from experiments.grids.shown_slice import CURVED, ShownSlice, colour_range, values
from figures.print.exhibit import Chart, Exhibit, Ground, Line
from figures.print.numbers import short
from figures.print.plate import Map, Path
from figures.sliced import HUES, Curves, Shown, chance, curves, marks, paths_note, told_apart
from figures.sliced import short as name_of
from figures.theme import MINIMA, Style


def slice_exhibit(
    view: ShownSlice, both: Sequence[Shown], paths: Sequence[ProjectedPath], labels: Sequence[str], *, title: str
) -> Exhibit:
    """`both` are the slice and, where it is compared, the other one; `labels` are the optimizers' names."""
    if view.spec.line:
        places = [(mark.place, mark.label) for mark in marks(view.spec)]
        axis = both[0][1].labels[0]
        return Exhibit(title, "", tuple(_chart(one, axis, places) for one in curves(view, both)))
    names = ("",) if len(both) == 1 else told_apart(both[0][0], both[1][0])
    colours = colour_range([values(cells, view.shown) for _, cells in both])
    over = [path_of(view, i, path, label) for i, (path, label) in enumerate(zip(paths, labels))]
    grounds = [
        Ground(name, map_of(view, one, colours), over if index == 0 else ())
        for index, (name, one) in enumerate(zip(names, both))
    ]  # fmt: skip
    return Exhibit(title, "", tuple(grounds), note=paths_note(paths))


def map_of(view: ShownSlice, shown: Shown, colours: tuple[float, float] | None = None) -> Map:
    """A plane as the ground of a figure; with `colours`, the range that it shares with another one."""
    cells, log = shown[1], view.log and view.shown not in CURVED
    level = chance(view, cells)
    inside = level is not None and colours is not None and colours[0] < level[0] < colours[1]
    found = values(cells, view.shown)
    return Map(found, cells.window, cells.labels, log, name=name_of(view.shown), range=colours, level=level if inside else None)


def path_of(view: ShownSlice, index: int, path: ProjectedPath, label: str) -> Path:
    """A training's path, with the loss where it truly ends and how far that is from the slice."""
    there = np.flatnonzero(np.isfinite(path.loss) & np.isfinite(path.off))
    end = f"loss {short(float(path.loss[there[-1]]))}, {short(float(path.off[there[-1]]))} away" if len(there) else ""
    lost = "" if len(there) == len(path.loss) else "diverged"
    detail = " · ".join(part for part in (end, lost) if part)
    return Path(view.spec.training.optimizers[index].key, label, path.coordinates, path.loss, detail, steps=path.steps)


def _chart(drawn: Curves, axis: str, places: Sequence[tuple[float, str]]) -> Chart:
    lines = [Line(one.label, one.label, one.places, one.values, style=_style(one.slice, one.test)) for one in drawn.curves]
    level = [] if drawn.level is None else [drawn.level[0]]  # in sight, as on the page
    every = np.concatenate([*(one.values for one in drawn.curves), level])
    limits = _limits(every, drawn.log)
    return Chart(
        drawn.title, axis, drawn.title, lines, limits, "linear", "log" if drawn.log else "linear",
        marks=[(at, name) for at, name in places], level=drawn.level,
    )  # fmt: skip


def _limits(found: np.ndarray, log: bool) -> tuple[float, float]:
    """From the least to the greatest value that the axis can show, with some room."""
    found = found[np.isfinite(found) & ((found > 0) | (not log))]
    low, high = (float(found.min()), float(found.max())) if len(found) else (1e-3, 1.0) if log else (0.0, 1.0)
    if log:
        room = (high / low) ** 0.06 if high > low else 2.0
        return low / room, high * room
    room = 0.06 * (high - low) or 0.5
    return low - room, high + room


def _style(which: int, test: bool) -> Style:
    """As on the page: a hue for each slice; dashes, and another marker, for test samples."""
    light, dark = (MINIMA[mode][HUES[which]] for mode in ("light", "dark"))
    return Style(light, dark, "dash" if test else "solid", (("circle", "square"), ("up", "diamond"))[which][test])
