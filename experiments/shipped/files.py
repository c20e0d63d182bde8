"""The files of the trainings that ship: where they lie, what was left out of them, and what it took to make them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from experiments.shipped.trainings import TRAININGS, Training
from experiments.slices import SHIPPED
from experiments.spec import Experiment
from experiments.training_result import TrainingResult

LEDGER = SHIPPED / "made.json"
PICTURE = "picture"


@dataclass(frozen=True)
class Making:
    """How a file was made: `minutes` of the clock, and of the processor where that was measured; on which machine, in words."""

    minutes: float
    processor_minutes: float | None
    machine: str
    torch: str
    note: str = ""


def path_of(training: Training) -> Path:
    """Where the training's file lies. One without weights has a name of its own, for who looks for weights."""
    return SHIPPED / (f"{training.experiment.key}.npz" if training.weights else f"{training.experiment.key}.{PICTURE}.npz")


def result_of(training: Training) -> TrainingResult:
    """What the training left. Raises ValueError for a file that is not there or cannot be read."""
    return TrainingResult.load(path_of(training))


def pictured(experiment: Experiment) -> TrainingResult | None:
    """The picture of exactly this training, if it ships without weights."""
    path = SHIPPED / f"{experiment.key}.{PICTURE}.npz"
    try:
        return TrainingResult.load(path) if path.exists() else None
    except ValueError:
        return None


def makings() -> Mapping[str, Making]:
    """How each file was made, by the training's name."""
    return {name: Making(**fields) for name, fields in _ledger().items()}


def keep(training: Training, result: TrainingResult, making: Making) -> Path:
    """Write the training's file and how it was made. Raises ValueError for a result of another experiment."""
    if result.experiment.key != training.experiment.key:
        raise ValueError(f"this is a result of another experiment ({result.experiment.key}, not {training.experiment.key})")
    small(result, training.weights).save(path_of(training), weights=False)
    ledger = _ledger() | {training.name: asdict(making)}
    LEDGER.write_text(json.dumps({name: ledger[name] for name in TRAININGS if name in ledger}, indent=1) + "\n")
    return path_of(training)


def small(result: TrainingResult, weights: bool) -> TrainingResult:
    """The result without recorded weights and with its plane's axes in float32, which moves losses on it by about their
    rounding; or with neither axes nor ends, and so nothing but the picture."""
    if weights:
        return replace(
            result,
            theta=None,
            origin=result.origin.astype(np.float32),
            directions=result.directions.astype(np.float32),
        )
    ends = np.zeros((len(result.ends), 0), np.float32)
    return replace(result, theta=None, ends=ends, origin=np.zeros(0), directions=np.zeros((2, 0)))


def _ledger() -> dict[str, dict[str, Any]]:
    ledger: dict[str, dict[str, Any]] = json.loads(LEDGER.read_text()) if LEDGER.exists() else {}
    return ledger
