"""The optimizer: frozen hyperparameters and two pure functions.

`init(theta)` gives the state before the first step; `update(oracle, state)` gives the step (the change of theta, not the new
theta) and the next state. There is no loop over runs or steps here: points are `(*runs, dim)`, hyperparameters are numbers
or `(*runs, 1)` arrays, and one `update` moves every run at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from enum import Flag, auto
from typing import Any, ClassVar, Self, dataclass_transform

import numpy as np

from landscapes.arrays import Array, constant, eigh, maximum, sqrt
from landscapes.landscape import Landscape, Point, Scalar
from landscapes.oracle import Oracle
from landscapes.ranges import Count, Fraction, NonNegative, Number, Positive, Range, Real, check_names, ranges_of

__all__ = [
    "GRAD", "HESSIAN", "HVP", "INPUTS", "LOSS",
    "Array", "Count", "Fraction", "Needs", "NonNegative", "Number", "Optimizer", "Oracle", "Point", "Positive", "Real",
    "Scalar", "State", "optimizer",
]  # fmt: skip

State = Any

MOST_PARAMETERS = 3000  # a dense Hessian is then 36 MB in float32, and factoring it takes most of a second


class Needs(Flag):
    """What an optimizer asks of the oracle; a spy in the tests compares it with what it really asks."""

    LOSS = auto()
    GRAD = auto()
    HESSIAN = auto()
    HVP = auto()
    INPUTS = auto()


LOSS, GRAD, HESSIAN, HVP, INPUTS = Needs.LOSS, Needs.GRAD, Needs.HESSIAN, Needs.HVP, Needs.INPUTS


class Optimizer:
    """Base of all optimizers; see the module's docstring. Made by the `optimizer` decorator, which freezes the class."""

    key: ClassVar[str]
    title: ClassVar[str]
    needs: ClassVar[Needs]
    family: ClassVar[str]
    formula: ClassVar[str]
    limit: ClassVar[str]
    ranges: ClassVar[Mapping[str, Range]]

    def init(self, theta: Point) -> State:
        """The state before the first step; None where the method keeps none."""
        return None

    def update(self, oracle: Oracle, state: State) -> tuple[Point, State]:
        """The step at the oracle's theta, and the next state."""
        raise NotImplementedError

    def preconditioner(self, oracle: Oracle, state: State) -> Array | None:
        """The diagonal P `(*runs, dim)` with step = -lr g / P (momentum aside) at this point, or None if it is no diagonal."""
        return None

    def state_numbers(self, state: State) -> dict[str, Array]:
        """The state's quantities by the names of the docstring, and what follows from them, to be shown; empty without a state.

        Each broadcasts to `(*runs, dim)`. "effective learning rate" is what the last step multiplied the gradient, or its
        average, by. What only a step defines is NaN before the first one.
        """
        return {}

    def stability_limit(self, oracle: Oracle, state: State) -> Scalar:
        """The learning rate beyond which small errors grow along the steepest direction here, `(*runs,)`.

        From the local quadratic model with the preconditioner held still; infinity where nothing is steep, NaN where the
        method has no such limit.
        """
        return oracle.theta[..., 0] * np.nan

    def disabled_because(self, landscape: Landscape) -> str | None:
        """Why this method cannot run on the landscape, in a sentence for the visitor; None where it can."""
        if HESSIAN in self.needs and landscape.dim > MOST_PARAMETERS:
            return (
                f"Its Hessian is dense, for {MOST_PARAMETERS:,} parameters at most; this has {landscape.dim:,}. Take Newton-CG."
            )
        return landscape.input_reason if INPUTS in self.needs else None

    def with_hyperparameters(self, **changes: Any) -> Self:
        """A copy with some hyperparameters changed; unknown names raise TypeError listing those there are."""
        check_names(self.key, changes, self.ranges)
        return replace(self, **changes)  # type: ignore[type-var]  # every subclass is a dataclass

    @property
    def hyperparameters(self) -> dict[str, Any]:
        return {field.name: getattr(self, field.name) for field in fields(self)}  # type: ignore[arg-type]

    def cast(self, theta: Point) -> Self:
        """Array hyperparameters in theta's library, dtype and device; plain numbers stay numbers."""
        arrays = {n: constant(v, like=theta) for n, v in self.hyperparameters.items() if np.ndim(v) > 0}
        return replace(self, **arrays) if arrays else self  # type: ignore[type-var]


def per_run(hyperparameter: Any) -> Any:
    """A hyperparameter as it goes with one number per run: without the last axis, which is there for coordinates."""
    return hyperparameter[..., 0] if np.ndim(hyperparameter) > 0 else hyperparameter


def steepest_curvature(oracle: Oracle, preconditioner: Array | None = None) -> Scalar:
    """The largest eigenvalue of the Hessian, or of P^-1/2 H P^-1/2 with a positive diagonal P; at least 0, `(*runs,)`."""
    hessian = oracle.hessian
    if preconditioner is not None:
        root = sqrt(preconditioner)
        hessian = hessian / (root[..., None, :] * root[..., :, None])
    return maximum(eigh(hessian)[0][..., -1], 0.0)


@dataclass_transform(frozen_default=True)
def optimizer(
    *, needs: Needs, title: str, family: str, formula: str, limit: str
) -> Callable[[type[Optimizer]], type[Optimizer]]:
    """Make a frozen, validated optimizer of a class whose annotated fields are its hyperparameters.

    `formula` is the update in LaTeX and `limit` the stability limit in words, as the page shows them. Values out
    of range raise ValueError with the allowed range.
    """

    def decorate(cls: type[Optimizer]) -> type[Optimizer]:
        def __post_init__(self: Optimizer) -> None:
            for name, allowed in self.ranges.items():
                value = getattr(self, name)
                if hasattr(value, "detach"):  # a torch tensor is checked as numbers
                    value = value.detach().cpu().numpy()
                allowed.check(f"{self.key}.{name}", value)

        cls.__post_init__ = __post_init__  # type: ignore[attr-defined]
        made: type[Optimizer] = dataclass(frozen=True, eq=False)(cls)
        made.key = cls.__module__.rsplit(".", 1)[-1]
        made.title, made.needs, made.family, made.formula, made.limit = title, needs, family, formula, limit
        made.ranges = ranges_of(cls)
        return made

    return decorate
