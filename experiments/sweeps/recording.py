"""A calculation recorded once and replayed into buffers that are there already.

Fresh memory for every sum costs a sweep as much as its arithmetic. Formulas and rules are written with operators, so they
also run on a `Recorded`, which does to its value what it is told and writes it down. What cannot be written down (a branch, an
index, a function of another library) raises; who records then computes as always.
"""

from __future__ import annotations

import operator
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from experiments.sweeps.power import Power

UFUNCS: Mapping[str, Any] = {
    "add": np.add, "sub": np.subtract, "mul": np.multiply, "truediv": np.true_divide, "neg": np.negative, "abs": np.absolute,
    "sqrt": np.sqrt, "exp": np.exp, "log": np.log, "sin": np.sin, "cos": np.cos, "tanh": np.tanh, "sign": np.sign,
    "maximum": np.maximum, "logaddexp": np.logaddexp, "gt": np.greater, "lt": np.less,
    "ge": np.greater_equal, "le": np.less_equal, "eq": np.equal, "ne": np.not_equal,
}  # fmt: skip
SYMBOLS = {
    "add": "+", "sub": "-", "mul": "*", "truediv": "/", "neg": "-", "pow": "**",
    "gt": ">", "lt": "<", "ge": ">=", "le": "<=", "eq": "==", "ne": "!=",
}  # fmt: skip
ON_NUMBERS = {name: getattr(operator, name) for name in (*SYMBOLS, "abs")}
REFLECTED = ("add", "sub", "mul", "truediv", "pow")
STACK = "stack"


class Recorded:
    """A number or an array on a tape."""

    __array_ufunc__ = None  # arrays leave operators to this class
    __hash__ = None  # type: ignore[assignment]  # what is equal is recorded, too
    __slots__ = ("tape", "value")

    def __init__(self, tape: Tape, value: Any) -> None:
        self.tape, self.value = tape, value

    def _refused(self, *_: Any) -> Any:
        raise TypeError("a recorded calculation has no branches, and its values belong to it")

    __bool__ = __float__ = __int__ = __index__ = __len__ = __iter__ = __getitem__ = __array__ = _refused

    def sigmoid(self) -> Recorded:
        return (-self.tape.apply("logaddexp", 0.0, -self)).exp()  # type: ignore[operator]

    def clamp(self, min: Any) -> Recorded:
        """As tensors name the maximum."""
        return self.tape.apply("maximum", self, min)


def _recording(name: str, reflected: bool = False) -> Callable[..., Recorded]:
    def record(self: Recorded, *others: Any) -> Recorded:
        return self.tape.apply(name, *((*others, self) if reflected else (self, *others)))

    return record


for _name in {**UFUNCS, **ON_NUMBERS}:
    setattr(Recorded, f"__{_name}__" if _name in ON_NUMBERS else _name, _recording(_name))
    if _name in REFLECTED:
        setattr(Recorded, f"__r{_name}__", _recording(_name, reflected=True))
Recorded.abs = _recording("abs")  # type: ignore[attr-defined]  # as tensors have it
del _name


class Tape:
    """Operations in their order. What is computed from the same operands twice is computed once."""

    def __init__(self) -> None:
        self.entries: list[tuple[str, tuple[Any, ...], Recorded]] = []
        self._known: dict[Any, Recorded] = {}
        self._operands: list[Any] = []  # kept, so that no two have the same id

    def apply(self, name: str, *operands: Any) -> Recorded:
        if not all(isinstance(operand, (Recorded, np.ndarray, float, int)) for operand in operands):
            raise TypeError(f"{name} of {', '.join(type(operand).__name__ for operand in operands)} is not recorded")
        key = (name, *(repr(o) if isinstance(o, (float, int)) else id(o) for o in operands))
        if key not in self._known:
            given = operand_values(operands)
            made = Recorded(self, _function(name, given)(*given))
            self.entries.append((name, operands, made))
            self._operands += operands
            self._known[key] = made
        return self._known[key]

    def stacked(self, columns: Sequence[Any], like: np.ndarray) -> Recorded:
        """Values `(runs,)`, or numbers, side by side: `(runs, dim)`."""
        made = Recorded(self, np.empty_like(like))
        for i, column in enumerate(columns):
            made.value[:, i] = column.value if isinstance(column, Recorded) else column
        self.entries.append((STACK, tuple(columns), made))
        return made


def operand_values(operands: Sequence[Any]) -> list[Any]:
    """What is calculated with."""
    return [operand.value if isinstance(operand, Recorded) else operand for operand in operands]


def _function(name: str, values: Sequence[Any]) -> Callable[..., Any]:
    """As operators choose it: Python's own on numbers; and a power may be a square or a root."""
    plain = name == "pow" or (name in ON_NUMBERS and all(np.ndim(value) == 0 for value in values))
    return ON_NUMBERS[name] if plain else UFUNCS[name]


def replayed(
    tape: Tape, inputs: Sequence[tuple[Recorded, Any]], results: Sequence[tuple[Any, np.ndarray]], numbers: Sequence[Any]
) -> Callable[..., tuple[Any, ...]]:
    """A function that does what is on the tape, again and again.

    `inputs` are values with their arrays, or with the name of the argument that they are, for numbers. `results` are values and
    the arrays that they are to be in at the end; such an array may be an input's. The function returns `numbers`.
    """
    return _Writer(tape, inputs, results, numbers).function()


class _Writer:
    """Writes the function: what every value is called, and which buffer it is in."""

    def __init__(
        self,
        tape: Tape,
        inputs: Sequence[tuple[Recorded, Any]],
        results: Sequence[tuple[Any, np.ndarray]],
        numbers: Sequence[Any],
    ) -> None:
        self.scope: dict[str, Any] = {name: function for name, function in UFUNCS.items()} | {"copyto": np.copyto}
        self.names: dict[int, str] = {}
        self.free: dict[Any, list[str]] = defaultdict(list)
        self.pooled: set[str] = set()
        self.arguments = [name for _, name in inputs if isinstance(name, str)]
        self.results, self.numbers, self.lines = results, numbers, list[str]()
        self.entries = _needed(tape, [value for value, _ in results] + list(numbers))
        self.last = {id(o): at for at, (_, operands, _) in enumerate(self.entries) for o in operands}
        self.last |= {id(value): len(self.entries) for value in [value for value, _ in results] + list(numbers)}
        for value, held in inputs:
            self.names[id(value)] = held if isinstance(held, str) else self.bound(held)
        owner = {id(held): id(value) for value, held in inputs}
        if any(id(value) in self.names and owner.get(id(array)) != id(value) for value, array in results):
            raise TypeError("an input that becomes another's value is not recorded")
        self.homes = {id(value): (array, self.last.get(owner.get(id(array), 0), -1)) for value, array in results}
        for name, operands, made in self.entries:
            if name == STACK:
                self.names[id(made)] = self.bound(made.value)
                self.homes |= {id(o): (made.value[:, i], -1) for i, o in enumerate(operands) if id(o) not in self.homes}

    def bound(self, value: Any) -> str:
        name = f"v{len(self.scope)}"
        self.scope[name] = value
        return name

    def function(self) -> Callable[..., tuple[Any, ...]]:
        for at, (name, operands, made) in enumerate(self.entries):
            told = [self.names.get(id(o)) or self.bound(o) for o in operands]
            if name == STACK:
                self.stack(told, operands, made)
            elif name == "pow" and isinstance(operands[0], np.ndarray) and np.ndim(operand_values(operands)[1]) == 0:
                self.names[id(made)] = f"n{at}"
                self.lines.append(f"n{at} = {self.bound(Power(operands[0]))}({', '.join(told)})")
            elif np.ndim(made.value) == 0 or name == "pow":
                self.names[id(made)] = f"n{at}"
                symbol = SYMBOLS.get(name)
                code = f" {symbol} ".join(told) if symbol and len(told) == 2 else f"{symbol or name}({', '.join(told)})"
                self.lines.append(f"n{at} = {code}")
            else:
                self.release(at, operands)
                self.names[id(made)] = self.buffer(at, made)
                self.lines.append(f"{name}({', '.join(told)}, out={self.names[id(made)]})")
        for value, array in self.results:
            if self.scope.get(self.names.get(id(value), "")) is not array:
                self.lines.append(f"copyto({self.bound(array)}, {self.names.get(id(value)) or self.bound(value)})")
        returned = "".join(f"{self.names.get(id(n)) or self.bound(n)}, " for n in self.numbers)
        body = "".join(f"    {line}\n" for line in [*self.lines, f"return ({returned})"])
        exec(f"def replay({', '.join(self.arguments)}):\n{body}", self.scope)  # of names given here, and of nothing else
        function: Callable[..., tuple[Any, ...]] = self.scope["replay"]
        return function

    def stack(self, told: Sequence[str], operands: Sequence[Any], made: Recorded) -> None:
        for i, (name, column) in enumerate(zip(told, operands)):
            home = self.homes.get(id(column), (None, 0))[0]
            if home is None or self.scope.get(name) is not home:
                self.lines.append(f"copyto({self.bound(made.value[:, i])}, {name})")

    def release(self, at: int, operands: Sequence[Any]) -> None:
        """Buffers that hold what nothing needs any more after this operation, which may write where it reads."""
        for operand in {id(o): o for o in operands}.values():
            name = self.names.get(id(operand), "")
            if self.last[id(operand)] == at and name in self.pooled:
                self.free[_kind(operand.value)].append(name)

    def buffer(self, at: int, made: Recorded) -> str:
        """Where it is wanted in the end, if that is free by now; else a buffer that is free; else a new one."""
        home, busy = self.homes.get(id(made), (None, 0))
        if home is not None and busy <= at and _kind(home) == _kind(made.value):
            return self.bound(home)
        kind = _kind(made.value)
        if self.free[kind]:
            return self.free[kind].pop()
        name = self.bound(np.empty_like(made.value))
        self.pooled.add(name)
        return name


def _kind(array: Any) -> Any:
    return np.shape(array), np.asarray(array).dtype


def _needed(tape: Tape, wanted: Sequence[Any]) -> list[tuple[str, tuple[Any, ...], Recorded]]:
    needed, kept = {id(value) for value in wanted}, []
    for entry in reversed(tape.entries):
        if id(entry[2]) in needed:
            needed |= {id(operand) for operand in entry[1]}
            kept.append(entry)
    return kept[::-1]
