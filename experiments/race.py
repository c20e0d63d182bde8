"""One entrant of a race: its trajectory, the curvature along it, and what can be said where it ended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from experiments.loop import as_numpy
from experiments.slow_path import slow_path
from experiments.spec import Experiment, run_entrant, start_of
from experiments.trajectory import Trajectory
from landscapes.curvature.eigenvalues import eigenvalues_along
from landscapes.curvature.sharpness import sam_sharpness
from landscapes.landscape import Landscape
from optimizers.optimizer import HESSIAN


@dataclass(frozen=True)
class Ending:
    """Where a run ended: at its last finite point. Eigenvalues are of the full Hessian there; NaN where not defined.

    `condition` is λ_max / λ_min where both are positive. `steps_to_tolerance` is None if the tolerance was never reached,
    `diverged_at` the step at which the run became infinite or NaN, else None.
    """

    place: tuple[float, ...]
    loss: float
    steps_to_tolerance: int | None
    diverged_at: int | None
    lambda_max: float
    lambda_min: float
    trace: float
    condition: float
    sam_sharpness: float


@dataclass(frozen=True, eq=False)
class Entrant:
    """One optimizer's part of a race.

    eigenvalues `(steps + 1, dim)` ascending, along the path; `limit` is the stability limit of its learning rate at the
    start, None where the method has none there; `threshold` the curvature above which its own learning rate is unstable
    (2/lr for SGD), None for methods whose limit is not set by the plain Hessian. On one coordinate `slope` `(steps + 1,)` is
    the derivative along the path, else None; `slow` `(steps + 1, dim)` are Lookahead's slow weights, None without it.
    """

    trajectory: Trajectory
    eigenvalues: np.ndarray
    limit: float | None
    threshold: float | None
    ending: Ending
    slope: np.ndarray | None = None
    slow: np.ndarray | None = None

    def as_arrays(self) -> dict[str, np.ndarray]:
        """Everything as named arrays, to cross a process boundary; `from_arrays` brings it back."""
        t = self.trajectory
        named = {"theta": t.theta, "loss": t.loss, "grad_norm": t.grad_norm, "finite": t.finite}
        ending = self.ending
        numbers = [
            ending.loss,
            np.nan if ending.steps_to_tolerance is None else ending.steps_to_tolerance,
            np.nan if ending.diverged_at is None else ending.diverged_at,
            ending.lambda_max,
            ending.lambda_min,
            ending.trace,
            ending.condition,
            ending.sam_sharpness,
        ]
        return {
            **named,
            **{f"calls_{kind}": count for kind, count in t.calls.items()},
            "eigenvalues": self.eigenvalues,
            "limit": np.array(np.nan if self.limit is None else self.limit),
            "threshold": np.array(np.nan if self.threshold is None else self.threshold),
            "ending": np.array(numbers, dtype=float),
            "place": np.array(ending.place, dtype=float),
            **{name: array for name, array in (("slope", self.slope), ("slow", self.slow)) if array is not None},
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> Entrant:
        calls = {name.removeprefix("calls_"): a for name, a in arrays.items() if name.startswith("calls_")}
        trajectory = Trajectory(arrays["theta"], arrays["loss"], arrays["grad_norm"], arrays["finite"].astype(bool), calls)
        loss, reached, diverged, *curvature = (float(v) for v in arrays["ending"])
        ending = Ending(
            tuple(float(v) for v in arrays["place"]),
            loss,
            None if np.isnan(reached) else int(reached),
            None if np.isnan(diverged) else int(diverged),
            *curvature,
        )
        known = _known(arrays["limit"]), _known(arrays["threshold"])
        return cls(trajectory, arrays["eigenvalues"], *known, ending, arrays.get("slope"), arrays.get("slow"))


def _known(value: Any) -> float | None:
    """A number, or None for NaN."""
    return None if np.isnan(value) else float(value)


def enter(experiment: Experiment, landscape: Landscape | None = None, tolerance: float = 1e-6) -> Entrant:
    """Run the experiment's only optimizer and look at what it did.

    `landscape` saves making it again. Raises ValueError if the method cannot run there.
    """
    landscape = experiment.seen_landscape() if landscape is None else landscape
    optimizer = experiment.optimizer(0)
    start = start_of(experiment, landscape)
    trajectory = run_entrant(experiment, landscape)
    eigenvalues = eigenvalues_along(landscape, landscape.point(trajectory.theta))
    with np.errstate(all="ignore"):
        oracle = landscape.at(landscape.point(start))
        state = optimizer.init(oracle.theta)
        limit = _known(as_numpy(optimizer.stability_limit(oracle, state)))
        plain = HESSIAN not in optimizer.needs and optimizer.preconditioner(oracle, state) is None
        steepest = float(eigenvalues[0, -1])
        lr = experiment.optimizers[0].parameters["lr"]
        threshold = limit * steepest / lr if limit is not None and plain and steepest > 0 else None
        slope = landscape.gradient(landscape.point(trajectory.theta))[:, 0] if landscape.dim == 1 else None
        slow = slow_path(optimizer, landscape, start, trajectory.steps, experiment.seed)
    ending = ending_of(landscape, trajectory, eigenvalues, tolerance)
    return Entrant(trajectory, eigenvalues, limit, threshold, ending, None if slope is None else as_numpy(slope), slow)


def ending_of(landscape: Landscape, trajectory: Trajectory, eigenvalues: np.ndarray, tolerance: float) -> Ending:
    """The ending of a single run whose Hessian eigenvalues along the path are known."""
    last = int(trajectory.last_finite)
    place = trajectory.theta[last]
    values = eigenvalues[last]
    reached = int(trajectory.steps_to(tolerance))
    low, high = float(values[0]), float(values[-1])
    return Ending(
        place=tuple(float(v) for v in place),
        loss=float(trajectory.loss[last]),
        steps_to_tolerance=None if reached < 0 else reached,
        diverged_at=None if last == trajectory.steps else last + 1,
        lambda_max=high,
        lambda_min=low,
        trace=float(values.sum()),
        condition=high / low if low > 0 else float("nan"),
        sam_sharpness=float(as_numpy(sam_sharpness(landscape, landscape.point(place)))),
    )


def height_map(landscape: Landscape, domain: Any, cells: int = 160) -> np.ndarray:
    """The loss on a grid over `domain` ((x0, x1), (y0, y1)), both ends included: float32 `(cells, cells)`, rows along y.

    On one coordinate, ((x0, x1),), it is the curve, float32 `(cells,)`.
    """
    grid = np.stack(np.meshgrid(*(np.linspace(low, high, cells) for low, high in domain)), axis=-1)
    with np.errstate(all="ignore"):
        return as_numpy(landscape.loss(landscape.point(grid))).astype(np.float32)
