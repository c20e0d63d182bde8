"""The sweep map: what became of thousands of runs, over two of an experiment's numbers, with theory on top of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from experiments.sweeps.axis import MODIFIER, SURFACE, Axis, coordinate
from experiments.sweeps.result import QUANTITIES, Fate, SweepResult
from experiments.sweeps.theory import Theory
from figures.cell_map import Cell, CellMap, Field, MapAxis, MapLine, MapMark, MapPanel
from figures.colouring import WORDS, coloured
from figures.contours import contours

BORDER = "stability limit (theory)"
RATES = (0.5, 0.8, 0.9, 0.95, 0.99)


def sweep_map(
    result: SweepResult,
    quantity: str,
    labels: Sequence[str],
    *,
    shown: Sequence[int] | None = None,
    theory: Theory | None = None,
    coordinates: Sequence[str] = ("x", "y"),
    minima: Sequence[Sequence[float]] = (),
    chosen: Cell | None = None,
    title: str = "",
    note: str = "",
) -> CellMap:
    """One panel for each optimizer `shown`, on one scale, coloured by a quantity of QUANTITIES.

    `minima` are named in the legend where colours are of minima, and marked where the axes are the start's coordinates.
    """
    sweep = result.sweep
    shown = range(len(labels)) if shown is None else shown
    x = map_axis(sweep.x, coordinates)
    y = None if sweep.y is None else map_axis(sweep.y, coordinates)
    names = [f"({', '.join(f'{v:.4g}' for v in place)})" for place in minima]
    colours = coloured(result, quantity, shown, names)
    starts = coordinate(sweep.x.name) == 0 and (sweep.y is None or coordinate(sweep.y.name) == 1)
    panels = tuple(
        MapPanel(
            label=labels[index],
            codes=colours.codes[place],
            note=_note(result, quantity, index),
            lines=() if theory is None else theory_lines(theory, index, x, y),
            marks=(
                *(() if starts or not result.complete else _bests(result, theory, index, x, y)),
                *(_minima_marks(minima, x, y) if starts else ()),
            ),
        )
        for place, index in enumerate(shown)
    )
    return CellMap(
        of=f"{sweep.key}:{','.join(map(str, shown))}",
        key=f"{sweep.key}:{','.join(map(str, shown))}:{result.stride}:{quantity}",
        title=title or QUANTITIES[quantity].title,
        note=note,
        x=x,
        y=y,
        panels=panels,
        palette=colours.palette,
        bar=colours.bar,
        patches=colours.patches,
        fields=fields_of(result, quantity, shown, names),
        stride=result.stride,
        equal=starts and y is not None,
        chosen=chosen,
    )


def map_axis(axis: Axis, coordinates: Sequence[str]) -> MapAxis:
    return MapAxis(axis_label(axis.name, coordinates), axis.low, axis.high, axis.cells, axis.scale, axis.whole)


def axis_label(name: str, coordinates: Sequence[str] = ("x", "y")) -> str:
    """An axis's name as it is read: "lr" is "learning rate", "mod.rotated.angle" is "rotated: angle"."""
    at = coordinate(name)
    if at is not None:
        return f"start {coordinates[at] if at < len(coordinates) else at}"
    if name.startswith(MODIFIER):
        return name.removeprefix(MODIFIER).replace(".", ": ").replace("_", " ")
    plain = name.removeprefix(SURFACE).replace(".", ": ").replace("_", " ")
    return "learning rate" if plain == "lr" else plain


def fields_of(result: SweepResult, quantity: str, shown: Sequence[int], minima: Sequence[str] = ()) -> tuple[Field, ...]:
    """What is said of a cell: its fate, steps and final loss always, and what it is coloured by."""
    names = list(dict.fromkeys(["fate", "steps", "final", *([quantity] if quantity != "minimum" or minima else [])]))
    made = []
    for name in names:
        values = getattr(result, name)[list(shown)]
        words = tuple(WORDS[one] for one in Fate) if name == "fate" else tuple(minima) if name == "minimum" else ()
        if name == "minimum":  # -1 has no word, and a byte has no sign
            values = np.where(values < 0, 255, values).astype(np.uint8)
        made.append(Field(QUANTITIES[name].title, values, words))
    return tuple(made)


def _note(result: SweepResult, quantity: str, index: int) -> str:
    shares = result.shares(index)
    return f"{shares['converged']:.1%} converged"


def _bests(result: SweepResult, theory: Theory | None, index: int, x: MapAxis, y: MapAxis | None) -> tuple[MapMark, ...]:
    marks = []
    best, promised = result.best_cell(index), None if theory is None else theory.bests[index]
    if promised is not None:
        up = 0.0 if y is None or promised.y is None else float(y.cell_of(promised.y))
        marks.append(MapMark("theory", "theory's best", float(x.cell_of(promised.x)), up))
    if best is not None:
        marks.append(MapMark("best", "best of the map", float(best[1]), float(best[0])))
    return tuple(mark for mark in marks if np.isfinite([mark.x, mark.y]).all())


def _minima_marks(minima: Sequence[Sequence[float]], x: MapAxis, y: MapAxis | None) -> tuple[MapMark, ...]:
    found = []
    for place in minima:
        across, up = float(x.cell_of(place[0])), 0.0 if y is None else float(y.cell_of(place[1]))
        if -0.5 <= across <= x.cells - 0.5 and (y is None or -0.5 <= up <= y.cells - 0.5):
            found.append(MapMark("minimum", "minimum", across, up))
    return tuple(found)


def theory_lines(theory: Theory, index: int, x: MapAxis, y: MapAxis | None) -> tuple[MapLine, ...]:
    """The stability border, and lines of equal rate, of an optimizer that has them; on a single row, none."""
    if y is None or y.cells < 2 or x.cells < 2:
        return ()
    lines: list[MapLine] = []
    rate = theory.rate[index]
    if np.isfinite(rate).any():
        lines += [MapLine("equal rate (theory)", xs, ys, "dashed", f"{level:g}") for level, xs, ys in contours(rate, RATES)]
        if theory.borders[index] is None:
            lines += [MapLine(BORDER, xs, ys) for _, xs, ys in contours(rate, [1.0])]
    border = theory.borders[index]
    if border is not None:
        xs, ys = x.cell_of(border[:, 0]), y.cell_of(border[:, 1])
        if np.isfinite(xs).any():
            lines.append(MapLine(BORDER, xs, ys))
    return tuple(lines)
