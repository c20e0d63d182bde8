"""One step of an overlay, as the findings read it: its modes, names for its directions, and the words for its numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from experiments.loop import as_numpy
from experiments.why.methods import recurrence_of, ridge, unwrapped
from experiments.why.overlay import Overlay, Replay
from experiments.why.recurrence import Recurrence
from experiments.why.words import spelled_place
from landscapes.arrays import eigh, norm
from landscapes.landscape import Draw
from optimizers.optimizer import Optimizer
from optimizers.wrappers.timed import Timed
from optimizers.wrappers.wrapper import layers

ROUNDING = 64 * float(np.finfo(float).eps)  # a few operations' worth of it, relative to the map


NEAR = 0.1  # of the map's width


class Stationary(NamedTuple):
    """A point where the gradient is 0: its loss, the Hessian's eigenvalues and eigenvectors there, and how far it is."""

    place: np.ndarray
    loss: float
    values: np.ndarray
    vectors: np.ndarray
    away: float


@dataclass(frozen=True, eq=False)
class Moment:
    """The step from row `step` of an overlay.

    `rule` is the method inside all wrappers as it takes this step, `recurrence` what it is in linear theory, `ridge` what L2
    decay adds to its curvature. `knob` is the name of the learning rate that acts, `lr` its value. `bottom` is the loss at the
    nearest declared minimum, NaN without any; `norm` that of the gradient before clipping.
    """

    optimizer: Optimizer
    rule: Any
    landscape: Any
    seen: Overlay
    step: int
    coordinates: Sequence[str]
    domain: Sequence[tuple[float, float]]
    minima: Sequence[tuple[float, ...]]
    bottom: float
    knob: str
    lr: float
    ridge: float
    recurrence: Recurrence | None
    norm: float

    @cached_property
    def size(self) -> float:
        """How large the numbers on the map are."""
        return float(abs(np.asarray(self.domain, dtype=float)).max())

    @cached_property
    def width(self) -> float:
        """The widest side of the map."""
        return float(max(high - low for low, high in self.domain))

    @property
    def loss(self) -> float:
        return float(self.seen.loss[self.step])

    @property
    def loss_after(self) -> float:
        return float(self.seen.loss[self.step + 1])

    @property
    def theta(self) -> np.ndarray:
        return np.asarray(self.seen.theta[self.step])

    @property
    def delta(self) -> np.ndarray:
        return np.asarray(self.seen.step[self.step])

    @property
    def gradient(self) -> np.ndarray:
        return np.asarray(self.seen.gradient[self.step])

    @property
    def grad_norm(self) -> float:
        return float(self.seen.grad_norm[self.step])

    def mode(self, name: str) -> np.ndarray:
        """A field of the overlay at this step."""
        return np.asarray(getattr(self.seen, name)[self.step])

    @cached_property
    def theory(self) -> bool:
        return bool(np.isfinite(self.mode("factors")).all())

    @cached_property
    def adaptive(self) -> bool:
        """Whether the preconditioner is made of past gradients."""
        return bool(np.isfinite(self.mode("preconditioner")).all()) and self.rule.family == "Adaptive"

    @cached_property
    def reach(self) -> np.ndarray:
        """How far the floor of the local model is along each mode, in coordinates; NaN along modes that do not curve up."""
        p, curvatures = self.mode("preconditioner"), self.mode("curvatures")
        root = np.sqrt(np.where(np.isfinite(p), p, 1.0))
        length = 1 / np.linalg.norm(root[:, None] * self.mode("directions"), axis=0)
        with np.errstate(all="ignore"):
            return np.where(curvatures > 0, abs(self.mode("mode_gradient") / curvatures) * length, np.nan)

    @cached_property
    def shares(self) -> np.ndarray:
        """Each mode's share of the loss that the local model has above its floor; NaN unless every mode curves up."""
        curvatures, g = self.mode("curvatures"), self.mode("mode_gradient")
        with np.errstate(all="ignore"):
            energy = np.where(curvatures > 0, g * g / curvatures, np.nan)
            return np.asarray(energy / energy.sum())

    @cached_property
    def work(self) -> np.ndarray:
        """Each mode's share of slope times step, signs left out."""
        product = abs(self.mode("mode_gradient") * self.mode("mode_step"))
        return np.asarray(product / product.sum())

    def direction(self, mode: int) -> str:
        """A name for a mode: its coordinate where it lies along one within 11 degrees, else steep or flat, with its numbers."""
        return self.spelled_direction(self.mode("directions")[:, mode], mode)

    def spelled_direction(self, arrow: np.ndarray, rank: int) -> str:
        axis = int(abs(arrow).argmax())
        if abs(arrow[axis]) >= 0.98:
            return self.coordinates[axis]
        kind = "flat" if rank == 0 else "steep" if rank == len(arrow) - 1 else f"{rank + 1}th"
        return f"the {kind} direction {spelled_place(arrow)}"

    @cached_property
    def promised(self) -> float:
        """The loss that the local quadratic model has where the step leads; rounding is left out."""
        along = self.delta @ self.mode("eigenvectors")
        terms = (self.loss, float(self.gradient @ self.delta), 0.5 * float((self.mode("eigenvalues") * along * along).sum()))
        total = sum(terms)
        return total if abs(total) > 1e-14 * max(abs(term) for term in terms) else 0.0

    @cached_property
    def pull(self) -> np.ndarray:
        """What the step would be without memory."""
        return np.asarray(self.delta - self.mode("inertia"))

    @cached_property
    def stationary(self) -> Stationary | None:
        """The surface's own stationary point near by, found by Newton's iteration from here.

        None unless there is one within NEAR of the map's width which the local model already points at: its first guess must be
        nearer to it than here by half.
        """
        guess = place = self.mode("newton_target")
        steepest = float(abs(self.mode("eigenvalues")).max())
        for _ in range(12):
            away = np.linalg.norm(place - self.theta)
            if not away <= NEAR * self.width:
                return None
            point = self.landscape.point(place)
            gradient = as_numpy(self.landscape.gradient(point))
            values, vectors = eigh(np.asarray(as_numpy(self.landscape.hessian(point)), dtype=float))
            if np.linalg.norm(gradient) <= ROUNDING * steepest * self.size:
                if np.linalg.norm(place - guess) > away / 2:
                    return None
                place = np.where(abs(place) <= ROUNDING * self.size, 0.0, place)
                return Stationary(place, float(as_numpy(self.landscape.loss(point))), values, vectors, float(away))
            if not abs(values).min() > 1e-14 * abs(values).max():
                return None
            place = place - vectors @ ((gradient @ vectors) / values)
        return None


def moment(optimizer: Optimizer, landscape: Any, walked: Replay, seen: Overlay, step: int, seed: int) -> Moment:
    """The moment at one row of an overlay, made of the same walk."""
    theta, state = seen.theta[step], walked.states[step]
    oracle = landscape.at(landscape.point(theta), Draw(seed, step))
    *_, (rule, _, _) = unwrapped(optimizer, state, oracle)
    extra, nearest, minima = ridge(optimizer), int(seen.nearest[step]), tuple(landscape.minima)
    gradient = seen.gradient[step] + extra * theta
    values = seen.eigenvalues[step] + extra
    recurrence = recurrence_of(optimizer, state, oracle, values, gradient @ seen.eigenvectors[step])
    lr, knob = float(seen.lr[step]), "lr"
    if any(isinstance(layer, Timed) and layer.of == "lr" for layer in layers(optimizer)):
        knob = "the present lr"
    if rule.key in ("newton", "newton_scalar") and recurrence and (recurrence.rate == rule.fallback_lr).all():
        lr, knob = rule.fallback_lr, "fallback_lr"
    return Moment(
        optimizer=optimizer,
        rule=rule,
        landscape=landscape,
        seen=seen,
        step=step,
        coordinates=tuple(landscape.coordinates),
        domain=tuple(landscape.domain),
        minima=minima,
        bottom=float(as_numpy(landscape.loss(landscape.point(minima[nearest])))) if minima else np.nan,
        knob=knob,
        lr=lr,
        ridge=extra,
        recurrence=recurrence,
        norm=float(norm(oracle.grad)[0]),
    )
