"""The training's paths as a slice shows them: projected, with what that leaves out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from experiments.grids.compute import Ready


@dataclass(frozen=True, eq=False)
class ProjectedPath:
    """One optimizer's path on a slice, at each of its n points.

    steps `(n,)` of the training; coordinates `(n, axes)` of the orthogonal projection; off `(n,)`, the distance from the slice;
    loss `(n,)`, the training loss where the path truly is. NaN where the path is not finite. Where the training's file has no
    weights along the path, the end is its one point, and `whole` is false.
    """

    steps: np.ndarray
    coordinates: np.ndarray
    off: np.ndarray
    loss: np.ndarray
    whole: bool


def projected(made: Ready) -> tuple[ProjectedPath, ...]:
    """Of every optimizer, in the experiment's order."""
    result = made.result
    if made.place.paths:
        return tuple(_on(made, path, result.steps, result.loss[i], True) for i, path in enumerate(made.place.paths))
    if made.spec.directions.key == "principal":  # the plane that the training recorded, and the paths as it recorded them on it
        axis = {"both": slice(None), "first": slice(0, 1), "second": slice(1, 2)}[made.spec.axes]
        kept = np.asarray(result.coordinates, dtype=np.float64)
        away = np.hypot(result.off_plane, np.linalg.norm(np.delete(kept, np.arange(2)[axis], axis=-1), axis=-1))
        return tuple(
            ProjectedPath(result.steps, kept[i][:, axis], away[i].astype(np.float64), result.loss[i].astype(np.float64), True)
            for i in range(len(kept))
        )
    last = result.last_finite
    return tuple(
        _on(made, np.asarray(end)[None], result.steps[last[i]][None], result.loss[i, last[i]][None], False)
        for i, end in enumerate(result.ends)
    )


def _on(made: Ready, path: np.ndarray, steps: np.ndarray, loss: np.ndarray, whole: bool) -> ProjectedPath:
    path = np.asarray(path, dtype=np.float64)
    with np.errstate(all="ignore"):
        coordinates, off = made.plane.coordinates(path), made.plane.distance(path)
    return ProjectedPath(np.asarray(steps), coordinates, off, np.asarray(loss, dtype=np.float64), whole)
