"""Checks that a loss-landscape plot is what it is named, for our slices and for any library behind a small adapter."""

from landscapes.networks.conformance.checks import CHECKS, run_checks
from landscapes.networks.conformance.ours import Ours
from landscapes.networks.conformance.plotter import Case, NotOfferedError, Plotter
from landscapes.networks.outcome import Outcome

__all__ = ["CHECKS", "Case", "NotOfferedError", "Ours", "Outcome", "Plotter", "run_checks"]
