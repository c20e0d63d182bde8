from landscapes.arrays import Array, constant, log, maximum, where, zeros_like
from landscapes.landscape import Landscape
from optimizers.optimizer import (
    GRAD,
    Fraction,
    NonNegative,
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

# sqrt(1 + 1e-6) / (sqrt(1 - 0.9) + 1e-6): the released code's Adadelta-like accumulators are never stored, so that what was
# meant to adapt is this constant.
GAIN = (1 + 1e-6) ** 0.5 / (0.1**0.5 + 1e-6)


@optimizer(
    needs=GRAD,
    title="INSGD (released code)",
    family="Input-normalised",
    formula=r"b \leftarrow \gamma\, b + \frac{3.162}{\ln(D - 0.9)}\, g \qquad \theta \leftarrow \theta - \eta\, b \qquad"
    r" D = \text{fan-in}",
    limit="(2 + 2γ) / (λmax(P⁻¹H) + weight decay) with P = ln(D − 0.9) / 3.162",
)
class INSGDReleased(Optimizer):
    """What the code published with INSGD does on linear layers: momentum with a constant learning-rate factor per layer.

    The code standardises its inputs before taking their norm, so the norm is the constant D - 1 (+ 0.1) whatever the inputs
    are; its input momentum and accumulators are never stored. What remains is g ← g 3.162 / max(ln(D - 0.9), eps) on
    weights of fan-in D and g on biases; then g ← g + weight_decay θ; then b ← momentum b + g; then Δθ = -lr b.
    For comparison only. Fan-in 1 is undefined: the code takes the standard deviation of one number.
    Reference: github.com/SalihFurkan/INSGD at d789f2c, insgd.py.
    """

    lr: Positive = 0.01
    momentum: Fraction = 0.9
    weight_decay: NonNegative = 0.0
    eps: Positive = 0.01

    def init(self, theta: Point) -> State:
        return zeros_like(theta)

    def state_numbers(self, b: State) -> dict[str, Array]:
        return {"b": b}

    def preconditioner(self, oracle: Oracle, state: State) -> Array:
        landscape = oracle.landscape
        fan_in = constant(landscape.fan_in, like=oracle.theta)
        weights = constant(landscape.has_input, like=oracle.theta) > 0
        divisor = maximum(log(where(weights, fan_in, fan_in * 0 + 2) - 0.9), self.eps) / GAIN
        return where(weights, divisor, divisor * 0 + 1)

    def update(self, oracle: Oracle, b: State) -> tuple[Point, State]:
        g = oracle.grad / self.preconditioner(oracle, b)
        b = self.momentum * b + g + self.weight_decay * oracle.theta
        return -self.lr * b, b

    def stability_limit(self, oracle: Oracle, state: State) -> Scalar:
        sharpness = steepest_curvature(oracle, self.preconditioner(oracle, state))
        return 2 * (1 + per_run(self.momentum)) / (sharpness + per_run(self.weight_decay))

    def disabled_because(self, landscape: Landscape) -> str | None:
        if not landscape.has_input.any():
            return "The released code's factor is set by a layer's fan-in, and this formula has no layers."
        if landscape.fan_in[landscape.has_input].min() < 2:
            return "The released code takes the standard deviation of a layer's inputs, undefined for a layer with one input."
        return None
