from landscapes.arrays import Array, log, maximum, zeros_like
from optimizers.input_normalisation import exempted, normalised, per_term, stability_limit
from optimizers.optimizer import (
    GRAD,
    INPUTS,
    Fraction,
    NonNegative,
    Optimizer,
    Oracle,
    Point,
    Positive,
    Scalar,
    State,
    optimizer,
)


@optimizer(
    needs=GRAD | INPUTS,
    title="INSGD",
    family="Input-normalised",
    formula=r"P \leftarrow \beta P + (1-\beta)\,\overline{\|x\|_2^2} \qquad"
    r" b \leftarrow \gamma\, b + \frac{g}{\max(\log P,\, \epsilon)} \qquad \theta \leftarrow \theta - \eta\, b",
    limit="(2 + 2γ) / (λmax(P⁻¹H) + weight decay) with P = max(log input power, ε)",
)
class INSGD(Optimizer):
    """NSGD divided by the logarithm of a running mean of the input power, so that the divisor neither jitters nor blows up.

    P ← input_momentum P + (1 - input_momentum) n, starting at the first n, the batch mean of Σx²; g ← g / max(log P, eps);
    then g ← g + weight_decay θ; then b ← momentum b + g (the first b is g); then Δθ = -lr b. Biases are divided by exactly 1.
    Not scale-free, and hazardous on weak inputs: for P ≤ e^eps the clip divides by eps, which multiplies lr by 100.
    Uncertain: the paper's own input momentum is not printed; 0.9 is what its code reuses.
    Reference: Atici, Pan, Cetin 2024, TMLR; arXiv 2212.09921v2, Algorithm 1.
    """

    lr: Positive = 0.1
    momentum: Fraction = 0.9
    input_momentum: Fraction = 0.9
    weight_decay: NonNegative = 0.0
    eps: Positive = 0.01

    def init(self, theta: Point) -> State:
        return zeros_like(theta), None

    def update(self, oracle: Oracle, state: State) -> tuple[Point, State]:
        b, _ = state
        terms, power = oracle.input_terms("l2")
        power = self._running(power, state)
        g = normalised(oracle, terms, maximum(log(power), per_term(self.eps)))
        b = self.momentum * b + g + self.weight_decay * oracle.theta
        return -self.lr * b, (b, power)

    def _running(self, power: Array, state: State) -> Array:
        if state[1] is None:
            return power
        beta = per_term(self.input_momentum)
        return beta * state[1] + (1 - beta) * power

    def _divisor(self, oracle: Oracle, state: State) -> Array:
        return maximum(log(self._running(oracle.input_terms("l2")[1], state)), per_term(self.eps))

    def state_numbers(self, state: State) -> dict[str, Array]:
        """b, and the running P of each gradient term once there is one; several terms (residuals) are numbered."""
        b, power = state
        if power is None:
            return {"b": b, "P": b * float("nan")}
        if power.shape[-2] == 1:
            return {"b": b, "P": power[..., 0, :]}
        return {"b": b, **{f"P {i + 1}": power[..., i, :] for i in range(power.shape[-2])}}

    def preconditioner(self, oracle: Oracle, state: State) -> Array | None:
        divisor = self._divisor(oracle, state)
        return exempted(oracle, divisor)[..., 0, :] if divisor.shape[-2] == 1 else None

    def stability_limit(self, oracle: Oracle, state: State) -> Scalar:
        return stability_limit(oracle, self._divisor(oracle, state), self.momentum, self.weight_decay)
