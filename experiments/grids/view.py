"""A slice of any landscape, for those who have it in their hands: in a notebook, a script, a test."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from experiments.grids.fill import fill
from experiments.grids.grid import Grid, blank
from experiments.grids.store import GridStore, key_of
from experiments.grids.trust import Trust, trust
from experiments.grids.window import Interval, automatic_window
from experiments.progress import bar
from landscapes.directions import DIRECTIONS, Span
from landscapes.directions.kind import Directions, Place
from landscapes.grids import Evaluator, evaluator
from landscapes.landscape import Landscape
from landscapes.modifiers import Slice

START = (0.15, 0.8)  # of the window: where a race begins unless it is told


@dataclass(frozen=True, eq=False)
class SliceView:
    """A slice and all that it was made of: the place, the way its plane was chosen (None for a given span), the grid.

    chance: the loss of a network that knows nothing of its inputs, None where that cannot be told.
    """

    place: Place
    kind: Directions | None
    grid: Grid
    chance: float | None

    @property
    def window(self) -> tuple[Interval, ...]:
        axes = [self.grid.x] if self.grid.y is None else [self.grid.x, self.grid.y]
        return tuple((float(axis[0]), float(axis[-1])) for axis in axes)

    def trust(self) -> Trust:
        """How far it can be trusted, in numbers; other seeds are tried where the directions are random."""
        window, network = self.window, self.place.landscape
        tried = np.stack(np.meshgrid(*(np.linspace(low, high, 3) for low, high in window)), axis=-1)
        return trust(
            self.place,
            self.grid.span,
            self.grid.facts,
            kind=self.kind if self.kind is not None and self.kind.key == "random" else None,
            window=window,
            rounding=_facts("rounding")(network, self.grid.span, tried.reshape(-1, len(window)))
            if _is_network(network)
            else float("nan"),
        )

    def surface(self, start: Sequence[float] | None = None) -> Landscape:
        """The slice as a landscape to race on: the loss of the slice's points, gradient D g and Hessian D H Dᵀ, all exact.

        start: coordinates where a race begins; without them, up on the left of the window.
        """
        inner, span, window = self.place.landscape, self.grid.span, self.window
        begin = tuple(low + share * (high - low) for share, (low, high) in zip(START, window)) if start is None else start
        name = f"Slice of the {inner.name}"
        origin, directions = inner.point(span.origin), inner.point(span.directions)
        made = Slice(inner, origin, directions, name, window, tuple(float(v) for v in begin), tuple(span.labels))
        if not _is_network(inner):
            return made
        from landscapes.networks.plane import NetworkPlane

        return NetworkPlane(made)


def slice_through(
    landscape: Landscape,
    directions: str | Directions | Span = "random",
    *,
    at: Any = None,
    window: Sequence[Interval] | None = None,
    cells: int | tuple[int, int] = 51,
    quantities: Sequence[str] = ("loss",),
    progress: bool = False,
    keep: Path | str | None = None,
    paths: Iterable[np.ndarray] = (),
    **known: Any,
) -> SliceView:
    """Quantities of a landscape over a plane or a line through it.

    directions: a name of `DIRECTIONS`; an entry with options, as `DIRECTIONS["random"](normalisation="layer", seed=3)`; or the
    plane or line itself, as from `line_between`. at: the point `(dim,)` that it goes through, the landscape's start by default.
    paths `(n, dim)` each: for "principal"; `known`: what other ways need, such as `checkpoints=[...]`, see `Place`. window: an
    interval for each axis in lengths of the directions, automatic by default. cells: along each axis, or (nx, ny). progress:
    draw a bar. keep: a folder where cells are kept, so that the same call goes on from there, and does nothing twice.
    Raises ValueError, in a sentence, for what cannot be.
    """
    place = Place.of(landscape, at, paths=tuple(paths), **known)
    kind = DIRECTIONS[directions]() if isinstance(directions, str) else directions
    span = kind if isinstance(kind, Span) else kind.plane(place)
    evaluate, chosen = evaluator(landscape, span, tuple(quantities)), None if isinstance(kind, Span) else kind
    chance = _facts("chance_level")(landscape) if _is_network(landscape) else None
    sides = window or automatic_window(span, evaluator(landscape, span), _in_view(chosen, place), chance)
    counts = (cells, cells) if isinstance(cells, int) else cells
    axes = [np.linspace(low, high, count) for (low, high), count in zip(sides, counts)]
    facts = _facts("facts")(landscape) if _is_network(landscape) else {"landscape": landscape.name}
    grid = blank(span, axes[0], axes[1] if len(axes) > 1 else None, tuple(quantities), facts)
    return SliceView(place, chosen, _computed(grid, evaluate, landscape, progress, keep), chance)


def _computed(grid: Grid, evaluate: Evaluator, landscape: Any, progress: bool, keep: Path | str | None) -> Grid:
    """The grid with all of its cells."""
    size = grid.done.size
    with bar("cells", size, progress) as told:

        def on_progress(share: float) -> None:
            told(round(share * size))

        if keep is None:
            *_, grid = fill(grid, evaluate, on_progress)
        else:
            if not _is_network(landscape):
                raise ValueError("cells are kept for networks only: other landscapes have no name for what they are")
            key = key_of(grid, _facts("identity")(landscape))
            *_, grid = GridStore(Path(keep)).filled(key, grid, evaluate, on_progress)
        told(size)
    return grid


def _in_view(kind: Directions | None, place: Place) -> list[np.ndarray]:
    """Points that the window must hold: all paths on their own plane, the checkpoints on the plane through them."""
    if kind is None or kind.key not in ("principal", "through"):
        return []
    return [*place.paths] if kind.key == "principal" else [np.stack([place.theta, *place.checkpoints])]


def _is_network(landscape: Any) -> bool:
    return hasattr(landscape, "module")


def _facts(name: str) -> Any:
    """A function of `landscapes.networks.grids.facts`, which needs torch."""
    from landscapes.networks.grids import facts

    return getattr(facts, name)
