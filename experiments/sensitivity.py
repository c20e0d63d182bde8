"""How far a run's end and path move when its start is moved: what a caption must say, and where no caption is enough."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from experiments.loop import run
from experiments.spec import Experiment, run_entrant, start_of
from landscapes.landscape import Landscape, Point
from landscapes.noise import GradientNoise
from optimizers.optimizer import Optimizer, Oracle, State
from optimizers.wrappers.wrapper import Wrapper

MOVED = 1e-8  # small enough to stay linear, large enough that rounding is a millionth of it
PIXELS = 1000  # across a picture: what moves by less than one of them is the same picture
MOST_DECIMALS = 15  # a start of about 1 in float64 has no more
SHAKEN = 4  # runs with another rounding
CAPTION_DIGITS = 6  # significant ones, of a start in a caption


@dataclass(frozen=True, eq=False)
class Sensitivity:
    """How a single run answers to its start, and to the machine it runs on.

    `amplifications` `(2 dim,)` are |Δend| / |Δstart| for the start moved by `MOVED` along each coordinate, first all up, then
    all down; `amplification` is the largest, infinity where one of the runs diverged and another did not, NaN where all did.
    It is a derivative only as long as the path moves by little: `saturated` says that it moved by more than a pixel, so that
    the true one is another, larger as a rule.

    `decimals` is how many decimals of the start a caption must give, so that whoever runs it draws the same picture: with an
    error of half a unit in that decimal, or in any finer one, along a coordinate, the whole path stays within one pixel: the
    map's widest side / 1000, or, of a point further from the origin than that side, its distance / 1000. None where not even 15
    decimals are enough. `rounding` is by how many pixels at most the path moves where every step is rounded otherwise, by one
    unit in the last place of each coordinate.
    """

    amplification: float
    amplifications: np.ndarray
    saturated: bool
    decimals: int | None
    rounding: float
    pixel: float

    @property
    def reproducible(self) -> bool:
        """Whether any caption is enough to draw the same picture again, on any machine."""
        return self.decimals is not None and self.rounding <= 1

    def told_by(self, start: Iterable[float], digits: int = CAPTION_DIGITS) -> bool:
        """Whether a caption that gives this start in so many significant digits is enough to draw the same picture."""
        if not self.reproducible or self.decimals is None:
            return False
        error = max(abs(float(f"{v:.{digits}g}") - v) for v in start)
        return bool(error <= 0.5 * 10.0**-self.decimals)

    def sentence(self, start: Iterable[float], digits: int = CAPTION_DIGITS) -> str:
        """The number and the verdict on a caption, in words."""
        if np.isnan(self.amplification):
            moved = "The run diverges, so it has no end that could move"
        elif np.isinf(self.amplification):
            moved = f"Moved by {MOVED:.0e} at the start, the run diverges or does not: it stands on the edge between the two"
        else:
            beyond = "at least " if self.saturated else ""
            moved = f"Moved by {MOVED:.0e} at the start, the end moves by {beyond}{self.amplification * MOVED:.2g}"
        if not self.reproducible:
            return f"{moved}. No caption can reproduce this picture: another machine's rounding is enough to draw another one."
        if not self.told_by(start, digits):
            return (
                f"{moved}. To draw this picture again takes a start with {self.decimals} decimals; {digits} digits are too few."
            )
        return f"{moved}. The start with {digits} significant digits is enough to draw this picture again."


def sensitivity(optimizer: Optimizer, landscape: Landscape, start: Any, steps: int, seed: int = 0) -> Sensitivity:
    """The sensitivity of one run, from 5 + 34 dim runs of the same method in one program, with the same mini-batches and noise.

    Raises ValueError where the method cannot run, or the start is not one point.
    """
    origin = np.asarray(start, dtype=float)
    if origin.shape != (landscape.dim,):
        raise ValueError(f"a start on {landscape.name} is one point of {landscape.dim} numbers, got shape {origin.shape}")
    both = np.concatenate([np.eye(landscape.dim), -np.eye(landscape.dim)])
    errors = 0.5 * 10.0 ** -np.arange(MOST_DECIMALS + 1)
    starts = np.concatenate([origin[None], origin + MOVED * both, *(origin + error * both for error in errors)])
    starts = np.concatenate([starts, np.broadcast_to(origin, (SHAKEN, landscape.dim))])
    paths = _paths(optimizer, landscape, starts, steps, seed)
    with np.errstate(all="ignore"):
        moved = starts[1 : 1 + len(both)] - origin  # as it was rounded
        ends = paths[-1, 1 : 1 + len(both)] - paths[-1, 0]
        amplifications = np.linalg.norm(ends, axis=-1) / np.linalg.norm(moved, axis=-1)
        finite = np.isfinite(paths[-1, : 1 + len(both)]).all(-1)
        amplification = float(amplifications.max()) if finite.all() else float("inf") if finite.any() else float("nan")
        pixel = max(high - low for low, high in landscape.domain) / PIXELS  # type: ignore[attr-defined]
        furthest = _furthest(paths, pixel)
    off = furthest[:-SHAKEN].reshape(len(errors) + 1, -1).max(-1)
    small = off[1:] <= 1
    enough = np.flatnonzero(np.logical_and.accumulate(small[::-1])[::-1])
    return Sensitivity(
        amplification=amplification,
        amplifications=amplifications,
        saturated=bool(off[0] > 1),
        decimals=int(enough[0]) if len(enough) else None,
        rounding=float(furthest[-SHAKEN:].max()),
        pixel=pixel,
    )


def entrant_sensitivity(experiment: Experiment, landscape: Landscape, index: int = 0) -> Sensitivity:
    """The sensitivity of one entrant's run. Raises ValueError where the method cannot run."""
    # A budget of calls is spent after a number of steps that the run tells.
    steps = experiment.steps if experiment.budget == "steps" else run_entrant(experiment, landscape, index).steps
    return sensitivity(experiment.optimizer(index), landscape, start_of(experiment, landscape), steps, experiment.seed)


@dataclass(frozen=True, eq=False)
class _Rounded(Wrapper):
    """A method with each step rounded otherwise: by `units` `(steps, *runs, dim)` in the last place of where it leads."""

    key = "rounded"
    defaults: ClassVar[Mapping[str, Any]] = {}
    ranges: ClassVar[Mapping[str, Any]] = {}
    units: np.ndarray

    @property
    def title(self) -> str:  # type: ignore[override]
        return self.inner.title

    def inner_state(self, state: State) -> State:
        return state[0]

    def init(self, theta: Point) -> State:
        return self.inner.init(theta), 0

    def update(self, oracle: Oracle, state: State) -> tuple[Point, State]:
        delta, inner = self.inner.update(oracle, state[0])
        return delta + self.units[state[1]] * np.spacing(abs(oracle.theta + delta)), (inner, state[1] + 1)


def _paths(optimizer: Optimizer, landscape: Landscape, starts: np.ndarray, steps: int, seed: int) -> np.ndarray:
    """The paths of all starts, `(steps + 1, runs, dim)`, the last `SHAKEN` rounded otherwise.

    Noise is drawn for each run by itself, so there they walk one by one.
    """
    units = np.zeros((steps, *starts.shape))
    units[:, -SHAKEN:] = np.random.default_rng(0).choice([-1.0, 1.0], (steps, SHAKEN, starts.shape[-1]))
    if _has_noise(landscape):
        alone = (run(_Rounded(optimizer, units[:, i]), landscape, start, steps, seed) for i, start in enumerate(starts))
        return np.stack([t.theta for t in alone], axis=1)
    return np.asarray(run(_Rounded(optimizer, units), landscape, starts, steps, seed).theta)


def _has_noise(landscape: Any) -> bool:
    return isinstance(landscape, GradientNoise) or ("inner" in vars(landscape) and _has_noise(landscape.inner))


def _furthest(paths: np.ndarray, pixel: float) -> np.ndarray:
    """The largest distance from the first path, in pixels, `(runs - 1,)`; of a point beyond the map, relative to how far it is.

    Infinity where only one of the two is finite.
    """
    first, others = paths[:, :1], paths[:, 1:]
    length = np.hypot.reduce  # a norm that does not square, for runs on their way to infinity
    apart = length(others - first, axis=-1) / np.maximum(pixel, length(first, axis=-1) / PIXELS)
    lost = ~np.isfinite(first).all(-1), ~np.isfinite(others).all(-1)
    apart = np.where(lost[0] & lost[1], 0.0, np.where(lost[0] | lost[1], np.inf, apart))
    return np.asarray(np.where(np.isnan(apart), np.inf, apart).max(0))
