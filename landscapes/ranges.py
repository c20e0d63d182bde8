"""Ranges: what values a named number may take, stated once for validation, sliders, sweep axes and property tests."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import inf, isfinite
from typing import Annotated, Any, Literal, TypeVar, get_args, get_origin, get_type_hints

import numpy as np

Scale = Literal["linear", "log"]


@dataclass(frozen=True)
class Range:
    """Allowed values of a number, and the stretch of them that a control walks through.

    `low` and `high` bound what is valid (`open_low`, `open_high` leave the bound itself out); `control` is the
    narrower interval a slider offers, on the given `scale`. `whole` numbers are counted, not measured.
    """

    low: float = -inf
    high: float = inf
    open_low: bool = False
    open_high: bool = False
    scale: Scale = "linear"
    control: tuple[float, float] = (0.0, 1.0)
    whole: bool = False

    def __str__(self) -> str:
        opening = "(" if self.open_low or self.low == -inf else "["
        closing = ")" if self.open_high or self.high == inf else "]"
        return f"{opening}{self.low:g}, {self.high:g}{closing}"

    def holds(self, value: Any) -> bool:
        """Whether every element of `value` (a number or an array) is a finite number in this range."""
        if type(value) is float and not self.whole:  # most are, and arrays would take thirty times as long
            enough = value > self.low if self.open_low else value >= self.low
            return isfinite(value) and enough and (value < self.high if self.open_high else value <= self.high)
        try:
            numbers = np.asarray(value)
        except (TypeError, ValueError):
            return False
        if numbers.dtype.kind not in "iuf":  # words, truth values, and whole numbers beyond any float
            return False
        above = numbers > self.low if self.open_low else numbers >= self.low
        below = numbers < self.high if self.open_high else numbers <= self.high
        whole = (numbers == np.round(numbers)) if self.whole else True
        return bool(np.all(above & below & whole & np.isfinite(numbers)))

    def check(self, name: str, value: Any) -> None:
        """Raise ValueError, naming the allowed range, unless `value` lies in it."""
        if not self.holds(value):
            kind = "a whole number" if self.whole else "a number"
            shown = value if np.ndim(value) == 0 else "an array with values outside"
            raise ValueError(f"{name} must be {kind} in {self}, got {shown}")


@dataclass(frozen=True)
class Options:
    """Allowed values of a named choice, in display order: what `Range` is to a number."""

    values: tuple[str, ...]

    def __str__(self) -> str:
        return " or ".join([", ".join(self.values[:-1]), self.values[-1]]) if len(self.values) > 1 else self.values[0]

    def holds(self, value: Any) -> bool:
        return isinstance(value, str) and value in self.values

    def check(self, name: str, value: Any) -> None:
        """Raise ValueError, naming the allowed values, unless `value` is one of them."""
        if not self.holds(value):
            raise ValueError(f"{name} must be {self}, got {value!r:.40}")


@dataclass(frozen=True)
class Text:
    """Allowed texts: what `Range` is to a number. `read` raises ValueError for a text that is not allowed, saying why."""

    what: str
    longest: int
    read: Callable[[str], Any]

    def __str__(self) -> str:
        return f"{self.what} of at most {self.longest} characters"

    def holds(self, value: Any) -> bool:
        try:
            self.check("", value)
        except ValueError:
            return False
        return True

    def check(self, name: str, value: Any) -> None:
        """Raise ValueError unless `value` is a text that can be read; the reader's own error where it is a text."""
        if not isinstance(value, str):
            raise ValueError(f"{name} must be {self}, got {value!r:.40}")
        self.read(value)


Number = Any  # a float, or an array with one value per run

Positive = Annotated[Number, Range(0, inf, open_low=True, scale="log", control=(1e-5, 10.0))]
NonNegative = Annotated[Number, Range(0, inf, control=(0.0, 1.0))]
Fraction = Annotated[Number, Range(0, 1, open_high=True, control=(0.0, 0.999))]
Real = Annotated[Number, Range(control=(-3.0, 3.0))]
Count = Annotated[Number, Range(1, inf, scale="log", control=(1, 1000), whole=True)]


Allowed = TypeVar("Allowed", Range, Options)


def ranges_of(owner: type | Callable[..., Any]) -> Mapping[str, Range]:
    """The ranges that a class's fields or a function's arguments are annotated with, in their order of definition."""
    return dict(_annotated(owner, Range))


def options_of(owner: type | Callable[..., Any]) -> Mapping[str, Options]:
    """The options that a class's fields or a function's arguments are annotated with, in their order of definition."""
    return dict(_annotated(owner, Options))


@lru_cache(maxsize=1024)  # reading annotations takes a millisecond, and every specification that is made asks
def _annotated(owner: type | Callable[..., Any], kind: type[Allowed]) -> Mapping[str, Allowed]:
    hints = get_type_hints(owner, include_extras=True)
    order = inspect.signature(owner).parameters if not isinstance(owner, type) else hints
    found = {}
    for name in order:
        hint = hints.get(name)
        for extra in get_args(hint)[1:] if get_origin(hint) is Annotated else ():
            if isinstance(extra, kind):
                found[name] = extra
    return found


def check_names(owner: str, given: Mapping[str, Any], allowed: Mapping[str, Any]) -> None:
    """Raise TypeError for a name that `owner` does not have, listing those it has."""
    unknown = [name for name in given if name not in allowed]
    if unknown:
        names = ", ".join(allowed) or "none"
        raise TypeError(f"{owner} has no parameter {unknown[0]!r}; it has: {names}")
