"""How a slice is shown: its cells, paths and numbers in, scenes, curves and rows out. Formatting only."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import Any

import numpy as np

from experiments import slice_words
from experiments.grids.cells import Cells
from experiments.grids.paths import ProjectedPath
from experiments.grids.shown_slice import CURVED, SHOWN, ShownSlice, values
from experiments.grids.spec import SliceSpec
from experiments.grids.trust import Trust
from figures.components.stage import HeightMap, Runner, Scene
from figures.slice_line import Along, Mark
from pages.race_view import labels

NAMES = {"accuracy": "accuracy", "error": "error", "loss": "loss", "largest": "λ_max", "ratio": "ratio"}
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
        Runner(spec.training.optimizers[i].key, names[i], path.coordinates, path.loss, None, (1e-3, 1.0))
        for i, path in enumerate(paths)
    )
    return Scene(
        title=f"{SHOWN[view.shown].title}: {_small(slice_words.title(spec))}",
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


def _small(text: str) -> str:
    """Its first letter as within a sentence."""
    return text[:1].lower() + text[1:]


def short(shown: str) -> str:
    """What the values are, where there is room for a word."""
    return NAMES[shown.removeprefix("test_")]


def middle(cells: Cells) -> tuple[float, float]:
    """The place that the slice is about, where it is in the window, or else the window's middle."""
    return tuple(0.0 if low <= 0 <= high else (low + high) / 2 for low, high in cells.window)  # type: ignore[return-value]


def chance(view: ShownSlice, cells: Cells) -> tuple[float, str] | None:
    """The loss of a network that knows nothing, with its words, where losses are shown."""
    if cells.chance is None or view.shown not in ("loss", "test_loss"):
        return None
    return cells.chance, f"chance {cells.chance:.4g}"


def paths_note(paths: Sequence[ProjectedPath]) -> str:
    """What the paths on the slice are, and how far from it they truly run."""
    if not paths:
        return ""
    off = np.concatenate([path.off for path in paths])
    furthest = f"{np.nanmax(off):.3g}" if np.isfinite(off).any() else "an unknown distance"
    if all(path.whole for path in paths):
        return f"Paths are projected on the slice: they run up to {furthest} away from it."
    return (
        f"This training's file has no weights along its paths, so only their ends are shown, projected from up to {furthest} "
        "away. Train it here, and the paths are there."
    )


# ---- lines ------------------------------------------------------------------------------------------------------------------


def along(cells: Cells, name: str, which: int = 0, title: str = "") -> Along:
    """One quantity of a line."""
    test = name.startswith("test_")
    label = {"largest": "λ_max", "ratio": "λ_min / λ_max"}.get(name, "Test" if test else "Training")
    return Along(f"{label}{f', {title}' if title else ''}", cells.x, values(cells, name)[0], test, which)


def charts(view: ShownSlice, cells: Cells) -> list[tuple[str, bool, tuple[str, ...]]]:
    """What is drawn of a line: titles, whether the axis may be logarithmic, and the quantities in each."""
    if view.shown in CURVED:
        return [(SHOWN[view.shown].title, False, (view.shown,))]
    found: list[tuple[str, bool, tuple[str, ...]]] = [("Loss", True, ("loss", "test_loss"))]
    if "accuracy" in cells.values:
        error = view.shown.endswith("error")
        found.append(("Error", False, ("error", "test_error")) if error else ("Accuracy", False, ("accuracy", "test_accuracy")))
    if "test_loss" not in cells.values:  # it would have taken too long
        found = [(title, log, names[:1]) for title, log, names in found]
    return found


def marks(spec: SliceSpec) -> list[Mark]:
    """The points that a line is about."""
    if spec.directions.key == "principal":
        return []
    here = [Mark(slice_words.place(spec), 0.0)]
    through = spec.directions.key == "through" and spec.axes == "first"
    return here + ([Mark(slice_words.point(spec.training, spec.points[0]), 1.0)] if through else [])


def told_apart(one: SliceSpec, other: SliceSpec) -> tuple[str, str]:
    """Two slices that are compared, each by what the other has not: its place, or its seed."""
    places = slice_words.place(one), slice_words.place(other)
    if places[0] == places[1]:
        seeds = (spec.directions.parameters.get("seed", 0) for spec in (one, other))
        return tuple(f"Seed {seed}" for seed in seeds)  # type: ignore[return-value]
    return tuple(f"{place[:1].upper()}{place[1:]}" for place in places)  # type: ignore[return-value]


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
        ("Precision", facts["precision"]),
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
