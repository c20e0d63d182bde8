from landscapes.arrays import Array, sqrt, zeros_like
from optimizers.moments import corrected
from optimizers.optimizer import (
    GRAD,
    Fraction,
    NonNegative,
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
    title="NAdam",
    family="Adaptive",
    formula=r"m \leftarrow \beta_1 m + (1-\beta_1)\, g \qquad v \leftarrow \beta_2 v + (1-\beta_2)\, g^2 \qquad "
    r"\theta \leftarrow \theta - \frac{\eta}{\sqrt{v / (1-\beta_2^t)} + \epsilon}"
    r"\left( \frac{1-\mu_t}{1-\prod_{i \le t} \mu_i}\, g + \frac{\mu_{t+1}}{1-\prod_{i \le t+1} \mu_i}\, m \right) \qquad"
    r" \mu_t = \beta_1 \left(1 - \tfrac12\, 0.96^{\,t\psi}\right)",
    limit="(2 + 2β₁) / (((1 + β₁)(1 − μₜ) + (1 − β₁) μₜ₊₁) λmax(P⁻¹H)) with P = √v̂ + ε and μ held still",
)
class NAdam(Optimizer):
    """Adam with Nesterov's look-ahead: today's gradient enters once through the average and once more directly.

    m ← beta1 m + (1 - beta1) g, v ← beta2 v + (1 - beta2) g², μ_t = beta1 (1 - 0.96^(t momentum_decay) / 2), Π ← Π μ_t,
    Δθ = -lr ((1 - μ_t) / (1 - Π) g + μ_{t+1} / (1 - Π μ_{t+1}) m) / (√v̂ + eps), with v̂ = v / (1 - beta2^t) and Π starting at 1.
    μ rises from about beta1 / 2 to beta1, so slowly (0.004) that 300 steps see little of it. Equals torch.optim.NAdam.
    Reference: Dozat 2016, Incorporating Nesterov momentum into Adam.
    """

    lr: Positive = 0.002
    beta1: Fraction = 0.9
    beta2: Fraction = 0.999
    momentum_decay: NonNegative = 0.004
    eps: NonNegative = 1e-8

    def init(self, theta: Point) -> State:
        return zeros_like(theta), zeros_like(theta), 1.0, 0

    def _coefficient(self, t: int) -> Number:
        """μ_t."""
        return self.beta1 * (1 - 0.5 * 0.96 ** (t * self.momentum_decay))

    def update(self, oracle: Oracle, state: State) -> tuple[Point, State]:
        m, v, product, t = state
        g, t = oracle.grad, t + 1
        m = self.beta1 * m + (1 - self.beta1) * g
        v = self.beta2 * v + (1 - self.beta2) * g * g
        now, following = self._coefficient(t), self._coefficient(t + 1)
        product = product * now
        mixed = (1 - now) / (1 - product) * g + following / (1 - product * following) * m
        root = sqrt(v) / (1 - self.beta2**t) ** 0.5
        return -self.lr * mixed / (root + self.eps), (m, v, product, t)

    def state_numbers(self, state: State) -> dict[str, Array]:
        m, v, product, t = state
        v_hat = corrected(v, self.beta2, t)
        rate = self.lr / (sqrt(v_hat) + self.eps)
        return {"m": m, "v": v, "v̂": v_hat, "Π": product + 0 * m, "effective learning rate": rate}

    def preconditioner(self, oracle: Oracle, state: State) -> Array:
        _, v, _, t = state
        g = oracle.grad
        v = self.beta2 * v + (1 - self.beta2) * g * g
        return sqrt(v) / (1 - self.beta2 ** (t + 1)) ** 0.5 + self.eps

    def stability_limit(self, oracle: Oracle, state: State) -> Scalar:
        """That of Δθ = -lr ((1 - μ_t) g + μ_{t+1} m) / P, the corrections of the start at zero left out as in Adam's."""
        beta1 = per_run(self.beta1)
        now, following = (per_run(self._coefficient(t)) for t in (state[-1] + 1, state[-1] + 2))
        weight = (1 + beta1) * (1 - now) + (1 - beta1) * following
        return 2 * (1 + beta1) / weight / steepest_curvature(oracle, self.preconditioner(oracle, state))
