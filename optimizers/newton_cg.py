from landscapes.arrays import constant, dot, norm, sqrt, where
from optimizers.optimizer import (
    GRAD,
    HVP,
    Count,
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
    needs=GRAD | HVP,
    title="Newton-CG",
    family="Curvature",
    formula=r"\theta \leftarrow \theta - \eta\, p \qquad (H + \lambda I)\, p \approx g"
    r" \;\text{ by conjugate gradients, until one meets negative curvature}",
    limit="2 on the local quadratic model, whatever its curvature",
)
class NewtonCG(Optimizer):
    """Newton's jump without the Hessian: solve (H + damping I) p = g by conjugate gradients, each step one product H d.

    From p = 0, r = d = g:  c = dᵀ(H + damping I)d, a = rᵀr / c, p ← p + a d, r' = r - a (H + damping I) d,
    d ← r' + (r'ᵀr' / rᵀr) d, until ‖r‖ ≤ min(accuracy, √‖g‖) ‖g‖, after `cg_steps`, or where c ≤ tol dᵀd: there p stays what it
    is, and a first direction of that kind gives p = (fallback_lr / lr) g, plain descent. Then Δθ = -lr p. Every p descends.
    Reference: Dembo and Steihaug 1983; Nocedal and Wright 2006, algorithm 7.1 without its line search
    (`fallback_lr`, `tol` as in `newton`).
    """

    lr: Positive = 1.0
    damping: NonNegative = 0.0
    cg_steps: Count = 50
    accuracy: Fraction = 0.5
    fallback_lr: Positive = 0.1
    tol: NonNegative = 1e-8

    def update(self, oracle: Oracle, state: State) -> tuple[Point, State]:
        g = oracle.grad
        target = norm(g) * where(sqrt(norm(g)) < self.accuracy, sqrt(norm(g)), self.accuracy + 0 * norm(g))
        p, r, d = 0 * g, g, g  # 0 * g, not zeros: a gradient that is not finite must show in the step
        square = dot(r, r)
        active = square > 0
        falls = square < 0
        for step in range(int(constant(self.cg_steps, like=g).max())):
            if not active.any():
                break
            hd = oracle.hvp(d) + self.damping * d
            curvature = dot(d, hd)
            convex = curvature > self.tol * dot(d, d)
            if step == 0:
                falls = active & ~convex
            active = active & convex & (step < self.cg_steps)
            a = where(active, square / where(active, curvature, 1 + 0 * curvature), 0 * square)
            p, r = where(active, p + a * d, p), where(active, r - a * hd, r)
            following = dot(r, r)
            d = where(active, r + following / where(active, square, 1 + 0 * square) * d, d)
            square = following
            active = active & (sqrt(square) > target)
        return where(falls, -self.fallback_lr * g, -self.lr * p), state

    def stability_limit(self, oracle: Oracle, state: State) -> Scalar:
        """2 on the local quadratic model solved to the end, whatever its curvature."""
        return 2 + 0 * oracle.theta[..., 0]
