"""The networks on the menu. No torch is imported here: an experiment about a network is checked and linked without it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np

from landscapes.landscape import Block
from landscapes.networks.datasets import DATASETS, Samples
from landscapes.networks.plan import ACTIVATIONS, PlaneMLP
from landscapes.ranges import Options, Range, check_names, options_of, ranges_of

if TYPE_CHECKING:
    from landscapes.networks.network import Network

Width = Annotated[Any, Range(1, 256, scale="log", control=(4, 64), whole=True)]
Depth = Annotated[Any, Range(0, 6, control=(0, 3), whole=True)]
Activation = Annotated[Any, Options(tuple(ACTIVATIONS))]
Seed = Annotated[Any, Range(0, 2**31 - 1, control=(0, 100), whole=True)]


@dataclass(frozen=True)
class Perceptron:
    """A multilayer perceptron's plan: the numbers of inputs, hidden units and outputs, and what stands between layers."""

    sizes: tuple[int, ...]
    activation: str

    @property
    def blocks(self) -> tuple[Block, ...]:
        """Weight `(outputs, inputs)` and bias of each layer, named as torch names them in a Sequential."""
        pairs = enumerate(pairwise(self.sizes))
        return tuple(
            block
            for layer, (inputs, outputs) in pairs
            for block in (Block(f"{2 * layer}.weight", (outputs, inputs)), Block(f"{2 * layer}.bias", (outputs,), inputs=False))
        )

    @property
    def dim(self) -> int:
        return sum(block.size for block in self.blocks)


@dataclass(frozen=True)
class NetworkFamily:
    """A network on the menu: call it with parameters to get a `Network`; without any, it takes their defaults.

    `plan` makes the parameters' perceptron, `data` its training and test samples.
    """

    key: str
    title: str
    description: str
    defaults: Mapping[str, Any]
    ranges: Mapping[str, Range | Options]
    plan: Callable[..., Perceptron]
    data: Callable[[], tuple[Samples, Samples]]
    reference: str

    def check(self, parameters: Mapping[str, Any]) -> None:
        """Raise for unknown names (TypeError) and values that are not allowed (ValueError), naming what is."""
        check_names(self.key, parameters, self.ranges)
        for name, value in parameters.items():
            self.ranges[name].check(f"{self.key}.{name}", value)

    def perceptron(self, **parameters: Any) -> Perceptron:
        self.check(parameters)
        return self.plan(**{**self.defaults, **parameters})

    def __call__(self, **parameters: Any) -> Network:
        """The network at its initial weights, on its training samples. This imports torch."""
        from landscapes.networks.network import perceptron_network

        plan = self.perceptron(**parameters)
        train, test = self.data()
        return perceptron_network(self.title, plan, train, test, seed=int({**self.defaults, **parameters}["seed"]))

    def plane(
        self,
        parameters: Mapping[str, Any],
        origin: np.ndarray,
        directions: np.ndarray,
        domain: Sequence[tuple[float, float]],
        start: tuple[float, float],
    ) -> PlaneMLP:
        """The plane origin + span(directions) through the network's training loss, without torch."""
        plan, (train, _) = self.perceptron(**parameters), self.data()
        return PlaneMLP(
            name=f"Slice of the {self.title}",
            shapes=tuple(zip(plan.sizes[1:], plan.sizes)),
            activation=plan.activation,
            inputs=train.inputs,
            labels=train.labels,
            origin=origin,
            directions=directions,
            domain=domain,
            start=start,
        )


def network(
    *, title: str, data: Callable[[], tuple[Samples, Samples]], reference: str
) -> Callable[[Callable[..., Perceptron]], NetworkFamily]:
    """Make a family of a function whose arguments are its parameters and which returns the perceptron they describe."""

    def decorate(function: Callable[..., Perceptron]) -> NetworkFamily:
        parameters = inspect.signature(function).parameters
        allowed: Mapping[str, Range | Options] = {**ranges_of(function), **options_of(function)}
        return NetworkFamily(
            key=function.__name__,
            title=title,
            description=inspect.getdoc(function) or "",
            defaults={name: parameter.default for name, parameter in parameters.items()},
            ranges={name: allowed[name] for name in parameters},
            plan=function,
            data=data,
            reference=reference,
        )

    return decorate


def flat_digits() -> tuple[Samples, Samples]:
    """The digits, each a row of 64 pixels."""
    train, test = (Samples(part.inputs.reshape(len(part), -1), part.labels) for part in DATASETS["digits"]())
    return train, test


@network(title="Digits MLP", data=flat_digits, reference="Alpaydin and Kaynak 1998, doi:10.24432/C50P49")
def digits_mlp(width: Width = 10, depth: Depth = 1, activation: Activation = "tanh", seed: Seed = 0) -> Perceptron:
    """A multilayer perceptron that reads handwritten digits: 64 pixels in, `depth` hidden layers of `width`, 10 classes out.

    The loss is the mean cross-entropy over the 1,500 training digits. Depth 0 is softmax regression, which is convex.
    """
    return Perceptron((64, *[int(width)] * int(depth), 10), activation)
