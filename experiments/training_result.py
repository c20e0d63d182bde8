"""What a training leaves: curves, a joint plane with its errors, and the curvature where each optimizer ended. NumPy only."""

from __future__ import annotations

import json
import math
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal

import numpy as np

from experiments.spec import Experiment

_FORMAT = 1


@dataclass(frozen=True)
class Progress:
    """Where a training stands: during "training" the numbers of the step just recorded, one per optimizer; then "analysis"."""

    stage: Literal["training", "analysis"]
    step: int
    steps: int
    loss: tuple[float, ...]
    batch_loss: tuple[float, ...]
    test_loss: tuple[float, ...]
    test_accuracy: tuple[float, ...]
    fraction: float

    def as_json(self) -> dict[str, Any]:
        """Plain data; numbers that are not finite, which JSON has no words for, become None."""
        data: dict[str, Any] = {field.name: getattr(self, field.name) for field in fields(self)}
        for name in ("loss", "batch_loss", "test_loss", "test_accuracy"):
            data[name] = [value if math.isfinite(value) else None for value in data[name]]
        return data


@dataclass(frozen=True, eq=False)
class TrainingResult:
    """Several optimizers trained on one network from the same weights on the same batches.

    Axes: optimizers n in the experiment's order, recorded points p, parameters dim. `steps` `(p,)` are the steps recorded;
    loss, grad_norm: over all training samples; batch_loss: what each optimizer saw; test_loss and test_accuracy: over all test
    samples, NaN where there are none, or no classes: all `(n, p)`.
    finite `(n, p)`: false from where an optimizer became infinite or NaN; its theta and coordinates are NaN there.
    calls: oracle calls so far, each `(n, p)`; seconds `(n,)` spent stepping. ends `(n, dim)`: the last finite weights recorded;
    theta `(n, p, dim)` float32, or None where weights were left out of the file. Where the picture alone was kept (`pictured`),
    ends, origin and directions have a dim of 0.
    Plane: origin `(dim,)`, the mean of all recorded points; directions `(2, dim)`, their orthonormal principal axes; explained
    `(10,)`, variance shares of the first components; coordinates `(n, p, 2)`; off_plane `(n, p)`, distances from the plane;
    plane_loss `(n, p)`, the loss at the projections. x `(nx,)`, y `(ny,)`, heights `(ny, nx)`: the loss on the plane.
    Curvature at the ends: eigenvalues `(n, k)` ascending, each within residuals `(n, k)` of a true one; trace, trace_error
    `(n,)`; spectrum_kind "exact" (all eigenvalues), "lanczos" (the largest) or "none" (too dear, or cancelled before).
    complete: false if it was cancelled; then the curvature is NaN and the steps end where they were.
    """

    experiment: Experiment
    steps: np.ndarray
    loss: np.ndarray
    grad_norm: np.ndarray
    batch_loss: np.ndarray
    test_accuracy: np.ndarray
    finite: np.ndarray
    calls: Mapping[str, np.ndarray]
    seconds: np.ndarray
    ends: np.ndarray
    theta: np.ndarray | None
    origin: np.ndarray
    directions: np.ndarray
    explained: np.ndarray
    coordinates: np.ndarray
    off_plane: np.ndarray
    plane_loss: np.ndarray
    x: np.ndarray
    y: np.ndarray
    heights: np.ndarray
    eigenvalues: np.ndarray
    residuals: np.ndarray
    trace: np.ndarray
    trace_error: np.ndarray
    spectrum_kind: str
    complete: bool
    test_loss: np.ndarray

    @property
    def titles(self) -> tuple[str, ...]:
        return tuple(self.experiment.optimizer(i).title for i in range(len(self.experiment.optimizers)))

    @property
    def domain(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """The drawn part of the plane: (x0, x1), (y0, y1)."""
        return (float(self.x[0]), float(self.x[-1])), (float(self.y[0]), float(self.y[-1]))

    @property
    def start(self) -> tuple[float, float]:
        """The initial weights on the plane."""
        return float(self.coordinates[0, 0, 0]), float(self.coordinates[0, 0, 1])

    @property
    def sharpness(self) -> np.ndarray:
        """λ_max where each optimizer ended, `(n,)`."""
        return np.asarray(self.eigenvalues[:, -1])

    @property
    def pictured(self) -> bool:
        """Whether the weights were left out altogether: the plane can be looked at, and nothing on it computed."""
        return self.ends.shape[1] == 0

    @property
    def last_finite(self) -> np.ndarray:
        """The index of the last recorded point at which each optimizer was finite, `(n,)`."""
        return np.asarray(self.finite.sum(axis=1) - 1)

    def save(self, path: Path, weights: bool = True) -> None:
        """Write as an .npz file, whole or not at all; without `weights`, only those at the ends."""
        arrays: dict[str, Any] = {"format": _FORMAT, "experiment": json.dumps(self.experiment.as_json())}
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name == "calls":
                arrays |= {f"calls_{kind}": count for kind, count in value.items()}
            elif field.name == "theta":
                arrays |= {"theta": value} if weights and value is not None else {}
            elif field.name != "experiment":
                arrays[field.name] = value
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        with part.open("wb") as file:
            np.savez_compressed(file, allow_pickle=False, **arrays)
        part.replace(path)

    @classmethod
    def load(cls, path: Path) -> TrainingResult:
        """Read what `save` wrote. Raises ValueError for a file that is not a training result, or a broken one."""
        try:
            with np.load(path, allow_pickle=False) as file:
                if int(file["format"]) != _FORMAT:
                    raise ValueError(f"it is of format {int(file['format'])}, this version reads {_FORMAT}")
                given: dict[str, Any] = {f.name: file[f.name] for f in fields(cls) if f.name in file.files}
                given["calls"] = {n.removeprefix("calls_"): file[n] for n in file.files if n.startswith("calls_")}
            given["experiment"] = Experiment.from_json(json.loads(str(given["experiment"])))
            given["spectrum_kind"], given["complete"] = str(given["spectrum_kind"]), bool(given["complete"])
            given |= {name: given[name].astype(np.float64) for name in ("origin", "directions")}  # shipped in float32
            given.setdefault("test_loss", np.full_like(given["loss"], np.nan))  # files from before it was recorded
            return cls(**{"theta": None, **given})
        except (KeyError, OSError, EOFError, TypeError, ValueError, zipfile.BadZipFile, zlib.error) as error:
            raise ValueError(f"{path.name} is not a training result that can be read: {error}") from error
