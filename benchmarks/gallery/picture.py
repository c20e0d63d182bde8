"""A picture with its words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from PIL.Image import Image

from benchmarks.gallery.maps import Panel
from experiments import Experiment
from experiments.grids.shown_slice import ShownSlice
from experiments.spec import Choice


class Picture(NamedTuple):
    """Its title, a text for those who do not see it, a caption, the training to open in the app, and by name the slices that it
    was drawn from, where the app shows them too."""

    title: str
    alt: str
    caption: str
    image: Image
    training: Experiment
    slices: Mapping[str, ShownSlice] = {}


def drawn(panels: Sequence[Panel]) -> dict[str, ShownSlice]:
    """The slices of panels, by their titles."""
    return {panel.title: panel.view for panel in panels if panel.view is not None}


def experiment(
    network: str, rates: Mapping[str, float], steps: int, batch: int | None, seed: int = 0, **parameters: Any
) -> Experiment:
    """Optimizers with these learning rates on a network of the menu; `seed` draws the batches."""
    choices = tuple(Choice(key, {"lr": rate}) for key, rate in rates.items())
    return Experiment(Choice(network, parameters), choices, steps=steps, batch_size=batch, seed=seed)
