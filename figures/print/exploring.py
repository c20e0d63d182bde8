"""Explorations computed again where they are drawn, as exhibits with their words: the same numbers as on the page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any, NamedTuple

from experiments.sweeps.cloud import Cloud
from experiments.sweeps.compute import compute
from experiments.sweeps.drift import drift
from experiments.sweeps.exploration import holds
from experiments.sweeps.looked_at import first_cell
from experiments.sweeps.network_presets import stored
from experiments.sweeps.networks import NetworkSweep
from experiments.sweeps.result import SweepResult
from experiments.sweeps.sweep import Sweep
from experiments.sweeps.theory import theory_of
from experiments.tune import Search, tune
from experiments.tuning import Tuning
from figures.network_caption import network_caption
from figures.print.exhibit import Exhibit
from figures.print.explored import Explored
from figures.print.of_exploration import cloud_exhibit, line_exhibit, map_exhibit, networks_exhibit
from figures.print.of_tuning import tuning_exhibit
from figures.sweep_alt import cloud_alt, line_alt, networks_alt, sweep_alt, tuning_alt
from figures.sweep_caption import caption, cloud_caption
from figures.tuning_caption import tuning_caption


class Told(NamedTuple):
    """An exhibit, and its caption and alternative text."""

    exhibit: Exhibit
    caption: str
    alt: str


def told(asked: Explored, cancelled: Callable[[], bool] = lambda: False) -> Told:
    """What is drawn, and its words. Raises ValueError for what cannot be explored, and `Cancelled` where it is not wanted."""
    what = asked.asked
    made = next(function for kind, function in MADE.items() if isinstance(what, kind))
    exhibit, said, alt = made(asked, cancelled)
    return Told(replace(exhibit, annotation=asked.annotation, caption=said, link=asked.link), said, alt)


def _of_sweep(asked: Explored, cancelled: Callable[[], bool]) -> Told:
    sweep, labels, colour = asked.asked, asked.labels, asked.colour
    assert isinstance(sweep, Sweep)
    result = swept(sweep, _Asked(cancelled))
    shown = bool({"run", "loss"} & set(asked.look.panels))
    cell = asked.cell if asked.cell is not None and holds(sweep, asked.cell) else first_cell(result, asked.tab)
    if asked.tab == "line":
        column = 0 if cell is None else cell[2]
        exhibit = line_exhibit(result, colour, labels, column, title=asked.title)
        return Told(exhibit, caption(result, colour, labels, column=column, runs=shown), line_alt(result, colour, labels))
    theory = theory_of(sweep) if asked.tab == "map" else None
    exhibit = map_exhibit(result, colour, labels, theory, cell, tab=asked.tab, title=asked.title)
    said = caption(result, colour, labels, theory=theory, chosen=cell if shown else None)
    return Told(exhibit, said, sweep_alt(result, colour, labels))


def _of_cloud(asked: Explored, cancelled: Callable[[], bool]) -> Told:
    cloud = asked.asked
    assert isinstance(cloud, Cloud)
    result = drifted(cloud, _Asked(cancelled))
    exhibit = cloud_exhibit(result, asked.labels, asked.step, title=asked.title)
    step = int(result.frames[exhibit.frame])
    return Told(exhibit, cloud_caption(cloud, asked.labels, step=step), cloud_alt(result, asked.labels, step))


def _of_networks(asked: Explored, cancelled: Callable[[], bool]) -> Told:
    sweep = asked.asked
    assert isinstance(sweep, NetworkSweep)
    found = stored(sweep)
    if found is None or not found.complete:
        raise ValueError("this map of trainings is not computed yet")
    exhibit = networks_exhibit(found, asked.colour, asked.labels, title=asked.title)
    said = network_caption(found, asked.colour, asked.labels)
    return Told(exhibit, said, networks_alt(found, asked.colour, asked.labels))


def _of_tuning(asked: Explored, cancelled: Callable[[], bool]) -> Told:
    tuning = asked.asked
    assert isinstance(tuning, Tuning)
    searches = searched(tuning, _Asked(cancelled))
    exhibit = tuning_exhibit(tuning, searches, asked.labels, title=asked.title)
    shown = bool({"run", "loss"} & set(asked.look.panels))
    said = tuning_caption(tuning, searches, asked.labels, runs=shown)
    return Told(exhibit, said, tuning_alt(tuning, searches, asked.labels))


MADE: Mapping[type, Callable[[Explored, Callable[[], bool]], Told]] = {
    Sweep: _of_sweep,
    Cloud: _of_cloud,
    Tuning: _of_tuning,
    NetworkSweep: _of_networks,
}


class _Asked:
    """Whether it is still wanted; all of these are equal, so that what is kept is found again."""

    def __init__(self, cancelled: Callable[[], bool]) -> None:
        self.cancelled = cancelled

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Asked)

    def __hash__(self) -> int:
        return 0

    def __call__(self, share: float) -> None:
        from experiments.requests import Cancelled

        if self.cancelled():
            raise Cancelled


@lru_cache(maxsize=4)
def swept(sweep: Sweep, on_progress: Any) -> SweepResult:
    *_, result = compute(sweep, on_progress)
    return result


@lru_cache(maxsize=4)
def searched(tuning: Tuning, on_progress: Any) -> tuple[Search, ...]:
    return tuple(tune(tuning, index, on_progress=on_progress) for index in range(len(tuning.experiment.optimizers)))


@lru_cache(maxsize=4)
def drifted(cloud: Cloud, on_progress: Any) -> Any:
    return drift(cloud, on_progress)
