from landscapes.arrays import Array, sign, zeros_like
from optimizers.optimizer import GRAD, Fraction, NonNegative, Optimizer, Oracle, Point, Positive, State, optimizer


@optimizer(
    needs=GRAD,
    title="Lion",
    family="Sign",
    formula=r"\theta \leftarrow \theta - \eta\, \big( \mathrm{sign}(\beta_1 m + (1-\beta_1)\, g) + \lambda\, \theta \big)"
    r" \qquad m \leftarrow \beta_2 m + (1-\beta_2)\, g",
    limit="none: its steps do not grow with the gradient, so it neither settles nor diverges, but ends in a cycle",
)
class Lion(Optimizer):
    """Step by the sign of an average of gradients: every coordinate moves by exactly lr, whatever the slope.

    c = beta1 m + (1 - beta1) g, Δθ = -lr (sign(c) + weight_decay θ), then m ← beta2 m + (1 - beta2) g: the step weighs today's
    gradient by 1 - beta1, the memory by 1 - beta2, which is less. sign(0) is 0. torch.optim has no Lion; this is the paper's
    Algorithm 2, its learning rate some ten times below Adam's. Reference: Chen et al. 2023, arXiv 2302.06675.
    """

    lr: Positive = 0.0001
    beta1: Fraction = 0.9
    beta2: Fraction = 0.99
    weight_decay: NonNegative = 0.0

    def init(self, theta: Point) -> State:
        return zeros_like(theta)

    def update(self, oracle: Oracle, m: State) -> tuple[Point, State]:
        g = oracle.grad
        direction = sign(self.beta1 * m + (1 - self.beta1) * g)
        return -self.lr * (direction + self.weight_decay * oracle.theta), self.beta2 * m + (1 - self.beta2) * g

    def state_numbers(self, m: State) -> dict[str, Array]:
        return {"m": m}
