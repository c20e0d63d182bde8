"""What every picture of a shown slice says of it: its values' name, its curves, marks and levels, how two are told apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from experiments import slice_words
from experiments.grids.cells import Cells
from experiments.grids.paths import ProjectedPath
from experiments.grids.shown_slice import CURVED, SHOWN, ShownSlice, values
from experiments.grids.spec import SliceSpec

HUES = (4, 5)  # of theme.MINIMA: the first slice, and the one that it is compared with
Shown = tuple[SliceSpec, Cells]  # a slice, and what is computed of it
NAMES = {"accuracy": "accuracy", "error": "error", "loss": "loss", "largest": "λ_max", "ratio": "ratio"}


@dataclass(frozen=True, eq=False)
class Along:
    """Values `(n,)` at places `(n,)` on the line. Of a test set they are dashed; `slice` counts slices that are compared."""

    label: str
    places: np.ndarray
    values: np.ndarray
    test: bool = False
    slice: int = 0


@dataclass(frozen=True)
class Mark:
    """A place on the line, with its name."""

    label: str
    place: float


@dataclass(frozen=True, eq=False)
class Curves:
    """The curves of one chart of a line; on a logarithmic axis where `log`. `level` is a value with its words."""

    title: str
    log: bool
    curves: Sequence[Along]
    level: tuple[float, str] | None = None


def short(shown: str) -> str:
    """What the values are, where there is room for a word."""
    return NAMES[shown.removeprefix("test_")]


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


def curves(view: ShownSlice, both: Sequence[Shown]) -> list[Curves]:
    """The charts of a line, or of two that are compared, which are told apart then."""
    cells = both[0][1]
    names = ("",) if len(both) == 1 else _differing(both[0][0], both[1][0])
    level = None if cells.chance is None else (cells.chance, f"chance {cells.chance:.4g}")
    return [
        Curves(
            title,
            view.log and can_be_log,
            [_along(one, name, i, names[i]) for i, (_, one) in enumerate(both) for name in quantities],
            level if title == "Loss" else None,
        )
        for title, can_be_log, quantities in _charts(view, cells)
    ]


def _along(cells: Cells, name: str, which: int, title: str) -> Along:
    test = name.startswith("test_")
    label = {"largest": "λ_max", "ratio": "λ_min / λ_max"}.get(name, "Test" if test else "Training")
    return Along(f"{label}{f', {title}' if title else ''}", cells.x, values(cells, name)[0], test, which)


def _charts(view: ShownSlice, cells: Cells) -> list[tuple[str, bool, tuple[str, ...]]]:
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


def title(view: ShownSlice) -> str:
    """What is shown, and of which slice: of a plane one quantity, of a line that of all its curves."""
    said = slice_words.title(view.spec)
    return said if view.spec.line else f"{SHOWN[view.shown].title}: {_small(said)}"


def _small(text: str) -> str:
    """Its first letter as within a sentence."""
    return f"{text[:1].lower()}{text[1:]}"


def told_apart(one: SliceSpec, other: SliceSpec) -> tuple[str, str]:
    """Two slices that are compared, each by what the other has not, as headings."""
    first, second = _differing(one, other)
    return f"{first[:1].upper()}{first[1:]}", f"{second[:1].upper()}{second[1:]}"


def _differing(one: SliceSpec, other: SliceSpec) -> tuple[str, str]:
    """Their places, or their seeds where they have one place."""
    if slice_words.place(one) != slice_words.place(other):
        return slice_words.place(one), slice_words.place(other)
    first, second = (f"seed {spec.directions.parameters.get('seed', 0)}" for spec in (one, other))
    return first, second
