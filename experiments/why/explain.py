"""One step explained: the numbers behind it, and what they say in a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from experiments.loop import as_numpy
from experiments.spec import Experiment, run_entrant, start_of
from experiments.why.finding import Finding
from experiments.why.findings import findings
from experiments.why.methods import reason_for_none
from experiments.why.moment import Moment, moment
from experiments.why.overlay import Overlay, Replay, overlaid, replay
from landscapes.landscape import Landscape
from optimizers.optimizer import Optimizer


@dataclass(frozen=True, eq=False)
class Lens:
    """A step along the eigenvectors of the Hessian where it was taken; everything `(dim,)`, eigenvalues ascending.

    `eigenvectors` `(dim, dim)` in columns; gradient, step and error (from the nearest declared minimum, NaN without any) are
    components along them. `contraction` is the error after the step over the error before it, in the same eigenvectors.
    """

    eigenvalues: np.ndarray
    eigenvectors: np.ndarray
    gradient: np.ndarray
    step: np.ndarray
    error: np.ndarray
    contraction: np.ndarray


@dataclass(frozen=True, eq=False)
class Theory:
    """What linear theory says of a step; everything `(dim,)`, by ascending curvature.

    Modes are the eigenvectors of P⁻¹H, the Hessian's own where the method has no preconditioner: `curvatures`, unit
    `directions` in columns. An error along one is multiplied by `factors` a step, in the long run and with P held still; where
    `turning`, two complex roots share that modulus and the error oscillates. It grows beyond `limits`, and changes sign beyond
    `bounce_limits`, both learning rates. `lr` is the present one, and `knob` its name: Newton's fall-back has its own.
    """

    curvatures: np.ndarray
    directions: np.ndarray
    factors: np.ndarray
    turning: np.ndarray
    knob: str
    lr: float
    limits: np.ndarray
    bounce_limits: np.ndarray


@dataclass(frozen=True, eq=False)
class Model:
    """The local quadratic model: its stationary point (Newton's target, NaN where it has none or many), the loss it has there,
    what kind of point that is, and the loss it promises for the step."""

    target: np.ndarray
    loss: float
    kind: str
    promised: float


@dataclass(frozen=True, eq=False)
class Why:
    """Everything about the step from one point of a run.

    `taken` is false at the run's last point, where `delta` is the step that would follow. gradient is of the full loss, `seen`
    what the method saw. `nearest` is the index of the nearest declared minimum, None without any; `distance` how far it is.
    calls are oracle calls so far by kind. `theory` is None where there is none, and `no_theory` says why. preconditioner and
    effective_lr, lr over it, are per coordinate, None where the method has no diagonal one. `state` is the method's memory
    before the step. `findings` are what can be said, the most important first.
    """

    step: int
    taken: bool
    place: np.ndarray
    loss: float
    loss_after: float
    grad_norm: float
    gradient: np.ndarray
    seen: np.ndarray
    delta: np.ndarray
    inertia: np.ndarray
    nearest: int | None
    distance: float
    calls: Mapping[str, int]
    lens: Lens
    theory: Theory | None
    no_theory: str
    model: Model
    preconditioner: np.ndarray | None
    effective_lr: np.ndarray | None
    state: Mapping[str, np.ndarray]
    findings: tuple[Finding, ...]

    @property
    def sentence(self) -> str:
        """What happened and what to try."""
        return self.findings[0].sentence


def explain(optimizer: Optimizer, landscape: Landscape, start: Any, steps: int, step: int, seed: int = 0) -> Why:
    """The step from point `step` of the run that `run` with the same arguments records; `step` in [0, steps].

    The walk is repeated up to there. Raises ValueError for a step outside the run or a start that is not one point.
    """
    if not 0 <= step <= steps:
        raise ValueError(f"step must lie in [0, {steps}], got {step}")
    walked = replay(optimizer, landscape, start, min(step + 1, steps), seed)
    return explained(optimizer, landscape, walked, overlaid(optimizer, landscape, walked, seed), step, seed, taken=step < steps)


def explained_entrant(experiment: Experiment, landscape: Landscape, step: int) -> tuple[Overlay, Why]:
    """The overlay of the experiment's only optimizer, and a step explained: from that point, or from its last finite one."""
    optimizer, start = experiment.optimizer(0), start_of(experiment, landscape)
    steps = run_entrant(experiment, landscape).steps
    walked = replay(optimizer, landscape, start, steps, experiment.seed)
    seen = overlaid(optimizer, landscape, walked, experiment.seed)
    step = min(step, int(walked.trajectory.last_finite))
    return seen, explained(optimizer, landscape, walked, seen, step, experiment.seed, taken=step < steps)


def explained(
    optimizer: Optimizer, landscape: Landscape, walked: Replay, seen: Overlay, step: int, seed: int = 0, taken: bool = True
) -> Why:
    """The explanation of one row of an overlay, made of the same walk."""
    with np.errstate(all="ignore"):
        m = moment(optimizer, landscape, walked, seen, step, seed)
        p = m.mode("preconditioner")
        diagonal = None if np.isnan(p).any() else p
        scalar = m.recurrence is not None and np.ndim(m.recurrence.rate) == 0
        divisor = np.ones_like(p) if diagonal is None else diagonal
        return Why(
            step=step,
            taken=taken,
            place=m.theta,
            loss=m.loss,
            loss_after=m.loss_after,
            grad_norm=m.grad_norm,
            gradient=m.gradient,
            seen=m.mode("seen"),
            delta=m.delta,
            inertia=m.mode("inertia"),
            nearest=int(m.mode("nearest")) if m.minima else None,
            distance=float(m.mode("distance")),
            calls={kind: int(count[step]) for kind, count in walked.trajectory.calls.items()},
            lens=_lens(m),
            theory=_theory(m),
            no_theory="" if m.theory else reason_for_none(optimizer, landscape) or "a number here is not finite",
            model=_model(m),
            preconditioner=diagonal,
            effective_lr=m.lr / divisor if scalar else None,
            state={name: as_numpy(value) for name, value in optimizer.state_numbers(walked.states[step]).items()},
            findings=findings(m),
        )


def _theory(m: Moment) -> Theory | None:
    if not m.theory:
        return None
    return Theory(
        m.mode("curvatures"), m.mode("directions"), m.mode("factors"), m.mode("turning"), m.knob, m.lr,
        m.lr * m.mode("share_to_limit"), m.lr * m.mode("share_to_bounce"),
    )  # fmt: skip


def _lens(m: Moment) -> Lens:
    vectors, after = m.mode("eigenvectors"), m.theta + m.delta
    error = contraction = np.full(len(m.theta), np.nan)
    if m.minima:
        minimum = np.asarray(m.minima[int(m.mode("nearest"))], dtype=float)
        error = (m.theta - minimum) @ vectors
        contraction = ((after - minimum) @ vectors) / error
    return Lens(m.mode("eigenvalues"), vectors, m.gradient @ vectors, m.delta @ vectors, error, contraction)


def _model(m: Moment) -> Model:
    target, values = m.mode("newton_target"), m.mode("eigenvalues")
    floor = 1e-14 * abs(values).max()
    kind = "minimum" if values[0] > floor else "maximum" if values[-1] < -floor else "saddle"
    kind = kind if np.isfinite(target).all() else "none"
    return Model(target, m.loss + float(m.gradient @ (target - m.theta)) / 2, kind, m.promised)
