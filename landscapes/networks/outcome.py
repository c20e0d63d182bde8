"""What a conformance check found, without torch: the web process reads it too."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Outcome:
    """What a check found. passed None: not offered. measured: the number that decides; expected: what it should be."""

    check: str
    passed: bool | None
    measured: float | None
    expected: str
    sentence: str

    @property
    def what(self) -> str:
        """What was measured, in words; empty where nothing was."""
        return "" if self.measured is None else self.sentence.rpartition(":")[0]
