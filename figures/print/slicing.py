"""Slices computed again where they are drawn, from the cells that are kept: the same numbers as on the page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from experiments.grids.cells import Cells
from experiments.grids.compute import computed, ready
from experiments.grids.paths import ProjectedPath, projected
from experiments.grids.shown_slice import ShownSlice, other
from experiments.grids.spec import SliceSpec
from experiments.requests import Cancelled
from figures.print.exploring import Told
from figures.print.of_slice import slice_exhibit
from figures.print.sliced import Sliced
from figures.slice_caption import slice_alt, slice_caption
from figures.sliced import Shown


def told(asked: Sliced, cancelled: Callable[[], bool] = lambda: False) -> Told:
    """What is drawn, and its words. Raises ExperimentError for a slice that cannot be, `Cancelled` where it is not wanted."""
    view = asked.view
    both, paths = shown_of(view, cancelled)
    exhibit = slice_exhibit(view, both, paths, asked.labels, title=asked.title)
    said, alt = slice_caption(view, both, paths), slice_alt(view, both, paths)
    return Told(replace(exhibit, annotation=asked.annotation, caption=said, link=asked.link), said, alt)


def shown_of(view: ShownSlice, cancelled: Callable[[], bool]) -> tuple[tuple[Shown, ...], tuple[ProjectedPath, ...]]:
    """The slice and, where it is compared, the other one, each with its cells; and the paths where they are shown."""

    def tick(share: float) -> None:
        if cancelled():
            raise Cancelled

    def cells_of(spec: SliceSpec) -> Cells:
        made = ready(spec)
        *_, grid = computed(made, tick)
        return Cells.of(grid, made.chance)

    first = cells_of(view.spec)
    paths = projected(ready(view.spec)) if view.paths and not view.spec.line else ()
    beside = other(view, first.window)
    return ((view.spec, first), *([(beside, cells_of(beside))] if beside is not None else [])), paths
