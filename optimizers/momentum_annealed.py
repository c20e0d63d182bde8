from landscapes.arrays import Array, zeros_like
from optimizers.optimizer import (
    GRAD,
    Count,
    Fraction,
    Number,
    Optimizer,
    Oracle,
    Point,
    Positive,
    Scalar,
    State,
    optimizer,
    per_run,
    steepest_curvature,
)


@optimizer(
    needs=GRAD,
    title="Momentum, annealed",
    family="Descent",
    formula=r"v \leftarrow \beta_t\, v - \eta\, g \qquad \theta \leftarrow \theta + v \qquad \beta_t: 0.5 \to 0.9",
    limit="(2 + 2βₜ) / λmax, with this step's βₜ",
)
class MomentumAnnealed(Optimizer):
    """Momentum whose coefficient grows from a timid start, as the article advises.

    v ← β_t v - lr g, Δθ = v, with β_t rising on a straight line from `initial` to `momentum` over `anneal_steps` steps.
    Deviation: the article gives 0.5 and 0.9 but no shape between them; the line is ours.
    Reference: Kathuria 2018, Intro to optimization in deep learning: momentum, RMSProp and Adam.
    """

    lr: Positive = 0.01
    momentum: Fraction = 0.9
    initial: Fraction = 0.5
    anneal_steps: Count = 100

    def init(self, theta: Point) -> State:
        return zeros_like(theta), 0

    def _coefficient(self, t: int) -> Number:
        progress = 1.0 * t / self.anneal_steps
        return self.initial + (self.momentum - self.initial) * (progress * (progress < 1) + 1.0 * (progress >= 1))

    def update(self, oracle: Oracle, state: State) -> tuple[Point, State]:
        v, t = state
        v = self._coefficient(t) * v - self.lr * oracle.grad
        return v, (v, t + 1)

    def state_numbers(self, state: State) -> dict[str, Array]:
        v, t = state
        coefficient = self._coefficient(t - 1) if t else float("nan")
        return {"v": v, "β_t": coefficient + 0 * v}

    def stability_limit(self, oracle: Oracle, state: State) -> Scalar:
        return 2 * (1 + per_run(self._coefficient(state[1]))) / steepest_curvature(oracle)
