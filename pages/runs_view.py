"""How jobs are shown: their status as table rows and sentences, their events as curves. Formatting only."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from experiments import Experiment
from experiments.jobs import JobStatus, State
from experiments.trajectory import Trajectory
from figures.losses import Curve


def state(status: JobStatus) -> str:
    """The state in words, with its place in the queue."""
    where = f", #{status.position} in line" if status.position else ""
    return f"{status.state}{where}"


def rows(statuses: Sequence[JobStatus], now: float | None = None) -> list[dict[str, Any]]:
    now = time.time() if now is None else now
    return [
        {
            "Run": status.id,
            "State": state(status),
            "Progress": status.fraction,
            "Step": f"{status.step:,} of {status.steps:,}",
            "Steps/s": pace(status.steps_per_second),
            "Device": device(status),
            "Last sign": "" if status.state.ended else ago(status.heartbeat, now),
            "Submitted": ago(status.submitted, now),
            "What": status.title,
        }
        for status in statuses
    ]


def pace(steps_per_second: float | None) -> str:
    """Three digits that count."""
    if not steps_per_second:
        return ""
    return f"{steps_per_second:,.0f}" if steps_per_second >= 100 else f"{steps_per_second:.3g}"


def device(status: JobStatus) -> str:
    slot = f", slot {status.slot}" if status.slot else ""
    return f"{status.device}{slot}" if status.device else ""


def ago(moment: float | None, now: float) -> str:
    """How long ago, in one unit."""
    if moment is None:
        return ""
    seconds = max(now - moment, 0.0)
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit} ago"
    return f"{seconds:.0f} s ago"


def progress_text(status: JobStatus) -> str:
    if status.state is State.QUEUED:
        return f"Waiting, #{status.position} in line"
    if status.stage == "analysis":
        return "Trained. Measuring the plane and the Hessians ..."
    return f"Step {status.step:,} of {status.steps:,}"


def path_curves(experiment: Experiment, folder: Path) -> list[Curve]:
    """The losses of the trajectories that a run on a surface has left so far."""
    found = []
    for index, choice in enumerate(experiment.optimizers):
        path = folder / f"trajectory-{index}.npz"
        if path.exists():
            loss = Trajectory.load(path).loss
            found.append(Curve(choice.key, experiment.optimizer(index).title, np.arange(len(loss)), loss))
    return found
