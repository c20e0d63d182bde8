"""Walks of a batch: replayed from one recorded step where that can be, which is the same to the bit and takes half the time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

import numpy as np

from experiments.loop import Halt, Visit, place, walk
from experiments.sweeps.batch import Batch, SharedNoise
from experiments.sweeps.recording import Recorded, Tape, replayed
from landscapes.landscape import Draw
from landscapes.linear_maps import LinearMap
from landscapes.surfaces.surface import Surface

TRIED = 3  # steps for which a recording is held against the loop before it is trusted

Visits = Iterator[tuple[int, np.ndarray, Callable[[], np.ndarray]]]


def walker(batch: Batch, steps: int) -> Walker:
    """What walks a batch so far: by a recorded step where it is long enough to be worth it, else by the loop."""
    return (_recording(batch) if steps > TRIED else None) or Loop(batch)


class Walker:
    """Walks a batch, of which runs may be left behind."""

    def __init__(self, batch: Batch) -> None:
        self.batch = batch
        self._kept: np.ndarray | None = None

    def keep(self, runs: np.ndarray) -> None:
        """Go on from the next visit with those `runs` `(runs,)` alone; called after the loss of this one was asked for."""
        self._kept = runs

    def visits(self, steps: int) -> Visits:
        """Every step from 0 on, with theta `(runs, dim)` and a function that gives the loss there, `(runs,)`.

        Before that is asked for, runs of theta may be made NaN. All arrays may be overwritten by the next visit.
        """
        raise NotImplementedError


class Loop(Walker):
    def visits(self, steps: int) -> Visits:
        walked = self._walked(steps, None)
        while (visit := next(walked, None)) is not None:
            yield visit.step, visit.theta, partial(self.batch.landscape.loss, visit.theta)
            if (keep := self._kept) is not None:
                self.batch, self._kept = self.batch.some(keep), None
                walked = self._walked(steps, Halt(visit.step, visit.theta[keep], _some(visit.state, keep), visit.calls))
                next(walked)  # where it stands

    def _walked(self, steps: int, since: Halt | None) -> Iterator[Visit]:
        batch = self.batch
        return walk(batch.optimizer, batch.landscape, batch.starts, steps, batch.seed, since)


def _recording(batch: Batch) -> Recording | None:
    """None where something is not recorded, or would not be the same."""
    try:
        made = Recording(batch)
    except (TypeError, AttributeError, KeyError, ValueError):  # whatever a rule does that a `Recorded` does not
        return None
    same = all(
        np.array_equal(ours, theirs, equal_nan=True) and np.array_equal(loss(), their_loss(), equal_nan=True)
        for (_, ours, loss), (_, theirs, their_loss) in zip(made.visits(TRIED), Loop(batch).visits(TRIED))
    )
    return made if same else None


class Oracle:
    """What a rule asks while it is recorded: the gradient, and where it is. For more it would need the true one."""

    def __init__(self, landscape: Any, theta: Recorded, grad: Recorded) -> None:
        self.landscape, self.theta, self.grad = landscape, theta, grad


class Recording(Walker):
    """One step of a batch, written down: loss, gradient, update. Raises what a `Recorded` raises where that cannot be."""

    def __init__(self, batch: Batch) -> None:
        super().__init__(batch)
        self._record(batch)

    def _record(self, batch: Batch) -> None:
        exact: Any = batch.landscape
        noises = []
        while isinstance(exact, SharedNoise):
            noises.append(exact)
            exact = exact.inner
        _check(exact)
        self.batch, self.exact, self.noises = batch, exact, noises[::-1]
        self.theta = np.array(place(batch.optimizer, batch.landscape, batch.starts), order="K")
        optimizer = batch.optimizer.cast(self.theta)
        self.state = optimizer.init(self.theta)
        self.held = [np.array(leaf, order="K") if isinstance(leaf, np.ndarray) else leaf for leaf in _leaves(self.state)]
        self.drawn = [np.zeros(self.theta.shape[-1]) for _ in noises]
        self.loss, self.step = np.empty(len(self.theta)), np.empty_like(self.theta)

        tape = Tape()
        theta, columns = Recorded(tape, self.theta), [Recorded(tape, column) for column in self.theta.T]
        inputs: list[tuple[Recorded, Any]] = [(theta, self.theta), *((column, column.value) for column in columns)]
        loss = exact.numbers("loss", columns)[0]
        grad: Any = tape.stacked(exact.numbers("gradient", columns), like=self.theta)
        for noise, drawn in zip(self.noises, self.drawn):
            xi = Recorded(tape, drawn)
            inputs.append((xi, drawn))
            grad = grad + tape.apply("mul", noise.sigma, xi)
        before = [leaf if leaf is None else Recorded(tape, leaf) for leaf in self.held]
        for i, leaf in enumerate(before):
            if leaf is not None:
                inputs.append((leaf, self.held[i] if isinstance(self.held[i], np.ndarray) else f"number{i}"))
        step, state = optimizer.update(Oracle(batch.landscape, theta, grad), _rebuilt(self.state, iter(before)))  # type: ignore[arg-type]
        after = list(_leaves(state))
        if [leaf is None for leaf in after] != [leaf is None for leaf in before]:
            raise TypeError("a state that changes its form is not recorded")
        arrays = [(value, kept) for value, kept in zip(after, self.held) if isinstance(kept, np.ndarray)]
        numbers = [value for value, kept in zip(after, self.held) if isinstance(kept, (int, float))]
        self.replay = replayed(tape, inputs, [(loss, self.loss), (step, self.step), *arrays], numbers)

    def visits(self, steps: int) -> Visits:
        self._stand(self.batch.starts, _leaves(self.state))
        numbers = tuple(leaf for leaf in self.held if isinstance(leaf, (int, float)))
        for step in range(steps + 1):
            for noise, drawn in zip(self.noises, self.drawn):
                drawn[...] = noise.once(Draw(self.batch.seed, step), len(drawn))
            self.numbers = numbers
            yield step, self.theta, partial(self._evaluate, *numbers)
            numbers = self.numbers
            np.add(self.theta, self.step, out=self.theta)
            if (keep := self._kept) is not None:
                theta, held, self._kept = self.theta[keep], _some(tuple(self.held), keep), None
                self._record(self.batch.some(keep))
                self._stand(theta, held)

    def _stand(self, theta: np.ndarray, state: Iterable[Any]) -> None:
        self.theta[...] = theta
        for kept, leaf in zip(self.held, state):
            if isinstance(kept, np.ndarray):
                kept[...] = leaf

    def _evaluate(self, *numbers: Any) -> np.ndarray:
        self.numbers = self.replay(*numbers)
        return self.loss


def _check(landscape: Any) -> None:
    """Raise TypeError unless the landscape is one formula in every step, everywhere feasible."""
    while isinstance(landscape, LinearMap):
        landscape = landscape.inner
    if not isinstance(landscape, Surface) or landscape.bounds is not None or landscape.family.rounds:
        raise TypeError("only a formula that is everywhere feasible is recorded")


def _leaves(state: Any) -> Iterator[Any]:
    """The arrays and numbers of a state, in their order; None where it keeps nothing."""
    if isinstance(state, tuple):
        for part in state:
            yield from _leaves(part)
    elif state is None or isinstance(state, (np.ndarray, int, float, Recorded)):
        yield state
    else:
        raise TypeError(f"a state with {type(state).__name__} is not recorded")


def _some(state: Any, keep: np.ndarray) -> Any:
    """The state of some of the runs; one coordinate of them stays side by side in memory."""
    if isinstance(state, tuple):
        parts = [_some(part, keep) for part in state]
        return type(state)(*parts) if hasattr(state, "_fields") else tuple(parts)
    if np.ndim(state) == 0 or len(state) != len(keep):
        return state
    return np.moveaxis(np.ascontiguousarray(np.moveaxis(state, 0, -1)[..., keep]), -1, 0)


def _rebuilt(state: Any, leaves: Iterator[Any]) -> Any:
    return tuple(_rebuilt(part, leaves) for part in state) if isinstance(state, tuple) else next(leaves)
