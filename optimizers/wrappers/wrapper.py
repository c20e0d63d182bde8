"""The wrapper: an optimizer made of another one, which it shows a changed gradient, other hyperparameters or another place.

A wrapper is an optimizer in every respect, so wrappers nest, in the order the visitor chose. Its fields are `inner` and its own
parameters. `hyperparameters` holds the numbers of the whole nest: those of the rule under their own names, those of a wrapper
behind its key, `clip.norm`, and `clip2.norm` for the second one of a kind, counted from the inside. So no two names are
equal, and wrapping something once more renames nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields, replace
from functools import cached_property
from typing import Any, ClassVar, Self, TypeVar, dataclass_transform

import numpy as np

from landscapes.arrays import Array, constant
from landscapes.landscape import Landscape
from landscapes.ranges import Options, Range, check_names, options_of, ranges_of
from optimizers.optimizer import Needs, Number, Optimizer, Oracle, Point, Scalar, State

AnyOptimizer = TypeVar("AnyOptimizer", bound=Optimizer)


@dataclass(frozen=True, eq=False)
class Wrapper(Optimizer):
    """Base of all wrappers: passes everything on to `inner`, through the few methods that a wrapper overrides.

    On the class, `ranges` and `defaults` are those of its own parameters, words included. TypeError for an `inner` that is no
    optimizer, ValueError for a parameter out of range.
    """

    inner: Optimizer
    name: ClassVar[str]
    rule: ClassVar[str]
    defaults: ClassVar[Mapping[str, Any]]
    ranges: ClassVar[Mapping[str, Any]]

    def __post_init__(self) -> None:
        if not isinstance(self.inner, Optimizer):
            raise TypeError(f"{self.key} wraps an optimizer, got {type(self.inner).__name__}")
        object.__setattr__(self, "ranges", self.allowed())
        for name, allowed in self.ranges.items():
            allowed.check(f"{self.key}.{name}", as_numbers(getattr(self, name)))

    # What a wrapper changes.

    def allowed(self) -> Mapping[str, Any]:
        """The ranges of its own parameters, given the inner optimizer; `ranges` of an instance."""
        return type(self).ranges

    def present(self, state: State) -> Optimizer:
        """The inner optimizer as it takes this step, with the hyperparameters of this step."""
        return self.inner

    def inner_state(self, state: State) -> State:
        """The inner optimizer's part of the state."""
        return state

    def seen(self, oracle: Oracle) -> Oracle:
        """The oracle that the inner optimizer asks."""
        return oracle

    @property
    def phrase(self) -> str:
        """What is said of the inner optimizer in the title, with this wrapper's numbers."""
        raise NotImplementedError

    # What follows.

    def init(self, theta: Point) -> State:
        return self.inner.init(theta)

    def update(self, oracle: Oracle, state: State) -> tuple[Point, State]:
        return self.present(state).update(self.seen(oracle), self.inner_state(state))

    def preconditioner(self, oracle: Oracle, state: State) -> Array | None:
        """The inner rule's: what it divides the gradient by that it sees."""
        return self.present(state).preconditioner(self.seen(oracle), self.inner_state(state))

    def stability_limit(self, oracle: Oracle, state: State) -> Scalar:
        return self.present(state).stability_limit(self.seen(oracle), self.inner_state(state))

    def state_numbers(self, state: State) -> dict[str, Array]:
        """Those of the inner rule; its effective learning rate is that of the gradient as it sees it."""
        return self.inner.state_numbers(self.inner_state(state))

    def disabled_because(self, landscape: Landscape) -> str | None:
        return self.inner.disabled_because(landscape)

    @property
    def title(self) -> str:  # type: ignore[override]  # of this optimizer, not of a class
        return f"{self.inner.title}, {self.phrase}"

    @property
    def formula(self) -> str:  # type: ignore[override]
        """The wrapper's own rule, then the inner one: in the order in which they are applied."""
        return rf"{self.rule} \qquad {self.inner.formula}"

    @property
    def limit(self) -> str:  # type: ignore[override]
        return self.inner.limit

    @property
    def needs(self) -> Needs:  # type: ignore[override]
        return self.inner.needs

    @property
    def family(self) -> str:  # type: ignore[override]
        return self.inner.family

    # Hyperparameters of the whole nest.

    @property
    def own(self) -> dict[str, Any]:
        """This wrapper's parameters without those of the inner optimizer: with `key` all there is to store of it."""
        return {name: getattr(self, name) for name in self.defaults}

    @cached_property
    def _prefix(self) -> str:
        same = sum(isinstance(layer, Wrapper) and layer.key == self.key for layer in layers(self))
        return f"{self.key}." if same == 1 else f"{self.key}{same}."

    @cached_property
    def _own_numbers(self) -> dict[str, str]:
        """The names in the nest of this wrapper's numbers, and those of their fields."""
        return {self._prefix + name: name for name, allowed in self.ranges.items() if isinstance(allowed, Range)}

    @property
    def hyperparameters(self) -> dict[str, Any]:
        """All numbers of the nest by name; words are not among them."""
        return {**self.inner.hyperparameters, **{name: getattr(self, field) for name, field in self._own_numbers.items()}}

    @property
    def hyperparameter_ranges(self) -> dict[str, Range]:
        """The range of every one of `hyperparameters`."""
        return {**hyperparameter_ranges(self.inner), **{name: self.ranges[field] for name, field in self._own_numbers.items()}}

    def with_hyperparameters(self, **changes: Any) -> Self:
        """A copy with some of `hyperparameters` changed; unknown names raise TypeError listing those there are."""
        check_names(self.title, changes, self.hyperparameters)
        own = {field: changes[name] for name, field in self._own_numbers.items() if name in changes}
        rest = {name: value for name, value in changes.items() if name not in self._own_numbers}
        return replace(self, inner=self.inner.with_hyperparameters(**rest), **own)

    def cast(self, theta: Point) -> Self:
        arrays = {name: constant(value, like=theta) for name, value in self.own.items() if np.ndim(value) > 0}
        return replace(self, inner=self.inner.cast(theta), **arrays)

    def assigned(self, name: str, value: Number) -> Self:
        """See `assigned`."""
        if name in self._own_numbers:
            return unchecked(self, **{self._own_numbers[name]: value})
        return unchecked(self, inner=assigned(self.inner, name, value))


@dataclass_transform(frozen_default=True)
def wrapper(*, name: str, rule: str = "") -> Callable[[type[Wrapper]], type[Wrapper]]:
    """Make a frozen wrapper of a class whose annotated fields are its own parameters, all with defaults.

    `name` is what a menu shows, `rule` what the wrapper does, in LaTeX.
    """

    def decorate(cls: type[Wrapper]) -> type[Wrapper]:
        made: type[Wrapper] = dataclass(frozen=True, eq=False)(cls)
        made.key = cls.__module__.rsplit(".", 1)[-1]
        made.name, made.rule = name, rule
        allowed: dict[str, Range | Options] = {**ranges_of(cls), **options_of(cls)}
        made.defaults = {field.name: field.default for field in fields(made) if field.default is not MISSING}
        made.ranges = {field: allowed[field] for field in made.defaults}
        return made

    return decorate


def layers(optimizer: Optimizer) -> tuple[Optimizer, ...]:
    """The rule itself, then what is wrapped around it, from the inside out."""
    return (*layers(optimizer.inner), optimizer) if isinstance(optimizer, Wrapper) else (optimizer,)


def hyperparameter_ranges(optimizer: Optimizer) -> Mapping[str, Range]:
    """The range of each of an optimizer's `hyperparameters`, wrapped or not."""
    return optimizer.hyperparameter_ranges if isinstance(optimizer, Wrapper) else optimizer.ranges


def value_of(optimizer: Optimizer, name: str) -> Number:
    """One of an optimizer's `hyperparameters`."""
    while isinstance(optimizer, Wrapper):
        if name in optimizer._own_numbers:
            return getattr(optimizer, optimizer._own_numbers[name])
        optimizer = optimizer.inner
    return getattr(optimizer, name)


def present_value(optimizer: Optimizer, name: str, state: State) -> Number:
    """A hyperparameter as it stands at this step, whatever has been scheduled."""
    while isinstance(optimizer, Wrapper) and name not in optimizer._own_numbers:
        inner = optimizer.inner_state(state)
        optimizer, state = optimizer.present(state), inner
    return value_of(optimizer, name)


def assigned(optimizer: Optimizer, name: str, value: Number) -> Optimizer:
    """A copy with one hyperparameter of the nest set for this step: at every step, so it is not validated again. A schedule may
    end on a bound that a control leaves out, such as a learning rate of exactly 0."""
    if isinstance(optimizer, Wrapper):
        return optimizer.assigned(name, value)
    return unchecked(optimizer, **{name: value})


def unchecked(optimizer: AnyOptimizer, **changes: Any) -> AnyOptimizer:
    """`dataclasses.replace` without validation."""
    made = object.__new__(type(optimizer))
    made.__dict__.update(optimizer.__dict__, **changes)
    return made


def as_numbers(value: Any) -> Any:
    """A hyperparameter as plain data: tensors as NumPy arrays."""
    return value.detach().cpu().numpy() if hasattr(value, "detach") else value


def spelled(value: Any) -> str:
    """A hyperparameter as it is written in a title; of a sweep, its extremes."""
    numbers = np.asarray(as_numbers(value))
    low, high = f"{numbers.min():g}", f"{numbers.max():g}"
    return low if low == high else f"{low} to {high}"
