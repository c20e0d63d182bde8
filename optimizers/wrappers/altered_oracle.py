"""What a wrapper shows of the landscape where it changes what the rule inside is told."""

from __future__ import annotations

from typing import Self

from landscapes.arrays import Array
from landscapes.landscape import Matrix, Norm, Point, Scalar
from landscapes.oracle import Oracle
from optimizers.optimizer import Number


class AlteredOracle(Oracle):
    """An oracle that asks another one and changes what it says; `amount` is the wrapper's number that says how much.

    Calls are counted, and values kept, by the one that is asked.
    """

    __slots__ = ("amount", "source")

    def __init__(self, source: Oracle, amount: Number) -> None:
        super().__init__(source.landscape, source.theta)
        self.source, self.amount = source, amount

    @property
    def loss(self) -> Scalar:
        return self.source.loss

    @property
    def grad(self) -> Point:
        if self._grad is None:
            self._grad = self.altered(self.source.grad)
        return self._grad

    @property
    def hessian(self) -> Matrix:
        return self.source.hessian

    def hvp(self, vector: Point) -> Point:
        return self.source.hvp(vector)

    def input_power(self, norm: Norm = "l2") -> Point:
        return self.source.input_power(norm)

    def input_terms(self, norm: Norm = "l2") -> tuple[Array, Array]:
        return self.source.input_terms(norm)

    def at(self, other: Point) -> Self:
        return type(self)(self.source.at(other), self.amount)

    def altered(self, grad: Point) -> Point:
        """What is shown in place of the gradient."""
        raise NotImplementedError
