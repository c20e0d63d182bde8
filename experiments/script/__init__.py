"""Experiments, sweeps, clouds and searches as short Python texts that need nothing but torch and give the same numbers."""

from experiments.script.cloud_script import cloud_script
from experiments.script.script import script
from experiments.script.sweep_script import sweep_script
from experiments.script.tuning_script import tuning_script

__all__ = ["cloud_script", "script", "sweep_script", "tuning_script"]
