"""A plane or line through a multilayer perceptron's loss, in NumPy alone: the fast path of a slice.

With theta = origin + a d1 + b d2 the first layer's pre-activations are A + a B + b C, three matrices computed once, so that the
dearest matrix product leaves the loop. Arrays are feature-major, `(runs, features, samples)`: the long axis is last, and the
softmax over 10 classes runs along it. Tests hold everything here equal to the generic `Slice` of the torch network.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from landscapes.arrays import Array
from landscapes.landscape import Block, Landscape, Matrix, Norm, Point, Scalar
from landscapes.modifiers import INPUT_NOTE, PLANE_AXES, plane_latex
from landscapes.networks.measured import measured

CHUNK_BYTES = 2**19  # one chunk's widest layer: it fits the second-level cache beside what is made of it
SUBSET_SEED = 20_260
DESCRIPTION = "A plane through a trained network's true loss: the one that holds most of its optimizers' paths."


class Activation(NamedTuple):
    """An elementwise function: its value into `out`, and its first two derivatives from the value h (first one: f)."""

    value: Callable[[np.ndarray, np.ndarray], Any]
    slope: Callable[[np.ndarray], np.ndarray]
    bend: Callable[[np.ndarray, np.ndarray], np.ndarray | None]


def _sigmoid(z: np.ndarray, out: np.ndarray) -> None:
    np.tanh(z * np.float32(0.5), out=out)
    out *= 0.5
    out += 0.5


ACTIVATIONS: Mapping[str, Activation] = {
    "tanh": Activation(lambda z, out: np.tanh(z, out=out), lambda h: 1 - h * h, lambda h, f: -2 * h * f),
    "relu": Activation(lambda z, out: np.maximum(z, 0, out=out), lambda h: (h > 0).astype(h.dtype), lambda h, f: None),
    "sigmoid": Activation(_sigmoid, lambda h: h - h * h, lambda h, f: f - 2 * h * f),
}


@dataclass(frozen=True, eq=False)
class PlaneMLP(Landscape):
    """Mean cross-entropy of a perceptron on the plane origin + c @ directions: coordinates c float64, products float32.

    `shapes` are the layers' (outputs, inputs); origin `(dim,)` and directions `(axes, dim)`, two of a plane and one of a line,
    hold weight and bias of each layer in turn. `inputs` `(samples, features)`, `labels` `(samples,)`; `whole` is how many
    samples there are in all, if these are a subset. Relative error of the loss about 1e-6.
    """

    name: str
    shapes: tuple[tuple[int, int], ...]
    activation: str
    inputs: np.ndarray
    labels: np.ndarray
    origin: np.ndarray
    directions: np.ndarray
    domain: Sequence[tuple[float, float]]
    start: tuple[float, ...]
    whole: int | None = None
    coordinates: tuple[str, ...] = PLANE_AXES
    description: str = DESCRIPTION

    minima: Sequence[tuple[float, ...]] = ()
    saddles: Sequence[tuple[float, ...]] = ()
    input_reason = None
    input_note = INPUT_NOTE
    cells = 101  # on each side of a map of it

    @cached_property
    def axes(self) -> int:
        return len(self.directions)

    @property
    def blocks(self) -> tuple[Block, ...]:  # type: ignore[override]  # follows from the directions
        return (Block("plane", (self.axes,), inputs=False),)

    @property
    def latex(self) -> str:
        return plane_latex(self.axes)

    @property
    def samples(self) -> int:
        return len(self.labels)

    @property
    def of(self) -> int:
        """How many samples there are in all."""
        return self.whole or self.samples

    @property
    def measured(self) -> str:
        """What the loss is over, and in which precision."""
        return measured(self.samples, self.of, "float32", "none")

    def subset(self, samples: int) -> PlaneMLP:
        """The same plane with the loss over a fixed random choice of `samples` training samples; all of them if fewer."""
        if samples < 1:
            raise ValueError(f"samples must be at least 1, got {samples}")
        if samples >= self.samples:
            return self
        chosen = np.sort(np.random.default_rng(SUBSET_SEED).permutation(self.samples)[:samples])
        return replace(self, inputs=self.inputs[chosen], labels=self.labels[chosen], whole=self.of)

    @cached_property
    def _layers(self) -> list[np.ndarray]:
        """Per layer `(1 + axes, outputs, inputs + 1)` float64, biases last: at the origin, and along the directions."""
        points = np.concatenate([self.origin[None], self.directions]).astype(np.float64)
        layers, offset = [], 0
        for outputs, inputs in self.shapes:
            weight = points[:, offset : offset + outputs * inputs].reshape(-1, outputs, inputs)
            offset += outputs * inputs
            layers.append(np.concatenate([weight, points[:, offset : offset + outputs, None]], axis=2))
            offset += outputs
        return layers

    @cached_property
    def _first(self) -> np.ndarray:
        """The first layer's A, B and C, `(1 + axes, outputs * samples)`."""
        layer = self._layers[0]
        products = layer[:, :, :-1] @ self.inputs.T.astype(np.float64) + layer[:, :, -1:]
        return products.reshape(1 + self.axes, -1).astype(np.float32)

    @cached_property
    def _later(self) -> list[np.ndarray]:
        """The other layers, `(1 + axes, outputs * (inputs + 1))`."""
        return [layer.reshape(len(layer), -1).astype(np.float32) for layer in self._layers[1:]]

    @cached_property
    def _hot(self) -> np.ndarray:
        """One-hot labels, `(classes, samples)`."""
        return np.asarray(np.arange(self.shapes[-1][0])[:, None] == self.labels, dtype=np.float32)

    def point(self, values: Any) -> Point:
        return np.asarray(values, dtype=np.float64)

    def _weights(self, layer: int, mix: np.ndarray) -> np.ndarray:
        """Weight and bias of a later layer at each run, `(runs, outputs, inputs + 1)`."""
        outputs, inputs = self.shapes[layer]
        return (mix @ self._later[layer - 1]).reshape(len(mix), outputs, inputs + 1)

    def _forward(self, mix: np.ndarray) -> tuple[list[np.ndarray], np.ndarray]:
        """Activations entering each later layer, with a last row of ones `(runs, inputs + 1, samples)`, and the logits."""
        value = ACTIVATIONS[self.activation].value
        z = (mix @ self._first).reshape(len(mix), -1, self.samples)
        hidden = []
        for layer in range(1, len(self.shapes)):
            h = np.empty((len(mix), z.shape[1] + 1, self.samples), np.float32)
            h[:, -1] = 1
            value(z, h[:, :-1])
            hidden.append(h)
            z = self._weights(layer, mix) @ h
        return hidden, z

    def _chunked(self, function: Callable[[np.ndarray], Any], theta: Point) -> list[np.ndarray]:
        """`function` of rows (1, *coordinates), a few runs at a time; its outputs joined and shaped `(*runs, ...)`."""
        flat = np.asarray(theta, dtype=np.float64).reshape(-1, self.axes)
        mix = np.empty((len(flat), 1 + self.axes), np.float32)
        mix[:, 0] = 1
        mix[:, 1:] = flat
        widest = max(outputs for outputs, _ in self.shapes)
        size = max(1, CHUNK_BYTES // (4 * widest * self.samples))
        with np.errstate(all="ignore"):  # a point far outside is infinite or NaN: that is data
            parts = [function(mix[i : i + size]) for i in range(0, max(len(mix), 1), size)]
        columns = parts[0] if len(parts) == 1 else [np.concatenate(column) for column in zip(*parts)]
        return [column.reshape((*theta.shape[:-1], *column.shape[1:])) for column in columns]

    def loss(self, theta: Point) -> Scalar:
        return self._chunked(lambda mix: [self._losses(self._forward(mix)[1])], theta)[0]

    def _losses(self, z: np.ndarray) -> np.ndarray:
        top = z.max(axis=1)
        chosen = z.reshape(len(z), -1) @ self._hot.ravel()
        z -= top[:, None]
        np.exp(z, out=z)
        logs = np.log(z.sum(axis=1))
        logs += top
        return (logs.sum(axis=1, dtype=np.float64) - chosen) / self.samples

    def loss_on_plane(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """The loss at every (x, y), `(len(y), len(x))`."""
        return np.asarray(self.loss(np.stack(np.meshgrid(x, y), axis=-1)))

    def _error(self, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Class probabilities, and the loss's gradient by the logits."""
        p = z - z.max(axis=1, keepdims=True)
        np.exp(p, out=p)
        p /= p.sum(axis=1, keepdims=True)
        delta = p - self._hot
        delta *= np.float32(1 / self.samples)
        return p, delta

    def _backward(self, mix: np.ndarray, hidden: list[np.ndarray], delta: np.ndarray) -> tuple[list[np.ndarray], np.ndarray]:
        """Each later layer's gradient by (weight, bias), `(runs, outputs * (inputs + 1))`, and the first layer's delta."""
        slope = ACTIVATIONS[self.activation].slope
        gradients: list[np.ndarray] = []
        for layer in range(len(self.shapes) - 1, 0, -1):
            h = hidden[layer - 1]
            gradients.insert(0, (delta @ h.transpose(0, 2, 1)).reshape(len(mix), -1))
            delta = self._weights(layer, mix)[:, :, :-1].transpose(0, 2, 1) @ delta
            delta *= slope(h[:, :-1])
        return gradients, delta

    def gradient(self, theta: Point) -> Point:
        return self._chunked(self._gradients, theta)[0]

    def _gradients(self, mix: np.ndarray) -> list[np.ndarray]:
        hidden, z = self._forward(mix)
        gradients, delta = self._backward(mix, hidden, self._error(z)[1])
        total = delta.reshape(len(mix), -1) @ self._first[1:].T
        for gradient, layer in zip(gradients, self._later):
            total += gradient @ layer[1:].T
        return [total.astype(np.float64)]

    def hessian(self, theta: Point) -> Matrix:
        """Exact: tangents of every layer forward, then one backward pass that meets each layer's own second derivatives.

        ∂²f/∂i∂j = Σ_n [p·(z_i z_j) - (p·z_i)(p·z_j)] / N + Σ_layers ⟨δ, W_i h_j + W_j h_i⟩ + ⟨δ_h, φ''(z) z_i z_j⟩.
        """
        return self._chunked(self._hessians, theta)[0]

    def _hessians(self, mix: np.ndarray) -> list[np.ndarray]:
        _, slope, bend = ACTIVATIONS[self.activation]
        hidden, z = self._forward(mix)
        runs, axes, ends = len(mix), self.axes, len(self.shapes) - 1
        total = np.zeros((runs, axes, axes))
        tangent = np.broadcast_to(
            self._first[1:].reshape(1, axes, -1, self.samples), (runs, axes, self.shapes[0][0], self.samples)
        )
        tangents, slopes = [], []  # per hidden layer: of its pre-activation, of its activation
        for layer in range(1, ends + 1):
            h = hidden[layer - 1]
            slopes.append(slope(h[:, :-1]))
            raised = tangent * slopes[-1][:, None]
            tangents.append((tangent, raised))
            along = self._later[layer - 1][1:].reshape(1, axes, *self._layers[layer].shape[1:])
            tangent = along @ h[:, None] + self._weights(layer, mix)[:, None, :, :-1] @ raised
        p, delta = self._error(z)
        pz = p[:, None] * tangent  # (runs, axes, classes, samples)
        mean = pz.sum(axis=2)
        total += (
            pz.reshape(runs, axes, -1) @ tangent.reshape(runs, axes, -1).transpose(0, 2, 1) - mean @ mean.transpose(0, 2, 1)
        ) / self.samples
        for layer in range(ends, 0, -1):
            h, (before, raised) = hidden[layer - 1][:, :-1], tangents[layer - 1]
            outer = (delta[:, None] @ raised.transpose(0, 1, 3, 2)).reshape(runs, axes, -1)
            along = self._later[layer - 1][1:].reshape(axes, *self._layers[layer].shape[1:])[:, :, :-1].reshape(axes, -1)
            mixed = outer @ along.T
            total += mixed + mixed.transpose(0, 2, 1)
            delta = self._weights(layer, mix)[:, :, :-1].transpose(0, 2, 1) @ delta
            curved = bend(h, slopes[layer - 1])
            if curved is not None:
                weighted = (before * (delta * curved)[:, None]).reshape(runs, axes, -1)
                total += weighted @ before.reshape(runs, axes, -1).transpose(0, 2, 1)
            delta = delta * slopes[layer - 1]
        return [total]

    def input_power(self, theta: Point, norm: Norm = "l2") -> Point:
        raise ValueError("a plane's coordinates multiply no input; its NSGD terms are in `input_terms`")

    def input_terms(self, theta: Point, norm: Norm = "l2") -> tuple[Array, Array]:
        """The plane's part of each weight block's gradient, with that block's input power; last, of all biases together."""
        terms, powers = self._chunked(lambda mix: self._terms(mix, norm), theta)
        return terms, np.broadcast_to(powers[..., None], terms.shape)

    @property
    def divided(self) -> np.ndarray:
        return np.repeat([[True]] * len(self.shapes) + [[False]], self.axes, axis=1)

    def _terms(self, mix: np.ndarray, norm: Norm) -> list[np.ndarray]:
        hidden, z = self._forward(mix)
        gradients, delta = self._backward(mix, hidden, self._error(z)[1])
        whole = delta.reshape(len(mix), -1) @ self._first[1:].T
        biases = delta.sum(axis=2) @ self._layers[0][1:, :, -1].T.astype(np.float32)
        terms, powers = [whole - biases], [np.full(len(mix), self._pixel_power[norm])]
        for gradient, layer, h in zip(gradients, self._layers[1:], hidden):
            by_bias = gradient.reshape(len(mix), *layer.shape[1:])[:, :, -1] @ layer[1:, :, -1].T.astype(np.float32)
            terms.append(gradient @ layer[1:].reshape(self.axes, -1).T.astype(np.float32) - by_bias)
            biases = biases + by_bias
            inputs = h[:, :-1].reshape(len(mix), -1)
            size = (inputs * inputs) if norm == "l2" else np.abs(inputs)
            powers.append(size.sum(axis=1, dtype=np.float64) / self.samples)
        powers.append(np.ones(len(mix)))
        return [np.stack([*terms, biases], axis=1).astype(np.float64), np.stack(powers, axis=1)]

    @cached_property
    def _pixel_power(self) -> dict[str, float]:
        inputs = self.inputs.astype(np.float64)
        return {"l2": float((inputs**2).sum(1).mean()), "l1": float(np.abs(inputs).sum(1).mean())}
