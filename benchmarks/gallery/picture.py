"""A picture with its words, and what the pictures share."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import torch
from PIL.Image import Image

from benchmarks.gallery.trained import Trained
from experiments import Experiment
from experiments.grids import SliceView, slice_through
from landscapes.curvature.extremes import extremes
from landscapes.curvature.spectrum import as_numpy
from landscapes.directions import DIRECTIONS

UNIT = [(-1.0, 1.0), (-1.0, 1.0)]
CELLS = 61


class Picture(NamedTuple):
    """Its title, a text for those who do not see it, a caption, and the training to open in the app."""

    title: str
    alt: str
    caption: str
    image: Image
    link: str = ""


def names(made: Experiment) -> list[str]:
    """The optimizers' titles."""
    return [made.optimizer(i).title for i in range(len(made.optimizers))]


def plane(known: Trained, optimizer: int = 0, window: Any = UNIT, cells: int = CELLS, **options: Any) -> SliceView:
    """A random plane through an optimizer's end."""
    end = known.paths[optimizer][-1]
    return slice_through(known.at(optimizer), DIRECTIONS["random"](**options), at=end, window=window, cells=cells)


def spectrum(known: Trained, optimizer: int = 0) -> tuple[float, float]:
    """λ_min and λ_max of the full Hessian at an end, by Lanczos' method in float64."""
    network, end = known.at(optimizer).to(torch.float64), known.paths[optimizer][-1]
    theta = network.point(end)

    def product(vector: np.ndarray) -> np.ndarray:
        return as_numpy(network.hessian_products(theta, network.point(vector[None])))[0]

    found = extremes(product, np.random.default_rng(0).normal(size=len(end)), largest=1, smallest=1)
    return float(found.values[0]), float(found.values[-1])
