"""The numbers that a cell of a grid may have."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from landscapes.ranges import Scale


class Quantity(NamedTuple):
    """A number of every cell: its words, and the scale that shows it."""

    title: str
    scale: Scale
    description: str


QUANTITIES: Mapping[str, Quantity] = MappingProxyType(
    {
        "loss": Quantity("Loss", "log", "the mean loss over the training samples"),
        "accuracy": Quantity("Accuracy", "linear", "the fraction of training samples whose largest output is the label"),
        "test_loss": Quantity("Test loss", "log", "the mean loss over the test samples"),
        "test_accuracy": Quantity("Test accuracy", "linear", "the fraction of test samples whose largest output is the label"),
        "spread": Quantity("Spread of the loss", "log", "the standard deviation of the single training samples' losses"),
        "largest": Quantity("λ_max", "linear", "the largest eigenvalue of the Hessian"),
        "smallest": Quantity("λ_min", "linear", "the smallest eigenvalue of the Hessian"),
        "residual": Quantity("Error of λ", "log", "how far the two eigenvalues are at most from true ones"),
    }
)
LOSSES = ("loss", "accuracy", "test_loss", "test_accuracy", "spread")
CURVATURES = ("largest", "smallest", "residual")
