"""A diagnosis of a step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, eq=False)
class Finding:
    """A diagnosis: its kind, a sentence, and the numbers in the sentence, by name and in full."""

    kind: str
    sentence: str
    numbers: Mapping[str, float]
