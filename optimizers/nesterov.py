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
    title="Nesterov",
    family="Descent",
    formula=r"b \leftarrow \beta\, b + g \qquad \theta \leftarrow \theta - \eta\, (g + \beta\, b)",
    limit="(2 + 2β) / ((1 + 2β) λmax)",
)
class Nesterov(Optimizer):
    """Momentum that looks ahead: today's gradient counts once now and once more as if the buffer had moved on already.

    b ← momentum b + g, Δθ = -lr (g + momentum b). Stable for lr λ < (2 + 2 momentum) / (1 + 2 momentum): at most 2, where
    gradient descent has 2 and `momentum` up to 4; what it gains is damping. θ is the point that Nesterov's own form calls
    the look-ahead, w + momentum v, and the gradient is taken there. Equals torch.optim.SGD(nesterov=True, dampening=0).
    Reference: Nesterov 1983; in this form Sutskever et al. 2013.
    """

    lr: Positive = 0.01
    momentum: Fraction = 0.9

    def init(self, theta: Point) -> State:
        return zeros_like(theta)

    def update(self, oracle: Oracle, b: State) -> tuple[Point, State]:
        g = oracle.grad
        b = self.momentum * b + g
        return -self.lr * (g + self.momentum * b), b

    def state_numbers(self, b: State) -> dict[str, Array]:
        return {"b": b}

    def stability_limit(self, oracle: Oracle, state: State) -> Scalar:
        """From the roots of z² - (1 + β)(1 - lr λ) z + β (1 - lr λ): one leaves the unit circle through -1."""
        beta = per_run(self.momentum)
        return 2 * (1 + beta) / (1 + 2 * beta) / steepest_curvature(oracle)
