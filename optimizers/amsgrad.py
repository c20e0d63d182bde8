from landscapes.arrays import Array, maximum, sqrt, zeros_like
from optimizers.moments import averaged_limit, corrected
from optimizers.optimizer import GRAD, Fraction, NonNegative, Optimizer, Oracle, Point, Positive, Scalar, State, optimizer


@optimizer(
    needs=GRAD,
    title="AMSGrad",
    family="Adaptive",
    formula=r"m \leftarrow \beta_1 m + (1-\beta_1)\, g \qquad v \leftarrow \beta_2 v + (1-\beta_2)\, g^2 \qquad"
    r" w \leftarrow \max(w, v) \qquad"
    r" \theta \leftarrow \theta - \eta\, \frac{m / (1-\beta_1^t)}{\sqrt{w / (1-\beta_2^t)} + \epsilon}",
    limit="(2 + 2β₁) / ((1 − β₁) λmax(P⁻¹H)) with P = √ŵ + ε held still",
)
class AMSGrad(Optimizer):
    """Adam that divides by the largest running mean square so far, and so never forgets how steep it once was.

    m ← beta1 m + (1 - beta1) g, v ← beta2 v + (1 - beta2) g², w ← max(w, v),
    Δθ = -lr m̂ / (√ŵ + eps), with m̂ = m / (1 - beta1^t) and ŵ = w / (1 - beta2^t): the maximum is taken before the correction,
    as torch does, so that a constant v still leaves ŵ falling for a while. Equals torch.optim.Adam(amsgrad=True).
    Deviation: the paper corrects neither average. Reference: Reddi, Kale, Kumar 2018, arXiv 1904.09237.
    """

    lr: Positive = 0.001
    beta1: Fraction = 0.9
    beta2: Fraction = 0.999
    eps: NonNegative = 1e-8

    def init(self, theta: Point) -> State:
        return zeros_like(theta), zeros_like(theta), zeros_like(theta), 0

    def update(self, oracle: Oracle, state: State) -> tuple[Point, State]:
        m, v, w, t = state
        g, t = oracle.grad, t + 1
        m = self.beta1 * m + (1 - self.beta1) * g
        v = self.beta2 * v + (1 - self.beta2) * g * g
        w = maximum(w, v)
        root = sqrt(w) / (1 - self.beta2**t) ** 0.5
        return -(self.lr / (1 - self.beta1**t)) * m / (root + self.eps), (m, v, w, t)

    def state_numbers(self, state: State) -> dict[str, Array]:
        m, v, w, t = state
        w_hat = corrected(w, self.beta2, t)
        rate = self.lr / (sqrt(w_hat) + self.eps)
        return {"m": m, "v": v, "w": w, "m̂": corrected(m, self.beta1, t), "ŵ": w_hat, "effective learning rate": rate}

    def preconditioner(self, oracle: Oracle, state: State) -> Array:
        _, v, w, t = state
        g = oracle.grad
        w = maximum(w, self.beta2 * v + (1 - self.beta2) * g * g)
        return sqrt(w) / (1 - self.beta2 ** (t + 1)) ** 0.5 + self.eps

    def stability_limit(self, oracle: Oracle, state: State) -> Scalar:
        return averaged_limit(oracle, self.preconditioner(oracle, state), self.beta1)
