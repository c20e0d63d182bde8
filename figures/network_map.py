"""Maps of trainings: one panel for each optimizer, coloured by what its trainings came to, the mean over seeds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from experiments.sweeps.networks import QUANTITIES, NetworkMap
from figures.cell_map import Cell, CellMap, Field, MapLine, MapMark, MapPanel
from figures.colouring import shaded
from figures.sweep_map import map_axis

LABELS = {"batch": "batch size", "on.scale": "initial scale"}


def network_map(found: NetworkMap, quantity: str, labels: Sequence[str], chosen: Cell | None = None) -> CellMap:
    """The optimizers of a map, on one scale, by a quantity of QUANTITIES. A cell of which a seed diverged has no mean and is
    marked; a line goes through the smallest mean final loss of each row."""
    sweep, what = found.sweep, QUANTITIES[quantity]
    means, waiting = found.mean(quantity), np.broadcast_to(~found.done[..., None], sweep.shape[:3])
    lost = found.diverged.sum(-1)
    colours = shaded(means, what.title, what.scale, lost > 0, waiting, more_is_better=quantity == "accuracy")
    y = map_axis(sweep.y, ())
    name = f"{sweep.key}:{int(found.done.sum())}"
    return CellMap(
        of=name,
        key=f"{name}:{quantity}",
        title=f"{what.title}, mean of {sweep.seeds} seeds",
        x=map_axis(sweep.x, ()),
        y=type(y)(LABELS.get(sweep.y.name, y.label), y.low, y.high, y.cells, y.scale, y.whole),
        panels=tuple(_panel(found, index, label, colours.codes[index]) for index, label in enumerate(labels)),
        palette=colours.palette,
        bar=colours.bar,
        patches=colours.patches,
        fields=(
            *(field for name in QUANTITIES for field in _fields(found, name)),
            Field("Seeds that diverged", lost.astype(np.int32)),
        ),
        chosen=chosen,
    )


def _panel(found: NetworkMap, index: int, label: str, codes: np.ndarray) -> MapPanel:
    rows, best = np.arange(found.sweep.rows, dtype=float), found.best_rates(index)
    columns = np.where(best < 0, np.nan, best.astype(float))
    lines = (MapLine("smallest final loss of each row", columns, rows),) if (best >= 0).any() else ()
    final = found.mean("final")[index]
    marks: tuple[MapMark, ...] = ()
    if lines:
        row, column = np.unravel_index(int(np.nanargmin(final)), final.shape)
        marks = (MapMark("best", "smallest final loss of the map", float(column), float(row)),)
    return MapPanel(label, codes, note=f"{found.diverged[index].any(-1).mean():.0%} diverged", lines=lines, marks=marks)


def _fields(found: NetworkMap, name: str) -> tuple[Field, Field]:
    title = QUANTITIES[name].title
    return Field(title, found.mean(name)), Field(f"{title}, largest less smallest", found.spread(name))
