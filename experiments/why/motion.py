"""Findings about how a method moves: beyond its limit, to and fro, past the floor, too slowly, cut or fallen back."""

from __future__ import annotations

import numpy as np

from experiments.why.finding import Finding
from experiments.why.moment import ROUNDING, Moment
from experiments.why.recurrence import calm_momentum, steps_to_tenth
from experiments.why.words import below, in_rates, multiplied, number, percent

TINY = 0.01  # a mode with less of the local model's loss than this is not what a step is about


def diverging(m: Moment) -> Finding | None:
    shares, g, after = m.mode("share_to_limit"), m.mode("mode_gradient"), m.mode("mode_gradient_after")
    if not m.theory or not m.loss_after > m.loss:
        return None
    growing = np.flatnonzero((shares < 1) & (abs(after) > abs(g)))
    if not len(growing):
        return None
    i = int(growing[shares[growing].argmin()])
    limit, factor = m.lr * float(shares[i]), abs(float(m.mode("factors")[i]))
    text = (
        f"Diverging along {m.direction(i)}: {m.knob} {number(m.lr)} is {number(m.lr / limit)} times its limit {number(limit)} "
        f"{'with this divisor' if m.adaptive else 'here'}: each step {multiplied(factor)}. Below {below(limit)} it shrinks."
    )
    return Finding("diverging", text, {"lr": m.lr, "ratio": m.lr / limit, "limit": limit, "factor": factor})


def two_cycle(m: Moment) -> Finding | None:
    if not m.adaptive or m.step < 1:
        return None
    before, axis = m.seen.step[m.step - 1], int(abs(m.delta).argmax())
    size = float(abs(m.delta[axis]))
    if not (size > max(ROUNDING * m.size, 0.1 * m.lr) and abs(m.delta[axis] + before[axis]) <= 0.02 * size):
        return None
    text = (
        f"A two-cycle along {m.coordinates[axis]}: it jumps to and fro by {in_rates(size, m.lr)}. "
        f"It divides by the slope's own size, so its steps do not shrink; a smaller lr makes a smaller cycle."
    )
    return Finding("two-cycle", text, {"size": size, "ratio": size / m.lr})


def bouncing(m: Moment) -> Finding | None:
    """The step turns the slope along the steepest mode, and that mode carries weight."""
    i = len(m.delta) - 1
    g, after = float(m.mode("mode_gradient")[i]), float(m.mode("mode_gradient_after")[i])
    if not (m.mode("curvatures")[i] > 0 and g * after < 0 and m.reach[i] > ROUNDING * m.size):
        return None
    weight = m.shares[i] if np.isfinite(m.shares).all() else m.work[i]
    if weight < TINY or abs(after) < 0.05 * abs(g):
        return None
    kept, share, memory = abs(after / g), float(m.mode("share_to_bounce")[i]), float(m.mode("memory"))
    numbers = {"kept": kept}
    text = f"Overshot along {m.direction(i)}: the slope turned and is {number(kept)} times what it was."
    if not (m.theory and share < 1):
        return Finding("bouncing", f"{text} Try a smaller lr.", numbers)
    threshold = m.lr * share
    numbers |= {"lr": m.lr, "threshold": threshold}
    if memory > 0:
        factor = numbers["factor"] = abs(float(m.mode("factors")[i]))
        numbers["momentum"] = memory
        text += (
            f" With memory {number(memory)} this direction oscillates beyond {m.knob} {number(threshold)}; in the long run a "
            f"step {multiplied(factor)}."
        )
        return Finding("bouncing", text, numbers)
    numbers["ratio"] = m.lr / threshold
    text += (
        f" {_start(m.knob)} {number(m.lr)} is {number(m.lr / threshold)} times the {below(threshold)} that lands on the floor"
    )
    what = "this step would not have crossed" if m.adaptive else "it stops bouncing"
    return Finding("bouncing", f"{text}; below {below(threshold)} {what}.", numbers)


def _start(words: str) -> str:
    """Words that begin a sentence; `lr` stays what it is called."""
    return words if words.startswith(("lr", "fallback_lr")) else words[0].upper() + words[1:]


def carried_past(m: Moment) -> Finding | None:
    """Memory carries the step up a slope, or across a floor that its learning rate alone would not have crossed."""
    memory = float(m.mode("memory"))
    if not memory > 0:
        return None
    g, s, after = m.mode("mode_gradient"), m.mode("mode_step"), m.mode("mode_gradient_after")
    real = (m.mode("curvatures") > 0) & (m.reach > ROUNDING * m.size) & ~(m.shares < TINY) & (m.work > TINY)
    climbing, crossing = real & (g * s > 0), real & (g * after < 0) & (np.arange(len(g)) < len(g) - 1)
    if not (climbing | crossing).any():
        return None
    i = int(np.where(climbing | crossing, m.work, -1.0).argmax())
    slope, moved = float(m.gradient @ m.mode("directions")[:, i]), float(m.delta @ m.mode("directions")[:, i])
    if abs(moved) < 0.1 * np.linalg.norm(m.delta):
        return None
    if climbing[i]:
        what = f"the slope there is {number(slope)}, and the step of {number(moved)} climbs it"
    else:
        what = f"the step of {number(moved)} crosses it"
    text = f"Memory carries it past the floor along {m.direction(i)}: {what}."
    numbers = {"momentum": memory, "moved": moved} | ({"slope": slope} if climbing[i] else {})
    calm = None if m.adaptive else calm_momentum(m.recurrence, float(m.mode("curvatures")[i])) if m.recurrence else None
    if calm is not None and calm < memory:
        numbers["calm"] = calm
        text += f" Momentum is {number(memory)}; below {below(calm)} it would not pass."
    else:
        text += f" Less momentum than {number(memory)} would carry it less far."
    return Finding("momentum", text, numbers)


def fell_back(m: Moment) -> Finding | None:
    if not hasattr(m.rule, "fallback_lr"):
        return None
    rate, tol, values = float(m.rule.fallback_lr), float(m.rule.tol), m.mode("eigenvalues") + m.ridge
    numbers = {"fallback_lr": rate, "tol": tol}
    if m.rule.key == "newton_eigen":
        numbers["curvature"] = float(values[0])
        if not values[0] <= tol:
            return None
        where = m.spelled_direction(m.mode("eigenvectors")[:, 0], 0)
        text = (
            f"Fall-back along {where}: its curvature {number(values[0])} is not above tol {number(tol)}, so the step there is "
            f"fallback_lr {number(rate)} times the slope."
        )
        return Finding("fallback", text, numbers)
    if m.rule.key == "newton":
        curvature, what = float(values[0]) + float(m.rule.damping), "the least curvature"
    else:
        g = m.mode("seen")
        square = float(g @ g)
        along = g @ m.mode("eigenvectors")
        curvature = float((values * along * along).sum()) / square if square else np.inf
        curvature, what = curvature + float(getattr(m.rule, "damping", 0.0)), "the curvature along the gradient"
    if not curvature <= tol:
        return None
    text = (
        f"Fall-back: {what}, {number(curvature)}, is not above tol {number(tol)}, so the local model has no floor to jump to; "
        f"the step is fallback_lr {number(rate)} times the gradient."
    )
    return Finding("fallback", text, numbers | {"curvature": curvature})


def clipped(m: Moment) -> Finding | None:
    left = float(m.mode("clipping"))
    if not left < 1:
        return None
    shortened = left * m.norm
    text = f"Clipped: the gradient is {number(m.norm)} long and {number(shortened)} of it was used, {percent(left)}."
    return Finding("clipped", text, {"gradient": m.norm, "used": shortened, "share": 100 * left})


def lockstep(m: Moment) -> Finding | None:
    sizes, slopes = abs(m.delta), abs(m.gradient)
    if not (m.rule.family in ("Adaptive", "Sign") and len(sizes) > 1 and sizes.min() > 0.9 * sizes.max() > 0):
        return None
    if not (slopes.min() < 0.5 * slopes.max()):
        return None
    size = float(sizes.max())
    if size < 0.5 * m.lr:
        return None
    text = (
        f"In lockstep: every coordinate moves by about {in_rates(size, m.lr)}, though the slopes are "
        f"{' and '.join(number(s) for s in m.gradient)}. Only lr decides how far it goes."
    )
    slopes_by_name = {f"slope {name}": float(s) for name, s in zip(m.coordinates, m.gradient)}
    return Finding("lockstep", text, {"size": size, "ratio": size / m.lr} | slopes_by_name)


def creeping(m: Moment) -> Finding | None:
    """Most of the local model's loss lies along a mode that hardly shrinks."""
    if not m.theory or not np.isfinite(m.shares).all():
        return None
    i = int(m.shares.argmax())
    factor = float(m.mode("factors")[i])
    if not (0.95 < factor < 1 and not m.mode("turning")[i]):
        return None
    steps, limits = steps_to_tenth(factor), m.lr * m.mode("share_to_limit")
    text = (
        f"Creeping along {m.direction(i)}: a step takes {percent(1 - factor)} off the error there, "
        f"which leaves a tenth after {number(steps)} steps."
    )
    numbers = {"share": 100 * (1 - factor), "steps": steps}
    limit, steepest = float(limits.min()), int(limits.argmin())
    if m.lr < 0.5 * limit:
        text += f" There is room: {m.knob} is {number(m.lr)}, its limit here {number(limit)}."
        numbers |= {"lr": m.lr, "limit": limit}
    elif steepest != i:
        text += f" {m.direction(steepest)} allows {m.knob} {number(limit)} at most: try momentum, or a method that rescales."
        numbers["limit"] = limit
    return Finding("creeping", text, numbers)
