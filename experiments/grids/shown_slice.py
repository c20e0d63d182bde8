"""How a page shows a slice: which one, which of its quantities, beside which other, and the point that is looked at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from experiments.grids.cells import Cells
from experiments.grids.cost import quick, refusal, task_of
from experiments.grids.spec import START, Interval, SliceSpec
from experiments.spec import Choice, Experiment, ExperimentError
from landscapes.directions import DIRECTIONS
from landscapes.grids.quantities import CURVATURES, QUANTITIES
from landscapes.ranges import Scale

PLANE_SIDE, LINE_SIDE = 49, 97
SEEDED = ("random", "eigenvectors")  # kinds whose seed always matters
LOCAL = ("random", "eigenvectors", "gradient")  # kinds that go around one place, and so around another one too
KINDS = tuple(key for key in DIRECTIONS if key != "given")  # those are for Python: they have to be given


class Shown(NamedTuple):
    """A number that a map can show: its title and scale, the quantities it is made of, and whether more of it is better."""

    title: str
    scale: Scale
    made_of: tuple[str, ...]
    classes: bool = False
    more_is_better: bool = False


SHOWN: Mapping[str, Shown] = MappingProxyType(
    {
        "loss": Shown("Training loss", "log", ("loss", "accuracy")),
        "accuracy": Shown("Training accuracy", "linear", ("loss", "accuracy"), True, True),
        "error": Shown("Training error", "linear", ("loss", "accuracy"), True),
        "test_loss": Shown("Test loss", "log", ("test_loss", "test_accuracy")),
        "test_accuracy": Shown("Test accuracy", "linear", ("test_loss", "test_accuracy"), True, True),
        "test_error": Shown("Test error", "linear", ("test_loss", "test_accuracy"), True),
        "largest": Shown("λ_max", "linear", CURVATURES),
        "ratio": Shown("λ_min / λ_max", "linear", CURVATURES),
    }
)
CURVED = ("largest", "ratio")


@dataclass(frozen=True)
class ShownSlice:
    """`spec` is the slice; its quantities follow from what is `shown`, a name of SHOWN, on a `log` scale or a linear one.

    beside: the other slice it is compared with, the same but for "end:INDEX", "start" or "seed:NUMBER"; empty for none. at: the
    point that is looked at, in the slice's coordinates. paths: whether the training's paths are drawn on it.
    """

    spec: SliceSpec
    shown: str = "loss"
    log: bool = True
    beside: str = ""
    at: tuple[float, ...] | None = None
    paths: bool = False

    def as_json(self) -> dict[str, Any]:
        """Plain data: "slice" is the specification."""
        at = None if self.at is None else list(self.at)
        own = {"shown": self.shown, "log": self.log, "beside": self.beside, "at": at, "paths": self.paths}
        return {"slice": self.spec.as_json(), **own}

    @classmethod
    def from_json(cls, data: Any) -> ShownSlice:
        """What `as_json` gave. Raises ExperimentError for what names no slice, and for fields that its slice cannot have."""
        try:
            spec, at = SliceSpec.from_json(data["slice"]), data["at"]
            place = None if at is None else tuple(float(v) for v in at)
            made = cls(spec, data["shown"], bool(data["log"]), data["beside"], place, bool(data["paths"]))
        except (KeyError, TypeError, ValueError) as error:
            raise (
                error if isinstance(error, ExperimentError) else ExperimentError(f"not a shown slice: {error!r:.80}")
            ) from None
        if made.shown not in SHOWN or made.beside not in besides(spec) or fitted(made) != made:
            raise ExperimentError(f"this slice cannot be shown as {made.shown!r:.40} beside {made.beside!r:.40}")
        return made


def opening(training: Experiment) -> ShownSlice:
    """What a page opens on: two filter-normalised random directions around the first optimizer's end."""
    return _quick(fitted(ShownSlice(SliceSpec(training, cells=(PLANE_SIDE, PLANE_SIDE)))))


def _quick(view: ShownSlice) -> ShownSlice:
    return fitted(replace(view, spec=quick(view.spec)))


def fitted(view: ShownSlice) -> ShownSlice:
    """The view with the quantities that its slice needs for it, and without what its slice cannot have."""
    spec = view.spec
    shown = view.shown if view.shown in shown_for(spec) else "loss"
    wanted = SHOWN[shown].made_of
    if spec.line and shown not in CURVED:  # one curve for training and one for test samples
        wanted = (*SHOWN["loss"].made_of, *SHOWN["test_loss"].made_of)
    if not has_classes(spec):
        wanted = tuple(name for name in wanted if not name.endswith("accuracy"))
    spec = replace(spec, quantities=wanted)
    if spec.line and shown not in CURVED and refusal(spec):  # a large test set is what takes long
        spec = replace(spec, quantities=tuple(name for name in wanted if not name.startswith("test_")))
        shown = shown.removeprefix("test_")
    at = view.at if view.at is not None and len(view.at) == (1 if spec.line else 2) else None
    beside = view.beside if view.beside in besides(spec) else ""
    return replace(view, spec=spec, shown=shown, beside=beside, at=at)


def has_classes(spec: SliceSpec) -> bool:
    return task_of(spec).dataset.classes


def shown_for(spec: SliceSpec) -> tuple[str, ...]:
    """The numbers that its network has."""
    classes = has_classes(spec)
    return tuple(name for name, one in SHOWN.items() if classes or not one.classes)


def besides(spec: SliceSpec) -> tuple[str, ...]:
    """What it can be compared with; the first is nothing."""
    if spec.directions.key not in LOCAL:
        return ("",)
    ends = [f"end:{i}" for i in range(len(spec.training.optimizers)) if spec.place == "start" or i != spec.optimizer]
    start = ["start"] if spec.place == "end" and spec.directions.key != "gradient" else []
    seeds = (
        [f"seed:{spec.directions.parameters.get('seed', 0) + i}" for i in (1, 2, 3)] if spec.directions.key in SEEDED else []
    )
    return ("", *ends, *start, *seeds)


def other(view: ShownSlice, window: tuple[Interval, ...]) -> SliceSpec | None:
    """The slice that it is compared with, on the same window; None for none."""
    spec = replace(view.spec, window=window)
    what, _, number = view.beside.partition(":")
    if what == "end":
        return replace(spec, optimizer=int(number), place="end")
    if what == "start":
        return replace(spec, place="start")
    if what == "seed":
        return replace(spec, directions=Choice(spec.directions.key, {**spec.directions.parameters, "seed": int(number)}))
    return None


def affordable(view: ShownSlice) -> ShownSlice:
    """The view itself. Raises ExperimentError, with the size that would fit, where it takes too long."""
    if said := refusal(view.spec):
        raise ExperimentError(said.rstrip("."))
    return view


# ---- changes that pull others along -----------------------------------------------------------------------------------------


def with_kind(view: ShownSlice, key: str) -> ShownSlice:
    """Another way to choose directions, at its own defaults. Paths are drawn where the directions come from paths."""
    spec = replace(view.spec, directions=Choice(key), towards=(), window=None)
    return fitted(replace(view, spec=spec, beside="", at=None, paths=key in ("principal", "through")))


def with_option(view: ShownSlice, name: str, value: object) -> ShownSlice:
    """Another option of the way to choose directions."""
    chosen = view.spec.directions
    spec = replace(view.spec, directions=Choice(chosen.key, {**chosen.parameters, name: value}))
    return fitted(replace(view, spec=spec, beside="", at=None))


def with_place(view: ShownSlice, index: int) -> ShownSlice:
    """Around another optimizer's end, or around the START of all."""
    spec = view.spec
    there = {"place": "start"} if index == START else {"place": "end", "optimizer": index}
    return fitted(replace(view, spec=replace(spec, **there, towards=(), window=None), beside="", at=None))


def with_axes(view: ShownSlice, axes: str) -> ShownSlice:
    """A plane, or a line along one of its axes, in as many cells as usual."""
    line = axes != "both"
    side = LINE_SIDE if line else PLANE_SIDE
    cells = (side, 1 if line else side)
    if line == view.spec.line:
        cells = view.spec.cells
    towards = view.spec.towards[:1] if axes == "first" else view.spec.towards
    return _quick(fitted(replace(view, spec=replace(view.spec, axes=axes, cells=cells, window=None, towards=towards), at=None)))


def with_shown(view: ShownSlice, shown: str) -> ShownSlice:
    """Another number on its usual scale; eigenvalues, which take hundreds of times as long as losses, in fewer cells."""
    spec, side = view.spec, LINE_SIDE if view.spec.line else PLANE_SIDE
    if view.shown in CURVED and shown not in CURVED:
        spec = replace(spec, cells=(side, 1 if spec.line else side))
    made = fitted(replace(view, spec=spec, shown=shown, log=SHOWN[shown].scale == "log"))
    return _quick(made) if shown in CURVED or refusal(made.spec) else made


def with_side(view: ShownSlice, side: int) -> ShownSlice:
    """As many cells along each axis."""
    return affordable(replace(view, spec=replace(view.spec, cells=(side, 1 if view.spec.line else side))))


# ---- numbers ----------------------------------------------------------------------------------------------------------------


def values(cells: Cells, shown: str) -> np.ndarray:
    """What is shown of every cell, `(ny, nx)`."""
    with np.errstate(all="ignore"):
        if shown.endswith("error"):
            return np.asarray(1 - cells.values[shown.replace("error", "accuracy")])
        if shown == "ratio":
            return np.asarray(cells.values["smallest"] / cells.values["largest"])
    return np.asarray(cells.values[shown])


def colour_range(found: list[np.ndarray]) -> tuple[float, float] | None:
    """The least and the largest finite value of maps that share their colours; None where there is none."""
    every = np.concatenate([one.ravel() for one in found] or [np.zeros(0)])
    every = every[np.isfinite(every)]
    return (float(every.min()), float(every.max())) if len(every) else None


def described() -> str:
    """What every number is, for who asks."""
    return "\n".join(f"- {SHOWN[name].title}: {QUANTITIES[name].description}" for name in SHOWN if name in QUANTITIES)
