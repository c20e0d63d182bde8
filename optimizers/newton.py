from landscapes.arrays import solve_above, where
from optimizers.optimizer import (
    GRAD,
    HESSIAN,
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
    needs=GRAD | HESSIAN,
    title="Newton",
    family="Curvature",
    formula=r"\theta \leftarrow \theta - \eta\, (H + \lambda I)^{-1} g \;\text{ if every eigenvalue is positive, else }\;"
    r" \theta \leftarrow \theta - \eta_0\, g",
    limit="2 on the local quadratic model, whatever its curvature",
)
class Newton(Optimizer):
    """Jump to the minimum of the local quadratic model; where that model has none, step down the gradient.

    Δθ = -lr (H + damping I)⁻¹ g if every eigenvalue of H + damping I exceeds `tol`, else Δθ = -fallback_lr g.
    With lr 1 and no damping one step solves any convex quadratic. The fall-back asks each run for itself.
    Reference: Nocedal and Wright 2006, chapter 3; the fall-back: Kathuria 2018 (`fallback_lr`, `tol` are ours).
    """

    lr: Positive = 1.0
    damping: NonNegative = 0.0
    fallback_lr: Positive = 0.1
    tol: NonNegative = 1e-8

    def update(self, oracle: Oracle, state: State) -> tuple[Point, State]:
        g = oracle.grad
        jump, convex = solve_above(oracle.hessian, g, self.damping, self.tol)
        return where(convex, -self.lr * jump, -self.fallback_lr * g), state

    def stability_limit(self, oracle: Oracle, state: State) -> Scalar:
        """2 on the local quadratic model, whatever its curvature."""
        return 2 + 0 * oracle.theta[..., 0]
