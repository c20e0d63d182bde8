from typing import Annotated

import numpy as np

from landscapes.arrays import Array, where
from landscapes.ranges import Range
from optimizers.optimizer import GRAD, Count, Number, Oracle, Point, Scalar, State, per_run
from optimizers.wrappers.wrapper import Wrapper, spelled, wrapper


@wrapper(
    name="Lookahead",
    rule=r"\phi \leftarrow \phi + \alpha\, (\theta - \phi),\;\; \theta \leftarrow \phi \;\text{ after } k \text{ steps of}",
)
class Lookahead(Wrapper):
    """Let the inner rule run `k` steps ahead, then come back part of the way: slow weights φ follow the fast ones.

    φ starts at θ. Δθ = that of the inner rule, s; at each k-th step φ ← φ + alpha (θ + s - φ), and Δθ = φ - θ. What the rule
    remembers is kept, so one that learns from its own steps, as L-BFGS does, does not learn of the way back.
    On curvature λ gradient descent inside has the factor 1 - alpha + alpha (1 - lr λ)^k per outer loop.
    State: (slow weights, steps, inner state). The paper's k is 5 and its alpha 0.5; its published code has 0.8.
    Reference: Zhang, Lucas, Hinton and Ba 2019, arXiv 1907.08610.
    """

    k: Count = 5
    alpha: Annotated[Number, Range(0, 1, open_low=True, control=(0.05, 1.0))] = 0.5

    def init(self, theta: Point) -> State:
        return theta, 0, self.inner.init(theta)

    def inner_state(self, state: State) -> State:
        return state[2]

    def slow_weights(self, state: State) -> Point:
        """φ, `(*runs, dim)`."""
        return state[0]

    def update(self, oracle: Oracle, state: State) -> tuple[Point, State]:
        slow, t, _ = state
        step, inner = super().update(oracle, state)
        back = (t + 1) % self.k == 0
        pulled = slow + self.alpha * (oracle.theta + step - slow)
        if np.ndim(back) == 0:
            step, slow = (pulled - oracle.theta, pulled) if back else (step, slow)
        else:
            step, slow = where(back, pulled - oracle.theta, step), where(back, pulled, slow)
        return step, (slow, t + 1, inner)

    def stability_limit(self, oracle: Oracle, state: State) -> Scalar:
        """That of a whole outer loop around a rule without memory whose step is a multiple of the gradient's; else NaN.

        Each inner step multiplies an error by 1 - x, x = 2 lr / L with L the inner limit. For even k the loop is stable up to
        x = 2, for odd k up to x = 1 + (2 / alpha - 1)^(1/k).
        """
        limit = super().stability_limit(oracle, state)
        if self.inner_state(state) is not None or self.needs != GRAD:
            return limit * np.nan
        k, alpha = per_run(self.k), per_run(self.alpha)
        odd = k % 2
        return limit * (odd * (1 + (2 / alpha - 1) ** (1 / k)) / 2 + (1 - odd))

    def preconditioner(self, oracle: Oracle, state: State) -> Array | None:
        """None: the step that comes back is no multiple of the gradient."""
        return None

    @property
    def phrase(self) -> str:
        return f"lookahead {spelled(self.k)}"

    @property
    def limit(self) -> str:  # type: ignore[override]
        inner = f"L = {self.inner.limit}"
        return f"(1 + (2/α − 1)^(1/k)) / 2 · L for odd k and L for even k, where the rule keeps nothing, with {inner}"

    def state_numbers(self, state: State) -> dict[str, Array]:
        return {"φ": state[0], **super().state_numbers(state)}
