"""A sweep as one short Python text that needs nothing but torch and gives the numbers of its cells."""

from __future__ import annotations

import re
from typing import Any

from experiments.script.landscape_code import LandscapeCode
from experiments.script.many import assembled, named
from experiments.script.measure_code import MEASURED
from experiments.script.script import needs_of, steps_of
from experiments.script.wrapper_code import Nest
from experiments.sensitivity import PIXELS
from experiments.spec import Experiment, start_of
from experiments.sweeps.axis import MODIFIER, SEED, SURFACE, Axis, coordinate
from experiments.sweeps.result import QUANTITIES
from experiments.sweeps.sweep import Sweep, cell
from optimizers.optimizer import Needs

MOST_LANDSCAPES = 1024  # whose numbers a text can list and still be read


def sweep_script(sweep: Sweep) -> str:
    """A Python text that needs torch alone, runs every cell by itself, and prints a row of QUANTITIES for each.

    float64, all values in full precision; the same rules as `script` writes. Where numbers of the landscape are varied,
    those of every landscape are listed. Raises ValueError for more of these than can be read, and for what `script` does not
    write.
    """
    experiment, names = sweep.experiment, [axis.name for axis in sweep.axes]
    varied = any(_moves(axis) for axis in sweep.axes)
    first = cell(sweep, 0, 0, 0)
    landscape: Any = first.make_landscape()
    seen = first.seen_landscape()
    numbers: list[float] | None = [] if varied else None
    code = LandscapeCode(first, landscape, numbers)
    variables = {name: _variable(name) for name in names}
    nests = [Nest(named(choice, variables.get)) for choice in experiment.optimizers]
    titles = [f"{index + 1} {experiment.optimizer(index).title}" for index in range(len(nests))]
    steps = [steps_of(cell(sweep, index, 0, 0), seen) for index in range(len(nests))]
    return assembled(
        f"Sweep {sweep.key}: what became of every run, by torch alone. Prints a row for each cell.",
        first, code, list(zip(titles, nests, steps)), _constants(sweep, landscape, varied, needs_of(nests)), [MEASURED],
        _loop(sweep, varied),
    )  # fmt: skip


def _moves(axis: Axis) -> bool:
    """Whether it varies a number of the landscape."""
    return axis.name.startswith((SURFACE, MODIFIER))


def _variable(name: str) -> str:
    """What an axis's value is called in the text."""
    return {SEED: "SEED"}.get(name, re.sub(r"\W", "_", name))


def _constants(sweep: Sweep, landscape: Any, varied: bool, needs: Needs) -> list[str]:
    """What is measured against, the axes' values, and the landscapes where they differ."""
    lines = [f"TOLERANCE = {sweep.tolerance!r}", "EVERY = 1  # 4: every fourth value of each axis", "RESULTS = []"]
    lines += [f"{name} = {_values(axis)}  # {axis.name}" for name, axis in zip("XY", sweep.axes)]
    if not varied:
        return [*lines, f"MINIMA, HEIGHTS, PIXEL = {_marks(landscape)}"]
    columns, rows = (axis.cells if axis is not None and _moves(axis) else 1 for axis in (sweep.x, sweep.y))
    if rows * columns > MOST_LANDSCAPES:
        count = f"{rows * columns:,} here, {MOST_LANDSCAPES:,} at most"
        raise ValueError(f"A script lists the numbers of every landscape: {count}. Choose fewer cells.")
    made = [_landscape(cell(sweep, 0, row, column), needs) for row in range(rows) for column in range(columns)]
    return [*lines, "LANDSCAPES = [  # p, START, MINIMA, HEIGHTS, PIXEL", *(f"    {row}," for row in made), "]"]


def _landscape(experiment: Experiment, needs: Needs) -> str:
    """A landscape's numbers, in the order in which its text names them, and its marks."""
    landscape: Any = experiment.make_landscape()
    numbers: list[float] = []
    LandscapeCode(experiment, landscape, numbers).pieces(needs)
    return f"({numbers!r}, {[float(v) for v in start_of(experiment, landscape)]!r}, {_marks(landscape)})"


def _marks(landscape: Any) -> str:
    """Minima, the losses there, and what is smaller than can be seen."""
    minima = [[float(v) for v in place] for place in landscape.minima]
    heights = [float(landscape.loss(landscape.point(place))) for place in minima]
    return f"{minima!r}, {heights!r}, {max(high - low for low, high in landscape.domain) / PIXELS!r}"


def _values(axis: Axis) -> str:
    told = [str(int(v)) if axis.whole else repr(float(v)) for v in axis.values]
    return "[" + ", ".join(told) + "]"


def _loop(sweep: Sweep, varied: bool) -> list[str]:
    """The cells one after the other."""
    names = [_variable(axis.name) for axis in sweep.axes]
    header = ",".join(["optimizer", *(axis.name for axis in sweep.axes), *QUANTITIES])
    lines = [f'print("{header}")']
    indent = ""
    if sweep.y is not None:
        lines.append(f"for row, {names[1]} in list(enumerate(Y))[::EVERY]:")
        indent = "    "
    lines.append(f"{indent}for column, {names[0]} in list(enumerate(X))[::EVERY]:")
    indent += "    "
    if varied:
        places = [place for axis, place in zip(sweep.axes, ("column", "row")) if _moves(axis)]
        at = places[0] if len(places) == 1 else f"row * {sweep.columns} + column"
        lines.append(f"{indent}p, START, MINIMA, HEIGHTS, PIXEL = LANDSCAPES[{at}]")
    for axis, name in zip(sweep.axes, names):
        if (place := coordinate(axis.name)) is not None:
            lines.append(f"{indent}START = [*START[:{place}], {name}, *START[{place + 1}:]]")
    row = "0" if sweep.y is None else "row"
    told = ", ".join(["name", *names, "*numbers"])
    return [
        *lines,
        f"{indent}for name, walk in OPTIMIZERS:",
        f"{indent}    numbers = measured(*run(walk()))",
        f"{indent}    RESULTS.append((name, {row}, column, *numbers))",
        f'{indent}    print({told}, sep=",")',
    ]
