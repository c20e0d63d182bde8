"""Many points of a plane at once, for chains of linear layers, small convolutions and what stands between.

Arrays are feature-major, `(points, features, samples)`: the long axis is last, so that the softmax over ten classes runs along
it. With theta = origin + a d1 + b d2 the first layer's outputs are A + a B + b C, three arrays made once, so that the dearest
product leaves the loop. A convolution of a small map is a dense matrix, itself affine in (a, b): worth its extra
multiplications, for products of matrices run an order of magnitude faster than small convolutions.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor, nn

from landscapes.directions.span import Span
from landscapes.grids.evaluator import Evaluator, Tick, Values, no_tick
from landscapes.networks.grids.chain import plain_chain
from landscapes.networks.grids.samples import Judge, check_asked, is_cross_entropy, splits
from landscapes.networks.grids.steps import Plan, Room
from landscapes.networks.network import Network
from landscapes.networks.normalisation import batch_norms
from landscapes.networks.parts import Parts, is_pair

CHUNK_BYTES = {"cpu": 2**22, "cuda": 2**28}  # of one chunk's widest layer; on a CPU what is made of it stays in its caches
BLOCK_BYTES = {"cpu": 2**19, "cuda": 2**26}  # of one point's
FEWEST = 64  # samples in a block


@dataclass(frozen=True, eq=False)
class _Block:
    """Some samples of one set: the first layer's outputs on the plane `(1 + axes, features * samples)`, and the targets."""

    first: Tensor
    targets: Tensor


def reason_against(network: Network, span: Span) -> str | None:
    """Why this way does not serve a network, or None."""
    chain = plain_chain(network.module)
    if chain is None:
        return "its layers are not a plain chain"
    if not any(isinstance(layer, (nn.Linear, nn.Conv2d)) for layer in chain):
        return "it has no linear layer"
    if network.statistics == "recomputed" and any(batch_norms(network.module)):
        return "its statistics are recomputed"
    for parts in (network.train, network.test):
        if parts is not None and not all(
            is_pair(b) and isinstance(b[0], Tensor) and b[0].is_floating_point() for b in parts.batches
        ):
            return "its data are not pairs of inputs and targets"
    try:
        Plan(network, span)
    except ValueError as error:
        return str(error)
    return None


@dataclass(frozen=True, eq=False)
class Stacked(Evaluator):
    """Losses and accuracies of chunks of points in one program. Equal to `Plain` to float32's rounding, sums in float64."""

    network: Network
    span: Span
    asked: tuple[str, ...] = ("loss",)

    def __post_init__(self) -> None:
        check_asked(self.network, self.asked)
        if reason := reason_against(self.network, self.span):
            raise ValueError(f"{self.network.name} cannot be evaluated in stacks: {reason}")

    @cached_property
    def _plan(self) -> Plan:
        return Plan(self.network, self.span)

    @cached_property
    def _train(self) -> list[_Block]:
        return list(self._blocks(self.network.train))

    @cached_property
    def _test(self) -> list[_Block]:
        return [] if self.network.test is None else list(self._blocks(self.network.test))

    @property
    def _place(self) -> str:
        return self.network.evaluate.like.device.type

    @property
    def _bytes(self) -> int:
        return self.network.evaluate.like.element_size()

    @cached_property
    def together(self) -> int:  # type: ignore[override]  # follows from the network
        samples = max(len(block.targets) for block in self._train)
        return max(1, CHUNK_BYTES[self._place] // (self._bytes * self._plan.width * samples))

    @cached_property
    def _may_split(self) -> bool:
        inputs, targets = self.network.train.batches[0]
        outputs = self.network.evaluate.outputs(self.network.point(self.span.origin), inputs[:FEWEST])
        return splits(self.network.evaluate.criterion, outputs, targets[:FEWEST])

    def _blocks(self, parts: Parts) -> Iterator[_Block]:
        """Samples in blocks whose widest layer fits the budget; the outputs of the first layer, feature-major."""
        most = max(FEWEST, BLOCK_BYTES[self._place] // (self._bytes * self._plan.width))
        with torch.inference_mode():
            for inputs, targets in parts.batches:
                size = _even(len(targets), most) if self._may_split else len(targets)
                for low in range(0, len(targets), size):
                    high = low + size
                    given = self._plan.prepared(inputs[low:high])
                    rows = [row.flatten(1).T.reshape(-1) for row in self._plan.through_first(given)]
                    yield _Block(torch.stack(rows), targets[low:high])

    def __call__(self, coordinates: np.ndarray, tick: Tick = no_tick) -> Values:
        found = {name: np.empty(len(coordinates)) for name in self.asked}
        like = self.network.evaluate.like
        whole = np.concatenate([np.ones((len(coordinates), 1)), coordinates], axis=1)
        mixes = torch.from_numpy(whole).to(like.device, like.dtype)
        room = Room()
        with torch.inference_mode():
            for low in range(0, len(whole), self.together):
                cut = slice(low, low + self.together)
                for name, values in self._chunk(mixes[cut], room, tick).items():
                    found[name][cut] = values.cpu().numpy()
        return found

    def _chunk(self, mix: Tensor, room: Room, tick: Tick) -> dict[str, Tensor]:
        values: dict[str, Tensor] = {}
        for prefix, blocks in (("", self._train), ("test_", self._test)):
            asked = [name for name in self.asked if name.startswith("test_") == bool(prefix)]
            if asked:
                judge = Judge(self.network.evaluate.criterion, f"{prefix}accuracy" in asked, "spread" in asked)
                loss, square, hits = self._sums(mix, blocks, judge, room, tick)
                count = sum(len(block.targets) for block in blocks)
                values[f"{prefix}loss"] = loss / count
                values[f"{prefix}accuracy"] = hits / count
                if judge.spread:
                    values["spread"] = ((square - loss * loss / count).clamp(min=0) / max(count - 1, 1)).sqrt()
        return {name: values[name] for name in self.asked}

    def _sums(self, mix: Tensor, blocks: list[_Block], judge: Judge, room: Room, tick: Tick) -> tuple[Tensor, Tensor, Tensor]:
        loss, square, hits = mix.new_zeros(3, len(mix), dtype=torch.float64)
        for block in blocks:
            tick()
            z = torch.mm(mix, block.first, out=room(self, (len(mix), block.first.shape[1]), mix))
            z = z.view(len(mix), -1, len(block.targets))
            for step in self._plan.after:
                z = step(z, mix, room)
            if self._plan.outputs > 1 and is_cross_entropy(judge.criterion, block.targets):
                parts = _cross_entropy(z, block.targets, judge)
            else:
                each = [judge(row.T, block.targets) for row in z]
                parts = tuple(torch.stack(column) for column in zip(*each))  # type: ignore[assignment]
            loss, square, hits = loss + parts[0], square + parts[1], hits + parts[2]
        return loss, square, hits


def _even(count: int, most: int) -> int:
    """The size of blocks that are all alike and at most `most`."""
    return -(-count // -(-count // most))


def _cross_entropy(z: Tensor, labels: Tensor, judge: Judge) -> tuple[Tensor, Tensor, Tensor]:
    """Sums `(points,)` of losses, of their squares and of hits, from outputs `(points, classes, samples)`, which are spent."""
    top = z.amax(dim=1)
    chosen = z.gather(1, labels.expand(len(z), 1, -1))[:, 0]
    nothing = z.new_zeros(len(z), dtype=torch.float64)
    hits = _hits(z, labels, top, chosen) if judge.accuracy else nothing
    z = _exponential(z.sub_(top[:, None]))
    losses = z.sum(dim=1).log_().add_(top).sub_(chosen)
    square = losses.double().square().sum(dim=1) if judge.spread else nothing
    return losses.sum(dim=1, dtype=torch.float64), square, hits


def _exponential(z: Tensor) -> Tensor:
    """In place; by NumPy on a CPU, where it is twice as fast as torch's."""
    if z.device.type != "cpu":
        return z.exp_()
    np.exp(z.numpy(), out=z.numpy())
    return z


def _hits(z: Tensor, labels: Tensor, top: Tensor, chosen: Tensor) -> Tensor:
    """How many samples have their largest output at the label; of equal ones the first counts, as in `argmax`."""
    right = (chosen == top).sum(dim=1).double()
    tied = (z == top[:, None]).sum(dim=(1, 2)) > z.shape[2]
    if bool(tied.any()):
        right[tied] = (z[tied].argmax(dim=1) == labels).sum(dim=1).double()
    bad = ~z.sum(dim=(1, 2)).isfinite()
    if bool(bad.any()):
        right[bad] = torch.where(z[bad].flatten(1).isfinite().all(dim=1), right[bad], float("nan"))
    return right
