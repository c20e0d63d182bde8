"""Surfaces with modifiers around them, and the matrices that stand for these, from the definitions of their entries."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from landscapes import MODIFIERS, SURFACES, TYPED
from tests.cases import within

Nest = Sequence[tuple[str, Mapping[str, float]]]

SURFACE_KEYS = [*SURFACES, "typed"]


def nests() -> list[Nest]:
    """Each modifier with a setting along its controls; all of them, both ways round; some in a row."""
    single: list[tuple[str, Mapping[str, float]]] = []
    for key in MODIFIERS:
        ranges = enumerate(MODIFIERS[key].ranges.items())
        single.append((key, {name: within(allowed, (0.7 + 0.45 * i) % 1.01) for i, (name, allowed) in ranges}))
    right_angle = [("rotated", {"angle": 90.0}), ("scaled", {"x": 0.5, "y": 0.2}), ("rotated", {})]
    return [*([one] for one in single), single, single[::-1], right_angle]


NESTS = nests()


def around(inner: Any, nest: Nest) -> Any:
    """The surface with these modifiers around it, the first one innermost."""
    for key, given in nest:
        inner = MODIFIERS[key](inner, **given)
    return inner


def on(surface_key: str) -> Any:
    """The surface with this key; of what can be typed, something of its own."""
    if surface_key == "typed":
        return TYPED(formula="x^2*y - sin(x*y) + exp(-y^2) + x^2", x_low=-1.0, x_high=2.0)
    return SURFACES[surface_key]()


def possible(nest: Nest, inner: Any) -> bool:
    return inner.dim == 2 or "rotated" not in [key for key, _ in nest]


def matrix_of(nest: Nest, dim: int = 2) -> np.ndarray:
    """A of f(θ) = inner(A θ), by NumPy."""
    a = np.eye(dim)
    for key, given in nest:
        values = {**MODIFIERS[key].defaults, **given}
        if key == "rotated":
            t = np.radians(values["angle"])
            a = a @ np.array([[np.cos(t), np.sin(t)], [-np.sin(t), np.cos(t)]])
        elif key == "scaled":
            a = a @ np.diag([1 / values["x"], 1 / values["y"]][:dim])
        else:
            assert key == "noise"  # a new modifier says here what it does to the coordinates
    return a


def with_every_nest(test: Callable[[Any, Any, np.ndarray], None]) -> Callable[[str], None]:
    """The test for every surface; with every nest that is possible there, it is given the surface, the changed one, and A."""

    @pytest.mark.parametrize("surface_key", SURFACE_KEYS)
    @pytest.mark.usefixtures("shapes_unchecked")
    def each(surface_key: str) -> None:
        inner = on(surface_key)
        for nest in NESTS:
            if possible(nest, inner):
                try:
                    test(inner, around(inner, nest), matrix_of(nest, inner.dim))
                except Exception as error:
                    error.add_note(f"with {nest}")
                    raise

    each.__name__, each.__doc__ = test.__name__, test.__doc__
    return each
