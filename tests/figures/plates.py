"""Plates for the tests of figures to take away: small races on every surface of the menu."""

from __future__ import annotations

from functools import cache

import numpy as np

from experiments import Experiment
from experiments.race import Entrant, enter, height_map
from experiments.spec import Choice
from figures.print import Multiples, Path, Plate, plate_of
from landscapes.surfaces.surface import Surface

METHODS = (Choice("sgd", {"lr": 0.01}), Choice("adam", {"lr": 0.05}), Choice("adam", {"lr": 0.3}), Choice("nsgd_l2"))
LINK = "https://example.org/race?on=here"


@cache
def race(key: str, methods: tuple[Choice, ...] = METHODS, steps: int = 30) -> tuple[Experiment, Surface, list[Entrant | str]]:
    """A race with what becomes of everybody; shared, so only read."""
    experiment = Experiment(Choice(key), methods, steps=steps)
    landscape = experiment.make_landscape()
    assert isinstance(landscape, Surface)
    reasons = [experiment.optimizer(i).disabled_because(landscape) for i in range(len(methods))]
    return experiment, landscape, [reason or enter(experiment.solo(i), landscape) for i, reason in enumerate(reasons)]


def labels(experiment: Experiment) -> list[str]:
    return [f"{experiment.optimizer(i).title} {i + 1}" for i in range(len(experiment.optimizers))]


@cache
def plate(key: str, methods: tuple[Choice, ...] = METHODS, steps: int = 30, cells: int = 40) -> Plate:
    experiment, landscape, entries = race(key, methods, steps)
    heights = height_map(landscape, landscape.domain, cells)
    return plate_of(
        experiment, landscape, entries, labels(experiment), heights,
        title=f"{landscape.name}: a race", annotation="What the race shows, as its author says", note="A note", link=LINK,
    )  # fmt: skip


DIVERGING = (Choice("sgd", {"lr": 1.0}), Choice("momentum", {"lr": 1e-3}))


def multiples(key: str = "rosenbrock") -> Multiples:
    """Two methods by three learning rates, from one that hardly moves to one that diverges."""
    cells = []
    for method in ("sgd", "momentum"):
        choices = tuple(Choice(method, {"lr": lr}) for lr in (1e-5, 1e-3, 1.0))
        experiment, _, entries = race(key, choices)
        cells.append(
            [
                Path(c.key, method, e.trajectory.theta, e.trajectory.loss, f"lr {c.parameters['lr']:g}")
                for c, e in zip(experiment.optimizers, entries)
                if isinstance(e, Entrant)
            ]
        )
    return Multiples("Rates", plate(key).map, cells, ["SGD", "Momentum"], ["1e−5", "0.001", "1"], link=LINK)


def square(paths: list[Path]) -> Plate:
    """Paths over a flat slope on [0, 1] x [0, 1]."""
    from figures.print import Map

    x = np.linspace(0, 1, 20)
    return Plate("A slope", Map(x[None] + x[:, None], ((0.0, 1.0), (0.0, 1.0)), ("x", "y")), paths)
