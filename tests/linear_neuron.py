"""A small landscape of the tests' own: linear neurons with a bias, so that some parameters multiply no input."""

from __future__ import annotations

from typing import Any

import numpy as np

from landscapes.landscape import Block, Landscape, Norm, Point, Scalar


class LinearNeuron(Landscape):
    """f = mean (w.x + b - y)^2 / 2 over samples x `(n, fan_in)`; theta = (w, b), or w alone without a bias."""

    def __init__(self, x: Any, y: Any, bias: bool = True) -> None:
        self.x, self.y, self.name = np.asarray(x, dtype=float), np.asarray(y, dtype=float), "Linear neuron"
        weight = Block("w", (1, self.x.shape[1]))
        self.blocks = (weight, Block("b", (1,), inputs=False)) if bias else (weight,)
        self.rows = np.hstack([self.x, np.ones((len(self.x), 1))]) if bias else self.x

    @property
    def start(self) -> Any:
        return np.ones(self.dim)

    @property
    def input_reason(self) -> str | None:
        return None

    def point(self, values: Any) -> Point:
        return np.asarray(values, dtype=float)

    def loss(self, theta: Point) -> Scalar:
        return 0.5 * ((theta @ self.rows.T - self.y) ** 2).mean(-1)

    def gradient(self, theta: Point) -> Point:
        return (theta @ self.rows.T - self.y) @ self.rows / len(self.x)

    def hessian(self, theta: Point) -> Any:
        return np.broadcast_to(self.rows.T @ self.rows / len(self.x), (*theta.shape, theta.shape[-1])).copy()

    def input_power(self, theta: Point, norm: Norm = "l2") -> Point:
        n = (self.x**2 if norm == "l2" else abs(self.x)).sum(1).mean()
        return np.where(self.has_input, n, 1.0) + 0 * theta
