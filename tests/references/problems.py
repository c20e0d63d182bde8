"""The inputs of the surfaces, written by hand: what a paper's NSGD would see. Gradients and Hessians are the surfaces' own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

Rows = list[tuple[slice, np.ndarray]]  # for each layer: which parameters, and the input vectors it sees (samples, fan-in)


@dataclass(frozen=True)
class Problem:
    """What a transcription may use at a single point theta, `(2,)`."""

    gradient: Callable[[np.ndarray], np.ndarray]
    hessian: Callable[[np.ndarray], np.ndarray]
    layers: Callable[[np.ndarray], Rows] | None = None
    residuals: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]] | None = None  # residuals and their Jacobian


def ravine_layers(condition: float, angle: float) -> Callable[[np.ndarray], Rows]:
    c, s = np.cos(angle * np.pi / 180), np.sin(angle * np.pi / 180)
    samples = np.array([[np.sqrt(2 * condition) * c, np.sqrt(2 * condition) * s], [-np.sqrt(2) * s, np.sqrt(2) * c]])
    return lambda theta: [(slice(0, 2), samples)]


def two_layer_layers(x: float) -> Callable[[np.ndarray], Rows]:
    return lambda theta: [(slice(0, 1), np.array([[x]])), (slice(1, 2), np.array([[theta[0] * x]]))]


def rosenbrock_residuals(b: float) -> Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]:
    def at(theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        u, v = theta
        root = np.sqrt(b)
        return np.array([1 - u, root * (v - u * u)]), np.array([[-1.0, 0.0], [-2 * root * u, root]])

    return at
