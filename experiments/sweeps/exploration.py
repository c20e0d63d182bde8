"""What a visitor explores of an experiment: which map, line, basins or cloud."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil, floor, log10

from experiments.spec import Experiment, ExperimentError
from experiments.sweeps.axis import SEED, Axis, axes_of, axis, known
from experiments.sweeps.cloud import Cloud
from experiments.sweeps.sweep import Sweep, basin_map, line_sweep
from experiments.tuning import MOST_NAMES, Tuning
from optimizers.wrappers.wrapper import hyperparameter_ranges

TABS = ("map", "line", "basins", "cloud", "tune", "networks")
CLOUD_CELLS = 64  # along each axis: so many that a cell of a few hundred runs holds some
NEAR = 100.0  # how far around the value that is set an axis on a log scale reaches


@dataclass(frozen=True)
class Exploration:
    """`shown` are optimizers by their places. `x` and `y` span the map; the line varies `x` alone, the basins the start.

    `cells` are those of each axis of basins; `seeds` of a line; `runs` of a cloud. `colour` is one of QUANTITIES; `cell` the
    panel, row and column that is looked at, of a line the last alone. Tuning is of all optimizers that can run: `searched` are
    the names for each optimizer of the experiment, on a budget of `runs` in `unit`, from `starts` starts with `seeds` seeds.
    """

    tab: str
    shown: tuple[int, ...]
    x: Axis
    y: Axis
    cells: int = 256
    seeds: int = 1
    runs: int = 300
    tolerance: float = 1e-6
    colour: str = "steps"
    cell: tuple[int, int, int] | None = None
    searched: tuple[tuple[str, ...], ...] = ()
    unit: str = "calls"
    starts: int = 1


def able(experiment: Experiment) -> list[int]:
    """The optimizers that can run on the experiment's landscape, by their places."""
    landscape = experiment.make_landscape()
    return [i for i in range(len(experiment.optimizers)) if not experiment.optimizer(i).disabled_because(landscape)]


def opening(experiment: Experiment, tab: str = "map") -> Exploration:
    """What a tab opens with: a map of momentum's own two numbers, where it is there; lines of all optimizers; else two at once.

    ExperimentError where none of the optimizers can run, or there are no surfaces.
    """
    places = able(experiment)
    if not places:
        raise ExperimentError("none of these optimizers can run here")
    balls = [i for i in places if "momentum" in experiment.optimizers[i].parameters]
    shown = {"map": balls[:1] or places[:1], "line": places, "tune": places}.get(tab, [*balls[:1], *places[-1:]] or places[:2])
    seen = chosen(experiment, tuple(sorted(set(shown))))
    names = [name for name in axes_of(seen) if name != SEED]
    first = "lr" if "lr" in names else names[0]
    second = next(name for name in names if name != first)
    return Exploration(
        tab,
        tuple(sorted(set(shown))),
        around(seen, first, 128),
        around(seen, second, 128),
        tolerance=1e-2 if tab == "basins" else 1e-6,
        colour={"basins": "minimum", "line": "final", "map": "final"}.get(tab, "steps"),
        runs=100 if tab == "tune" else 300,
        searched=searched_of((), experiment) if tab == "tune" else (),
    )


def chosen(experiment: Experiment, shown: tuple[int, ...]) -> Experiment:
    """The experiment with the optimizers that are shown."""
    return replace(experiment, optimizers=tuple(experiment.optimizers[i] for i in shown))


def around(experiment: Experiment, name: str, cells: int) -> Axis:
    """An axis around what the experiment has: whole powers of ten on a log scale of an optimizer's number, else all that a
    control offers."""
    found = axis(experiment, name, cells)
    values = [choice.parameters[name] for choice in experiment.optimizers if name in choice.parameters]
    if not values or found.scale != "log" or min(values) <= 0:
        return found
    allowed = known(experiment, name)
    low, high = (10.0 ** floor(log10(min(values) / NEAR)), 10.0 ** ceil(log10(max(values) * NEAR)))
    return replace(found, low=low if allowed.holds(low) else found.low, high=high if allowed.holds(high) else found.high)


def sweep_of(view: Exploration, experiment: Experiment) -> Sweep:
    """The sweep that a map, a line or the basins are. Raises ExperimentError, with the size that would fit."""
    seen = chosen(experiment, view.shown)
    if view.tab == "basins":
        return basin_map(seen, view.cells, tolerance=view.tolerance)
    if view.tab == "line":
        return line_sweep(seen, view.x, view.seeds, view.tolerance)
    return Sweep(seen, view.x, view.y, view.tolerance)


def cloud_of(view: Exploration, experiment: Experiment) -> Cloud:
    """The cloud. Raises ExperimentError where nothing is random, or with the size that would fit."""
    return Cloud(chosen(experiment, view.shown), view.runs, CLOUD_CELLS)


def tuning_of(view: Exploration, experiment: Experiment) -> Tuning:
    """The tuning of all optimizers that can run. Raises ExperimentError, with the size that would fit."""
    places = able(experiment)
    names = searched_of(view.searched, experiment)
    seen = chosen(experiment, tuple(places))
    return Tuning(seen, tuple(names[i] for i in places), view.runs, view.unit, view.starts, view.seeds)


def searched_of(names: tuple[tuple[str, ...], ...], experiment: Experiment) -> tuple[tuple[str, ...], ...]:
    """What is searched of each optimizer: what is named, where it has that; else its learning rate, or its first number."""
    found = []
    for index in range(len(experiment.optimizers)):
        there = hyperparameter_ranges(experiment.optimizer(index))
        kept = tuple(name for name in names[index] if name in there)[:MOST_NAMES] if index < len(names) else ()
        found.append(kept or (("lr",) if "lr" in there else tuple(there)[:1]))
    return tuple(found)


def fitted(view: Exploration, experiment: Experiment) -> Exploration:
    """The view for an experiment that has changed: what does not belong to it any more is as the tab opens with."""
    places = able(experiment)
    shown = tuple(i for i in view.shown if i in places)
    if not shown:
        return opening(experiment, view.tab)
    seen = chosen(experiment, shown)
    names = axes_of(seen)
    spare = [name for name in names if name not in (SEED, view.x.name, view.y.name)]
    x, y = (axis if axis.name in names else around(seen, spare.pop(0), axis.cells) for axis in (view.x, view.y))
    searched = searched_of(view.searched, experiment) if view.tab == "tune" else ()
    return replace(view, shown=shown, x=x, y=y, searched=searched)


def holds(sweep: Sweep, cell: tuple[int, int, int]) -> bool:
    """Whether the sweep has the cell: an optimizer, a row and a column."""
    return cell[0] < len(sweep.experiment.optimizers) and cell[1] < sweep.rows and cell[2] < sweep.columns
