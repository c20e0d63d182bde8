from landscapes.arrays import Array, sqrt, zeros_like
from optimizers.optimizer import (
    GRAD,
    NonNegative,
    Number,
    Optimizer,
    Oracle,
    Point,
    Positive,
    Scalar,
    State,
    optimizer,
    steepest_curvature,
)


@optimizer(
    needs=GRAD,
    title="Adagrad",
    family="Adaptive",
    formula=r"s \leftarrow s + g^2 \qquad \theta \leftarrow \theta - \frac{\eta}{1 + (t-1)\,\delta}\,"
    r" \frac{g}{\sqrt{s} + \epsilon}",
    limit="2 / λmax(P⁻¹H) with P = (√s + ε)(1 + (t − 1) δ) held still",
)
class Adagrad(Optimizer):
    """Divide each coordinate's gradient by the root of the sum of all its squares so far, so that every step is shorter.

    s ← s + g², Δθ = -lr / (1 + (t - 1) lr_decay) g / (√s + eps), s starting at initial_accumulator_value and t at 1. The first
    step is lr sign(g); under steady gradients step t has lr / √t. Equals torch.optim.Adagrad.
    Reference: Duchi, Hazan, Singer 2011, Journal of Machine Learning Research 12.
    """

    lr: Positive = 0.01
    lr_decay: NonNegative = 0.0
    initial_accumulator_value: NonNegative = 0.0
    eps: NonNegative = 1e-10

    def init(self, theta: Point) -> State:
        return zeros_like(theta) + self.initial_accumulator_value, 0

    def update(self, oracle: Oracle, state: State) -> tuple[Point, State]:
        s, t = state
        g = oracle.grad
        s = s + g * g
        return -self._rate(t) * g / (sqrt(s) + self.eps), (s, t + 1)

    def _rate(self, t: int) -> Number:
        """lr after t steps."""
        return self.lr / (1 + t * self.lr_decay)

    def state_numbers(self, state: State) -> dict[str, Array]:
        s, t = state
        return {"s": s, "effective learning rate": self._rate(max(t - 1, 0)) / (sqrt(s) + self.eps)}

    def preconditioner(self, oracle: Oracle, state: State) -> Array:
        (s, t), g = state, oracle.grad
        return (sqrt(s + g * g) + self.eps) * (1 + t * self.lr_decay)

    def stability_limit(self, oracle: Oracle, state: State) -> Scalar:
        return 2 / steepest_curvature(oracle, self.preconditioner(oracle, state))
