"""How a training is shown: its result in, scene, curves and rows out. Formatting only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from experiments import Experiment
from experiments.spec import Choice
from experiments.training_result import TrainingResult
from figures.components.stage import Domain, HeightMap, Runner, Scene
from figures.losses import Curve
from figures.spectrum import EndSpectrum

OFF_PLANE = (
    "The paths live in all weights; the plane holds two directions. Above a path's shadow the surface is the loss of other "
    "weights, so compare: the loss at the projection, and the true one in the chart of training losses."
)


def with_optimizers(experiment: Experiment, keys: list[str]) -> Experiment:
    known = {choice.key: choice for choice in experiment.optimizers}
    return replace(experiment, optimizers=tuple(known.get(key, Choice(key)) for key in keys))


def progress_text(reports: Sequence[Mapping[str, Any]], running: bool) -> str:
    if not reports:
        return "Starting the worker ..." if running else "Waiting for the worker ..."
    last = reports[-1]
    if last["stage"] != "training":
        return "Trained. Measuring the plane and the Hessians ..."
    return f"Step {last['step']} of {last['steps']}"


def live_curves(experiment: Experiment, reports: Sequence[Mapping[str, Any]]) -> list[Curve]:
    points = [r for r in reports if r["stage"] == "training"]
    if not points:
        return []
    steps = np.array([r["step"] for r in points])
    losses = np.array([[np.nan if v is None else v for v in r["loss"]] for r in points], dtype=float)
    return [
        Curve(choice.key, experiment.optimizer(i).title, steps, losses[:, i]) for i, choice in enumerate(experiment.optimizers)
    ]


def _curves(result: TrainingResult, values: np.ndarray) -> list[Curve]:
    choices = result.experiment.optimizers
    return [Curve(c.key, title, result.steps, row) for c, title, row in zip(choices, result.titles, values)]


def loss_curves(result: TrainingResult) -> list[Curve]:
    return _curves(result, result.loss)


def accuracy_curves(result: TrainingResult) -> list[Curve]:
    return _curves(result, result.test_accuracy)


def off_plane_curves(result: TrainingResult) -> list[Curve]:
    return _curves(result, result.off_plane)


def plane_loss_curves(result: TrainingResult) -> list[Curve]:
    return _curves(result, result.plane_loss)


def scene(result: TrainingResult, heights: np.ndarray, window: Domain, key: str) -> Scene:
    """The paths' shadows on their joint plane; the heights are true losses of the plane's own points."""
    runners = tuple(
        Runner(
            key=choice.key,
            label=title,
            path=result.coordinates[i].astype(np.float64),
            loss=result.loss[i].astype(np.float64),
            lr=result.experiment.optimizer(i).hyperparameters["lr"],
            lr_range=result.experiment.optimizer(i).ranges["lr"].control,
        )
        for i, (choice, title) in enumerate(zip(result.experiment.optimizers, result.titles))
    )
    start = result.coordinates[0, 0]
    return Scene(
        title="Digits network: paths projected on their joint plane",
        coordinates=("PC 1", "PC 2"),
        height=HeightMap(heights, window, key, log=True),
        runners=runners,
        start=(float(start[0]), float(start[1])),
        home=result.domain,
        live=False,
    )


def trust(result: TrainingResult) -> str:
    first, second = result.explained[:2]
    drawn = 1 - float(first + second)
    return (
        f"The plane holds {first + second:.1%} of the paths' variance ({first:.1%} and {second:.1%}); the other {drawn:.1%} "
        f"is off the plane, up to {np.nanmax(result.off_plane):.3g} away. Axes: principal components of all paths together, "
        f"orthonormal, through the mean of all recorded weights. Heights: the loss over all training digits, float32."
    )


def spectra(result: TrainingResult) -> list[EndSpectrum]:
    return [
        EndSpectrum(choice.key, title, result.eigenvalues[i])
        for i, (choice, title) in enumerate(zip(result.experiment.optimizers, result.titles))
    ]


def spectrum_note(result: TrainingResult) -> str:
    count = result.eigenvalues.shape[1]
    error = np.nanmax(result.residuals) if np.isfinite(result.residuals).any() else float("nan")
    if result.spectrum_kind == "exact":
        return f"All {count} eigenvalues of the full-data Hessian, formed and diagonalised in float64; error below {error:.1g}."
    return f"The {count} largest eigenvalues by Lanczos; the largest residual is {error:.1g}."


def rows(result: TrainingResult) -> list[dict[str, str]]:
    table = []
    for i, title in enumerate(result.titles):
        last = int(result.finite[i].sum()) - 1
        values = result.eigenvalues[i]
        known = bool(np.isfinite(values).any())
        error = f" ± {result.trace_error[i]:.2g}" if known and result.trace_error[i] > 0 else ""
        table.append(
            {
                "Optimizer": title,
                "Training loss": f"{result.loss[i, last]:.4g}" + ("" if result.finite[i].all() else " (diverged)"),
                "Test accuracy": f"{result.test_accuracy[i, last]:.1%}",
                "λmax": f"{values[-1]:.4g}" if known else "",
                "λmin": f"{values[0]:.4g}" if known and result.spectrum_kind == "exact" else "",
                "Trace": f"{result.trace[i]:.4g}{error}" if known else "",
                "Gradient norm": f"{result.grad_norm[i, last]:.3g}",
                "Off plane": f"{result.off_plane[i, last]:.3g}",
                "Time in updates": f"{result.seconds[i]:.2g} s",
            }
        )
    return table
