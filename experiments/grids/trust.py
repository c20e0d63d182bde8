"""How far a slice can be trusted, in numbers: what the plane holds of the paths, what data and arithmetic leave open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from experiments.grids import limits
from experiments.grids.fill import filled
from experiments.grids.grid import Grid, blank
from landscapes.arrays import Array
from landscapes.curvature.spectrum import as_numpy
from landscapes.directions import Plane, Span
from landscapes.directions.kind import Directions, Place
from landscapes.grids import Evaluator, evaluator
from landscapes.grids.evaluator import Tick, no_tick

SEEDS = 5
COARSE = 9  # cells along an axis of the maps of other seeds


@dataclass(frozen=True, eq=False)
class PathTrust:
    """One path on a plane, at each of its n points.

    coordinates `(n, axes)` of the projection; off_plane `(n,)`, the distance from the plane; true_loss `(n,)`, where the path
    is; plane_loss `(n,)`, where the plane shows it. NaN where the path is not finite.
    """

    coordinates: np.ndarray
    off_plane: np.ndarray
    true_loss: np.ndarray
    plane_loss: np.ndarray

    @property
    def largest_gap(self) -> float:
        """The largest difference between the two losses."""
        gap = np.abs(self.true_loss - self.plane_loss)
        return float(np.nanmax(gap)) if np.isfinite(gap).any() else float("nan")


@dataclass(frozen=True, eq=False)
class SeedTrust:
    """The same window on planes of several seeds: x `(nx,)`, y `(ny,)`, loss `(seeds, ny, nx)`; on lines y is None, ny 1."""

    seeds: tuple[int, ...]
    x: np.ndarray
    y: np.ndarray | None
    loss: np.ndarray

    @property
    def mean(self) -> np.ndarray:
        """Over seeds, `(ny, nx)`."""
        return np.asarray(self.loss.mean(axis=0))

    @property
    def deviation(self) -> np.ndarray:
        """The standard deviation over seeds, `(ny, nx)`."""
        return np.asarray(self.loss.std(axis=0, ddof=1))


@dataclass(frozen=True, eq=False)
class Trust:
    """A plane's or line's numbers.

    made: how the directions were found. angle between the axes in degrees, NaN on a line; lengths `(axes,)` of one unit of
    each. explained: variance shares of principal components, else empty; captured: the share of the paths' variance in the
    plane, NaN without paths. facts: the grid's own (samples of how many, precision, BatchNorm's statistics). loss: at the
    origin; subset_error: its standard error as an estimate over all `of` training samples, 0 if these are all of them;
    sample_error: as one over whatever the samples were drawn from. Both NaN where single samples have no losses. rounding: the
    largest relative difference from float64 at cells that were tried, NaN if none were. cannot: what this slice cannot show, in
    sentences.
    """

    made: str
    angle: float
    lengths: np.ndarray
    explained: np.ndarray
    captured: float
    facts: Mapping[str, Any]
    loss: float
    subset_error: float
    sample_error: float
    rounding: float
    paths: tuple[PathTrust, ...]
    seeds: SeedTrust | None
    cannot: tuple[str, ...]


def trust(
    place: Place,
    plane: Span,
    facts: Mapping[str, Any] | None = None,
    *,
    kind: Directions | None = None,
    axis: int | None = None,
    window: Sequence[tuple[float, float]] = ((-1.0, 1.0), (-1.0, 1.0)),
    seeds: int = SEEDS,
    rounding: float = float("nan"),
    tick: Tick = no_tick,
) -> Trust:
    """The numbers of a plane through a place, or of a line. With the `kind` that chose it, if that is random, other seeds are
    tried; `axis` is the one of their planes that a line goes along. `tick` is called now and then and may raise to stop."""
    landscape, facts = place.landscape, dict(facts or {})
    evaluate = evaluator(landscape, plane)
    spread = _spread(place, plane)
    samples = getattr(landscape, "samples", None)
    of = int(facts.get("of", samples or 0))
    whole = spread / np.sqrt(samples) if samples else float("nan")
    paths = tuple(path_trust(place, plane, evaluate, path, tick) for path in place.paths)
    others = None if kind is None or not hasattr(kind, "seed") else seed_trust(place, kind, window, seeds, axis, tick)
    return Trust(
        made=plane.made,
        angle=plane.angle if isinstance(plane, Plane) else float("nan"),
        lengths=plane.lengths,
        explained=plane.explained,
        captured=plane.captured(place.recorded) if len(place.recorded) > 1 else float("nan"),
        facts=facts,
        loss=float(evaluate(np.zeros((1, len(plane.directions))))["loss"][0]),
        subset_error=float(whole * np.sqrt(max(1 - samples / of, 0.0))) if samples and of else float("nan"),
        sample_error=float(whole),
        rounding=rounding,
        paths=paths,
        seeds=others,
        cannot=_cannot(place, plane, facts, paths, others),
    )


def path_trust(place: Place, plane: Span, evaluate: Evaluator, path: np.ndarray, tick: Tick = no_tick) -> PathTrust:
    """A path's points `(n, dim)` against their projections on the plane."""
    path = np.asarray(path, dtype=np.float64)
    with np.errstate(all="ignore"):
        coordinates, off_plane = plane.coordinates(path), plane.distance(path)
        true_loss = np.array([_loss(place, point, tick) for point in path])
        plane_loss = evaluate(coordinates, tick)["loss"]
    return PathTrust(coordinates, off_plane, true_loss, plane_loss)


def _loss(place: Place, point: np.ndarray, tick: Tick) -> float:
    tick()
    found: Array = place.landscape.loss(place.landscape.point(point))
    return float(as_numpy(found))


def _spread(place: Place, plane: Span) -> float:
    """The standard deviation of the samples' own losses at the plane's origin; NaN where there are none."""
    try:
        here = np.zeros((1, len(plane.directions)))
        return float(evaluator(place.landscape, plane, ("spread",))(here)["spread"][0])
    except ValueError:
        return float("nan")


def seed_trust(
    place: Place,
    kind: Directions,
    window: Sequence[tuple[float, float]],
    seeds: int = SEEDS,
    axis: int | None = None,
    tick: Tick = no_tick,
) -> SeedTrust:
    """Coarse maps of one window on the planes of this seed and of the ones after it, or on lines along one axis of each."""
    first = int(kind.seed)  # type: ignore[attr-defined]  # asked of kinds that have one
    tried = tuple((first + i) % 2**31 for i in range(seeds))
    axes = [np.linspace(low, high, COARSE) for low, high in window]
    grids: list[Grid] = []
    for seed in tried:
        tick()
        other = kind.with_options(seed=seed)
        span: Span = other.plane(place) if axis is None else other.line(place, axis)
        grids.append(filled(blank(span, axes[0], axes[1] if axis is None else None), evaluator(place.landscape, span)))
    return SeedTrust(tried, axes[0], axes[1] if axis is None else None, np.stack([grid.values["loss"] for grid in grids]))


def with_paths(known: Trust, paths: tuple[PathTrust, ...]) -> Trust:
    """The same with paths that were recorded on the plane before."""
    gap = _off_plane(paths)
    captured = float(known.explained[:2].sum()) if len(known.explained) else known.captured
    return replace(known, paths=paths, captured=captured, cannot=(*known.cannot, *gap))


def _off_plane(paths: Sequence[PathTrust], span: str = "plane") -> list[str]:
    distances = [float(np.nanmax(path.off_plane)) for path in paths if np.isfinite(path.off_plane).any()]
    gaps = [path.largest_gap for path in paths if np.isfinite(path.largest_gap)]
    return [limits.off_plane(max(distances), max(gaps, default=float("nan")), span)] if distances else []


def _cannot(
    place: Place, plane: Span, facts: Mapping[str, Any], paths: Sequence[PathTrust], seeds: SeedTrust | None
) -> tuple[str, ...]:
    said = [limits.two_of(plane.dim) if isinstance(plane, Plane) else limits.one_of(plane.dim)]
    if seeds is not None:
        said += limits.random(seeds.loss)
    if isinstance(plane, Plane) and abs(plane.angle - 90) > 0.1:
        said.append(limits.skewed(plane.angle))
    said += _off_plane(paths, "plane" if isinstance(plane, Plane) else "line")
    if facts.get("samples") and facts["samples"] < facts.get("of", 0):
        said.append(limits.subset(facts["samples"], facts["of"]))
    if facts.get("statistics") == "frozen" and limits.has_batch_norm(place.landscape):
        said.append(limits.frozen())
    return tuple(said)
