"""Slices that the pictures are of: views of the app, computed as the app computes them, so that links open the very slices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

import numpy as np

from experiments import Experiment
from experiments import link as training_link
from experiments.grids import Grid
from experiments.grids import link as slice_link
from experiments.grids.compute import Ready, computed
from experiments.grids.compute import ready as ready_of
from experiments.grids.shown_slice import SHOWN, ShownSlice, affordable, fitted
from experiments.grids.spec import SliceSpec
from experiments.slices import trained
from experiments.spec import Choice
from landscapes.curvature.extremes import extremes
from landscapes.curvature.spectrum import as_numpy

UNIT = ((-1.0, 1.0), (-1.0, 1.0))
SIDE = 65


def view(
    training: Experiment, kind: str = "random", optimizer: int = 0, *, place: str = "end", window: Any = UNIT, side: int = SIDE,
    shown: str = "loss", at: tuple[float, ...] | None = None, **options: Any,
) -> ShownSlice:  # fmt: skip
    """A plane of a training, by default around an optimizer's end; paths are drawn where they lie in their own plane."""
    spec = SliceSpec(training, optimizer, place, Choice(kind, options), window, (side, side))
    return affordable(fitted(ShownSlice(spec, shown, SHOWN[shown].scale == "log", at=at, paths=kind == "principal")))


def ready(shown: ShownSlice) -> Ready:
    """The slice with all that its cells depend on; trains first, unless that training is stored."""
    trained(shown.spec.training)
    return ready_of(shown.spec)


def grid(shown: ShownSlice) -> Grid:
    """All its cells."""
    *_, made = computed(ready(shown))
    return made


def spectrum(shown: ShownSlice) -> tuple[float, float]:
    """λ_min and λ_max of the full Hessian at a slice's place, by Lanczos' method in float64."""
    import torch

    made = ready(shown)
    network, place = made.network.to(torch.float64), made.place.theta
    theta = network.point(place)

    def product(vector: np.ndarray) -> np.ndarray:
        return as_numpy(network.hessian_products(theta, network.point(vector[None])))[0]

    found = extremes(product, np.random.default_rng(0).normal(size=len(place)), largest=1, smallest=1)
    return float(found.values[0]), float(found.values[-1])


def edges(made: Grid) -> float:
    """The median loss along the lower and the upper edge."""
    return float(np.median(made.values["loss"][[0, -1]]))


def address(training: Experiment, shown: ShownSlice | None = None) -> str:
    """The link of a training, or of a slice through it, below the address of the app."""
    fields = {} if shown is None else {f"show.slice.{name}": text for name, text in slice_link.encode(shown).items()}
    return "network?" + urlencode(training_link.encode(training) | fields)


def names(training: Experiment) -> Sequence[str]:
    """The optimizers' titles."""
    return [training.optimizer(i).title for i in range(len(training.optimizers))]
