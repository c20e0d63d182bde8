"""What the paths and the ends of a training show: their joint plane, the loss on it, the Hessian's spectra."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from experiments.spec import Experiment
from experiments.training_plan import TrainingPlan
from experiments.training_result import TrainingResult
from landscapes import NETWORKS
from landscapes.curvature.spectrum import EXACT_DIM, TOP, Spectrum, spectrum
from landscapes.directions import principal_plane

MARGIN = 0.3  # of the paths' extent, on each side of the height map


@dataclass(frozen=True, eq=False)
class Recorded:
    """What a training has recorded: theta `(n, p, dim)`, each of the curves `(n, p)`, calls at each point, seconds `(n,)`.

    `network` is in the precision that spectra are to have; `whole` unless the training was stopped before its end.
    """

    experiment: Experiment
    plan: TrainingPlan
    network: Any
    theta: np.ndarray
    curves: Mapping[str, np.ndarray]
    calls: Sequence[Sequence[Mapping[str, int]]]
    seconds: np.ndarray
    whole: bool


def analysed(recorded: Recorded, tell: Callable[[float], None], stop: Callable[[], bool]) -> TrainingResult:
    """The result. `tell` hears which share of the spectra is done; where `stop` says so, there are none."""
    e, theta = recorded.experiment, recorded.theta
    n, p = theta.shape[:2]
    finite = np.logical_and.accumulate(np.isfinite(theta).all(axis=-1), axis=1)
    theta[~finite] = np.nan
    plane = principal_plane(theta[finite])
    coordinates = plane.coordinates(theta)
    domain = (_stretch(coordinates[..., 0]), _stretch(coordinates[..., 1]))
    family = NETWORKS[e.landscape.key]
    surface = family.plane(e.landscape.parameters, plane.origin, plane.directions, domain, tuple(coordinates[0, 0]))
    x, y = (np.linspace(low, high, min(surface.cells, recorded.plan.cells)) for low, high in domain)
    ends = theta[np.arange(n), finite.sum(axis=1) - 1].copy()
    heights = surface.loss_on_plane(x, y).astype(np.float32)
    found = _curvature(recorded, ends, tell, stop) if recorded.whole else None
    curvature = [_unknown(recorded.network.dim)] * n if found is None else found
    kinds = sorted({kind for counts in recorded.calls for count in counts for kind in count})
    return TrainingResult(
        experiment=e,
        steps=recorded.plan.schedule[:p],
        **recorded.curves,
        finite=finite,
        calls={kind: np.array([[count.get(kind, 0) for count in counts] for counts in recorded.calls]) for kind in kinds},
        seconds=recorded.seconds,
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
        spectrum_kind="none" if found is None else recorded.plan.spectrum,
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
    recorded: Recorded, ends: np.ndarray, tell: Callable[[float], None], stop: Callable[[], bool]
) -> list[Spectrum] | None:
    """The Hessian's spectrum at each end, unknown where the plan has none; None if it was stopped."""
    network, plan = recorded.network, recorded.plan
    exact_dim = network.dim if plan.spectrum == "exact" else 0
    spectra = []
    for i, end in enumerate(ends):
        if stop():
            return None
        if plan.spectrum == "none":
            spectra.append(_unknown(network.dim))
        else:
            there = network.point(end)
            spectra.append(spectrum(network, there, 0, exact_dim, plan.top, plan.tolerance, plan.probes))
        tell((i + 1) / len(ends))
    return spectra
