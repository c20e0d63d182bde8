"""Links to explorations: the fields beside those of the experiment, in full precision, and back whatever they hold."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace

from experiments.link import shortened
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
    complaints: list[str] = []
    left = dict(fields)
    tab = left.pop("tab", TABS[0])
    if tab not in TABS:
        complaints.append(f"tab={shortened(tab)} was left out: there are: {', '.join(TABS)}.")
    view = opening(experiment, tab if tab in TABS else TABS[0])

    def take(name: str, read: Callable[[str], Exploration]) -> None:
        """Read one field into the view; on any error keep what was and say so."""
        nonlocal view
        text = left.pop(name, None)
        if text is None:
            return
        try:
            if len(text) > LONGEST:
                raise ValueError(f"it has {len(text)} characters, {LONGEST} at most are read")
            found = read(text)
            if name in MUST_FIT and found.tab in SWEEPS:
                sweep_of(found, experiment)
            if found.tab == "tune":
                tuning_of(found, experiment)
            view = found
        except (ValueError, TypeError, KeyError, OverflowError) as error:
            complaints.append(f"{name}={shortened(text)} was left out: {shortened(str(error).rstrip('.'), 300)}.")

    readers: Mapping[str, Callable[[str], Exploration]] = {
        "of": lambda text: _with_shown(view, experiment, text),
        "axes": lambda text: _with_axes(view, text),
        "cells": lambda text: replace(view, cells=_whole(text)),
        "seeds": lambda text: replace(view, seeds=_whole(text)),
        "runs": lambda text: replace(
            view, runs=_whole(text, *((FEWEST_RUNS, MOST_TUNED) if view.tab == "tune" else (1, MOST_RUNS)))
        ),
        "tolerance": lambda text: replace(view, tolerance=float(text)),
        "colour": lambda text: replace(view, colour=_of(text, QUANTITIES)),
        "search": lambda text: _with_searched(view, experiment, text),
        "unit": lambda text: replace(view, unit=_of(text, UNITS)),
        "starts": lambda text: replace(view, starts=_whole(text, 1, MOST_TRIES)),
        "cell": lambda text: _with_cell(view, experiment, text),
    }
    for name in FIELDS[view.tab]:
        take(name, readers[name])
    complaints += [f"{shortened(name)} was left out: no such field of {view.tab}." for name in left]
    return view, complaints


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
    return Axis(name, float(low), float(high), _whole(cells), scale)  # type: ignore[arg-type]  # the axis checks it


def _whole(text: str, low: int = 0, high: int = 10**9) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > 10 or not low <= int(text) <= high:
        raise ValueError(f"not a whole number from {low} to {high}")
    return int(text)


def _of(text: str, menu: Collection[str]) -> str:
    if text not in menu:
        raise ValueError(f"there are: {', '.join(menu)}")
    return text


def _with_searched(view: Exploration, experiment: Experiment, text: str) -> Exploration:
    names = tuple(tuple(part.split(",")) for part in text.split(";"))
    if names != searched_of(names, experiment):
        raise ValueError("it is NAME or NAME,NAME of hyperparameters, with ; between optimizers")
    return replace(view, searched=names)


def _with_shown(view: Exploration, experiment: Experiment, text: str) -> Exploration:
    places = [_whole(part) for part in text.split(",")]
    missing = [i for i in places if i not in able(experiment)]
    if missing:
        raise ValueError(f"there is no optimizer {missing[0]} that can run here, counted from 0")
    return fitted(replace(view, shown=tuple(sorted(set(places)))), experiment)


def _with_cell(view: Exploration, experiment: Experiment, text: str) -> Exploration:
    places = [_whole(part) for part in text.split(",")]
    if len(places) != 3:
        raise ValueError("a cell is PANEL,ROW,COLUMN")
    found = (places[0], places[1], places[2])
    if not holds(sweep_of(view, experiment), found):
        raise ValueError("there is no such cell")
    return replace(view, cell=found)
