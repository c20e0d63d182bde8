"""The fields of a link, read one at a time: one that is wrong is left out alone, and a sentence says why."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from typing import Generic, TypeVar

T = TypeVar("T")
ERRORS = (ValueError, TypeError, KeyError, OverflowError, RecursionError)  # what a reader may raise on a hostile text
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,3})?", re.IGNORECASE | re.ASCII)


class Reading(Generic[T]):
    """`value` is what the fields read so far make, `left` those not yet read, `complaints` a sentence for each left out.

    `longest`: of how many characters a field may be. `prefix` stands before the fields' names in sentences.
    """

    def __init__(self, value: T, fields: Mapping[str, str], longest: int, prefix: str = "") -> None:
        self.value = value
        self.left = dict(fields)
        self.complaints: list[str] = []
        self._longest, self._prefix = longest, prefix

    def take(self, name: str, read: Callable[[str], T], longest: int | None = None) -> bool:
        """Read one field into the value, where it is given; on any error keep what was, say so, and return False."""
        text, longest = self.left.pop(name, None), longest or self._longest
        if text is None:
            return True
        try:
            if len(text) > longest:
                raise ValueError(f"it has {len(text)} characters, {longest} at most are read")
            self.value = read(text)
        except ERRORS as error:
            said = str(error.args[0] if isinstance(error, KeyError) else error).rstrip(".")
            self.complaints.append(f"{self._prefix}{name}={shortened(text)} was left out: {shortened(said, 300)}.")
            return False
        return True

    def end(self, why: str) -> tuple[T, list[str]]:
        """The value, and all sentences; a field that nobody read was left out because `why`."""
        unread = [f"{self._prefix}{shortened(name)} was left out: {why}." for name in self.left]
        return self.value, self.complaints + unread


def number(text: str) -> float:
    """A finite number in digits. Raises ValueError."""
    value = float(text) if _NUMBER.fullmatch(text) else float("nan")
    if not abs(value) < float("inf"):
        raise ValueError("not a finite number")
    return value


def whole(text: str, low: int = 0, high: int = 10**9) -> int:
    """A whole number in digits. Raises ValueError."""
    if not re.fullmatch(r"-?[0-9]{1,10}", text) or not low <= int(text) <= high:
        raise ValueError(f"not a whole number from {low} to {high}")
    return int(text)


def one_of(text: str, menu: Collection[str]) -> str:
    """A word of the menu. Raises ValueError."""
    if text not in menu:
        raise ValueError(f"there are: {', '.join(name for name in menu if name)}")
    return text


def shortened(text: str, length: int = 60) -> str:
    """The text, cut where it is longer."""
    return text if len(text) <= length else text[: length - 1] + "…"
