"""Which entries of a menu the default suite takes, where taking all costs minutes: the others are marked slow."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import pytest


def some(keys: Iterable[str], first: Collection[str]) -> list[Any]:
    """Every key as a parameter; those that are not among `first` run with the slow tests, which CI runs too."""
    every = list(keys)
    assert set(first) <= set(every), f"not on the menu: {set(first) - set(every)}"
    return [key if key in first else pytest.param(key, marks=pytest.mark.slow) for key in every]
