"""The trajectory: what a run leaves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

_FORMAT = 1


@dataclass(frozen=True, eq=False)
class Trajectory:
    """A recorded run, or many: the first axis is the step, row 0 the start.

    theta `(steps + 1, *runs, dim)`; loss and grad_norm `(steps + 1, *runs)`, the full loss and its gradient's norm at theta;
    finite `(steps + 1, *runs)`, false from the step at which a run became infinite or NaN, where theta is NaN;
    calls: oracle calls so far by kind, each `(steps + 1,)`, per run.
    """

    theta: np.ndarray
    loss: np.ndarray
    grad_norm: np.ndarray
    finite: np.ndarray
    calls: Mapping[str, np.ndarray]

    @property
    def steps(self) -> int:
        return len(self.theta) - 1

    @property
    def last_finite(self) -> np.ndarray:
        """The last step at which each run was finite, `(*runs,)`."""
        return np.asarray(self.finite.sum(axis=0) - 1)  # an array also for a single run

    def first(self, steps: int) -> Trajectory:
        """The same run as if it had ended after this many steps."""
        cut = slice(steps + 1)
        calls = {kind: count[cut] for kind, count in self.calls.items()}
        return Trajectory(self.theta[cut], self.loss[cut], self.grad_norm[cut], self.finite[cut], calls)

    def steps_to(self, tolerance: float) -> np.ndarray:
        """The first step at which each run's loss is at most `tolerance`, `(*runs,)`; -1 where it never is."""
        reached = self.loss <= tolerance
        return np.where(reached.any(axis=0), reached.argmax(axis=0), -1)

    def save(self, path: Path) -> None:
        """Write as an .npz file, whole or not at all."""
        arrays: dict[str, Any] = {name: getattr(self, name) for name in ("theta", "loss", "grad_norm", "finite")}
        arrays |= {"format": _FORMAT} | {f"calls_{kind}": count for kind, count in self.calls.items()}
        part = path.with_suffix(".part")
        with part.open("wb") as file:
            np.savez_compressed(file, allow_pickle=False, **arrays)
        part.replace(path)

    @classmethod
    def load(cls, path: Path) -> Trajectory:
        """Read what `save` wrote. Raises ValueError for a file that is not a trajectory."""
        try:
            with np.load(path, allow_pickle=False) as file:
                if int(file["format"]) != _FORMAT:
                    raise ValueError(f"{path.name} is of format {int(file['format'])}, this version reads {_FORMAT}")
                calls = {name.removeprefix("calls_"): file[name] for name in file.files if name.startswith("calls_")}
                return cls(file["theta"], file["loss"], file["grad_norm"], file["finite"], calls)
        except ValueError:
            raise
        except Exception as error:  # a damaged archive raises anything from zlib.error to NotImplementedError
            raise ValueError(f"{path.name} is not a trajectory file: {error}") from error
