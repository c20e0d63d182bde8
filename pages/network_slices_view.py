"""How a slice is shown: its cells, paths and numbers in, scenes, curves and rows out. Formatting only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import isfinite
from typing import Any

import numpy as np

from experiments.grids.cells import Cells
from experiments.grids.paths import ProjectedPath
from experiments.grids.shown_slice import CURVED, SHOWN, ShownSlice, values
from experiments.grids.spec import SliceSpec
from experiments.grids.trust import Trust
from figures.components.stage import HeightMap, Runner, Scene
from figures.sliced import chance, short, title
from pages.race_view import labels

Range = tuple[float, float]


def scene(
    view: ShownSlice,
    spec: SliceSpec,
    cells: Cells,
    paths: Sequence[ProjectedPath],
    colours: Range | None,
    *,
    point: tuple[float, float] | None,
    note: str = "",
) -> Scene:
    """A plane's cells and the paths over them. With a `point`, a hand can move it."""
    found, level = values(cells, view.shown), chance(view, cells)
    inside = level is not None and colours is not None and colours[0] < level[0] < colours[1]
    log = view.log and view.shown not in CURVED
    key = f"{spec.key}:{view.shown}:{log}:{cells.shape}:{colours}"
    height = HeightMap(found, _pairs(cells.window), key, log, short(view.shown), colours, level if inside else None)
    names = labels(spec.training)
    runners = tuple(
        Runner(spec.training.optimizers[i].key, names[i], path.coordinates, path.loss, None, (1e-3, 1.0), steps=path.steps)
        for i, path in enumerate(paths)
    )
    return Scene(
        title=title(replace(view, spec=spec)),
        coordinates=(cells.labels[0], cells.labels[1]),
        height=height,
        runners=runners,
        start=point or middle(cells),
        home=height.domain,
        note=note,
        live=point is not None,
    )


def _pairs(window: Sequence[Range]) -> tuple[Range, ...]:
    return tuple((low, high) for low, high in window)


def middle(cells: Cells) -> tuple[float, float]:
    """The place that the slice is about, where it is in the window, or else the window's middle."""
    return tuple(0.0 if low <= 0 <= high else (low + high) / 2 for low, high in cells.window)  # type: ignore[return-value]


# ---- numbers ----------------------------------------------------------------------------------------------------------------


def facts_rows(cells: Cells) -> list[tuple[str, str]]:
    """What is known before anything is measured."""
    facts = cells.facts
    units = " and ".join(f"{length:.4g}" for length in cells.lengths)
    statistics = {"none": "none in this network"}.get(facts["statistics"], facts["statistics"])
    share = "all" if facts["samples"] == facts["of"] else f"{facts['samples']:,} of"
    return [
        ("Directions", cells.made),
        ("One unit", f"{units} in parameter space"),
        ("Training samples", f"{share} {facts['of']:,}"),
        ("Precision", f"{facts['precision']}{', on a GPU' if 'device' in facts else ''}"),
        ("BatchNorm", statistics),
    ]


def trust_rows(found: Trust, rounding_of: str) -> list[tuple[str, str]]:
    """What was measured: each with its number, left out where there is none."""
    rows: list[tuple[str, str]] = []

    def add(name: str, value: float, text: str) -> None:
        if isfinite(value):
            rows.append((name, text))

    add("Angle of the axes", found.angle, f"{found.angle:.2f}°")
    if len(found.explained):
        shares = ", ".join(f"{share:.1%}" for share in found.explained[:4])
        rows.append(("Explained variance", f"{shares} by the first components"))
    add("Paths in the slice", found.captured, f"{found.captured:.1%} of their variance")
    off = [float(np.nanmax(path.off_plane)) for path in found.paths if np.isfinite(path.off_plane).any()]
    gaps = [path.largest_gap for path in found.paths if isfinite(path.largest_gap)]
    if off:
        rows.append(("Furthest path point", f"{max(off):.4g} away"))
    if gaps:
        rows.append(("Largest gap", f"{max(gaps):.3g} between true loss and the one on the slice"))
    add("Loss at the origin", found.loss, f"{found.loss:.5g}")
    if found.subset_error > 0:
        add(
            "Error of the subset",
            found.subset_error,
            f"± {found.subset_error:.2g}, its standard error for all training samples",
        )
    add("Error of the sample", found.sample_error, f"± {found.sample_error:.2g}, its standard error for new samples")
    add("Rounding", found.rounding, f"{found.rounding:.1g} relative to float64 at {rounding_of}")
    if found.seeds is not None:
        deviation = found.seeds.deviation
        spread = float(np.nanmax(deviation / found.seeds.mean)) if np.isfinite(deviation).any() else float("nan")
        add("Spread over seeds", spread, f"up to {spread:.0%} of the mean over {len(found.seeds.seeds)} seeds")
    return rows


def summary(cells: Cells, view: ShownSlice) -> str:
    """The lowest and the highest value, and the cells that have none."""
    found = values(cells, view.shown)
    finite = found[np.isfinite(found)]
    if not len(finite):
        return "No cell has a finite value."
    lost = found.size - len(finite)
    gone = f" {lost:,} cells are not finite and left empty." if lost else ""
    errors = cells.values["residual"] if view.shown in CURVED else np.zeros(0)
    error = f" Each λ is within {np.nanmax(errors):.1g} of a true one." if np.isfinite(errors).any() else ""
    return f"From {finite.min():.4g} to {finite.max():.4g} over {found.size:,} cells.{gone}{error}"


def point_rows(numbers: dict[str, Any]) -> list[tuple[str, str]]:
    """The numbers of a point by their titles."""
    return [
        (SHOWN[name].title, f"{value:.1%}" if name.endswith("accuracy") else f"{value:.5g}") for name, value in numbers.items()
    ]
