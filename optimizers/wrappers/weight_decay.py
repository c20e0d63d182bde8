import numpy as np

from landscapes.arrays import Array, constant, dot
from landscapes.landscape import Landscape, Norm
from optimizers.optimizer import INPUTS, NonNegative, Oracle, Point, Scalar, per_run
from optimizers.wrappers.altered_oracle import AlteredOracle
from optimizers.wrappers.wrapper import Wrapper, spelled, wrapper

NORMALISED = (
    "It divides the gradient by its inputs, and L2 in the gradient would be divided too. It has a weight_decay of its own, "
    "added after that; take it, or decoupled weight decay."
)


class _Decayed(AlteredOracle):
    """The oracle of L + decay/2 ‖θ‖²."""

    __slots__ = ()

    @property
    def loss(self) -> Scalar:
        return self.source.loss + per_run(self.amount) / 2 * dot(self.theta, self.theta)[..., 0]

    def altered(self, grad: Point) -> Point:
        return grad + self.amount * self.theta

    @property
    def hessian(self) -> Array:
        hessian = self.source.hessian
        decay = constant(self.amount, like=self.theta)
        return hessian + (decay[..., None] if decay.ndim else decay) * constant(np.eye(hessian.shape[-1]), like=hessian)

    def hvp(self, vector: Point) -> Point:
        return self.source.hvp(vector) + self.amount * vector

    def input_terms(self, norm: Norm = "l2") -> tuple[Array, Array]:
        raise ValueError(NORMALISED)


@wrapper(name="Weight decay (L2)", rule=r"g \leftarrow g + \lambda\, \theta")
class WeightDecay(Wrapper):
    """Minimise L + weight_decay/2 ‖θ‖² instead of L: the pull to the origin goes through all that the rule does to a gradient.

    g ← g + weight_decay θ, with H + weight_decay I for rules that ask for curvature, and then Δθ = that of the inner rule. In
    Adam the pull is divided by √v̂, so that it hardly depends on `weight_decay`: that is what decoupled decay mends.
    Equals the argument `weight_decay` of torch.optim.SGD, Adam, RMSprop. Not for input-normalised rules, which state an
    order of their own. Reference: Krogh and Hertz 1991.
    """

    weight_decay: NonNegative = 0.01

    def seen(self, oracle: Oracle) -> Oracle:
        return _Decayed(oracle, self.weight_decay)

    def disabled_because(self, landscape: Landscape) -> str | None:
        return self.inner.disabled_because(landscape) or (NORMALISED if INPUTS in self.needs else None)

    @property
    def phrase(self) -> str:
        return f"weight decay {spelled(self.weight_decay)}"

    @property
    def limit(self) -> str:  # type: ignore[override]
        return f"{self.inner.limit}, with H + λI for H and λ the weight decay"
