from landscapes.arrays import Array, maximum, norm
from landscapes.landscape import Norm
from optimizers.input_normalisation import per_term
from optimizers.optimizer import Number, Oracle, Point, Positive, Scalar, State
from optimizers.wrappers.altered_oracle import AlteredOracle
from optimizers.wrappers.wrapper import Wrapper, spelled, wrapper

BESIDE_ZERO = 1e-6  # torch's: a gradient of exactly the allowed norm is shortened by this part


def share(grad: Point, most: Number) -> Array:
    """What is left of each run's gradient, `(*runs, 1)`: min(1, most / (‖g‖ + 1e-6)); NaN stays NaN."""
    return -maximum(-most / (norm(grad) + BESIDE_ZERO), -1.0)


class _Clipped(AlteredOracle):
    __slots__ = ()

    def altered(self, grad: Point) -> Point:
        return share(grad, self.amount) * grad

    def input_terms(self, norm: Norm = "l2") -> tuple[Array, Array]:
        terms, power = self.source.input_terms(norm)
        return per_term(share(terms.sum(-2), self.amount)) * terms, power


@wrapper(name="Clipping by norm", rule=r"g \leftarrow g \cdot \min\!\left(1, \frac{c}{\|g\| + 10^{-6}}\right)")
class Clip(Wrapper):
    """Shorten the gradient where it is longer than `norm`; its direction stays.

    g ← g min(1, norm / (‖g‖ + 1e-6)), and then Δθ = that of the inner rule. ‖g‖ is that of the whole gradient of one run. Loss
    and curvature are not touched. A rule that divides by the gradient's own size forgets a constant shortening: around Adam
    this acts where the gradient's size changes. Where NSGD goes through residuals r, ‖g‖ is that of what it descends, Σ r ∇r,
    half the gradient. Equals torch.nn.utils.clip_grad_norm_ before each step.
    Reference: Pascanu, Mikolov and Bengio 2013, arXiv 1211.5063.
    """

    norm: Positive = 1.0

    def seen(self, oracle: Oracle) -> Oracle:
        return _Clipped(oracle, self.norm)

    def stability_limit(self, oracle: Oracle, state: State) -> Scalar:
        """L / min(1, norm / ‖g‖), with L the inner limit: the shortening is held still, as preconditioners are.

        With gradient descent inside, on a parabola, this step comes nearer to the minimum just below that learning rate.
        """
        return super().stability_limit(oracle, state) / share(oracle.grad, self.norm)[..., 0]

    @property
    def phrase(self) -> str:
        return f"clipped to {spelled(self.norm)}"

    @property
    def limit(self) -> str:  # type: ignore[override]
        return f"L / min(1, c / ‖g‖), the clipping held still, with L = {self.inner.limit}"
