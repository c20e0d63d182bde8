from __future__ import annotations

import numpy as np

from landscapes.arrays import Array, absolute, constant, dot, maximum, ones_like, where, zeros_like
from optimizers.optimizer import GRAD, Count, NonNegative, Optimizer, Oracle, Point, Positive, State, optimizer

FLATTEST = 1e-10  # torch's: what a pair's yᵀs must exceed, or the model it makes would have no minimum

Pair = tuple[Point, Point, Array]  # s, y and 1 / yᵀs of one step, all 0 for the runs that did not accept it


@optimizer(
    needs=GRAD,
    title="L-BFGS",
    family="Curvature",
    formula=r"\theta \leftarrow \theta - \eta\, B\, g \qquad B \approx H^{-1}"
    r" \;\text{ from the last pairs }\; s = \Delta\theta,\; y = \Delta g \;\text{ with }\; y^\top s > 0",
    limit="none known beforehand: the curvature it divides by is learned along the path",
)
class LBFGS(Optimizer):
    """Newton from memory: the changes of the gradient along the last steps stand in for the Hessian.

    After each step s that changed the gradient by y, the pair (s, y) is kept if yᵀs > 1e-10, `history_size` of them at most.
    r = B g is formed from the pairs, B₀ = (yᵀs / yᵀy) I with the latest pair (I without any), by the two-loop recursion:
    from the latest pair to the oldest a = sᵀq / yᵀs, q ← q - a y, from q = g; then r = B₀ q and from the oldest to the
    latest r ← r + s (a - yᵀr / yᵀs). Δθ = -lr r, the first time lr min(1, 1 / Σ|g|) in place of lr. No line search: far from a
    minimum nothing holds its steps back. It rests where max |g| ≤ tolerance_grad or gᵀr < tolerance_change.
    Equals torch.optim.LBFGS(max_iter=1, line_search_fn=None). Reference: Liu and Nocedal 1989; Nocedal 1980.
    """

    lr: Positive = 1.0
    history_size: Count = 100
    tolerance_grad: NonNegative = 1e-7
    tolerance_change: NonNegative = 1e-9

    def init(self, theta: Point) -> State:
        none = zeros_like(theta)
        return (), ones_like(none[..., :1]), none, none, none[..., :1] > 0

    def update(self, oracle: Oracle, state: State) -> tuple[Point, State]:
        g = oracle.grad
        if isinstance(g, np.ndarray) and g.shape == (2,) and not any(map(np.ndim, self.hyperparameters.values())):
            return self._alone(g, state)
        pairs, scale, before, last, begun = state
        awake = ~(absolute(g) <= self.tolerance_grad).all(-1)[..., None]
        if not awake.any():
            return zeros_like(g), state
        y = g - before
        curvature = dot(y, last)
        fits = awake & (curvature > FLATTEST)
        if fits.any():
            one = ones_like(curvature)
            inverse = where(fits, 1 / where(fits, curvature, one), 0 * one)
            scale = where(fits, curvature / where(fits, dot(y, y), one), scale)
            pairs = self._latest((*pairs, (where(fits, last, zeros_like(y)), where(fits, y, zeros_like(y)), inverse)))
        r = _product(g, pairs, scale)
        first = 1 / maximum(absolute(g).sum(-1)[..., None], 1.0)
        step = -(self.lr * where(begun, ones_like(first), first)) * r
        resting = ~awake | (dot(g, r) < self.tolerance_change)
        # Like torch's, the memory takes a step for made that was proposed and then, for its size, not taken.
        after = pairs, scale, where(awake, g, before), where(awake, step, last), begun | awake
        return where(resting, zeros_like(step), step), after

    def _latest(self, pairs: tuple[Pair, ...]) -> tuple[Pair, ...]:
        """The pairs less those beyond each run's `history_size` latest; a pair that no run uses is dropped."""
        most = constant(self.history_size, like=pairs[0][-1])
        if len(pairs) <= most.min():
            return pairs
        kept, newer = [], zeros_like(pairs[0][-1])
        for s, y, inverse in reversed(pairs):
            used = where(newer < most, inverse, zeros_like(inverse))
            newer = newer + (used > 0)
            if (used > 0).any():
                kept.append((s, y, used))
        return tuple(reversed(kept))

    def _alone(self, g: np.ndarray, state: State) -> tuple[np.ndarray, State]:
        """`update` at one point of two coordinates in plain numbers: arrays would take five times as long."""
        pairs, scale, before, last, begun = state
        g1, g2 = g.tolist()
        if abs(g1) <= self.tolerance_grad and abs(g2) <= self.tolerance_grad:
            return np.zeros(2), state
        (b1, b2), (s1, s2) = before.tolist(), last.tolist()
        y1, y2 = g1 - b1, g2 - b2
        curvature = y1 * s1 + y2 * s2
        if curvature > FLATTEST:
            square = y1 * y1 + y2 * y2
            scale = np.array((curvature / square if square else np.inf,))
            pairs = (*pairs, (last, g - before, np.array((1 / curvature,))))[-int(self.history_size) :]
        numbers = [(*s.tolist(), *y.tolist(), *inverse.tolist()) for s, y, inverse in pairs]
        q1, q2, shares = g1, g2, []
        for s1, s2, y1, y2, inverse in reversed(numbers):
            share = (s1 * q1 + s2 * q2) * inverse
            q1, q2 = q1 - share * y1, q2 - share * y2
            shares.append(share)
        r1, r2 = scale.item() * q1, scale.item() * q2
        for (s1, s2, y1, y2, inverse), share in zip(numbers, reversed(shares)):
            part = share - (y1 * r1 + y2 * r2) * inverse
            r1, r2 = r1 + part * s1, r2 + part * s2
        rate = -(self.lr if begun.item() else self.lr * (1 / max(abs(g1) + abs(g2), 1.0)))
        step = np.array((rate * r1, rate * r2))
        resting = g1 * r1 + g2 * r2 < self.tolerance_change
        return np.zeros(2) if resting else step, (pairs, scale, g, step, np.array((True,)))

    def state_numbers(self, state: State) -> dict[str, Array]:
        pairs, scale, before, last, _ = state
        held = sum((inverse > 0 for _, _, inverse in pairs), start=zeros_like(last))
        return {"g before": before, "s": last, "yᵀs / yᵀy": scale, "pairs kept": held}


def _product(g: Point, pairs: tuple[Pair, ...], scale: Array) -> Point:
    """B g by the two-loop recursion."""
    q, shares = g, []
    for s, y, inverse in reversed(pairs):
        shares.append(dot(s, q) * inverse)
        q = q - shares[-1] * y
    r = scale * q
    for (s, y, inverse), share in zip(pairs, reversed(shares)):
        r = r + (share - dot(y, r) * inverse) * s
    return r
