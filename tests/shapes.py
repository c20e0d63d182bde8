"""The type checker behind jaxtyping's import hook: beartype, with ints allowed where floats are asked for (PEP 484)."""

from collections.abc import Callable
from typing import Any, Self

from beartype import BeartypeConf, beartype

_beartype = beartype(conf=BeartypeConf(is_pep484_tower=True))


def check(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function with its annotations executed. `Self` is left out: beartype knows it on whole classes only."""
    for name, hint in function.__annotations__.items():
        if hint in ("Self", Self):
            function.__annotations__[name] = Any
    checked: Callable[..., Any] = _beartype(function)
    return checked
