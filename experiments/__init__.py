"""Doing it: running optimizers on landscapes, and recording what happens."""

from experiments.loop import run
from experiments.spec import Experiment, execute

__all__ = ["Experiment", "execute", "run"]
