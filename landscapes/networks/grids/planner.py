"""Which way through a network's points is the fastest."""

from __future__ import annotations

from landscapes.directions.span import Span
from landscapes.grids.evaluator import Evaluator
from landscapes.networks.grids import headed, in_place, stacked
from landscapes.networks.grids.plain import Plain
from landscapes.networks.network import Network


def network_evaluator(network: Network, span: Span, asked: tuple[str, ...]) -> Evaluator:
    """Stacks of points, else a head computed ahead, else parameters written in place: the first that the layers allow.

    The plain loop for what none of them serves: recurrent and attention layers, data that are not pairs.
    """
    if stacked.reason_against(network, span) is None:
        return stacked.Stacked(network, span, asked)
    if headed.reason_against(network) is None:
        return headed.Headed(network, span, asked)
    if in_place.reason_against(network) is None:
        return in_place.InPlace(network, span, asked)
    return Plain(network, span, asked)
