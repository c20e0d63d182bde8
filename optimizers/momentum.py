from landscapes.arrays import Array, zeros_like
from optimizers.optimizer import (
    GRAD,
    Fraction,
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
    title="Momentum",
    family="Descent",
    formula=r"b \leftarrow \beta\, b + g \qquad \theta \leftarrow \theta - \eta\, b",
    limit="(2 + 2β) / λmax",
)
class Momentum(Optimizer):
    """Add up past gradients, so that what alternates cancels and what persists grows.

    b ← momentum b + g, Δθ = -lr b. The sum has gain 1 / (1 - momentum): it is an average only with dampening.
    Stable for lr λ < 2 (1 + momentum). Equals torch.optim.SGD(momentum, dampening=0). Reference: Polyak 1964.
    """

    lr: Positive = 0.01
    momentum: Fraction = 0.9

    def init(self, theta: Point) -> State:
        return zeros_like(theta)

    def update(self, oracle: Oracle, b: State) -> tuple[Point, State]:
        b = self.momentum * b + oracle.grad
        return -self.lr * b, b

    def state_numbers(self, b: State) -> dict[str, Array]:
        return {"b": b}

    def stability_limit(self, oracle: Oracle, state: State) -> Scalar:
        return 2 * (1 + per_run(self.momentum)) / steepest_curvature(oracle)
