from collections.abc import Mapping
from typing import Any, Self

from landscapes.arrays import where
from landscapes.ranges import Real
from optimizers.optimizer import Count, Number
from optimizers.wrappers.timed import Hyperparameter, Timed
from optimizers.wrappers.wrapper import hyperparameter_ranges, spelled, unchecked, wrapper


@wrapper(name="Change in mid-run")
class Change(Timed):
    """Set a hyperparameter to another value from a step on, as a hand on its slider would; what the rule remembers is kept.

    For the steps t = `at` and later, the first step being 0, Δθ = that of the inner rule with `of` set to `value`. Of several
    changes of one hyperparameter the latest counts, of several at one step the outermost. Schedules go on from the new value.
    Reference: torch's param_groups, written to between two steps; Paszke et al. 2019, arXiv 1912.01703.
    """

    of: Hyperparameter = "lr"
    at: Count = 50
    value: Real = 0.001

    def allowed(self) -> Mapping[str, Any]:
        inner = hyperparameter_ranges(self.inner)
        return {**super().allowed(), **({"value": inner[self.of]} if self.of in inner else {})}

    def changed(self, value: Number, since: Number, t: int) -> tuple[Number, Number]:
        latest = (t >= self.at) & (self.at >= since)
        if isinstance(latest, bool):
            return (self.value, self.at) if latest else (value, since)
        like = 0 * self.at + 0 * since  # an array, so that both sides of `where` are
        return where(latest, self.value + like, value + like), where(latest, self.at + like, since + like)

    def assigned(self, name: str, value: Number) -> Self:
        made = super().assigned(name, value)
        return unchecked(made, value=value) if name == self.of else made

    @property
    def phrase(self) -> str:
        return f"{self.of} {spelled(self.value)} from step {spelled(self.at)}"

    @property
    def formula(self) -> str:  # type: ignore[override]
        change = rf"{self.symbol} = {spelled(self.value)} \text{{ from }} t = {spelled(self.at)}"
        return rf"{change} \qquad {self.inner.formula}"
