"""An experiment or a sweep as one short Python text that needs nothing but torch and gives the same numbers."""

from experiments.script.script import script
from experiments.script.sweep_script import sweep_script

__all__ = ["script", "sweep_script"]
