"""The networks on the menu. No torch is imported here: an experiment about a network is checked and linked without it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np

from landscapes.networks.datasets import DATASETS
from landscapes.networks.plan import PlaneMLP
from landscapes.networks.task import Perceptron, Task
from landscapes.ranges import Options, Range, check_names, options_of, ranges_of

if TYPE_CHECKING:
    from landscapes.networks.network import Network
    from landscapes.networks.plane import NetworkPlane

AnyData = Annotated[Any, Options(tuple(DATASETS))]
Images = Annotated[Any, Options(("digits", "mnist", "cifar10"))]
Classes = Annotated[Any, Options(("digits", "mnist", "cifar10", "two_spirals", "moons", "circles", "blobs"))]
TwoClasses = Annotated[Any, Options(("two_spirals", "moons", "circles"))]
Some = Annotated[Any, Range(2, 60_000, scale="log", control=(20, 2000), whole=True)]
Seed = Annotated[Any, Range(0, 2**31 - 1, control=(0, 100), whole=True)]
Start = Annotated[Any, Options(("torch", "he", "xavier"))]
Scale = Annotated[Any, Range(0, 100, control=(0.1, 3.0))]


@dataclass(frozen=True)
class NetworkFamily:
    """A network on the menu: call it with parameters to get a `Network`; without any, it takes their defaults.

    `plan` makes the task that all its parameters, by name, describe.
    """

    key: str
    title: str
    description: str
    defaults: Mapping[str, Any]
    ranges: Mapping[str, Range | Options]
    plan: Callable[..., Task]
    reference: str

    def check(self, parameters: Mapping[str, Any]) -> None:
        """Raise for unknown names (TypeError) and values that are not allowed or do not fit together (ValueError)."""
        self.task(**parameters)

    def task(self, **parameters: Any) -> Task:
        """What the network learns, and by which layers."""
        check_names(self.key, parameters, self.ranges)
        for name, value in parameters.items():
            self.ranges[name].check(f"{self.key}.{name}", value)
        return self.plan(**{**self.defaults, **parameters})

    def perceptron(self, **parameters: Any) -> Perceptron | None:
        """The network as a plain perceptron with cross-entropy; None if it is more than that."""
        return self.task(**parameters).perceptron

    def __call__(self, **parameters: Any) -> Network:
        """The network at its initial weights, on its training samples. This imports torch."""
        from landscapes.networks.build import task_network

        return task_network(self.title, self.task(**parameters), int({**self.defaults, **parameters}["seed"]))

    def plane(
        self,
        parameters: Mapping[str, Any],
        origin: np.ndarray,
        directions: np.ndarray,
        domain: Sequence[tuple[float, float]],
        start: tuple[float, ...],
    ) -> PlaneMLP | NetworkPlane:
        """The slice origin + span(directions) through the network's training loss; for plain perceptrons without torch."""
        perceptron, name = self.perceptron(**parameters), f"Slice of the {self.title}"
        if perceptron is None:
            from landscapes.networks.plane import NetworkPlane

            return NetworkPlane.through(self(**parameters), name, origin, directions, domain, start)
        train, _ = self.task(**parameters).load()
        return PlaneMLP(
            name=name,
            shapes=tuple(zip(perceptron.sizes[1:], perceptron.sizes)),
            activation=perceptron.activation,
            inputs=train.inputs,
            labels=train.labels,
            origin=origin,
            directions=directions,
            domain=domain,
            start=start,
        )


def network(*, title: str, reference: str) -> Callable[[Callable[..., Task]], NetworkFamily]:
    """Make a family of a function whose arguments are its parameters and which returns the task that they describe.

    One of them is `seed`, which draws the initial weights; tasks do not depend on it.
    """

    def decorate(function: Callable[..., Task]) -> NetworkFamily:
        parameters = inspect.signature(function).parameters
        allowed: Mapping[str, Range | Options] = {**ranges_of(function), **options_of(function)}
        return NetworkFamily(
            key=function.__name__,
            title=title,
            description=inspect.getdoc(function) or "",
            defaults={name: parameter.default for name, parameter in parameters.items()},
            ranges={name: allowed[name] for name in parameters},
            plan=function,
            reference=reference,
        )

    return decorate


def row(data: str) -> tuple[int, ...]:
    """The shape of a data set's inputs with all pixels in one row."""
    return (int(np.prod(DATASETS[data].shape)),)
