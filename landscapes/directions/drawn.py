"""Two random directions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np

from landscapes.directions.kind import Directions, Place, Seed
from landscapes.directions.scaling import NORMALISATIONS, VECTORS, across, groups, is_vector, scaled
from landscapes.directions.span import Plane
from landscapes.ranges import Options


@dataclass(frozen=True)
class Drawn(Directions):
    """Two directions drawn from the normal distribution, scaled as the weights are, orthogonal within every scaled group.

    Each group (see `scaling.groups`) of both directions then has exactly the length of the same group of weights, and the axes
    are orthogonal; only groups of a single parameter cannot be so, and the plane's angle says how much that amounts to.
    Reference: Li et al. 2018, section 4; there the axes are orthogonal only on average.
    """

    key: ClassVar[str] = "random"
    title: ClassVar[str] = "Two random directions"

    normalisation: Annotated[Any, Options(NORMALISATIONS)] = "filter"
    vectors: Annotated[Any, Options(VECTORS)] = "zeroed"
    seed: Seed = 0

    def disabled_because(self, place: Place) -> str | None:
        blocks = place.landscape.blocks
        if self.vectors == "zeroed" and all(is_vector(block) for block in blocks):
            return f"{place.landscape.name} has nothing but single vectors: with those zeroed, no direction is left."
        if self.normalisation != "none" and not np.any(self._directions(place)):
            return f"All weights that would move are 0 here, so {self.normalisation} normalisation leaves no direction."
        return None

    def _directions(self, place: Place) -> np.ndarray:
        theta, blocks = place.theta, place.landscape.blocks
        first, second = np.random.default_rng(self.seed).normal(size=(2, len(theta)))
        single = self.normalisation in ("none", "weight")
        if not single:
            second = across(second, first, groups(blocks, self.normalisation))
        made = [scaled(draw, theta, blocks, self.normalisation, self.vectors) for draw in (first, second)]
        if single:
            made[1] = across(made[1], made[0], np.zeros(len(theta), np.intp))
        return np.stack(made)

    def _chosen(self, place: Place) -> Plane:
        scaling = "as drawn" if self.normalisation == "none" else f"{self.normalisation} normalisation"
        made = f"two random directions, {scaling}, biases and normalisation parameters {self.vectors}, seed {self.seed}"
        return Plane(place.theta, self._directions(place), made=made, labels=("random 1", "random 2"))
