"""The race that a specified slice opens with: rates that suit its coordinates, and as much of it as a visitor can wait for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from experiments.grids.spec import SliceSpec
from experiments.plane_race import FEWEST, PASSES, SECONDS, SHORT
from experiments.presets import DIGITS_SLICE
from experiments.slice_choice import race_in, spec_of
from experiments.spec import Choice, Experiment, start_of
from experiments.training_plan import FORWARD, INTERACTIVE, PRODUCT, pass_seconds
from landscapes import NETWORKS
from landscapes.curvature.eigenvalues import eigenvalues_along
from landscapes.landscape import Landscape
from landscapes.networks.task import Task

SIMPLE = ("sgd", "momentum", "adam")
EIGEN_PRODUCTS = 100  # of the Hessian over the slice's samples, for two of its eigenvectors
WINDOW_PASSES = 60  # to find how far the map reaches
STEP, DAMPING = 0.02, 0.05  # of the window's side, and of the steepest curvature


def seconds(experiment: Experiment) -> float:
    """About how long it takes on one core to find a specified slice and to race in it, without its map."""
    spec = None if experiment.training is None else spec_of(experiment.landscape, experiment.training)
    if spec is None:
        raise ValueError("this is no specified slice")
    task: Task = NETWORKS[spec.training.landscape.key].task(**spec.training.landscape.parameters)
    samples = min(spec.samples or task.samples, task.samples)
    one = pass_seconds(task, samples)
    found = WINDOW_PASSES * pass_seconds(task, samples, FORWARD)
    found += EIGEN_PRODUCTS * PRODUCT * one if spec.directions.key == "eigenvectors" else 0.0
    return found + len(experiment.optimizers) * experiment.steps * (1 if task.perceptron else PASSES) * one


def refusal(experiment: Experiment, most: float = INTERACTIVE) -> str:
    """Why a race in a specified slice would keep others waiting, with what would not, in a sentence; else empty."""
    found = seconds(experiment)
    if found <= most:
        return ""
    said = f"A race in this slice would take about {found:,.0f} s, and {most:.0f} s is the most here"
    samples = _samples(experiment)
    while samples > FEWEST:
        samples //= 2
        fewer = replace(experiment, landscape=experiment.landscape.with_parameters(samples=samples))
        if seconds(fewer) <= most:
            return f"{said}: on {samples:,} training samples, or with fewer steps, it would do."
    return f"{said}."


def opening(spec: SliceSpec) -> Experiment:
    """The usual race, or a shorter one of fewer optimizers, where that is as much as can be waited for."""
    race = race_in(DIGITS_SLICE, spec)
    if seconds(race) <= SECONDS:
        return race
    return replace(race, optimizers=tuple(c for c in race.optimizers if c.key in SIMPLE), steps=SHORT)


def suited(experiment: Experiment, landscape: Landscape) -> Experiment:
    """The race with learning rates for the slice's own coordinates, which count in lengths of its directions.

    Methods whose step follows the gradient get 1 / |λ| of the largest curvature at the start, the middle and between, those
    whose step is about the learning rate itself a fiftieth of the window; all to two digits.
    """
    start = np.asarray(start_of(experiment, landscape), dtype=np.float64)
    sides = np.asarray(landscape.domain, dtype=np.float64)  # type: ignore[attr-defined]
    middle = sides.mean(axis=1)
    found = np.abs(eigenvalues_along(landscape, landscape.point(np.stack([start, (start + middle) / 2, middle]))))
    steepest = float(np.max(found[np.isfinite(found)], initial=0.0)) or 1.0
    stride = STEP * float((sides[:, 1] - sides[:, 0]).mean())
    return replace(experiment, optimizers=tuple(_suited(choice, steepest, stride) for choice in experiment.optimizers))


def _suited(choice: Choice, steepest: float, stride: float) -> Choice:
    rates: dict[str, float] = {
        "sgd": 1 / steepest, "momentum": 0.2 / steepest, "nsgd_l2": 2.5 / steepest, "rmsprop": stride / 4, "adam": stride,
    }  # fmt: skip
    if choice.key == "newton":
        changed = {"damping": DAMPING * steepest, "fallback_lr": 1 / steepest}
    else:
        changed = {"lr": rates[choice.key]} if choice.key in rates else {}
    return choice.with_parameters(**{name: float(f"{value:.2g}") for name, value in changed.items()})


def _samples(experiment: Experiment) -> int:
    training: Any = experiment.training
    task: Task = NETWORKS[training.landscape.key].task(**training.landscape.parameters)
    return min(experiment.landscape.parameters.get("samples") or task.samples, task.samples)
