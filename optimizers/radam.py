from landscapes.arrays import Array, sqrt, zeros_like
from optimizers.moments import averaged_limit, corrected
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
)

SHORTEST = 5  # ρ_t beyond which the step is adaptive, in torch


@optimizer(
    needs=GRAD,
    title="RAdam",
    family="Adaptive",
    formula=r"m \leftarrow \beta_1 m + (1-\beta_1)\, g \qquad v \leftarrow \beta_2 v + (1-\beta_2)\, g^2 \qquad "
    r"\theta \leftarrow \theta - \eta\, \hat m\, r_t \frac{\sqrt{1-\beta_2^t}}{\sqrt{v} + \epsilon}"
    r" \;\text{ if } \rho_t > 5 \text{, else }\; \theta \leftarrow \theta - \eta\, \hat m",
    limit="(2 + 2β₁) / ((1 − β₁) λmax(P⁻¹H)) with P = (√v + ε) / (rₜ √(1 − β₂ᵗ)) held still, or 1 while ρₜ ≤ 5",
)
class RAdam(Optimizer):
    """Adam that waits until its mean square rests on enough gradients, and until then steps as momentum does.

    m ← beta1 m + (1 - beta1) g, v ← beta2 v + (1 - beta2) g², m̂ = m / (1 - beta1^t),
    ρ_∞ = 2 / (1 - beta2) - 1, ρ_t = ρ_∞ - 2 t beta2^t / (1 - beta2^t), how many gradients the mean square is worth;
    r_t = √((ρ_t - 4)(ρ_t - 2) ρ_∞ / ((ρ_∞ - 4)(ρ_∞ - 2) ρ_t)),
    Δθ = -lr m̂ r_t √(1 - beta2^t) / (√v + eps) if ρ_t > 5, else Δθ = -lr m̂, which is not scaled at all: with lr fit for Adam
    those first steps follow the raw gradient. Equals torch.optim.RAdam.
    Deviation: three thresholds are published. The paper has ρ_t > 4 (at 0.999 the first adaptive step is 5); the authors'
    code ρ_t ≥ 5, and by default no step at all below; torch ρ_t > 5, with these unscaled steps (both: first adaptive step 6).
    Reference: Liu et al. 2020, arXiv 1908.03265.
    """

    lr: Positive = 0.001
    beta1: Fraction = 0.9
    beta2: Fraction = 0.999
    eps: NonNegative = 1e-8

    def init(self, theta: Point) -> State:
        return zeros_like(theta), zeros_like(theta), 0

    def rectification(self, t: int) -> tuple[Number, Number]:
        """ρ_t, and r_t where ρ_t > 5, else 0."""
        longest = 2 / (1 - self.beta2) - 1
        length = longest - 2 * t * self.beta2**t / (1 - self.beta2**t)
        adaptive = 1.0 * (length > SHORTEST)
        above = (length - 4) * (length - 2) * longest
        below = (longest - 4) * (longest - 2) * length
        return length, (adaptive * above / (adaptive * below + 1 - adaptive)) ** 0.5

    def _divisor(self, v: Array, t: int) -> Array:
        """What step t divides m̂ by: 1 where it is not adaptive."""
        r = self.rectification(t)[1]
        still = 1.0 * (r == 0)
        return ((r > 0) * (sqrt(v) + self.eps) + still) / (r * (1 - self.beta2**t) ** 0.5 + still)

    def update(self, oracle: Oracle, state: State) -> tuple[Point, State]:
        m, v, t = state
        g, t = oracle.grad, t + 1
        m = self.beta1 * m + (1 - self.beta1) * g
        v = self.beta2 * v + (1 - self.beta2) * g * g
        return -(self.lr / (1 - self.beta1**t)) * m / self._divisor(v, t), (m, v, t)

    def state_numbers(self, state: State) -> dict[str, Array]:
        m, v, t = state
        length, r = self.rectification(t) if t else (float("nan"), float("nan"))
        rate = self.lr / self._divisor(v, t) if t else v * float("nan")
        return {
            "m": m, "v": v, "m̂": corrected(m, self.beta1, t),
            "ρ_t": length + 0 * m, "r_t": r + 0 * m, "effective learning rate": rate,
        }  # fmt: skip

    def preconditioner(self, oracle: Oracle, state: State) -> Array:
        _, v, t = state
        g = oracle.grad
        return self._divisor(self.beta2 * v + (1 - self.beta2) * g * g, t + 1)

    def stability_limit(self, oracle: Oracle, state: State) -> Scalar:
        return averaged_limit(oracle, self.preconditioner(oracle, state), self.beta1)
