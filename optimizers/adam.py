from landscapes.arrays import Array, sqrt, zeros_like
from optimizers.moments import averaged_limit, corrected
from optimizers.optimizer import GRAD, Fraction, NonNegative, Optimizer, Oracle, Point, Positive, Scalar, State, optimizer


@optimizer(
    needs=GRAD,
    title="Adam",
    family="Adaptive",
    formula=r"m \leftarrow \beta_1 m + (1-\beta_1)\, g \qquad v \leftarrow \beta_2 v + (1-\beta_2)\, g^2 \qquad "
    r"\theta \leftarrow \theta - \eta\, \frac{m / (1-\beta_1^t)}{\sqrt{v / (1-\beta_2^t)} + \epsilon}",
    limit="(2 + 2β₁) / ((1 − β₁) λmax(P⁻¹H)) with P = √v̂ + ε held still",
)
class Adam(Optimizer):
    """Average the gradient and divide it by its running root mean square, both corrected for their start at zero.

    m ← beta1 m + (1 - beta1) g, v ← beta2 v + (1 - beta2) g²,
    Δθ = -lr m̂ / (√v̂ + eps), with m̂ = m / (1 - beta1^t) and v̂ = v / (1 - beta2^t). The first step is lr sign(g).
    Equals torch.optim.Adam. Reference: Kingma and Ba 2015, arXiv 1412.6980.
    """

    lr: Positive = 0.001
    beta1: Fraction = 0.9
    beta2: Fraction = 0.999
    eps: NonNegative = 1e-8

    def init(self, theta: Point) -> State:
        return zeros_like(theta), zeros_like(theta), 0

    def update(self, oracle: Oracle, state: State) -> tuple[Point, State]:
        m, v, t = state
        g, t = oracle.grad, t + 1
        m = self.beta1 * m + (1 - self.beta1) * g
        v = self.beta2 * v + (1 - self.beta2) * g * g
        root = sqrt(v) / (1 - self.beta2**t) ** 0.5
        return -(self.lr / (1 - self.beta1**t)) * m / (root + self.eps), (m, v, t)

    def state_numbers(self, state: State) -> dict[str, Array]:
        m, v, t = state
        v_hat = corrected(v, self.beta2, t)
        rate = self.lr / (sqrt(v_hat) + self.eps)
        return {"m": m, "v": v, "m̂": corrected(m, self.beta1, t), "v̂": v_hat, "effective learning rate": rate}

    def preconditioner(self, oracle: Oracle, state: State) -> Array:
        _, v, t = state
        g = oracle.grad
        v = self.beta2 * v + (1 - self.beta2) * g * g
        return sqrt(v) / (1 - self.beta2 ** (t + 1)) ** 0.5 + self.eps

    def stability_limit(self, oracle: Oracle, state: State) -> Scalar:
        return averaged_limit(oracle, self.preconditioner(oracle, state), self.beta1)
