from landscapes.arrays import absolute, eigh, matvec, maximum, transpose
from optimizers.optimizer import GRAD, HESSIAN, Optimizer, Oracle, Point, Positive, Scalar, State, optimizer


@optimizer(
    needs=GRAD | HESSIAN,
    title="Saddle-free Newton",
    family="Curvature",
    formula=r"\theta \leftarrow \theta - \eta\, |H|^{-1} g \qquad |H| = \sum_i \max(|\lambda_i|, \lambda)\, q_i q_i^\top",
    limit="2 on the local quadratic model, where it curves up by more than the damping",
)
class SaddleFreeNewton(Optimizer):
    """Newton with the curvature's size but not its sign: it leaves a saddle as fast as it would have been drawn in.

    Δθ = -lr Σ (q_iᵀg) / max(|λ_i|, damping) q_i over the Hessian's eigenpairs. With lr 1 one step solves any quadratic that
    curves up by more than `damping`; less curvature than that is taken for `damping`, whichever its sign.
    Deviation: Dauphin et al. add their damping to |H|, which would also shorten the steps where nothing is flat, and in large
    networks take |H| on a Krylov subspace. Reference: Dauphin et al. 2014, arXiv 1406.2572.
    """

    lr: Positive = 1.0
    damping: Positive = 1e-3

    def update(self, oracle: Oracle, state: State) -> tuple[Point, State]:
        values, vectors = eigh(oracle.hessian)
        along = matvec(transpose(vectors), oracle.grad) / maximum(absolute(values), self.damping)
        return -self.lr * matvec(vectors, along), state

    def stability_limit(self, oracle: Oracle, state: State) -> Scalar:
        """2 on the local quadratic model, where it curves up by more than the damping."""
        return 2 + 0 * oracle.theta[..., 0]
