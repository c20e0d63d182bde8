"""Which evaluator: the fastest that is exact for a landscape. torch is loaded for networks only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from landscapes.directions.span import Span
from landscapes.grids.curvature import Curvature
from landscapes.grids.evaluator import Direct, Evaluator
from landscapes.grids.quantities import LOSSES
from landscapes.landscape import Landscape


def evaluator(landscape: Landscape, span: Span, asked: Sequence[str] = ("loss",)) -> Evaluator:
    """The fastest evaluator of losses and accuracies; for networks, `landscapes.networks.grids` has the ways and their oracle.

    It runs where the landscape's tensors are: on the GPU for a network that was moved there. Raises ValueError for a quantity
    that the landscape does not have.
    """
    unknown = [name for name in asked if name not in LOSSES]
    if unknown or not asked:
        raise ValueError(f"quantities are {', '.join(LOSSES)}; got {', '.join(asked) or 'none'}")
    if span.dim != landscape.dim:
        raise ValueError(f"the plane has {span.dim} parameters and {landscape.name} has {landscape.dim}")
    network: Any = landscape
    if hasattr(network, "module"):
        from landscapes.networks.grids.planner import network_evaluator

        return network_evaluator(network, span, tuple(asked))
    return Direct(landscape, span, tuple(asked))


def curvature_evaluator(landscape: Landscape, span: Span, **options: Any) -> Evaluator:
    """λ_max and λ_min at every point; see `Curvature` for the options."""
    return Curvature(landscape, span, **options)
