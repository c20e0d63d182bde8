"""Paths of optimizers on their joint plane, and lines between their ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from benchmarks.gallery.charts import Curves, curves
from benchmarks.gallery.maps import Panel, maps
from benchmarks.gallery.picture import Picture, names
from benchmarks.gallery.trained import address, experiment, trained
from experiments import Experiment
from experiments.grids import Grid, blank, slice_through
from experiments.presets import DIGITS
from experiments.slices import stored
from landscapes import NETWORKS
from landscapes.directions import Plane, line_between

RATES = {"sgd": 0.1, "momentum": 0.02, "rmsprop": 0.001, "adam": 0.002, "lion": 0.0005, "nsgd_l2": 1.0}
MNIST = experiment("mlp", RATES, 300, 100, data="mnist", samples=3000, width=24, depth=1, activation="relu")
ADAM = {"adam": 0.003}


def digits() -> Picture:
    """The training that the network page opens with, as it is shipped."""
    result = stored(DIGITS)
    assert result is not None
    grid = blank(Plane(result.origin, result.directions, result.explained, labels=("PC 1", "PC 2")), result.x, result.y)
    rows, columns = np.indices(grid.shape).reshape(2, -1)
    grid = grid.with_cells(rows, columns, {"loss": result.heights.astype(np.float64).ravel()})
    keys = [choice.key for choice in DIGITS.optimizers]
    paths = {key: path[np.isfinite(path).all(axis=1)] for key, path in zip(keys, result.coordinates)}
    held, away = float(result.explained[:2].sum()), float(np.nanmax(result.off_plane))
    best = int(np.nanargmin(result.loss[:, -1]))
    samples = NETWORKS[DIGITS.landscape.key].task(**DIGITS.landscape.parameters).samples
    return Picture(
        "Six optimizers train a network on digits",
        "A map of the loss with the paths of six optimizers from one start.",
        f"{', '.join(names(DIGITS))}: from the same weights on the same batches, {DIGITS.steps} steps, on the plane of the "
        f"paths' two principal axes. The plane holds {held:.1%} of their variance; the paths are up to {away:.3g} away from "
        f"it. The lowest training loss at the end has {names(DIGITS)[best]}, {result.loss[best, -1]:.3g}. This training ships "
        "with the app: the network page opens with it.",
        maps([Panel("Digits, MLP 64-10-10", f"loss over {samples:,} samples", grid, paths)]),
        address(DIGITS),
    )


def mnist() -> Picture:
    known = trained(MNIST)
    view = slice_through(known.network, "principal", paths=known.paths, cells=61)
    span = view.grid.span
    paths = {key: span.coordinates(path) for key, path in zip(RATES, known.paths)}
    away = max(float(span.distance(path).max()) for path in known.paths)
    captured = span.captured(np.concatenate(known.paths))
    said = ", ".join(f"{name} {known.accuracy(i):.1%}" for i, name in enumerate(names(MNIST)))
    return Picture(
        "The same on MNIST",
        "A map of the loss with the paths of six optimizers from one start.",
        f"An MLP 784-24-10 on 3,000 images, {MNIST.steps} steps of 100. Of its {span.dim:,} weights the picture has two "
        f"directions, with {captured:.1%} of the paths' variance; the paths are up to {away:.3g} away. Test accuracy at the "
        f"ends: {said}.",
        maps([Panel("MNIST, MLP 784-24-10", "loss over 3,000 samples", view.grid, paths)]),
        address(MNIST),
    )


def reseeded(made: Experiment, seed: int) -> Experiment:
    """With other initial weights."""
    return replace(made, landscape=replace(made.landscape, parameters={**made.landscape.parameters, "seed": seed}))


def between(first: Experiment, other: Experiment) -> Grid:
    """The line from the one end to the other."""
    a, b = (trained(made).paths[0][-1] for made in (first, other))
    window, quantities = [(-0.25, 1.25)], ("loss", "test_loss")
    return slice_through(trained(first).network, line_between(a, b), window=window, cells=121, quantities=quantities).grid


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
        curves(panels, colours),
        address(experiment("mlp", ADAM, 300, 100, data="mnist", samples=3000, width=32, depth=1, activation="relu")),
    )
