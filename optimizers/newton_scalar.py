from landscapes.arrays import dot, matvec, where
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
    title="Newton along the gradient",
    family="Curvature",
    formula=r"c = \frac{g^\top H g}{g^\top g} \qquad \theta \leftarrow \theta - \frac{\eta}{c}\, g"
    r" \;\text{ if } c > 0 \text{, else }\; \theta \leftarrow \theta - \eta_0\, g",
    limit="2 on the local quadratic model, along the gradient",
)
class NewtonScalar(Optimizer):
    """The article's Newton: keep the gradient's direction, take the step inverse to the curvature along it.

    c = gᵀHg / gᵀg, Δθ = -(lr / c) g if c > tol, else -fallback_lr g. On a quadratic with lr 1 this is steepest descent
    with exact line search: it still zigzags in a ravine, since one number cannot suit two curvatures.
    Reference: Kathuria 2018 (`fallback_lr`, `tol` are ours).
    """

    lr: Positive = 1.0
    fallback_lr: Positive = 0.1
    tol: NonNegative = 1e-8

    def update(self, oracle: Oracle, state: State) -> tuple[Point, State]:
        g = oracle.grad
        square = dot(g, g)
        curvature = dot(g, matvec(oracle.hessian, g)) / where(square > 0, square, square + 1)
        convex = curvature > self.tol
        rate = where(convex, self.lr / where(convex, curvature, curvature * 0 + 1), self.fallback_lr + 0 * curvature)
        return -rate * g, state

    def stability_limit(self, oracle: Oracle, state: State) -> Scalar:
        """2: beyond it the loss rises along the gradient itself, on the local quadratic model."""
        return 2 + 0 * oracle.theta[..., 0]
