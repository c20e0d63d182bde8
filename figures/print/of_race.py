"""A race's records as a plate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from experiments import Experiment
from experiments.race import Entrant
from figures.caption import caption
from figures.fate import Window
from figures.print.plate import Map, Path, Plate

Entry = Entrant | str  # an entrant, or the sentence that says why it cannot run


def map_of(landscape: Any, heights: np.ndarray, window: Window | None = None) -> Map:
    """The ground of a landscape with its heights over `window`, its domain where None.

    Colours follow the logarithm of the height, except where a surface has saddles only and falls without end: as on the stage.
    """
    log = bool(len(landscape.minima)) or not len(landscape.saddles)
    sides = tuple((float(low), float(high)) for low, high in (window or landscape.domain))
    return Map(heights, sides, tuple(landscape.coordinates), log, landscape.minima, landscape.saddles)


def paths_of(experiment: Experiment, entries: Sequence[Entry], labels: Sequence[str]) -> list[Path]:
    """A path for each entrant, with its learning rate as detail."""
    paths = []
    for choice, label, entry in zip(experiment.optimizers, labels, entries):
        detail = f"lr {choice.parameters['lr']:g}" if "lr" in choice.parameters else ""
        if isinstance(entry, str):
            paths.append(Path(choice.key, label, np.empty((0, 1)), np.empty(0), detail, entry))
        else:
            paths.append(Path(choice.key, label, entry.trajectory.theta, entry.trajectory.loss, detail))
    return paths


def plate_of(
    experiment: Experiment,
    landscape: Any,
    entries: Sequence[Entry],
    labels: Sequence[str],
    heights: np.ndarray,
    *,
    title: str,
    window: Window | None = None,
    annotation: str = "",
    note: str = "",
    link: str = "",
) -> Plate:
    """The race as a plate with losses, eigenvalues and its own caption.

    heights: what `experiments.race.height_map` gives over `window`, the landscape's domain where None; 320 cells a side look
    smooth in print. Nothing is evaluated here.
    """
    from figures.eigenvalues import Spectrum
    from figures.losses import Curve

    ran = [(c, label, e) for c, label, e in zip(experiment.optimizers, labels, entries) if not isinstance(e, str)]
    return Plate(
        title,
        map_of(landscape, heights, window),
        paths_of(experiment, entries, labels),
        [Curve(c.key, label, np.arange(len(e.trajectory.loss)), e.trajectory.loss) for c, label, e in ran],
        [Spectrum(c.key, label, e.eigenvalues, e.threshold) for c, label, e in ran],
        annotation,
        note,
        caption(experiment, landscape, entries, labels, window=window, note=note, link=link),
        link,
    )
