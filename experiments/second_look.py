"""A second look at one entrant of a race: what its run came to, and how far a picture of it can be trusted."""

from __future__ import annotations

from dataclasses import dataclass

from experiments.sensitivity import Sensitivity, entrant_sensitivity
from experiments.spec import Experiment
from experiments.trajectory import Trajectory
from experiments.why import Summary, summarise
from landscapes.landscape import Landscape


@dataclass(frozen=True, eq=False)
class SecondLook:
    summary: Summary
    sensitivity: Sensitivity


def second_look(experiment: Experiment, landscape: Landscape, trajectory: Trajectory) -> SecondLook:
    """Of the experiment's only optimizer, whose trajectory is known."""
    return SecondLook(summarise(landscape, trajectory), entrant_sensitivity(experiment, landscape))
