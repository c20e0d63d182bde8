"""An experiment as one short Python text that needs nothing but torch and gives the same numbers."""

from experiments.script.script import script

__all__ = ["script"]
