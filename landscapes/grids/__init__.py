"""What a landscape has at many points of a plane or a line: losses, accuracies, curvature."""

from landscapes.grids.evaluator import Evaluator
from landscapes.grids.quantities import QUANTITIES, Quantity
from landscapes.grids.ways import curvature_evaluator, evaluator

__all__ = ["QUANTITIES", "Evaluator", "Quantity", "curvature_evaluator", "evaluator"]
