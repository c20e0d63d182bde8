"""What the conformance checks gave, on our own slices and on published libraries, when they were last run and committed.

`python -m benchmarks.conformance` runs them; this reads its output, without torch.
The checks themselves are in `landscapes.networks.conformance`.
"""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

from landscapes.networks.outcome import Outcome

PUBLISHED = Path(__file__).parents[1] / "docs" / "conformance.json"


@dataclass(frozen=True)
class Check:
    """A check in words: its name, and why a slice has to pass it."""

    key: str
    title: str
    why: str


@dataclass(frozen=True)
class Library:
    """A library and its outcomes by check. One without outcomes did not run, and its version says why."""

    name: str
    version: str
    outcomes: Mapping[str, Outcome]

    @property
    def passed(self) -> int:
        return sum(outcome.passed is True for outcome in self.outcomes.values())

    @property
    def offered(self) -> int:
        return sum(outcome.passed is not None for outcome in self.outcomes.values())


@dataclass(frozen=True)
class Published:
    """One run on everything: when, with which versions, the checks in their order, and every library, ours first."""

    day: date
    versions: Mapping[str, str]
    checks: tuple[Check, ...]
    libraries: tuple[Library, ...]

    @property
    def ours(self) -> Library:
        return self.libraries[0]

    @property
    def others(self) -> tuple[Library, ...]:
        """The other libraries that ran."""
        return tuple(library for library in self.libraries[1:] if library.outcomes)

    @property
    def missing(self) -> tuple[Library, ...]:
        """Those that did not run."""
        return tuple(library for library in self.libraries if not library.outcomes)


def versions() -> dict[str, str]:
    """What the numbers of a run here depend on, beside our own code."""
    return {"Python": platform.python_version(), "torch": version("torch"), "NumPy": version("numpy")}


def by_check(outcomes: list[Mapping[str, Any]]) -> dict[str, Outcome]:
    """Outcomes as plain data, by the key of their check."""
    return {data["check"]: Outcome(**data) for data in outcomes}


def published(path: Path = PUBLISHED) -> Published:
    """The run that is committed."""
    data = json.loads(path.read_text(encoding="utf-8"))
    return Published(
        day=date.fromisoformat(data["date"]),
        versions=data["versions"],
        checks=tuple(Check(**check) for check in data["checks"]),
        libraries=tuple(Library(lib["name"], lib["version"], by_check(lib["outcomes"])) for lib in data["libraries"]),
    )
