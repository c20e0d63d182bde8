"""A specified slice as a landscape to race on: made where torch is, outlined for who has none; and its heights."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from itertools import combinations, product
from typing import Any

import numpy as np

from experiments import slice_words
from experiments.grids.compute import Ready, ready, store
from experiments.grids.fill import filled
from experiments.grids.grid import Grid, blank
from experiments.grids.spec import START, SliceSpec
from experiments.grids.store import key_of
from experiments.training_plan import FORWARD, MAPPING, pass_seconds
from landscapes import NETWORKS
from landscapes.grids import QUANTITIES, evaluator
from landscapes.landscape import Block
from landscapes.modifiers import Slice
from landscapes.networks.outline import PlaneOutline

AWAY = 0.15  # of the window, from two of its sides: where a race starts that has no better place
FEWEST, MOST = 15, 401  # cells on each side
Domain = tuple[tuple[float, float], ...]


@lru_cache(maxsize=4)
def surface_of(spec: SliceSpec) -> Any:
    """The slice of a finished training as a landscape: exact gradient D g and Hessian D H Dᵀ of the network.

    Slices of plain perceptrons are in NumPy, all others the network's own. Raises ExperimentError where there is none.
    """
    made = ready(spec)
    span, choice, network = made.grid.span, spec.training.landscape, made.network
    about = slice_words.description(spec, span.made, made.grid.facts["statistics"])
    name, domain, start = slice_words.name(spec), domain_of(made.grid), start_in(made)
    family = NETWORKS[choice.key]
    if family.perceptron(**choice.parameters) is not None:
        plane: Any = family.plane(choice.parameters, span.origin, span.directions, domain, start)
        plane = replace(plane, name=name, coordinates=tuple(span.labels), description=about)
        return plane if spec.samples is None else plane.subset(spec.samples)
    from landscapes.networks.plane import NetworkPlane

    inner = Slice(network, network.point(span.origin), network.point(span.directions), name, domain, start, tuple(span.labels))
    return NetworkPlane(inner, made.grid.facts["of"], about)


def outline_of(spec: SliceSpec) -> PlaneOutline:
    """All that a page says of the slice, without what evaluates it."""
    made, surface = ready(spec), surface_of(spec)
    facts = made.grid.facts
    return PlaneOutline(
        name=surface.name,
        blocks=(Block("plane", (surface.dim,), inputs=False),),
        start=surface.start,
        reason=surface.input_reason,
        domain=surface.domain,
        samples=surface.samples,
        of=surface.of,
        terms=tuple(bool(divided) for divided in surface.divided[:, 0]),
        coordinates=surface.coordinates,
        description=surface.description,
        precision=facts["precision"],
        statistics=facts["statistics"],
    )


def domain_of(grid: Grid) -> Domain:
    axes = [grid.x] if grid.y is None else [grid.x, grid.y]
    return tuple((float(axis[0]), float(axis[-1])) for axis in axes)


def start_in(made: Ready) -> tuple[float, ...]:
    """Where a race begins: at the initial weights where the slice has them, else near the corner where the loss is largest."""
    spec = made.spec
    through = spec.directions.key == "through" and START in spec.points
    if spec.place == "start" or spec.directions.key == "principal" or through:
        weights = np.asarray(made.network.start, dtype=np.float64)
        return tuple(float(v) for v in made.grid.span.coordinates(weights))
    sides = [(low + AWAY * (high - low), high - AWAY * (high - low)) for low, high in domain_of(made.grid)]
    corners = np.array(list(product(*sides)))
    loss = evaluator(made.network, made.grid.span, ("loss",))(corners)["loss"]
    return tuple(float(v) for v in corners[int(np.argmax(np.where(np.isfinite(loss), loss, -np.inf)))])


def heights(spec: SliceSpec, window: Domain | None = None) -> np.ndarray:
    """The loss over a window, `(ny, nx)` or of a line `(nx,)`, float32.

    Over the slice's own window (None) it is the kept map, whatever else that has; else computed, as finely as was specified, or
    as can be waited for, and kept.
    """
    made = ready(spec)
    home = window is None or window == domain_of(made.grid)
    grid = next(_kept(made), None) if home else None
    if grid is None:
        sides = [min(count, affordable(spec)) for count in spec.cells[: 1 if spec.line else 2]]
        axes = [np.linspace(low, high, count) for (low, high), count in zip(window or domain_of(made.grid), sides)]
        grid = blank(made.grid.span, axes[0], None if spec.line else axes[1], ("loss",), made.grid.facts)
        evaluate = evaluator(made.network, made.grid.span, ("loss",))
        if home:
            from landscapes.networks.grids.facts import identity

            *_, grid = store().filled(key_of(grid, identity(made.network)), grid, evaluate)
        else:
            grid = filled(grid, evaluate)
    values = grid.values["loss"].astype(np.float32)
    return values[0] if spec.line else values


def affordable(spec: SliceSpec) -> int:
    """How many cells along each axis can be waited for; at least FEWEST."""
    task: Any = NETWORKS[spec.training.landscape.key].task(**spec.training.landscape.parameters)
    count = MAPPING / pass_seconds(task, min(spec.samples or task.samples, task.samples), FORWARD)
    return int(np.clip(count if spec.line else count**0.5, FEWEST, MOST))


def _kept(made: Ready) -> Iterator[Grid]:
    """Whole maps of exactly these cells, with the loss and perhaps more."""
    from landscapes.networks.grids.facts import identity

    same, kept, others = identity(made.network), store(), [name for name in QUANTITIES if name != "loss"]
    existing = {path.stem for path in kept.folder.glob("*.npz")}
    for more in (chosen for count in range(len(others) + 1) for chosen in combinations(others, count)):
        key = key_of(replace(made.grid, values=dict.fromkeys(("loss", *more), made.grid.done)), same)
        grid = kept.load(key) if key in existing else None
        if grid is not None and grid.complete:
            yield grid
