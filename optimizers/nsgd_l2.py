from landscapes.arrays import Array, zeros_like
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
    title="NSGD (l2)",
    family="Input-normalised",
    formula=r"b \leftarrow \beta\, b + \frac{g}{\epsilon + \overline{\|x\|_2^2}} \qquad"
    r" \theta \leftarrow \theta - \eta\, b",
    limit="(2 + 2β) / (λmax(P⁻¹H) + weight decay) with P = ε + input power",
)
class NSGDL2(Optimizer):
    """Divide each layer's gradient by the power of that layer's input, as NLMS does for one neuron.

    g ← g / (eps + n), n the batch mean of Σx² over the input vector x of the weight's block;
    then g ← g + weight_decay θ; then b ← momentum b + g; then Δθ = -lr b. So decay and momentum see normalised gradients.
    Biases and normalisation gains are divided by exactly 1. Full batch, one neuron: gradient descent with lr / (eps + tr H),
    stable for every lr < 2; it removes the dependence on input scale, not the condition number.
    Deviation: the first published code buffers raw gradients and divides the buffer, with the induced matrix 1-norm.
    Reference: Atici, Pan, Cetin 2022, arXiv 2212.09921.
    """

    lr: Positive = 0.5
    momentum: Fraction = 0.0
    weight_decay: NonNegative = 0.0
    eps: NonNegative = 0.01

    def init(self, theta: Point) -> State:
        return zeros_like(theta)

    def update(self, oracle: Oracle, b: State) -> tuple[Point, State]:
        terms, power = oracle.input_terms("l2")
        g = normalised(oracle, terms, power + per_term(self.eps))
        b = self.momentum * b + g + self.weight_decay * oracle.theta
        return -self.lr * b, b

    def state_numbers(self, b: State) -> dict[str, Array]:
        return {"b": b}

    def preconditioner(self, oracle: Oracle, state: State) -> Array | None:
        power = oracle.input_terms("l2")[1]
        return exempted(oracle, power + per_term(self.eps))[..., 0, :] if power.shape[-2] == 1 else None

    def stability_limit(self, oracle: Oracle, state: State) -> Scalar:
        divisor = oracle.input_terms("l2")[1] + per_term(self.eps)
        return stability_limit(oracle, divisor, self.momentum, self.weight_decay)
