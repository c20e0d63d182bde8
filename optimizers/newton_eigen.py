from landscapes.arrays import eigh, matvec, transpose, where
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
    title="Newton by eigendirection",
    family="Curvature",
    formula=r"\theta \leftarrow \theta - \sum_i r_i\, (q_i^\top g)\, q_i \qquad"
    r" r_i = \eta/\lambda_i \text{ if } \lambda_i > 0 \text{, else } \eta_0",
    limit="2 on the local quadratic model, whatever its curvature",
)
class NewtonEigen(Optimizer):
    """Newton along the directions that curve up, gradient descent along those that do not.

    Δθ = -Σ r_i (q_iᵀg) q_i over the Hessian's eigenpairs, r_i = lr / λ_i if λ_i > tol, else fallback_lr. Near a saddle it
    leaves along the descending direction instead of being drawn in. Reference: Kathuria 2018; Nocedal and Wright 2006, 3.4.
    """

    lr: Positive = 1.0
    fallback_lr: Positive = 0.1
    tol: NonNegative = 1e-8

    def update(self, oracle: Oracle, state: State) -> tuple[Point, State]:
        values, vectors = eigh(oracle.hessian)
        convex = values > self.tol
        rates = where(convex, self.lr / where(convex, values, values * 0 + 1), self.fallback_lr + 0 * values)
        return -matvec(vectors, rates * matvec(transpose(vectors), oracle.grad)), state

    def stability_limit(self, oracle: Oracle, state: State) -> Scalar:
        """2 on the local quadratic model, whatever its curvature."""
        return 2 + 0 * oracle.theta[..., 0]
