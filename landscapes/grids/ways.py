"""Which evaluator: the fastest that is exact for a landscape. torch is loaded for networks only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from landscapes.directions.span import Span
from landscapes.grids.curvature import Curvature
from landscapes.grids.evaluator import Direct, Evaluator, Joined
from landscapes.grids.quantities import LOSSES, QUANTITIES
from landscapes.landscape import Landscape


def evaluator(landscape: Landscape, span: Span, asked: Sequence[str] = ("loss",)) -> Evaluator:
    """The fastest evaluator of quantities; for networks, `landscapes.networks.grids` has the ways and their oracle.

    It runs where the landscape's tensors are: on the GPU for a network that was moved there. Raises ValueError for a quantity
    that the landscape does not have.
    """
    unknown = [name for name in asked if name not in QUANTITIES]
    if unknown or not asked:
        raise ValueError(f"quantities are {', '.join(QUANTITIES)}; got {', '.join(asked) or 'none'}")
    if span.dim != landscape.dim:
        raise ValueError(f"the plane has {span.dim} parameters and {landscape.name} has {landscape.dim}")
    losses = tuple(name for name in asked if name in LOSSES)
    curved: list[Evaluator] = [] if len(losses) == len(asked) else [Curvature(landscape, span)]
    network: Any = landscape
    if losses and hasattr(network, "module"):
        from landscapes.networks.grids.planner import network_evaluator

        curved.insert(0, network_evaluator(network, span, losses))
    elif losses:
        curved.insert(0, Direct(landscape, span, losses))
    return curved[0] if len(curved) == 1 else Joined(tuple(curved))


def curvature_evaluator(landscape: Landscape, span: Span, **options: Any) -> Evaluator:
    """λ_max and λ_min at every point; see `Curvature` for the options."""
    return Curvature(landscape, span, **options)
