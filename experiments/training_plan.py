"""What a training will do, settled before it starts: which steps are recorded, how fine the map is, which spectrum, how long.

No torch: pages say it, links are bounded by it, and the training keeps to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from experiments.spec import Experiment
from landscapes import NETWORKS
from landscapes.curvature.spectrum import EXACT_DIM, PROBES, TOLERANCE, TOP
from landscapes.networks.task import Task
from optimizers.optimizer import HESSIAN, HVP

INTERACTIVE = 60.0  # seconds of a shared worker that a visitor's training may take; what takes longer is a job
MOST_POINTS = 1_000  # recorded along one path
MOST_BYTES = 64 * 2**20  # of recorded weights
RECORDING, MAPPING, SPECTRA = 20.0, 15.0, 20.0  # seconds that each may take, however short the steps themselves
CELLS = (15, 101)  # on each side of the map

# Measured on one core of a server, where these are within a factor of about two: a small network is all overhead.
FORWARD, BACKWARD = 6e9, 2.5e9  # multiplications a second, without derivatives and with them
CALL = 6e-5  # seconds in one pass for each parameter tensor, however few samples
GRADIENT, PRODUCT = 3, 6  # passes that a gradient takes, and a Hessian-vector product
CG_PRODUCTS = 20  # in one step of a method that asks for products
LANCZOS_PRODUCTS = 264  # 200 at most for the eigenvalues, 64 for the trace

SpectrumKind = Literal["exact", "lanczos", "none"]


@dataclass(frozen=True, eq=False)
class TrainingPlan:
    """`schedule`: the steps recorded; `cells`: the map's, on each side; `spectrum`: which one is affordable at the ends;
    `seconds`: about how long it all takes on one core. `top`, `tolerance` and `probes` are those of a spectrum by Lanczos."""

    schedule: np.ndarray
    cells: int
    spectrum: SpectrumKind
    seconds: float
    top: int = TOP
    tolerance: float = TOLERANCE
    probes: int = PROBES

    @property
    def interactive(self) -> bool:
        """Whether a visitor may wait for it."""
        return self.seconds <= INTERACTIVE


def plan_of(experiment: Experiment) -> TrainingPlan:
    """The plan of a training. Raises ValueError where the experiment's landscape is no network."""
    if experiment.landscape.key not in NETWORKS:
        raise ValueError(f"{experiment.landscape.key} is not a network; there are: {', '.join(NETWORKS)}")
    task: Task = NETWORKS[experiment.landscape.key].task(**experiment.landscape.parameters)
    count = len(experiment.optimizers)
    stepping = experiment.steps * sum(_step(experiment, i, task) for i in range(count))
    schedule = _schedule(experiment, task, max(RECORDING, stepping))
    forward = pass_seconds(task, task.samples, FORWARD)
    cells = int(np.clip((MAPPING / forward) ** 0.5, *CELLS))
    kind, spectra = _spectrum(task, count, max(SPECTRA, stepping / 2))
    shown = forward * (cells**2 + count * len(schedule))
    seconds = stepping + count * len(schedule) * _record(task) + shown + spectra
    return TrainingPlan(schedule, cells, kind, seconds)


def pass_seconds(task: Task, samples: int, rate: float = BACKWARD) -> float:
    """Seconds of one pass of so many samples through the network."""
    return samples * task.products / task.samples / rate + CALL * len(task.blocks)


def _step(experiment: Experiment, index: int, task: Task) -> float:
    """Seconds of one update."""
    samples = min(experiment.batch_size or task.samples, task.samples)
    one, needs = pass_seconds(task, samples, BACKWARD), experiment.optimizer(index).needs
    seconds = GRADIENT * one
    if HESSIAN in needs:
        seconds += _hessian(task, samples) + task.dim**3 / FORWARD
    return seconds + (CG_PRODUCTS * PRODUCT * one if HVP in needs else 0.0)


def _hessian(task: Task, samples: int) -> float:
    if task.perceptron is not None:
        return samples * task.dim**2 / FORWARD
    return task.dim * PRODUCT * pass_seconds(task, samples, BACKWARD)


def _record(task: Task) -> float:
    """Seconds to record one point: loss and gradient over all samples, then the test samples twice."""
    return GRADIENT * pass_seconds(task, task.samples, BACKWARD) + 3 * pass_seconds(task, task.samples, FORWARD)


def _schedule(experiment: Experiment, task: Task, seconds: float) -> np.ndarray:
    """The first and the last step and equal distances between: as many as bytes, points and seconds allow, two at least."""
    count, steps = len(experiment.optimizers), experiment.steps
    affordable = (MOST_POINTS, MOST_BYTES // (4 * task.dim * count), int(seconds / (count * _record(task))))
    most = max(2, min(affordable))
    every = -(-steps // (most - 1)) if steps else 1
    return np.unique(np.append(np.arange(0, steps + 1, every), steps))


def _spectrum(task: Task, count: int, affordable: float) -> tuple[SpectrumKind, float]:
    """The best kind that is affordable, and what it takes; in float64, at about half the speed."""
    exact = 2 * count * (_hessian(task, task.samples) + task.dim**3 / FORWARD)
    if task.dim <= EXACT_DIM and exact <= affordable:
        return "exact", exact
    lanczos = 2 * count * LANCZOS_PRODUCTS * PRODUCT * pass_seconds(task, task.samples, BACKWARD)
    return ("lanczos", lanczos) if lanczos <= affordable else ("none", 0.0)
