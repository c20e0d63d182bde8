"""Walks that go in step and share their gradients: one stacked product for all optimizers of a training."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

import numpy as np

from landscapes.arrays import is_numpy
from landscapes.batches import Seen
from landscapes.landscape import Draw, Landscape, Point
from landscapes.oracle import Oracle

KEPT = 2  # steps: while some walks are at one, others are at the next


@dataclass(eq=False)
class _Step:
    """What is known of one draw: what is seen, where the walks stand, the gradients there. For speed only."""

    seen: Landscape
    theta: dict[int, Point] = field(default_factory=dict)
    gradient: dict[int, Point] = field(default_factory=dict)


@dataclass(eq=False)
class _Pool:
    landscape: Landscape
    steps: dict[Draw | None, _Step] = field(default_factory=dict)
    seconds: float = 0.0

    def enter(self, draw: Draw | None, member: int, theta: Point) -> _Step:
        step = self.steps.get(draw)
        if step is None:
            while len(self.steps) >= KEPT:
                del self.steps[next(iter(self.steps))]
            step = self.steps[draw] = _Step(self.landscape.drawn(draw))
        step.theta[member] = theta
        step.gradient.pop(member, None)
        return step


@dataclass(frozen=True, eq=False)
class Member(Seen):
    """One walk's view of a landscape that several walks share; `inner` is what each would see alone.

    Its oracles' gradients are computed together with those of all others that have come to the same draw, on first use. Equal
    to the landscape's own to the rounding of a stacked product; every walk's calls are counted as if it were alone.
    """

    pool: _Pool
    index: int

    @property
    def name(self) -> str:  # type: ignore[override]  # the landscape's
        return self.inner.name

    @property
    def blocks(self) -> Any:  # type: ignore[override]  # the landscape's
        return self.inner.blocks

    @property
    def start(self) -> Any:
        return self.inner.start

    def drawn(self, draw: Draw | None) -> Landscape:
        return self.inner.drawn(draw)

    @property
    def shared_seconds(self) -> float:
        """What all shared gradients so far took: the one who first asks waits for everybody's."""
        return self.pool.seconds

    def at(self, theta: Point, draw: Draw | None = None, calls: dict[str, int] | None = None) -> Any:
        return _SharedOracle(self.pool, self.pool.enter(draw, self.index, theta), self.index, theta, calls)


class _SharedOracle(Oracle):
    """An oracle whose gradient comes with those of its neighbours."""

    __slots__ = ("_index", "_pool", "_step")

    def __init__(self, pool: _Pool, step: _Step, index: int, theta: Point, calls: dict[str, int] | None) -> None:
        super().__init__(step.seen, theta, calls)
        self._pool, self._step, self._index = pool, step, index

    @property
    def grad(self) -> Point:
        if self._grad is None:
            self._count("gradient")
            if self._step.theta.get(self._index) is not self.theta:  # an oracle of a step long past
                self._grad = self.landscape.gradient(self.theta)
            else:
                self._grad = self._shared()
        return self._grad

    def _shared(self) -> Point:
        step = self._step
        if self._index not in step.gradient:
            waiting = [i for i in step.theta if i not in step.gradient]
            rows = [step.theta[i].reshape(-1, step.theta[i].shape[-1]) for i in waiting]
            began = perf_counter()
            found, low = step.seen.gradient(_joined(rows)), 0
            self._pool.seconds += perf_counter() - began
            for i, part in zip(waiting, rows):
                high = low + part.shape[0]
                step.gradient[i] = found[low:high].reshape(step.theta[i].shape)
                low = high
        return step.gradient[self._index]


def _joined(rows: list[Any]) -> Any:
    return np.concatenate(rows) if is_numpy(rows[0]) else sys.modules["torch"].cat(rows)


def together(landscape: Landscape, count: int) -> list[Member]:
    """Views of a landscape for `count` walks, each with draws of the same seed, that are stepped in turn.

    It pays where the landscape is faster at many points at once: see `landscapes.networks.perceptron_runs.side_by_side`.
    """
    pool = _Pool(landscape)
    return [Member(landscape, pool, index) for index in range(count)]
