"""What hypothesis draws: hyperparameters and points, from the ranges and domains that the menus state."""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import strategies as st

from landscapes import SURFACES
from landscapes.ranges import Range
from landscapes.surfaces.surface import Surface, SurfaceFamily
from optimizers import OPTIMIZERS

# Imported now: beartype, while it decorates, touches the random state that hypothesis watches as it draws.
_LOADED = [menu[key] for menu in (SURFACES, OPTIMIZERS) for key in menu]


def value_in(allowed: Range) -> st.SearchStrategy[float]:
    """A value that a control offers."""
    low, high = allowed.control
    if allowed.whole:
        return st.integers(int(low), int(high)).map(float)
    return st.floats(low, high).filter(allowed.holds)


def hyperparameters(key: str) -> st.SearchStrategy[Mapping[str, float]]:
    """Settings of an optimizer along all its controls."""
    return st.fixed_dictionaries({name: value_in(allowed) for name, allowed in OPTIMIZERS[key].ranges.items()})


def point_of(surface: Surface | SurfaceFamily) -> st.SearchStrategy[tuple[float, ...]]:
    """A point of the surface's domain."""
    return st.tuples(*(st.floats(low, high) for low, high in surface.domain))
