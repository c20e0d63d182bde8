"""What can be said of a step, each decided from its numbers and told in one sentence with what to try; most important first."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from experiments.why import motion, terrain
from experiments.why.finding import Finding
from experiments.why.moment import Moment
from experiments.why.words import below, number, spelled_place, went


def findings(m: Moment) -> tuple[Finding, ...]:
    """All that holds of a step, the most important first; never empty."""
    if not np.isfinite(m.theta).all():
        return (_diverged(m),)
    found = (find(m) for find in _FINDERS)
    return (*(finding for finding in found if finding), _plain(m))


def _diverged(m: Moment) -> Finding:
    first = int(np.isfinite(m.seen.theta).all(-1).sum())
    numbers: dict[str, float] = {"step": first}
    text = f"Diverged: from step {first} on it is no finite number."
    told = np.flatnonzero(np.isfinite(m.seen.loss[:first]))
    if len(told):
        numbers |= {"loss": float(m.seen.loss[told[-1]]), "last": int(told[-1])}
        text += f" The last finite loss was {number(numbers['loss'])}, at step {told[-1]}."
    lr = float(m.seen.lr[0])
    limit = lr * float(np.nanmin(np.append(m.seen.share_to_limit[0], np.inf)))
    if limit < lr and m.recurrence is not None and np.ndim(m.recurrence.rate) == 0:
        numbers |= {"limit": limit, "lr": lr}
        text += f" At the start lr {number(lr)} was beyond its limit {number(limit)}: go below {below(limit)}."
    return Finding("diverged", text, numbers)


def _plain(m: Moment) -> Finding:
    """What the step did to the loss, beside what the local quadratic model promised, and who moved it."""
    if m.loss_after == m.loss:
        return Finding("level", f"The loss stays at {number(m.loss)}.", {"loss": m.loss})
    up = m.loss_after > m.loss
    change = abs(m.loss_after - m.loss)
    numbers = {"loss": m.loss, "loss after": m.loss_after, "promised": m.promised, "change": change}
    text = f"{'Uphill' if up else 'Downhill'}: {went(m.loss, m.loss_after)}"
    if number(m.promised) == number(m.loss_after):
        text += ", as the local model promised."
    else:
        text += f"; the local model promised {number(m.promised)}."
    shown = m.mode("seen")
    if shown @ m.gradient < 0:
        numbers |= {f"shown {name}": float(v) for name, v in zip(m.coordinates, shown)}
        numbers |= {f"slope {name}": float(v) for name, v in zip(m.coordinates, m.gradient)}
        text += (
            f" It was shown the gradient {spelled_place(shown)}, against that of the whole loss, {spelled_place(m.gradient)}."
        )
    inertia, pull = float(np.linalg.norm(m.mode("inertia"))), float(np.linalg.norm(m.pull))
    if m.mode("memory") > 0 and inertia > pull:
        numbers |= {"inertia": inertia, "pull": pull}
        text += f" Memory moves it by {number(inertia)}, the present gradient by {number(pull)}."
    return Finding("uphill" if up else "downhill", text, numbers)


_FINDERS: tuple[Callable[[Moment], Finding | None], ...] = (
    terrain.converged, terrain.at_bound, motion.diverging, terrain.outside, motion.fell_back, motion.two_cycle, motion.bouncing,
    terrain.saddle, motion.carried_past, motion.clipped, terrain.trapped, terrain.plateau, motion.lockstep, motion.creeping,
)  # fmt: skip
