"""The words of a typed formula: what it may be made of, how it is cut into tokens, and what is said of anything else."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping
from difflib import get_close_matches
from typing import NamedTuple

COORDINATES = ("x", "y")
CONSTANTS: Mapping[str, float] = {"pi": math.pi, "π": math.pi, "e": math.e}
FUNCTIONS: Mapping[str, str] = {name: name for name in (
    "sin", "cos", "tan", "arcsin", "arccos", "arctan", "exp", "log", "sqrt", "sinh", "cosh", "tanh", "sigmoid", "sign",
)} | {"abs": "absolute", "ln": "log", "asin": "arcsin", "acos": "arccos", "atan": "arctan", "√": "sqrt"}  # fmt: skip
OF_SEVERAL: Mapping[str, str] = {"min": "minimum", "max": "maximum"}

_SAME = dict.fromkeys("−–", "-") | dict.fromkeys("·×⋅∙∗", "*") | dict.fromkeys("÷∕", "/") | {"**": "^"}
SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_TOKEN = re.compile(
    r"(?P<number>(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?)|(?P<name>[A-Za-z_][A-Za-z_0-9]*|[π√])"
    r"|(?P<superscript>⁻?[⁰¹²³⁴⁵⁶⁷⁸⁹]+)|(?P<sign>\*\*|[-+*/^(),−–·×⋅∙∗÷∕])",
    re.ASCII,
)


class ExpressionError(ValueError):
    """A text that is no formula: `message` says in plain words what is wrong, `position` is the index of the character."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.message, self.position = message, position

    def __reduce__(self) -> tuple[type[ExpressionError], tuple[str, int]]:
        return ExpressionError, (self.message, self.position)


class Token(NamedTuple):
    """A piece of the text. `kind` is number, name, superscript or end, or the sign itself in its plain spelling."""

    kind: str
    text: str
    position: int
    touching: bool  # no space before it


def tokens(text: str) -> list[Token]:
    """The text cut into tokens, the last one of kind "end"; ExpressionError for a character that no formula has."""
    found, at = [], 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        match = _TOKEN.match(text, at)
        if match is None:
            raise ExpressionError(_stray(text[at]), at)
        kind, piece = str(match.lastgroup), match.group()
        sign = _SAME.get(piece, piece)
        found.append(Token(sign if kind == "sign" else kind, piece, at, at > 0 and not text[at - 1].isspace()))
        at = match.end()
    return [*found, Token("end", "", len(text), False)]


def _stray(character: str) -> str:
    """What to say about a character that no formula has."""
    if character == "|":
        return "for an absolute value write abs(...)"
    if character == "=":
        return "type only what f is equal to, without an equals sign"
    if character in "[]{}":
        return "only round brackets ( ) are read"
    name = unicodedata.name(character, "").lower()
    shown = f"{character!r}" + (f" ({name})" if name and not character.isascii() else "")
    return f"a formula has no {shown}; it is made of numbers, x, y, + - * / ^, brackets and functions such as sin(x)"


def unknown(name: str, called: bool) -> str:
    """What to say about a name that is not known."""
    functions = [n for n in (*FUNCTIONS, *OF_SEVERAL, "relu") if n.isascii()]
    shown = name if len(name) <= 20 else f"{name[:20]}..."
    if len(name) <= 8 and set(name.lower()) <= set(COORDINATES):
        return f"write {'*'.join(name.lower())} instead of {shown}"
    for function in functions if not called else ():
        if name.startswith(function) and name[len(function) :] in (*COORDINATES, *CONSTANTS):
            return f"write {function}({name[len(function) :]}) instead of {shown}"
    if called:
        close = get_close_matches(name.lower(), functions, 1)
        guess = f"did you mean {close[0]!r}?" if close else f"there are: {', '.join(functions)}"
        return f"I know no function {shown!r}; {guess}"
    close = get_close_matches(name.lower(), [*COORDINATES, "pi", "e", *functions], 1)
    guess = f"did you mean {close[0]!r}?" if close else "there are x, y, pi, e and functions such as sin(x)"
    return f"I know no name {shown!r}; {guess}"
