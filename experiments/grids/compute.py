"""A specified slice, computed: the network, the place, the plane, the window, the cells; and what can be said of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from experiments import slice_words
from experiments.grids import limits
from experiments.grids.grid import Grid, blank
from experiments.grids.spec import START, SliceSpec
from experiments.grids.store import GridStore, key_of
from experiments.grids.trust import PathTrust, Trust, trust, with_paths
from experiments.grids.window import automatic_window
from experiments.slices import results_folder, stored
from experiments.spec import Experiment, ExperimentError
from experiments.training_result import TrainingResult
from landscapes.directions import Plane, Span, line_along, line_between
from landscapes.directions.kind import Place
from landscapes.grids import evaluator
from landscapes.grids.evaluator import Tick, no_tick

SUBSET_SEED = 20_260
NO_STEPS = " This training's file has no weights along its paths: train it again, and its last step is known."


@dataclass(frozen=True, eq=False)
class Ready:
    """All that a slice's cells depend on. chance: the loss of a network that knows nothing, None where that cannot be told."""

    spec: SliceSpec
    network: Any
    place: Place
    plane: Span
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
    theta = ends[i] if spec.place == "end" else start
    others = tuple(start if j == START else ends[j] for j in spec.points)
    return Place(network, theta, paths, others, step if spec.place == "end" else None)


def ready(spec: SliceSpec, device: str = "cpu") -> Ready:
    """A slice with nothing done, or what is kept of it. Raises ExperimentError where it cannot be, in a sentence."""
    made = _prepared(json.dumps(spec.as_json()), device, results_folder(), _own(spec.training).exists())
    return replace(made, grid=store().load(made.key) or made.grid)


@lru_cache(maxsize=2)  # who asks for a map asks for its trust and for points of it next
def _prepared(text: str, device: str, folder: Path, own: bool) -> Ready:
    from landscapes.networks.grids.facts import chance_level, facts, identity

    spec = SliceSpec.from_json(json.loads(text))
    result = _result(spec.training)
    whole: Any = spec.training.make_landscape().to(device)  # type: ignore[attr-defined]  # a network
    network, of = whole, whole.samples
    if spec.samples is not None and spec.samples < of:
        network = network.chosen(np.sort(np.random.default_rng(SUBSET_SEED).permutation(of)[: spec.samples]))
    place = place_of(spec, network, result)
    recomputed = spec.statistics == "recomputed"
    network = network.with_statistics("recomputed") if recomputed else _frozen(whole, network, place)
    place = replace(place, landscape=network)
    plane = _span(spec, place, result)
    try:
        evaluate = evaluator(network, plane, ("loss",))
        evaluator(network, plane, spec.quantities)
    except ValueError as error:
        raise ExperimentError(f"quantities: {error}") from None
    chance = chance_level(network)
    window = spec.window or automatic_window(plane, evaluate, _in_view(spec, place, plane, result), chance)
    axes = [np.linspace(low, high, cells) for (low, high), cells in zip(window, spec.cells)]
    grid = blank(plane, axes[0], None if spec.line else axes[1], spec.quantities, facts(network, of))
    return Ready(spec, network, place, plane, grid, key_of(grid, identity(network)), chance, result)


def _own(training: Experiment) -> Path:
    """Where this machine keeps the training's result, beside one that may have been shipped without weights."""
    return results_folder() / f"{training.key}.npz"


def _result(training: Experiment) -> TrainingResult:
    found = stored(training)
    if found is None:
        raise ExperimentError("this network has not been trained yet: a slice goes through a finished training")
    if found.theta is None and _own(training).exists():
        with suppress(ValueError):
            return TrainingResult.load(_own(training))
    return found


def _in_view(spec: SliceSpec, place: Place, plane: Span, result: TrainingResult) -> list[np.ndarray]:
    """Points that the window must hold: all paths on their own plane, the checkpoints on the plane through them."""
    if spec.directions.key == "principal":
        both = _both(spec, place, result)
        return list(place.paths) or [both.points(c) for c in result.coordinates]
    return [np.stack([place.theta, *place.checkpoints])] if spec.directions.key == "through" else []


def _frozen(whole: Any, network: Any, place: Place) -> Any:
    """The network with BatchNorm at the statistics that all training samples have at the place; the same where it has none."""
    if not any(name.endswith("running_mean") for name, _ in network.module.named_buffers()):
        return network.with_statistics("frozen")
    frozen = whole.frozen_at(whole.point(place.theta))
    return replace(frozen, train=network.train)


def _span(spec: SliceSpec, place: Place, result: TrainingResult) -> Span:
    """The plane, or a line of it."""
    if spec.directions.key == "through" and spec.axes == "first":
        if np.array_equal(place.theta, place.checkpoints[0]) or not np.isfinite([place.theta, place.checkpoints[0]]).all():
            raise ExperimentError("towards: the two points must be finite and differ")
        return line_between(place.theta, place.checkpoints[0])
    both = _both(spec, place, result)
    if not spec.line:
        return both
    axis = 1 if spec.axes == "second" else 0
    return replace(line_along(both.origin, both.directions[axis], both.made), labels=(both.labels[axis],))


def _both(spec: SliceSpec, place: Place, result: TrainingResult) -> Plane:
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
        why = NO_STEPS if spec.directions.key == "gradient" and spec.place == "end" and not place.paths else ""
        raise ExperimentError(f"directions: {reason}{why}")
    try:
        made: Plane = kind.plane(place)
    except ValueError as error:
        raise ExperimentError(f"directions: {error}") from None
    return made


def computed(made: Ready, on_progress: Callable[[float], None] = lambda share: None) -> Iterator[Grid]:
    """The grid with more and more cells, coarse first, at last complete; kept on disk. `on_progress` may raise to stop."""
    evaluate = evaluator(made.network, made.plane, made.spec.quantities)
    return store().filled(made.key, made.grid, evaluate, on_progress)


def trusted(made: Ready, tick: Tick = no_tick) -> Trust:
    """What can be said of the slice, with other seeds on its window and float64 at nine cells, three of a line."""
    from landscapes.networks.grids.facts import rounding

    axes = [made.grid.x] if made.grid.y is None else [made.grid.x, made.grid.y]
    ends = [(float(axis[0]), float(axis[-1])) for axis in axes]
    tried = np.stack(np.meshgrid(*(np.linspace(low, high, 3) for low, high in ends)), axis=-1).reshape(-1, len(ends))
    found = trust(
        made.place,
        made.plane,
        made.grid.facts,
        kind=made.spec.kind() if made.spec.directions.key == "random" else None,
        axis={"both": None, "first": 0, "second": 1}[made.spec.axes],
        window=ends,
        rounding=rounding(made.network, made.plane, tried),
        tick=tick,
    )
    if made.spec.directions.key == "principal" and not made.spec.line and not made.place.paths:
        found = with_paths(found, recorded_paths(made.result))
    return replace(found, cannot=(*_diverged(made.spec, made.result), *found.cannot))


def _diverged(spec: SliceSpec, result: TrainingResult) -> list[str]:
    """A sentence for each optimizer whose end the slice goes through, and which went on from there to infinity."""
    if spec.directions.key == "principal":
        return []
    ends = [*([spec.optimizer] if spec.place == "end" else []), *(spec.points if spec.directions.key == "through" else ())]
    lost = [i for i in ends if i != START and not result.finite[i].all()]
    return [limits.diverged(slice_words.entrant(spec.training, i), int(result.steps[result.last_finite[i]])) for i in lost]


def recorded_paths(result: TrainingResult) -> tuple[PathTrust, ...]:
    """The paths on their joint plane as the training recorded them, for a result whose weights were left out of its file."""
    columns = (result.coordinates, result.off_plane, result.loss, result.plane_loss)
    return tuple(PathTrust(*(np.asarray(column[i], dtype=np.float64) for column in columns)) for i in range(len(result.ends)))
