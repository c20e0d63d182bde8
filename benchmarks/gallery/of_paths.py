"""Paths of optimizers on their joint plane, and lines between their ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from benchmarks.gallery.charts import Curves, curves
from benchmarks.gallery.maps import Panel, maps
from benchmarks.gallery.picture import Picture, drawn, experiment
from benchmarks.gallery.slices import SIDE, grid, names, ready, view
from experiments import Experiment
from experiments.grids import Grid, slice_through
from experiments.grids.paths import projected
from experiments.presets import DIGITS
from experiments.slices import trained
from experiments.training_result import TrainingResult
from landscapes import NETWORKS
from landscapes.directions import line_between

RATES = {"sgd": 0.1, "momentum": 0.02, "rmsprop": 0.001, "adam": 0.002, "lion": 0.0005, "nsgd_l2": 1.0}
MNIST = experiment("mlp", RATES, 300, 100, data="mnist", samples=3000, width=24, depth=1, activation="relu")
ADAM = {"adam": 0.003}


class Seen(NamedTuple):
    """Paths on their joint plane: the panel, the share of their variance that it holds, and how far they are from it."""

    panel: Panel
    held: str
    away: str
    dim: int
    result: TrainingResult


def seen(training: Experiment, title: str) -> Seen:
    shown = view(training, "principal", window=None, side=SIDE)
    made = ready(shown)
    paths, result = projected(made), made.result
    lines = {choice.key: path.coordinates for choice, path in zip(training.optimizers, paths)}
    lines = {key: path[np.isfinite(path).all(axis=1)] for key, path in lines.items()}
    samples = NETWORKS[training.landscape.key].task(**training.landscape.parameters).samples
    panel = Panel(title, f"loss over {samples:,} samples", grid(shown), lines, shown)
    away = max(float(np.nanmax(path.off)) for path in paths)
    return Seen(panel, f"{float(result.explained[:2].sum()):.1%}", f"{away:.3g}", made.plane.dim, result)


def digits() -> Picture:
    """The training that the network page opens with, as it is shipped."""
    found = seen(DIGITS, "Digits, MLP 64-10-10")
    best = int(np.nanargmin(found.result.loss[:, -1]))
    return Picture(
        "Six optimizers train a network on digits",
        "A map of the loss with the paths of six optimizers from one start.",
        f"{', '.join(names(DIGITS))}: from the same weights on the same batches, {DIGITS.steps} steps, on the plane of the "
        f"paths' two principal axes. The plane holds {found.held} of their variance; the paths are up to {found.away} away "
        f"from it. The lowest training loss at the end has {names(DIGITS)[best]}, {found.result.loss[best, -1]:.3g}. This "
        "training ships with the app: the network page opens with it.",
        maps([found.panel]),
        DIGITS,
        drawn([found.panel]),
    )


def mnist() -> Picture:
    found = seen(MNIST, "MNIST, MLP 784-24-10")
    said = ", ".join(f"{name} {share:.1%}" for name, share in zip(names(MNIST), found.result.test_accuracy[:, -1]))
    return Picture(
        "The same on MNIST",
        "A map of the loss with the paths of six optimizers from one start.",
        f"An MLP 784-24-10 on 3,000 images, {MNIST.steps} steps of 100. Of its {found.dim:,} weights the picture has two "
        f"directions, with {found.held} of the paths' variance; the paths are up to {found.away} away. Test accuracy at the "
        f"ends: {said}.",
        maps([found.panel]),
        MNIST,
        drawn([found.panel]),
    )


def reseeded(made: Experiment, seed: int) -> Experiment:
    """With other initial weights."""
    return replace(made, landscape=replace(made.landscape, parameters={**made.landscape.parameters, "seed": seed}))


def between(first: Experiment, other: Experiment) -> Grid:
    """The line from the one end to the other."""
    a, b = (trained(made).ends[0].astype(np.float64) for made in (first, other))
    window, quantities = [(-0.25, 1.25)], ("loss", "test_loss")
    return slice_through(first.make_landscape(), line_between(a, b), window=window, cells=121, quantities=quantities).grid


def height(grid: Grid) -> float:
    """How far the training loss rises above the higher end."""
    inside, values = (grid.x >= 0) & (grid.x <= 1), grid.values["loss"][0]
    return float(values[inside].max() - np.interp([0, 1], grid.x, values).max())


def barrier() -> Picture:
    """A line between the ends of two initialisations, and one between two orders of the batches from one."""
    panels, told, kinds = [], [], ("same initial weights", "other initial weights")
    for title, data, samples in (("Digits", "digits", 1500), ("MNIST", "mnist", 3000)):
        parameters: dict[str, Any] = {"data": data, "samples": samples, "width": 32, "depth": 1, "activation": "relu"}
        first = experiment("mlp", ADAM, 300, 100, **parameters)
        grids = [between(first, experiment("mlp", ADAM, 300, 100, 1, **parameters)), between(first, reseeded(first, 1))]
        lines = {
            f"{part}, {kind}": (grid.x, grid.values[name][0])
            for kind, grid in zip(kinds, grids)
            for part, name in (("train", "loss"), ("test", "test_loss"))
        }
        low, high = (height(grid) for grid in grids)
        panels.append(Curves(title, f"barrier {low:.2g} and {high:.2g}", "0 and 1: the two ends", lines))
        told.append(f"{low:.2g} against {high:.2g} on {title if data == 'mnist' else 'digits'}")
    pens = [(key, dash) for key in ("sgd", "adam") for dash in ("solid", "dash")]
    colours: Mapping[str, Any] = dict(zip(panels[0].lines, pens))
    return Picture(
        "A barrier between two minima",
        "Curves of training and test loss along straight lines between two ends.",
        "The loss on the straight line between the ends of two trainings with Adam: from the same initial weights with the "
        "batches in another order, and from other initial weights. How far the training loss rises above the higher end: "
        f"{' and '.join(told)}.",
        curves(panels, colours, "loss"),
        first,
    )
