"""A specified slice, computed: the network, the place, the plane, the window, the cells; and what can be said of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from experiments.grids.grid import Grid, blank
from experiments.grids.spec import SliceSpec
from experiments.grids.store import GridStore, key_of
from experiments.grids.trust import PathTrust, Trust, trust, with_paths
from experiments.grids.window import automatic_window
from experiments.slices import results_folder, stored
from experiments.spec import ExperimentError
from experiments.training_result import TrainingResult
from landscapes.directions import Plane
from landscapes.directions.kind import Place
from landscapes.grids import evaluator

SUBSET_SEED = 20_260


@dataclass(frozen=True, eq=False)
class Ready:
    """All that a slice's cells depend on. chance: the loss of a network that knows nothing, None where that cannot be told."""

    spec: SliceSpec
    network: Any
    place: Place
    plane: Plane
    grid: Grid
    key: str
    chance: float | None
    result: TrainingResult


def store() -> GridStore:
    """Where the cells of slices are kept, for all processes."""
    return GridStore(results_folder() / "slices")


def place_of(spec: SliceSpec, network: Any, result: TrainingResult) -> Place:
    """What a training's result knows where a slice goes."""
    i = spec.optimizer
    ends = np.asarray(result.ends, dtype=np.float64)
    start = np.asarray(network.start, dtype=np.float64)
    paths = () if result.theta is None else tuple(np.asarray(path, dtype=np.float64) for path in result.theta)
    last = int(result.last_finite[i])
    step = None if not paths or last < 1 else paths[i][last] - paths[i][last - 1]
    others = tuple(end for j, end in enumerate(ends) if j != i)[:2]
    theta = ends[i] if spec.place == "end" else start
    return Place(network, theta, paths, others, step if spec.place == "end" else None)


def ready(spec: SliceSpec, device: str = "cpu") -> Ready:
    """A slice with nothing done, or what is kept of it. Raises ExperimentError where it cannot be, in a sentence."""
    from landscapes.networks.grids.facts import chance_level, facts, identity

    result = stored(spec.training)
    if result is None:
        raise ExperimentError("this network has not been trained yet: a slice goes through a finished training")
    whole: Any = spec.training.make_landscape()
    network = whole.to(device)
    of = network.samples
    if spec.samples is not None and spec.samples < of:
        network = network.chosen(np.sort(np.random.default_rng(SUBSET_SEED).permutation(of)[: spec.samples]))
    place = place_of(spec, network, result)
    network = (
        network.with_statistics("recomputed") if spec.statistics == "recomputed" else _frozen(whole.to(device), network, place)
    )
    place = replace(place, landscape=network)
    plane = _plane(spec, place, result)
    try:
        evaluate = evaluator(network, plane, ("loss",))
        evaluator(network, plane, spec.quantities)
    except ValueError as error:
        raise ExperimentError(f"quantities: {error}") from None
    chance = chance_level(network)
    window = spec.window or automatic_window(plane, evaluate, _in_view(spec, place, plane, result), chance)
    x, y = (np.linspace(low, high, cells) for (low, high), cells in zip(window, spec.cells))
    grid = blank(plane, x, y, spec.quantities, facts(network, of))
    key = key_of(grid, identity(network))
    return Ready(spec, network, place, plane, store().load(key) or grid, key, chance, result)


def _in_view(spec: SliceSpec, place: Place, plane: Plane, result: TrainingResult) -> list[np.ndarray]:
    """Points that the window must hold: all paths on their own plane, the checkpoints on the plane through them."""
    if spec.directions.key == "principal":
        return [plane.points(c) for c in result.coordinates]
    return [np.stack([place.theta, *place.checkpoints])] if spec.directions.key == "through" else []


def _frozen(whole: Any, network: Any, place: Place) -> Any:
    """The network with BatchNorm at the statistics that all training samples have at the place; the same where it has none."""
    if not any(name.endswith("running_mean") for name, _ in network.module.named_buffers()):
        return network.with_statistics("frozen")
    frozen = whole.frozen_at(whole.point(place.theta))
    return replace(frozen, train=network.train)


def _plane(spec: SliceSpec, place: Place, result: TrainingResult) -> Plane:
    kind = spec.kind()
    if spec.directions.key == "principal" and not place.paths:  # the file has no weights, but the plane that they had
        return Plane(
            result.origin,
            result.directions,
            result.explained,
            "the two principal axes of all recorded points",
            ("PC 1", "PC 2"),
        )
    if reason := kind.disabled_because(place):
        raise ExperimentError(f"directions: {reason}")
    made: Plane = kind.plane(place)
    return made


def computed(made: Ready, on_progress: Callable[[float], None] = lambda share: None) -> Iterator[Grid]:
    """The grid with more and more cells, coarse first, at last complete; kept on disk. `on_progress` may raise to stop."""
    evaluate = evaluator(made.network, made.plane, made.spec.quantities)
    return store().filled(made.key, made.grid, evaluate, on_progress)


def trusted(made: Ready) -> Trust:
    """What can be said of the slice, with other seeds on its window and float64 at nine cells."""
    from landscapes.networks.grids.facts import rounding

    x, y = made.grid.x, np.asarray(made.grid.y)
    ends = [(float(axis[0]), float(axis[-1])) for axis in (x, y)]
    tried = np.stack(np.meshgrid(*(np.linspace(low, high, 3) for low, high in ends)), axis=-1).reshape(-1, 2)
    random = made.spec.directions.key == "random"
    found = trust(
        made.place,
        made.plane,
        made.grid.facts,
        kind=made.spec.kind() if random else None,
        window=ends,
        rounding=rounding(made.network, made.plane, tried),
    )
    if made.spec.directions.key != "principal" or made.place.paths:
        return found
    return with_paths(found, recorded_paths(made.result))


def recorded_paths(result: TrainingResult) -> tuple[PathTrust, ...]:
    """The paths on their joint plane as the training recorded them, for a result whose weights were left out of its file."""
    columns = (result.coordinates, result.off_plane, result.loss, result.plane_loss)
    return tuple(PathTrust(*(np.asarray(column[i], dtype=np.float64) for column in columns)) for i in range(len(result.ends)))
