"""Formulas written as torch code: the same operations in the same order as they are evaluated here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from math import isfinite

from landscapes.surfaces.expression import Expression, ordered

_INFIX = {"add": ("+", 1), "subtract": ("-", 1), "multiply": ("*", 2), "divide": ("/", 2)}
_LEAF, _POWER, _NEGATIVE = 5, 4, 3

LENGTH = '''def length(square):
    """The root, with slope 0 at the tip of a cone."""
    return torch.where(square != 0, torch.where(square != 0, square, 1.0).sqrt(), 0.0)'''
HELPERS = {"length": LENGTH}  # what torch has not


def written(outputs: Sequence[Expression], constants: Mapping[str, float | Name]) -> tuple[list[str], list[str]]:
    """Assignments of what occurs several times, and the code of each output; `constants` are put in as numbers."""
    nodes = list(dict.fromkeys(ordered(outputs)))
    uses = Counter([a for e in nodes for a in e.args if isinstance(a, Expression)] + list(outputs))
    lines: list[str] = []
    texts: dict[Expression, tuple[str, int]] = {}
    for e in nodes:
        text, rank = _code(e, texts, constants)
        if uses[e] > 1 and rank < _LEAF and len(text) > 4:
            lines.append(f"u{len(lines) + 1} = {text}")
            text, rank = f"u{len(lines)}", _LEAF
        texts[e] = text, rank
    return lines, [texts[e][0] for e in outputs]


def helpers(code: str) -> list[str]:
    """The functions that a text of formulas uses beside torch's."""
    return [text for name, text in HELPERS.items() if f"{name}(" in code.replace(f"def {name}(", "")]


class Name(str):
    """What stands in a text for a number that is not the same in every run."""


def number(value: float | Name) -> str:
    """A number as Python reads it back to the last bit; or its name."""
    if isinstance(value, Name):
        return value
    value = float(value)
    if not isfinite(value):
        return f'float("{value}")'
    return str(int(value)) if value == int(value) and abs(value) < 1e6 else repr(value)


def _code(e: Expression, texts: Mapping[Expression, tuple[str, int]], constants: Mapping[str, float | Name]) -> tuple[str, int]:
    """One node's code, and how tightly it binds."""
    if e.op == "number" or (e.op == "symbol" and e.args[0] in constants):
        value = e.args[0] if e.op == "number" else constants[e.args[0]]
        return number(value), _NEGATIVE if not isinstance(value, Name) and value < 0 else _LEAF
    if e.op == "symbol":
        return str(e.args[0]), _LEAF
    parts = [texts[a] if isinstance(a, Expression) else (number(a), _NEGATIVE if a < 0 else _LEAF) for a in e.args]

    def at_least(index: int, rank: int) -> str:
        text, own = parts[index]
        return text if own >= rank else f"({text})"

    if e.op in _INFIX:
        sign, rank = _INFIX[e.op]
        if e.op == "multiply" and parts[0][0] == "1":
            return parts[1]
        return f"{at_least(0, rank)} {sign} {at_least(1, rank + 1)}", rank
    if e.op == "negate":
        return f"-{at_least(0, _NEGATIVE + 1)}", _NEGATIVE
    if e.op == "power":
        return f"{at_least(0, _LEAF)}**{at_least(1, _NEGATIVE)}", _POWER
    if e.op in HELPERS:
        return f"{e.op}({', '.join(text for text, _ in parts)})", _LEAF
    name = {"absolute": "abs"}.get(e.op, e.op)
    arguments = [text if i == 0 or not _constant(a, constants) else f"torch.tensor({text}.)" if text.lstrip("-").isdigit()
                 else f"torch.tensor({text})" for i, ((text, _), a) in enumerate(zip(parts, e.args))]  # fmt: skip
    return f"torch.{name}({', '.join(arguments)})", _LEAF


def _constant(a: object, constants: Mapping[str, float | Name]) -> bool:
    return isinstance(a, Expression) and (a.op == "number" or (a.op == "symbol" and a.args[0] in constants))
