"""Cells as one program: an optimizer, a landscape and starts whose numbers are arrays with one value per run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from experiments.sensitivity import PIXELS
from experiments.spec import Experiment
from experiments.sweeps.axis import MODIFIER, SEED, SURFACE, coordinate, with_value
from landscapes.arrays import Array, constant, zeros_like
from landscapes.landscape import Draw, Landscape, Point
from landscapes.linear_maps import LinearMap
from landscapes.noise import GradientNoise, normals
from landscapes.small_matrices import Rows, products
from landscapes.surfaces.surface import Surface
from optimizers.optimizer import Optimizer


class Batch(NamedTuple):
    """Runs that are computed together, `runs` of them.

    `landscape` is as the optimizer sees it; starts `(runs, dim)`; minima `(minima, dim, runs or 1)`, NaN where a run's
    landscape has fewer; heights `(minima, runs or 1)`, the loss there; pixel `(runs or 1,)`: what is smaller cannot be seen on
    its map. `experiment` and `values` are what it was made from.
    """

    optimizer: Optimizer
    landscape: Landscape
    starts: np.ndarray
    seed: int
    minima: np.ndarray
    heights: np.ndarray
    pixel: np.ndarray
    experiment: Experiment
    values: Mapping[str, np.ndarray]

    def some(self, keep: np.ndarray) -> Batch:
        """The batch of the runs that `keep` `(runs,)` names."""
        return batch_of(self.experiment, {name: values[keep] for name, values in self.values.items()})


def batch_of(experiment: Experiment, values: Mapping[str, np.ndarray]) -> Batch:
    """The runs of an experiment's only optimizer, with each named number taking one value per run, `(runs,)`.

    Of the seed there is one value for all of them.
    """
    runs, asked = len(next(iter(values.values()))), experiment
    if SEED in values:
        experiment = replace(experiment, seed=round(float(values[SEED][0])))
    given = {name: v[:, None] for name, v in values.items() if _of_the_optimizer(name)}
    optimizer = experiment.optimizer(0).with_hyperparameters(**given)
    parts, which = _parts(experiment, values)
    landscape = stacked(parts, which)
    starts = np.empty((runs, landscape.dim))
    starts[:] = np.array([part.start if experiment.start is None else experiment.start for part in parts])[which]
    for name, v in values.items():
        if (axis := coordinate(name)) is not None:
            starts[:, axis] = v
    minima, heights = _minima(parts)
    pixel = np.array([max(high - low for low, high in part.domain) / PIXELS for part in parts])
    if len(parts) > 1:
        minima, heights, pixel = minima[..., which], heights[..., which], pixel[which]
    if experiment.batch_size is not None:
        landscape = landscape.on_batches(experiment.batch_size)
    return Batch(optimizer, landscape, starts, experiment.seed, minima, heights, pixel, asked, values)


def _of_the_optimizer(name: str) -> bool:
    return name != SEED and coordinate(name) is None and not name.startswith((SURFACE, MODIFIER))


def _parts(experiment: Experiment, values: Mapping[str, np.ndarray]) -> tuple[list[Any], np.ndarray]:
    """The different landscapes among the runs, and which of them each run has."""
    names = [name for name in values if name.startswith((SURFACE, MODIFIER))]
    if not names:
        return [experiment.make_landscape()], np.zeros(1, dtype=int)
    settings, which = np.unique(np.stack([values[name] for name in names]), axis=1, return_inverse=True)
    parts = []
    for setting in settings.T:
        made = experiment
        for name, value in zip(names, setting):
            made = with_value(made, 0, name, float(value))
        parts.append(made.make_landscape())
    return parts, which.reshape(-1)


def _minima(parts: Sequence[Any]) -> tuple[np.ndarray, np.ndarray]:
    """Minima `(most, dim, parts)` and the loss there `(most, parts)`, filled up with NaN."""
    most = max(len(part.minima) for part in parts)
    places = np.full((most, parts[0].dim, len(parts)), np.nan)
    heights = np.full((most, len(parts)), np.nan)
    for i, part in enumerate(parts):
        for k, place in enumerate(part.minima):
            places[k, :, i] = place
            heights[k, i] = part.loss(part.point(place))
    return places, heights


@dataclass(frozen=True, eq=False)
class SharedNoise(GradientNoise):
    """Noise that all runs of a batch see alike: that of one run alone. `sigma` is a number, or an array `(*runs, 1)`."""

    def noise(self, theta: Point) -> Array:
        if self.draw is None:
            return zeros_like(theta)
        return self.sigma * constant(self.once(self.draw, theta.shape[-1]), like=theta)

    def once(self, draw: Draw, dim: int) -> np.ndarray:
        """Standard normal numbers that all runs see, `(dim,)`."""
        return normals(draw, self.run, 1, dim, self._stream)[0]


def shared(landscape: Any) -> Any:
    """The landscape with every noise in it the same for all runs."""
    inner = getattr(landscape, "inner", None)
    if inner is None:
        return landscape
    if isinstance(landscape, GradientNoise):
        return SharedNoise(shared(inner), landscape.sigma, landscape.run)
    changed = shared(inner)
    return landscape if changed is inner else replace(landscape, inner=changed)


def stacked(parts: Sequence[Any], which: np.ndarray) -> Any:
    """Landscapes of one kind as a single one, of which each run has its own: `which` `(runs,)` tells the part."""
    first = parts[0]
    if isinstance(first, GradientNoise):
        sigma = _gathered([part.sigma for part in parts], which)
        sigma = sigma if np.ndim(sigma) == 0 else sigma[:, None]
        return SharedNoise(stacked([part.inner for part in parts], which), sigma, first.run)
    if isinstance(first, LinearMap):
        inner = stacked([part.inner for part in parts], which)
        there, back = (_rows([getattr(part, name) for part in parts], which) for name in ("there", "back"))
        return replace(first, inner=inner, there=there, back=back, products=products(there, back))
    assert isinstance(first, Surface)
    columns = {name: _gathered([part.parameters[name] for part in parts], which) for name in first.parameters}
    return first.family(**columns) if any(np.ndim(column) for column in columns.values()) else first


def _rows(matrices: Sequence[Rows], which: np.ndarray) -> Any:
    """A matrix whose entries are all numbers, or all arrays."""
    if all(matrix == matrices[0] for matrix in matrices):
        return matrices[0]
    entries = np.array(matrices)[which]
    return tuple(tuple(entries[:, i, j].copy() for j in range(entries.shape[2])) for i in range(entries.shape[1]))


def _gathered(values: Sequence[Any], which: np.ndarray) -> Any:
    """One value for each run, or the value itself where all have the same."""
    return values[0] if all(value == values[0] for value in values) else np.array(values)[which]
