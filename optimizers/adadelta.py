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
    title="Adadelta",
    family="Adaptive",
    formula=r"v \leftarrow \rho\, v + (1-\rho)\, g^2 \qquad"
    r" d = \frac{\sqrt{u + \epsilon}}{\sqrt{v + \epsilon}}\, g \qquad"
    r" u \leftarrow \rho\, u + (1-\rho)\, d^2 \qquad \theta \leftarrow \theta - \eta\, d",
    limit="2 / λmax(P⁻¹H) with P = √(v + ε) / √(u + ε) held still",
)
class Adadelta(Optimizer):
    """RMSProp whose step has the size of its own past steps, so that no learning rate needs to be guessed.

    v ← rho v + (1 - rho) g², d = √(u + eps) / √(v + eps) g with the u of before, u ← rho u + (1 - rho) d², Δθ = -lr d.
    It starts with steps of about √(eps / (1 - rho)) and has to grow them: eps is what starts it, not a guard against division
    by zero, and with eps = 0 it never moves. Equals torch.optim.Adadelta.
    Reference: Zeiler 2012, arXiv 1212.5701 (there lr is 1).
    """

    lr: Positive = 1.0
    rho: Fraction = 0.9
    eps: NonNegative = 1e-6

    def init(self, theta: Point) -> State:
        return zeros_like(theta), zeros_like(theta)

    def update(self, oracle: Oracle, state: State) -> tuple[Point, State]:
        v, u = state
        g = oracle.grad
        v = self.rho * v + (1 - self.rho) * g * g
        d = sqrt(u + self.eps) / sqrt(v + self.eps) * g
        return -self.lr * d, (v, self.rho * u + (1 - self.rho) * d * d)

    def state_numbers(self, state: State) -> dict[str, Array]:
        v, u = state
        return {"v": v, "u": u, "√(v + eps)": sqrt(v + self.eps), "√(u + eps)": sqrt(u + self.eps)}

    def preconditioner(self, oracle: Oracle, state: State) -> Array:
        (v, u), g = state, oracle.grad
        return sqrt(self.rho * v + (1 - self.rho) * g * g + self.eps) / sqrt(u + self.eps)

    def stability_limit(self, oracle: Oracle, state: State) -> Scalar:
        return 2 / steepest_curvature(oracle, self.preconditioner(oracle, state))
