from optimizers.optimizer import GRAD, Optimizer, Oracle, Point, Positive, Scalar, State, optimizer, steepest_curvature


@optimizer(
    needs=GRAD,
    title="SGD",
    family="Descent",
    formula=r"\theta \leftarrow \theta - \eta\, g",
    limit="2 / λmax",
)
class SGD(Optimizer):
    """Step against the gradient.

    Δθ = -lr g. On curvature λ the error shrinks by |1 - lr λ| a step: it flips sign beyond 1/λ and grows beyond 2/λ.
    Equals torch.optim.SGD. Reference: Robbins and Monro 1951; Cauchy 1847.
    """

    lr: Positive = 0.01

    def update(self, oracle: Oracle, state: State) -> tuple[Point, State]:
        return -self.lr * oracle.grad, state

    def stability_limit(self, oracle: Oracle, state: State) -> Scalar:
        return 2 / steepest_curvature(oracle)
