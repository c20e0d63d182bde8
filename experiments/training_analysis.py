"""What the paths and the ends of a training show: their joint plane, the loss on it, the Hessian's spectra."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from experiments.training_result import TrainingResult
from landscapes import NETWORKS
from landscapes.curvature.spectrum import EXACT_DIM, TOP, Spectrum, spectrum
from landscapes.directions import principal_plane

if TYPE_CHECKING:
    from experiments.training import Training

MARGIN = 0.3  # of the paths' extent, on each side of the height map


def analysed(training: Training, heard: Callable[[Any], None], stop: Callable[[], bool], whole: bool) -> TrainingResult:
    """The result: plane, heights and curvature of what was recorded; `whole` unless it was stopped before its end."""
    e, n, p = training.experiment, training.count, training.points
    heard(training.progress("analysis", 0.0))
    theta = training.theta[:, :p]
    finite = np.logical_and.accumulate(np.isfinite(theta).all(axis=-1), axis=1)
    theta[~finite] = np.nan
    plane = principal_plane(theta[finite])
    coordinates = plane.coordinates(theta)
    domain = (_stretch(coordinates[..., 0]), _stretch(coordinates[..., 1]))
    family = NETWORKS[e.landscape.key]
    surface = family.plane(e.landscape.parameters, plane.origin, plane.directions, domain, tuple(coordinates[0, 0]))
    x, y = (np.linspace(low, high, min(surface.cells, training.plan.cells)) for low, high in domain)
    ends = theta[np.arange(n), finite.sum(axis=1) - 1].copy()
    heights = surface.loss_on_plane(x, y).astype(np.float32)
    found = _curvature(training, ends, heard, stop) if whole else None
    curvature = [_unknown(training.network.dim)] * n if found is None else found
    kinds = sorted({kind for counts in training.calls for count in counts for kind in count})
    return TrainingResult(
        experiment=e,
        steps=training.schedule[:p],
        **{name: values[:, :p] for name, values in training.curves.items()},
        finite=finite,
        calls={kind: np.array([[count.get(kind, 0) for count in counts] for counts in training.calls]) for kind in kinds},
        seconds=training.seconds,
        ends=ends,
        theta=theta,
        origin=plane.origin,
        directions=plane.directions,
        explained=plane.explained,
        coordinates=coordinates,
        off_plane=plane.distance(theta),
        plane_loss=surface.loss(coordinates),
        x=x,
        y=y,
        heights=heights,
        eigenvalues=np.stack([s.eigenvalues for s in curvature]),
        residuals=np.stack([s.residuals for s in curvature]),
        trace=np.array([s.trace for s in curvature]),
        trace_error=np.array([s.trace_error for s in curvature]),
        spectrum_kind="none" if found is None else training.plan.spectrum,
        complete=found is not None,
    )


def _stretch(values: np.ndarray) -> tuple[float, float]:
    """The stretch of the paths and a margin on both sides."""
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    margin = MARGIN * (high - low) or 1.0
    return low - margin, high + margin


def _unknown(dim: int) -> Spectrum:
    """What is known of a spectrum that was not computed."""
    nothing = np.full(dim if dim <= EXACT_DIM else TOP, np.nan)
    return Spectrum(nothing, nothing, np.nan, np.nan, "exact" if dim <= EXACT_DIM else "lanczos")


def _curvature(
    training: Training, ends: np.ndarray, heard: Callable[[Any], None], stop: Callable[[], bool]
) -> list[Spectrum] | None:
    """The Hessian's spectrum at each end, in float64, unknown where the plan has none; None if it was stopped."""
    if training.plan.spectrum == "none":
        heard(training.progress("analysis", 1.0))
        return [_unknown(training.network.dim)] * len(ends)
    network = training.network.to(torch.float64)
    exact_dim = network.dim if training.plan.spectrum == "exact" else 0
    spectra = []
    for i, end in enumerate(ends):
        if stop():
            return None
        spectra.append(spectrum(network, network.point(end), exact_dim=exact_dim))
        heard(training.progress("analysis", (i + 1) / len(ends)))
    return spectra
