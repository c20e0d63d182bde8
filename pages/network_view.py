"""How a training is shown: its result in, scene, curves and rows out. Formatting only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from experiments import Experiment
from experiments.training_result import TrainingResult
from figures.components.stage import Domain, HeightMap, Runner, Scene
from figures.losses import Curve, above
from figures.spectrum import EndSpectrum
from landscapes import NETWORKS
from pages.race_view import labels

OFF_PLANE = (
    "The paths live in all weights; the plane holds two directions. Above a path's shadow the surface is the loss of other "
    "weights, so compare: the loss at the projection, and the true one in the chart of training losses."
)


QUANTITIES = (  # of a training: its name in records, its title, and whether its axis is logarithmic
    ("loss", "Training loss", True),
    ("test_loss", "Test loss", True),
    ("test_accuracy", "Test accuracy", False),
)
DWARFED = 0.01  # of the longest path: about the width of a line on the plane


def progress_text(reports: Sequence[Mapping[str, Any]], running: bool) -> str:
    if not reports:
        return "Starting the worker ..." if running else "Waiting for the worker ..."
    last = reports[-1]
    if last["stage"] != "training":
        return "Trained. Measuring the plane and the Hessians ..."
    return f"Step {last['step']} of {last['steps']}"


def live_curves(experiment: Experiment, reports: Sequence[Mapping[str, Any]], name: str = "loss") -> list[Curve]:
    """A quantity so far, one curve for each optimizer; none where no number of it is finite."""
    points = [r for r in reports if r["stage"] == "training" and r.get(name) is not None]
    steps = np.array([r["step"] for r in points])
    values = np.array([[np.nan if v is None else v for v in r[name]] for r in points], dtype=float)
    if not np.isfinite(values).any():
        return []
    return [
        Curve(choice.key, label, steps, values[:, i])
        for i, (choice, label) in enumerate(zip(experiment.optimizers, labels(experiment)))
    ]


def _curves(result: TrainingResult, values: np.ndarray) -> list[Curve]:
    choices = result.experiment.optimizers
    return [Curve(c.key, label, result.steps, row) for c, label, row in zip(choices, labels(result.experiment), values)]


def has(result: TrainingResult, name: str) -> bool:
    """Whether any number of the quantity is known."""
    return bool(np.isfinite(getattr(result, name)).any())


def curves(result: TrainingResult, name: str) -> list[Curve]:
    """A quantity of `QUANTITIES`, one curve for each optimizer."""
    return _curves(result, getattr(result, name))


def off_plane_curves(result: TrainingResult) -> list[Curve]:
    return _curves(result, result.off_plane)


def plane_loss_curves(result: TrainingResult) -> list[Curve]:
    return _curves(result, result.plane_loss)


def scene(
    result: TrainingResult, heights: np.ndarray, window: Domain, key: str, colours: tuple[float, float] | None = None
) -> Scene:
    """The paths' shadows on their joint plane; the heights are true losses of the plane's own points.

    `colours` are the lowest and the highest loss of the colours, where planes share them.
    """
    runners = tuple(
        Runner(
            key=choice.key,
            label=title,
            path=result.coordinates[i].astype(np.float64),
            loss=result.loss[i].astype(np.float64),
            lr=result.experiment.optimizer(i).hyperparameters["lr"],
            lr_range=result.experiment.optimizer(i).ranges["lr"].control,
            steps=result.steps,
        )
        for i, (choice, title) in enumerate(zip(result.experiment.optimizers, labels(result.experiment)))
    )
    start = result.coordinates[0, 0]
    return Scene(
        title=f"{NETWORKS[result.experiment.landscape.key].title}: paths projected on their joint plane",
        coordinates=("PC 1", "PC 2"),
        height=HeightMap(heights, window, key, log=True, range=colours),
        runners=runners,
        start=(float(start[0]), float(start[1])),
        home=result.domain,
        live=False,
    )


def trust(result: TrainingResult) -> str:
    first, second = result.explained[:2]
    left, recorded = max(1 - float(first + second), 0.0), f"{int(result.finite.sum()):,}"  # rounding can pass 1
    last, steps = int(result.steps[-1]), result.experiment.steps
    stopped = "" if last == steps else f"Stopped after {last:,} of {steps:,} steps. "
    return (
        f"{stopped}The plane holds {first + second:.1%} of the paths' variance ({first:.1%} and {second:.1%}); "
        f"the other {left:.1%} is off the plane, up to {np.nanmax(result.off_plane):.3g} away. "
        f"Axes: principal components of all paths together, orthonormal, through the mean of all {recorded} recorded weights. "
        f"Heights: the loss over all training samples, float32, at {len(result.x)} x {len(result.y)} points."
    )


def went_far(result: TrainingResult) -> str:
    """Who diverged, whose losses leave the charts' opening axes, and whose path another one dwarfs; empty for none."""
    names, said = labels(result.experiment), []
    for i, name in enumerate(names):
        if not result.finite[i].all():
            said.append(
                f"{name} diverged: from step {result.steps[result.last_finite[i] + 1]:,} on its weights are not finite."
            )
    beyond = {names[i] for quantity, _, log in QUANTITIES if log for i in above(curves(result, quantity))}
    if beyond:
        listed = ", ".join(name for name in names if name in beyond)
        said.append(f"Above the axes of the losses: {listed}. A double-click on a chart shows all of it.")
    dwarfed = _dwarfed(result)
    if any(dwarfed):
        small = ", ".join(name for name, lost in zip(names, dwarfed) if lost)
        said.append(
            f"On the plane too short to be seen beside the longest path: {small}. Take the longest out, or lower its learning "
            "rate, and the plane is theirs."
        )
    return " ".join(said)


def _dwarfed(result: TrainingResult) -> list[bool]:
    """Whether each path is shorter on the plane than a hundredth of the longest extent."""
    with np.errstate(all="ignore"):
        path = np.where(np.isfinite(result.coordinates), result.coordinates, np.nan).astype(np.float64)
        extents = [float(np.max(np.nanmax(one, axis=0) - np.nanmin(one, axis=0))) for one in path]
    longest = max(extents)
    return [extent < DWARFED * longest for extent in extents]


def spectra(result: TrainingResult) -> list[EndSpectrum]:
    return [
        EndSpectrum(choice.key, title, result.eigenvalues[i])
        for i, (choice, title) in enumerate(zip(result.experiment.optimizers, labels(result.experiment)))
    ]


def spectrum_note(result: TrainingResult) -> str:
    count = result.eigenvalues.shape[1]
    error = np.nanmax(result.residuals) if np.isfinite(result.residuals).any() else float("nan")
    if result.spectrum_kind == "exact":
        return f"All {count} eigenvalues of the full-data Hessian, formed and diagonalised in float64; error below {error:.1g}."
    return f"The {count} largest eigenvalues by Lanczos; the largest residual is {error:.1g}."


def name(result: TrainingResult) -> str:
    """What was trained, and how long."""
    experiment = result.experiment
    task = NETWORKS[experiment.landscape.key].task(**experiment.landscape.parameters)
    return f"{NETWORKS[experiment.landscape.key].title} on {task.dataset.title}, {result.steps[-1]:,} steps"


def rows(result: TrainingResult) -> list[dict[str, str]]:
    """A row for each optimizer; quantities that none of them has are left out."""
    table: list[dict[str, str]] = []
    for i, title in enumerate(labels(result.experiment)):
        last = int(result.finite[i].sum()) - 1
        values = result.eigenvalues[i]
        known = bool(np.isfinite(values).any())
        error = f" ± {result.trace_error[i]:.2g}" if known and result.trace_error[i] > 0 else ""
        table.append(
            {
                "Optimizer": title,
                "Training loss": f"{result.loss[i, last]:.4g}" + ("" if result.finite[i].all() else " (diverged)"),
                "Test loss": _number(result.test_loss[i, last], ".4g"),
                "Test accuracy": _number(result.test_accuracy[i, last], ".1%"),
                "λmax": f"{values[-1]:.4g}" if known else "",
                "λmin": f"{values[0]:.4g}" if known and result.spectrum_kind == "exact" else "",
                "Trace": f"{result.trace[i]:.4g}{error}" if known else "",
                "Gradient norm": f"{result.grad_norm[i, last]:.3g}",
                "Off plane": f"{result.off_plane[i, last]:.3g}",
                "Time in updates": _seconds(float(result.seconds[i])),
            }
        )
    return [{column: text for column, text in row.items() if any(other[column] for other in table)} for row in table]


def _seconds(value: float) -> str:
    return f"{value:.2g} s" if value < 100 else f"{value:,.0f} s"


def _number(value: float, form: str) -> str:
    """Nothing where it is not known."""
    return "" if np.isnan(value) else format(value, form)
