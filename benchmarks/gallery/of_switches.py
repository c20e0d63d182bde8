"""Two trainings that differ in one switch, seen in the same window and the same range of colours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from benchmarks.gallery.maps import Panel, maps
from benchmarks.gallery.picture import Picture, drawn, experiment
from benchmarks.gallery.slices import grid, ready, spectrum, view
from experiments import Experiment

STEPS, BATCH, RATE, WIDTH = 300, 100, 0.003, 16


def deep(data: str, samples: int, depth: int, **switch: Any) -> Experiment:
    """A deep MLP with ReLU and torch's initial weights, trained with Adam."""
    common: dict[str, Any] = {
        "data": data,
        "samples": samples,
        "depth": depth,
        "width": WIDTH,
        "activation": "relu",
        "init": "torch",
    }
    return experiment("mlp", {"adam": RATE}, STEPS, BATCH, **common, **switch)


def compared(off: Experiment, on: Experiment, switch: str) -> tuple[Sequence[Panel], str]:
    """Filter-normalised planes through the two ends, and their numbers in words."""
    panels, told = [], []
    for training, word in ((off, "without"), (on, "with")):
        shown = view(training, seed=0)
        result = ready(shown).result
        numbers = f"loss {result.loss[0, -1]:.3g}", f"test accuracy {result.test_accuracy[0, -1]:.1%}"
        largest = f"λmax {spectrum(shown)[1]:.3g}"
        said = f"{numbers[0]}, {largest}"
        panels.append(Panel(f"{word.capitalize()} {switch}", said, grid(shown), view=shown))
        told.append(f"{word} {switch} {', '.join((*numbers, largest))}")
    return panels, "; ".join(told)


def words(depth: str, told: str) -> str:
    return (
        f"An MLP of {depth} hidden layers of {WIDTH} with ReLU and torch's initial weights; Adam, {STEPS} steps of {BATCH}, "
        f"the same batches for both. At the ends: {told}. Filter-normalised planes, seed 0."
    )


def batchnorm() -> Picture:
    off = deep("mnist", 2000, 6)
    panels, told = compared(off, deep("mnist", 2000, 6, norm="batch"), "BatchNorm")
    return Picture(
        "BatchNorm off and on, MNIST",
        "Two maps in one range of colours, around the ends of two trainings.",
        words("six", told) + " BatchNorm is frozen at the statistics that all training samples have at the end.",
        maps(panels),
        off,
        drawn(panels),
    )


def skips() -> Picture:
    off = deep("digits", 1500, 10)
    panels, told = compared(off, deep("digits", 1500, 10, residual="yes"), "skips")
    return Picture(
        "Skips off and on, digits",
        "Two maps in one range of colours, around the ends of two trainings.",
        words("ten", told) + " Each hidden layer but the first adds its input to its output, or does not.",
        maps(panels),
        off,
        drawn(panels),
    )
