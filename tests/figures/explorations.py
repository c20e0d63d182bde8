"""Small explorations of every kind, for the tests of their figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache

from experiments.presets import RACES
from experiments.spec import Choice, Experiment
from experiments.sweeps.cloud import Cloud
from experiments.sweeps.exploration import chosen, fitted, opening, sweep_of
from experiments.sweeps.network_presets import SHIPPED
from experiments.tuning import Tuning
from figures.print import LOOKS, Look
from figures.print.explored import Asked, Explored
from figures.print.exploring import Told, told

STEPS = 30
LINK = "https://example.org/explore?on=here"


def _experiment(key: str, *modifiers: Choice) -> Experiment:
    return replace(RACES[key], optimizers=RACES[key].optimizers[:4], steps=STEPS, modifiers=modifiers)


def _map(key: str, colour: str, shown: tuple[int, ...] = (), tab: str = "map") -> tuple[str, str, Asked]:
    experiment = _experiment(key)
    view = opening(experiment, tab)
    view = fitted(replace(view, shown=shown or view.shown), experiment)
    view = replace(view, x=replace(view.x, cells=16), y=replace(view.y, cells=12), cells=24)
    return tab, colour, sweep_of(view, experiment)


def _line(key: str, seeds: int) -> tuple[str, str, Asked]:
    experiment = _experiment(key, *([Choice("noise")] if seeds > 1 else []))
    view = opening(experiment, "line")
    return "line", "final", sweep_of(replace(view, x=replace(view.x, cells=24), seeds=seeds), experiment)


def _cloud(key: str, *shown: int) -> tuple[str, str, Asked]:
    return "cloud", "final", Cloud(chosen(_experiment(key, Choice("noise")), shown), 40, 16)


def _tuning(key: str, **searched: tuple[str, ...]) -> tuple[str, str, Asked]:
    experiment = _experiment(key)
    return "tune", "final", Tuning(experiment, tuple(searched.get(c.key, ("lr",)) for c in experiment.optimizers), runs=40)


KINDS: Mapping[str, Callable[[], tuple[str, str, Asked]]] = {
    "map": lambda: _map("ravine", "final"),
    "maps": lambda: _map("ravine", "steps", (0, 1, 2, 3)),
    "fates": lambda: _map("rosenbrock", "fate"),
    "basins": lambda: _map("himmelblau", "minimum", tab="basins"),
    "basins of steps": lambda: _map("double_well", "steps", (0,), tab="basins"),
    "basins on a line": lambda: _map("parabola", "minimum", tab="basins"),
    "line": lambda: _line("ravine", 1),
    "line with seeds": lambda: _line("linear_neuron", 4),
    "line on a line": lambda: _line("parabola", 1),
    "cloud": lambda: _cloud("ravine", 0, 3),
    "cloud on a line": lambda: _cloud("parabola", 0),
    "tune": lambda: _tuning("ravine"),
    "tune by two": lambda: _tuning("ravine", momentum=("lr", "momentum"), adam=("beta1",)),
    "tune on a line": lambda: _tuning("parabola"),
    "networks": lambda: ("networks", "accuracy", SHIPPED["batch"]),
    "networks by scale": lambda: ("networks", "sharpness", SHIPPED["scale"]),
}


@cache
def asked(kind: str, look: Look = LOOKS["page"]) -> Explored:
    tab, colour, what = KINDS[kind]()
    names = [what.experiment.optimizer(i).title for i in range(len(what.experiment.optimizers))]
    return Explored(tab, what, tuple(names), look, f"An exploration: {kind}", "What it shows", LINK, colour)


@cache
def made(kind: str) -> Told:
    return told(asked(kind))
