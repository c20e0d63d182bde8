from landscapes.arrays import Array, sqrt, zeros_like
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
    steepest_curvature,
)


@optimizer(
    needs=GRAD,
    title="RMSProp",
    family="Adaptive",
    formula=r"v \leftarrow \rho\, v + (1-\rho)\, g^2 \qquad \theta \leftarrow \theta - \eta\, \frac{g}{\sqrt{v} + \epsilon}",
    limit="2 / λmax(P⁻¹H) with P = √v + ε held still",
)
class RMSProp(Optimizer):
    """Divide each coordinate's gradient by a running root mean square of itself.

    v ← decay v + (1 - decay) g², Δθ = -lr g / (√v + eps). Without bias correction: the first step is
    lr / √(1 - decay) in every coordinate. Equals torch.optim.RMSprop (its `alpha` is `decay`).
    Reference: Tieleman and Hinton 2012, Coursera lecture 6.5.
    """

    lr: Positive = 0.01
    decay: Fraction = 0.99
    eps: NonNegative = 1e-8

    def init(self, theta: Point) -> State:
        return zeros_like(theta)

    def update(self, oracle: Oracle, v: State) -> tuple[Point, State]:
        g = oracle.grad
        v = self.decay * v + (1 - self.decay) * g * g
        return -self.lr * g / (sqrt(v) + self.eps), v

    def state_numbers(self, v: State) -> dict[str, Array]:
        return {"v": v, "effective learning rate": self.lr / (sqrt(v) + self.eps)}

    def preconditioner(self, oracle: Oracle, v: State) -> Array:
        g = oracle.grad
        return sqrt(self.decay * v + (1 - self.decay) * g * g) + self.eps

    def stability_limit(self, oracle: Oracle, v: State) -> Scalar:
        return 2 / steepest_curvature(oracle, self.preconditioner(oracle, v))
