"""Findings about where a run is: at the floor, at a bound, off the map, near a saddle, in a local minimum, on a plateau."""

from __future__ import annotations

from math import ceil

import numpy as np

from experiments.why.finding import Finding
from experiments.why.moment import NEAR, ROUNDING, Moment
from experiments.why.recurrence import steps_to_tenth
from experiments.why.words import multiplied, number, spelled_place, went

SAME = 1e-6  # of the map's width: two places that are one


def converged(m: Moment) -> Finding | None:
    """Gradient and step are rounding, and the surface curves up, or not at all but at a declared minimum."""
    values, distance = m.mode("eigenvalues"), float(m.mode("distance"))
    step, steepest, there = float(abs(m.delta).max()), float(abs(values).max()), distance <= SAME * m.width
    curved = values[0] >= -ROUNDING * steepest and (steepest > 0 or there)
    if not (curved and m.grad_norm <= ROUNDING * m.size * steepest and step <= ROUNDING * m.size):
        return None
    numbers = {"gradient": m.grad_norm, "step": step}
    text = f"Converged: the gradient is {number(m.grad_norm)} and the step {number(step)}, which is rounding on this map."
    if m.grad_norm == step == 0:
        text = "Converged: the gradient is exactly 0, and it stands still."
    if m.minima and not there:
        numbers |= {"distance": distance, "loss": m.loss, "bottom": m.bottom}
        text += (
            f" The nearest declared minimum is elsewhere, {number(distance)} away, with loss {number(m.bottom)} instead of "
            f"{number(m.loss)}."
        )
    return Finding("converged", text, numbers)


def at_bound(m: Moment) -> Finding | None:
    """A coordinate that its slope pulls out of the feasible set stands still at the end of it."""
    bounds = getattr(m.landscape, "bounds", None)
    if bounds is None:
        return None
    low, high = np.asarray(bounds, dtype=float).T
    slope = m.gradient
    held = ((m.theta <= low) & (slope > 0)) | ((m.theta >= high) & (slope < 0))
    held &= m.delta == 0
    if not held.any():
        return None
    axis = int(held.argmax())
    text = (
        f"Held at the bound: {m.coordinates[axis]} is {number(m.theta[axis])}, the end of what is feasible, and the slope "
        f"{number(slope[axis])} pulls it further out."
    )
    return Finding("bound", text, {"value": float(m.theta[axis]), "slope": float(slope[axis])})


def outside(m: Moment) -> Finding | None:
    low, high = np.asarray(m.domain, dtype=float).T
    beyond = np.maximum(low - m.theta, m.theta - high)
    axis = int(beyond.argmax())
    if not beyond[axis] > 0:
        return None
    value, end = float(m.theta[axis]), float(low[axis] if m.theta[axis] < low[axis] else high[axis])
    text = f"Off the map: {m.coordinates[axis]} is {number(value)}, the map ends at {number(end)}."
    numbers = {"value": value, "end": end, "loss": m.loss, "loss after": m.loss_after}
    numbers["change"] = abs(m.loss_after - m.loss)
    if m.minima:
        distance = numbers["distance"] = float(m.mode("distance"))
        text += f" The nearest minimum is {number(distance)} away; {went(m.loss, m.loss_after)}."
    else:
        text += f" No minimum is declared here, and {went(m.loss, m.loss_after)}."
    return Finding("outside", text, numbers)


def saddle(m: Moment) -> Finding | None:
    """A stationary point of the surface itself is near, and it is no minimum."""
    near = m.stationary if m.mode("eigenvalues")[0] < 0 else None
    if near is None:
        return None
    floor, lowest = ROUNDING * float(abs(near.values).max()), float(near.values[0])
    if not lowest < -floor:
        return None
    then = float(np.linalg.norm(m.theta + m.delta - near.place))
    numbers = {"away": near.away, "then": then, "curvature": lowest}
    numbers |= {f"saddle {name}": float(v) for name, v in zip(m.coordinates, near.place)}
    text = (
        f"Near a {'saddle' if near.values[-1] > floor else 'maximum'} at {spelled_place(near.place)}: the step takes it from "
        f"{number(near.away)} to {number(then)} away. Along {m.spelled_direction(near.vectors[:, 0], 0)} its curvature is "
        f"{number(lowest)}"
    )
    factor = abs(float(m.mode("factors")[0]))
    if m.theory and factor > 1:
        numbers |= {"factor": factor, "growth": 100 * (factor - 1), "steps": steps_to_tenth(factor)}
        numbers["whole steps"] = ceil(numbers["steps"])
        text += f": there a step {multiplied(factor)}, which is tenfold after {number(numbers['whole steps'])} steps."
    else:
        text += ", which leads down."
    return Finding("saddle", text, numbers)


def trapped(m: Moment) -> Finding | None:
    """The minimum near by is not a declared one, and higher."""
    near = m.stationary if m.minima and m.mode("eigenvalues")[0] > 0 else None
    if near is None or not near.values[0] > 0:
        return None
    away = np.linalg.norm(np.asarray(m.minima, dtype=float) - near.place, axis=-1)
    if away.min() <= SAME * m.width or not near.loss > m.bottom + 1e-9 * max(1.0, abs(m.bottom)):
        return None
    distance = float(m.mode("distance"))
    text = (
        f"Close to a local minimum at {spelled_place(near.place)}, {number(near.away)} away, with loss {number(near.loss)}; "
        f"the nearest declared one, {number(distance)} away, has {number(m.bottom)}. Try another start, or steps that jump out."
    )
    numbers = {"away": near.away, "loss": near.loss, "distance": distance, "bottom": m.bottom}
    return Finding("trapped", text, numbers | {f"minimum {n}": float(v) for n, v in zip(m.coordinates, near.place)})


def plateau(m: Moment) -> Finding | None:
    """The slope here is far below the mean slope to the nearest minimum; where a surface is convex it never is."""
    nearest, distance = int(m.mode("nearest")), float(m.mode("distance"))
    if nearest < 0 or not distance > NEAR * m.width:
        return None
    mean = (m.loss - m.bottom) / distance
    if not m.grad_norm < 0.05 * mean:
        return None
    step = float(np.linalg.norm(m.delta))
    text = (
        f"On a plateau: the slope is {number(m.grad_norm)}, on the way to the nearest minimum, {number(distance)} away, it is "
        f"{number(mean)} on average. The step is {number(step)} long; try a larger lr, or a method that divides by the slope."
    )
    return Finding("plateau", text, {"gradient": m.grad_norm, "distance": distance, "mean": mean, "step": step})
