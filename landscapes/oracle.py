"""The oracle: all that an optimizer may ask about the landscape where it stands."""

from __future__ import annotations

from landscapes.arrays import Array
from landscapes.landscape import Landscape, Matrix, Norm, Point, Scalar


class Oracle:
    """A landscape's local knowledge at theta, computed on first use and counted by kind in `calls`.

    Each kind is counted once per oracle for values that are kept, and at every call for `hvp`. Equal counts are a fair axis
    to compare optimizers on.
    """

    __slots__ = ("_calls", "_grad", "_hessian", "_loss", "landscape", "theta")

    def __init__(self, landscape: Landscape, theta: Point, calls: dict[str, int] | None = None) -> None:
        self.landscape = landscape
        self.theta = theta
        self._calls = {} if calls is None else calls
        self._loss = self._grad = self._hessian = None

    def _count(self, kind: str) -> None:
        self._calls[kind] = self._calls.get(kind, 0) + 1

    @property
    def loss(self) -> Scalar:
        if self._loss is None:
            self._count("loss")
            self._loss = self.landscape.loss(self.theta)
        return self._loss

    @property
    def grad(self) -> Point:
        if self._grad is None:
            self._count("gradient")
            self._grad = self.landscape.gradient(self.theta)
        return self._grad

    @property
    def hessian(self) -> Matrix:
        if self._hessian is None:
            self._count("hessian")
            self._hessian = self.landscape.hessian(self.theta)
        return self._hessian

    def hvp(self, vector: Point) -> Point:
        """Hessian times vector."""
        self._count("hvp")
        return self.landscape.hvp(self.theta, vector)

    def input_power(self, norm: Norm = "l2") -> Point:
        """Mean squared l2 norm (or mean l1 norm) of the input vector that each weight's block sees, `(*runs, dim)`."""
        self._count("inputs")
        return self.landscape.input_power(self.theta, norm)

    def input_terms(self, norm: Norm = "l2") -> tuple[Array, Array]:
        """Gradient terms and the input power of each, `(*runs, terms, dim)`; see `Landscape.input_terms`."""
        self._count("gradient")
        self._count("inputs")
        return self.landscape.input_terms(self.theta, norm)

    def at(self, other: Point) -> Oracle:
        """The oracle at another point, with the same draw (same mini-batch, same noise) and the same count."""
        return Oracle(self.landscape, other, self._calls)
