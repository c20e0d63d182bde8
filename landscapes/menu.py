"""Menus: ordered, read-only mappings from a key to something that is imported only when it is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any


class Menu(Mapping[str, Any]):
    """A mapping key -> object, written as key -> "module:attribute"; the module is imported on first access.

    Unknown keys raise KeyError with the keys there are.
    """

    def __init__(self, package: str, places: Mapping[str, str]) -> None:
        self._package = package
        self._places = dict(places)

    def extended(self, places: Mapping[str, str]) -> Menu:
        """The same menu with more entries at its end."""
        return Menu(self._package, {**self._places, **places})

    def __getitem__(self, key: str) -> Any:
        if key not in self._places:
            raise KeyError(f"no {key!r} here; there are: {', '.join(self._places)}")
        module, attribute = self._places[key].split(":")
        return getattr(import_module(f".{module}", self._package), attribute)

    def __contains__(self, key: object) -> bool:
        return key in self._places

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    def __repr__(self) -> str:
        return f"Menu({', '.join(self._places)})"
