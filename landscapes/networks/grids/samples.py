"""What the outputs for some samples say: sums over samples, from which means, accuracies and spreads are made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from landscapes.networks.network import Network
from landscapes.networks.parts import Parts, is_pair, labels_in, mapped


class Sums(NamedTuple):
    """Over the samples of some batches, at one point or several `(n,)`, float64: of losses, of their squares, of hits.

    Hits are NaN where an output is not finite.
    """

    loss: Tensor
    square: Tensor
    hits: Tensor


def is_cross_entropy(criterion: Any, targets: Any) -> bool:
    """Whether a criterion is the plain mean cross-entropy of outputs `(samples, classes)` with whole labels."""
    plain = criterion is functional.cross_entropy or (
        type(criterion) is nn.CrossEntropyLoss
        and criterion.weight is None
        and criterion.reduction == "mean"
        and criterion.label_smoothing == 0
    )
    return (
        plain
        and isinstance(targets, Tensor)
        and targets.ndim == 1
        and not targets.is_floating_point()
        and bool((targets >= 0).all())
    )


def check_asked(network: Network, asked: Sequence[str]) -> None:
    """Raise ValueError for a quantity that the network does not have."""
    if any(name.startswith("test") for name in asked) and network.test is None:
        raise ValueError(f"{network.name} has no test samples")
    for name, parts in (("accuracy", network.train), ("test_accuracy", network.test)):
        if name in asked and (parts is None or not has_classes(parts)):
            raise ValueError(f"{network.name} has no classes, so there is no accuracy")
    if "spread" in asked and not all(is_pair(batch) for batch in network.train.batches):
        raise ValueError(
            f"{network.name}: the loss is not over pairs of inputs and targets, so samples have no losses of their own"
        )


def has_classes(parts: Parts) -> bool:
    """Whether all targets are labels, one for each sample."""
    return all(labels_in(batch) for batch in parts.batches)


@dataclass(frozen=True, eq=False)
class Judge:
    """Sums for one set of samples. `spread` and `accuracy` say what is needed beside the loss."""

    criterion: Any
    accuracy: bool
    spread: bool

    def __call__(self, outputs: Any, targets: Tensor) -> Sums:
        """Of outputs `(samples, ...)`, at one point."""
        count = len(targets)
        loss = self.criterion(outputs, targets).double() * count
        nothing = torch.zeros_like(loss)
        square, hits = nothing, nothing
        if self.spread:
            each = self.each(outputs, targets).double()
            square = (each * each).sum()
        if self.accuracy:
            right = (guesses(outputs, targets) == targets).sum().double()
            hits = torch.where(outputs.isfinite().all(), right, float("nan"))
        return Sums(loss.detach(), square.detach(), hits)

    def each(self, outputs: Any, targets: Tensor) -> Tensor:
        """Each sample's own loss, `(samples,)`, of outputs of any structure.

        Raises ValueError for a criterion that is not a mean over samples.
        """
        if is_cross_entropy(self.criterion, targets) and isinstance(outputs, Tensor) and outputs.ndim == 2:
            return functional.cross_entropy(outputs, targets, reduction="none")
        try:
            losses = torch.vmap(lambda o, t: self.criterion(mapped(o, lambda x: x[None]), t[None]))(outputs, targets)
        except (RuntimeError, ValueError, TypeError, AttributeError):
            losses = torch.stack([self._one(outputs, targets, slice(i, i + 1)) for i in range(len(targets))])
        whole, mean = float(self.criterion(outputs, targets)), float(losses.double().mean())
        if isfinite(whole) and not same(whole, mean, losses):
            raise ValueError("the criterion is not a mean over samples, so the loss has no standard error")
        return losses

    def _one(self, outputs: Any, targets: Tensor, sample: slice) -> Tensor:
        try:
            loss: Tensor = self.criterion(mapped(outputs, lambda x: x[sample]), targets[sample])
        except Exception as error:
            raise ValueError(f"samples have no losses of their own: {error}") from error
        return loss


def guesses(outputs: Any, targets: Tensor) -> Tensor:
    """The class with the largest output; of a single output, class 1 where it is positive.

    Raises ValueError where the outputs are several tensors.
    """
    if not isinstance(outputs, Tensor):
        raise ValueError("the module's outputs are not one tensor of scores, so there is no accuracy")
    return outputs.argmax(-1) if outputs.shape[-1] > 1 else (outputs[..., 0] > 0).to(targets.dtype)


def splits(criterion: Any, outputs: Tensor, targets: Tensor) -> bool:
    """Whether a criterion is a mean over samples, so that they may be cut into other batches: seen on pairs of uneven parts."""
    if is_cross_entropy(criterion, targets):
        return True
    count = len(targets)
    if count < 2 or len(outputs) != count:
        return False
    whole = float(criterion(outputs, targets))
    for cut in {1, count // 3 or 1, count // 2}:
        first, second = (float(criterion(outputs[part], targets[part])) for part in (slice(cut), slice(cut, None)))
        if not same((cut * first + (count - cut) * second) / count, whole, outputs):
            return False
    return True


def same(a: float, b: float, like: Tensor) -> bool:
    """Equal to a sum's rounding in the dtype of `like`."""
    return abs(a - b) <= 100 * torch.finfo(like.dtype).eps * (abs(a) + abs(b))
