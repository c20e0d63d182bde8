"""Which recurrence each method is, or why it is none."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from math import prod
from typing import Any

import numpy as np

from experiments.why.recurrence import Recurrence
from landscapes.arrays import norm
from landscapes.landscape import Landscape
from optimizers.optimizer import INPUTS, Optimizer, Oracle, State
from optimizers.wrappers.wrapper import Wrapper, present_value


def _plain(o: Any, state: State) -> Recurrence:
    return Recurrence(o.lr)


def _heavy_ball(o: Any, state: State) -> Recurrence:
    return Recurrence(o.lr, o.momentum)


def _nesterov(o: Any, state: State) -> Recurrence:
    return Recurrence(o.lr * (1 + o.momentum), o.momentum, ahead=o.lr * o.momentum)


def _annealed(o: Any, state: State) -> Recurrence:
    return Recurrence(o.lr, o._coefficient(state[1]))


def _normalised_momentum(o: Any, state: State) -> Recurrence:
    return Recurrence(o.lr, o.momentum, decay=o.lr * o.weight_decay)


def _averaged(o: Any, state: State) -> Recurrence:
    """Adam and those like it: the state's last entry counts the steps."""
    rate, decay = o.lr * (1 - o.beta1), o.lr * getattr(o, "weight_decay", 0.0)
    pull = rate / (1 - o.beta1 ** (state[-1] + 1))
    return Recurrence(rate, o.beta1, decay=decay, ahead_decay=decay * o.beta1, pull=pull)


def _averaged_uncorrected(o: Any, state: State) -> Recurrence:
    rate = o.lr * (1 - o.beta1)
    return Recurrence(rate, o.beta1, pull=rate)


def _nadam(o: Any, state: State) -> Recurrence:
    """In the long run Δθ = -lr ((1 - μ_t) g + μ_{t+1} m) / P: the corrections of the start have become 1."""
    product, t = state[-2], state[-1] + 1
    now, following = o._coefficient(t), o._coefficient(t + 1)
    rate = o.lr * ((1 - now) + following * (1 - o.beta1))
    corrected = (1 - now) / (1 - product * now) + following * (1 - o.beta1) / (1 - product * now * following)
    return Recurrence(rate, o.beta1, ahead=o.lr * o.beta1 * (1 - now), pull=o.lr * corrected)


_RECURRENCES: Mapping[str, Callable[[Any, State], Recurrence]] = {
    "sgd": _plain,
    "momentum": _heavy_ball,
    "nesterov": _nesterov,
    "momentum_annealed": _annealed,
    "adagrad": _plain,
    "adadelta": _plain,
    "rmsprop": _plain,
    "rmsprop_article": _plain,
    "adam": _averaged,
    "adam_article": _averaged_uncorrected,
    "adamw": _averaged,
    "amsgrad": _averaged,
    "nadam": _nadam,
    "radam": _averaged,
    "nsgd_l2": _normalised_momentum,
    "nsgd_l1": _normalised_momentum,
    "insgd": _normalised_momentum,
    "insgd_released": _normalised_momentum,
}


def _newton(o: Any, values: np.ndarray, along: np.ndarray) -> np.ndarray:
    convex = values[0] + o.damping > o.tol
    return o.lr / (values + o.damping) if convex else np.full(values.shape, o.fallback_lr)


def _newton_scalar(o: Any, values: np.ndarray, along: np.ndarray) -> np.ndarray:
    square = along @ along
    curvature = along @ (values * along) / square if square else 0.0
    return np.full(values.shape, o.lr / curvature if curvature > o.tol else o.fallback_lr)


def _newton_eigen(o: Any, values: np.ndarray, along: np.ndarray) -> np.ndarray:
    convex = values > o.tol
    return np.where(convex, o.lr / np.where(convex, values, 1.0), o.fallback_lr)


def _saddle_free(o: Any, values: np.ndarray, along: np.ndarray) -> np.ndarray:
    return np.asarray(o.lr / np.maximum(abs(values), o.damping))


_BY_EIGENVALUE: Mapping[str, Callable[[Any, np.ndarray, np.ndarray], np.ndarray]] = {
    "newton": _newton,
    "newton_scalar": _newton_scalar,
    "newton_eigen": _newton_eigen,
    "saddle_free_newton": _saddle_free,
}

_NONE: Mapping[str, str] = {
    "newton_cg": "conjugate gradients stop where they are accurate enough, which depends on the gradient's size",
    "lbfgs": "its curvature estimate is made of its own past steps",
    "lion": "its step is a sign, which does not shrink with the error",
    "lookahead": "this step comes part of the way back to the slow weights",
    "clip_value": "a coordinate that is clipped does not answer to the error",
}


def _decayed_beside(o: Any, state: State, oracle: Oracle, r: Recurrence) -> Recurrence:
    decay = present_value(o.inner, "lr", state) * o.weight_decay
    return r._replace(decay=r.decay + decay, ahead_decay=r.ahead_decay + decay * r.momentum)


def _clipped(o: Any, state: State, oracle: Oracle, r: Recurrence) -> Recurrence:
    """With the shortening held still, as preconditioners are."""
    left = kept(o, oracle)
    return r._replace(rate=r.rate * left, ahead=r.ahead * left, pull=r.present)


def _clipped_by_value(o: Any, state: State, oracle: Oracle, r: Recurrence) -> Recurrence | None:
    return r if kept(o, oracle) == 1 else None


def _between_returns(o: Any, state: State, oracle: Oracle, r: Recurrence) -> Recurrence | None:
    return None if (state[1] + 1) % o.k == 0 else r


def _unchanged(o: Any, state: State, oracle: Oracle, r: Recurrence) -> Recurrence:
    return r


_WRAPPERS: Mapping[str, Callable[[Any, State, Oracle, Recurrence], Recurrence | None]] = {
    "weight_decay": _unchanged,  # it changes the curvature: see `ridge`
    "decoupled_weight_decay": _decayed_beside,
    "clip": _clipped,
    "clip_value": _clipped_by_value,
    "schedule": _unchanged,  # the rule is asked with its present values
    "change": _unchanged,
    "lookahead": _between_returns,
}


def recurrence_of(
    optimizer: Optimizer, state: State, oracle: Oracle, values: np.ndarray, along: np.ndarray
) -> Recurrence | None:
    """The recurrence that a method is in the state before a step, or None; Newton's relatives have a rate per eigenvector.

    values `(dim,)` ascending and `along`, the gradient's components along the eigenvectors `(dim,)`: of what is minimised.
    """
    if isinstance(optimizer, Wrapper):
        inner = recurrence_of(optimizer.present(state), optimizer.inner_state(state), optimizer.seen(oracle), values, along)
        changed = _WRAPPERS.get(optimizer.key)
        return changed(optimizer, state, oracle, inner) if changed and inner else None
    if optimizer.key in _BY_EIGENVALUE:
        return Recurrence(_BY_EIGENVALUE[optimizer.key](optimizer, values, along))
    return _RECURRENCES[optimizer.key](optimizer, state) if optimizer.key in _RECURRENCES else None


def reason_for_none(optimizer: Optimizer, landscape: Landscape) -> str:
    """Why a method has no factors here, as the end of a sentence."""
    if isinstance(optimizer, Wrapper):
        own = f"no linear theory is written down for a rule under {optimizer.key}"
        return reason_for_none(optimizer.inner, landscape) or _NONE.get(optimizer.key, own)
    if optimizer.key in _NONE:
        return _NONE[optimizer.key]
    if INPUTS in optimizer.needs and len(landscape.divided) > 1:
        return "each residual is normalised by itself, which is no diagonal preconditioner"
    known = optimizer.key in _RECURRENCES or optimizer.key in _BY_EIGENVALUE
    return "" if known else f"no linear theory is written down for {optimizer.title}"


def ridge(optimizer: Optimizer) -> float:
    """What L2 decay adds to every eigenvalue of the Hessian that the rule sees."""
    if not isinstance(optimizer, Wrapper):
        return 0.0
    own = float(optimizer.own["weight_decay"]) if optimizer.key == "weight_decay" else 0.0
    return own + ridge(optimizer.inner)


def kept(o: Wrapper, oracle: Oracle) -> float:
    """The share of the gradient's norm that one wrapper leaves; 1 where there is no gradient."""
    before = float(norm(oracle.grad)[0])
    return float(norm(o.seen(oracle).grad)[0]) / before if before > 0 else 1.0


def unwrapped(optimizer: Optimizer, state: State, oracle: Oracle) -> Iterator[tuple[Any, State, Oracle]]:
    """Each layer as it takes this step, its state and the oracle it asks: from the outside in, the rule last."""
    yield optimizer, state, oracle
    if isinstance(optimizer, Wrapper):
        yield from unwrapped(optimizer.present(state), optimizer.inner_state(state), optimizer.seen(oracle))


def clipping(optimizer: Optimizer, state: State, oracle: Oracle) -> float:
    """The share of the gradient's norm that clipping leaves at a step; 1 where nothing is clipped."""
    clips = (layer for layer in unwrapped(optimizer, state, oracle) if layer[0].key in ("clip", "clip_value"))
    return prod(kept(layer, asked) for layer, _, asked in clips)
