"""Claims about optimizers, by key, in the order they are told."""

from collections.abc import Mapping
from types import MappingProxyType

from experiments.claims.article import ARTICLE
from experiments.claims.claim import Claim, Measured
from experiments.claims.methods import METHODS

CLAIMS: Mapping[str, Claim] = MappingProxyType({claim.key: claim for claim in (*ARTICLE, *METHODS)})

__all__ = ["CLAIMS", "Claim", "Measured"]
