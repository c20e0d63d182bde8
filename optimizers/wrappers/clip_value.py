import numpy as np

from landscapes.arrays import Array, absolute, maximum, where
from landscapes.landscape import Landscape, Norm
from optimizers.input_normalisation import per_term
from optimizers.optimizer import INPUTS, Number, Oracle, Point, Positive, Scalar, State
from optimizers.wrappers.altered_oracle import AlteredOracle
from optimizers.wrappers.wrapper import Wrapper, spelled, wrapper

SEVERAL = "It normalises several gradients one by one, and their sum cannot be clipped by value before that."


def bounded(grad: Point, most: Number) -> Point:
    """Each coordinate between -most and most; NaN stays NaN."""
    return -maximum(-maximum(grad, -most), -most)


class _Bounded(AlteredOracle):
    __slots__ = ()

    def altered(self, grad: Point) -> Point:
        return bounded(grad, self.amount)

    def input_terms(self, norm: Norm = "l2") -> tuple[Array, Array]:
        terms, power = self.source.input_terms(norm)
        if terms.shape[-2] > 1:
            raise ValueError(SEVERAL)
        return bounded(terms, per_term(self.amount)), power


@wrapper(name="Clipping by value", rule=r"g_i \leftarrow \min(\max(g_i, -c), c)")
class ClipValue(Wrapper):
    """Clip each coordinate of the gradient for itself, which turns its direction.

    g ← min(max(g, -value), value) coordinate by coordinate, and then Δθ = that of the inner rule. Loss and curvature are not
    touched. Equals torch.nn.utils.clip_grad_value_ before each step. Reference: Mikolov 2012, thesis, section 3.2.2.
    """

    value: Positive = 1.0

    def seen(self, oracle: Oracle) -> Oracle:
        return _Bounded(oracle, self.value)

    def disabled_because(self, landscape: Landscape) -> str | None:
        several = INPUTS in self.needs and len(landscape.divided) > 1
        return self.inner.disabled_because(landscape) or (SEVERAL if several else None)

    def stability_limit(self, oracle: Oracle, state: State) -> Scalar:
        """That of the inner rule where no coordinate is clipped; NaN elsewhere: a clipped coordinate answers to nothing."""
        clipped = (absolute(oracle.grad) > self.value).any(-1)
        limit = super().stability_limit(oracle, state)
        return where(clipped, limit * np.nan, limit)

    @property
    def phrase(self) -> str:
        return f"each coordinate clipped to {spelled(self.value)}"

    @property
    def limit(self) -> str:  # type: ignore[override]
        return f"{self.inner.limit}, where nothing is clipped"
