from landscapes.arrays import Array, sqrt, zeros_like
from optimizers.moments import averaged_limit
from optimizers.optimizer import GRAD, Fraction, NonNegative, Optimizer, Oracle, Point, Positive, Scalar, State, optimizer


@optimizer(
    needs=GRAD,
    title="Adam (article)",
    family="Adaptive",
    formula=r"m \leftarrow \beta_1 m + (1-\beta_1)\, g \qquad v \leftarrow \beta_2 v + (1-\beta_2)\, g^2 \qquad "
    r"\theta \leftarrow \theta - \eta\, \frac{m}{\sqrt{v + \epsilon}}",
    limit="(2 + 2β₁) / ((1 − β₁) λmax(P⁻¹H)) with P = √(v + ε) held still",
)
class AdamArticle(Optimizer):
    """Adam as the article describes it: no bias correction, epsilon inside the root, its own constants.

    m ← beta1 m + (1 - beta1) g, v ← beta2 v + (1 - beta2) g², Δθ = -lr m / √(v + eps). With (0.9, 0.99) the
    uncorrected first step happens to be lr sign(g), for |g| well above √eps / √(1 - beta2).
    Deviation: the printed article has minus signs inside both averages, an erratum not followed here.
    Reference: Kathuria 2018, Intro to optimization in deep learning: momentum, RMSProp and Adam.
    """

    lr: Positive = 0.01
    beta1: Fraction = 0.9
    beta2: Fraction = 0.99
    eps: NonNegative = 1e-10

    def init(self, theta: Point) -> State:
        return zeros_like(theta), zeros_like(theta)

    def update(self, oracle: Oracle, state: State) -> tuple[Point, State]:
        m, v = state
        g = oracle.grad
        m = self.beta1 * m + (1 - self.beta1) * g
        v = self.beta2 * v + (1 - self.beta2) * g * g
        return -self.lr * m / sqrt(v + self.eps), (m, v)

    def state_numbers(self, state: State) -> dict[str, Array]:
        m, v = state
        return {"m": m, "v": v, "effective learning rate": self.lr / sqrt(v + self.eps)}

    def preconditioner(self, oracle: Oracle, state: State) -> Array:
        g = oracle.grad
        return sqrt(self.beta2 * state[1] + (1 - self.beta2) * g * g + self.eps)

    def stability_limit(self, oracle: Oracle, state: State) -> Scalar:
        return averaged_limit(oracle, self.preconditioner(oracle, state), self.beta1)
