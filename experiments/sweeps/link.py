"""Links to explorations: the fields beside those of the experiment, in full precision, and back whatever they hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from experiments.link_fields import Reading, number, one_of, whole
from experiments.spec import Experiment
from experiments.sweeps.axis import Axis
from experiments.sweeps.cloud import MOST_RUNS
from experiments.sweeps.exploration import TABS, Exploration, able, fitted, holds, opening, searched_of, sweep_of, tuning_of
from experiments.sweeps.result import QUANTITIES
from experiments.tuning import FEWEST_RUNS, MOST_TRIES, UNITS
from experiments.tuning import MOST_RUNS as MOST_TUNED

LONGEST = 200  # characters of a field
FIELDS: Mapping[str, tuple[str, ...]] = {
    "map": ("of", "axes", "tolerance", "colour", "cell"),
    "line": ("of", "axes", "seeds", "tolerance", "colour", "cell"),
    "basins": ("of", "cells", "tolerance", "colour", "cell"),
    "cloud": ("of", "runs"),
    "tune": ("search", "runs", "unit", "starts", "seeds"),
    "networks": (),
}
SWEEPS, MUST_FIT = ("map", "line", "basins"), ("axes", "cells", "seeds", "tolerance")


def encode(view: Exploration) -> dict[str, str]:
    """The exploration as fields of a link: those that its tab has, see FIELDS."""
    axes = (view.x, view.y) if view.tab == "map" else (view.x,)
    fields = {
        "of": ",".join(map(str, view.shown)),
        "axes": ";".join(_axis_text(axis) for axis in axes),
        "cells": str(view.cells),
        "seeds": str(view.seeds),
        "runs": str(view.runs),
        "tolerance": repr(view.tolerance),
        "colour": view.colour,
        "search": ";".join(",".join(names) for names in view.searched),
        "unit": view.unit,
        "starts": str(view.starts),
    } | ({} if view.cell is None else {"cell": ",".join(map(str, view.cell))})
    return {"tab": view.tab} | {name: text for name, text in fields.items() if name in FIELDS[view.tab]}


def decode(fields: Mapping[str, str], experiment: Experiment) -> tuple[Exploration, list[str]]:
    """The exploration that a link's fields hold, and a sentence for each that was wrong and fell back to its default alone.

    Never raises, whatever the fields hold, unless `opening` does.
    """
    reading = Reading(opening(experiment, TABS[0]), fields, LONGEST)
    reading.take("tab", lambda text: opening(experiment, one_of(text, TABS)))
    tab = reading.value.tab

    def fitting(name: str, read: Callable[[str], Exploration]) -> Callable[[str], Exploration]:
        """The reader, which refuses what could not be computed."""

        def checked(text: str) -> Exploration:
            found = read(text)
            if name in MUST_FIT and found.tab in SWEEPS:
                sweep_of(found, experiment)
            if found.tab == "tune":
                tuning_of(found, experiment)
            return found

        return checked

    readers: Mapping[str, Callable[[str], Exploration]] = {
        "of": lambda text: _with_shown(reading.value, experiment, text),
        "axes": lambda text: _with_axes(reading.value, text),
        "cells": lambda text: replace(reading.value, cells=whole(text)),
        "seeds": lambda text: replace(reading.value, seeds=whole(text)),
        "runs": lambda text: replace(
            reading.value, runs=whole(text, *((FEWEST_RUNS, MOST_TUNED) if reading.value.tab == "tune" else (1, MOST_RUNS)))
        ),
        "tolerance": lambda text: replace(reading.value, tolerance=number(text)),
        "colour": lambda text: replace(reading.value, colour=one_of(text, QUANTITIES)),
        "search": lambda text: _with_searched(reading.value, experiment, text),
        "unit": lambda text: replace(reading.value, unit=one_of(text, UNITS)),
        "starts": lambda text: replace(reading.value, starts=whole(text, 1, MOST_TRIES)),
        "cell": lambda text: _with_cell(reading.value, experiment, text),
    }
    for name in FIELDS[tab]:
        reading.take(name, fitting(name, readers[name]))
    return reading.end(f"no such field of {tab}")


def _axis_text(one: Axis) -> str:
    return f"{one.name},{one.low!r},{one.high!r},{one.cells},{one.scale}"


def _with_axes(view: Exploration, text: str) -> Exploration:
    made = [_axis(part) for part in text.split(";")]
    if len(made) != (2 if view.tab == "map" else 1):
        raise ValueError("a map has two axes, a line has one")
    return replace(view, x=made[0], y=made[-1] if len(made) > 1 else view.y)


def _axis(text: str) -> Axis:
    parts = text.split(",")
    if len(parts) != 5:
        raise ValueError("an axis is NAME,LOW,HIGH,CELLS,SCALE")
    name, low, high, cells, scale = parts
    return Axis(name, number(low), number(high), whole(cells), scale)  # type: ignore[arg-type]  # the axis checks it


def _with_searched(view: Exploration, experiment: Experiment, text: str) -> Exploration:
    names = tuple(tuple(part.split(",")) for part in text.split(";"))
    if names != searched_of(names, experiment):
        raise ValueError("it is NAME or NAME,NAME of hyperparameters, with ; between optimizers")
    return replace(view, searched=names)


def _with_shown(view: Exploration, experiment: Experiment, text: str) -> Exploration:
    places = [whole(part) for part in text.split(",")]
    missing = [i for i in places if i not in able(experiment)]
    if missing:
        raise ValueError(f"there is no optimizer {missing[0]} that can run here, counted from 0")
    return fitted(replace(view, shown=tuple(sorted(set(places)))), experiment)


def _with_cell(view: Exploration, experiment: Experiment, text: str) -> Exploration:
    places = [whole(part) for part in text.split(",")]
    if len(places) != 3:
        raise ValueError("a cell is PANEL,ROW,COLUMN")
    found = (places[0], places[1], places[2])
    if not holds(sweep_of(view, experiment), found):
        raise ValueError("there is no such cell")
    return replace(view, cell=found)
