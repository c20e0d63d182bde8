"""What a network's loss is a mean over: one batch of samples, or several, of any structure."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, IterableDataset


def mapped(batch: Any, function: Callable[[Tensor], Any]) -> Any:
    """The same structure of tuples, lists and mappings with `function` applied to its tensors."""
    if isinstance(batch, Tensor):
        return function(batch)
    if isinstance(batch, Mapping):
        return {key: mapped(value, function) for key, value in batch.items()}
    if isinstance(batch, tuple) and hasattr(batch, "_fields"):
        return type(batch)(*(mapped(value, function) for value in batch))
    if isinstance(batch, (tuple, list)):
        return type(batch)(mapped(value, function) for value in batch)
    return batch


def tensors(batch: Any) -> Iterator[Tensor]:
    """All tensors of a batch, in order."""
    if isinstance(batch, Tensor):
        yield batch
    elif isinstance(batch, (Mapping, tuple, list)):
        for value in batch.values() if isinstance(batch, Mapping) else batch:
            yield from tensors(value)


def is_pair(batch: Any) -> bool:
    """Whether a batch is (inputs, targets), for a criterion of outputs and targets."""
    return isinstance(batch, (tuple, list)) and len(batch) == 2 and isinstance(batch[1], Tensor)


def has_targets(batch: Any) -> bool:
    """Whether a batch is (inputs, targets), also where the targets are several tensors, in a tuple, a list or a mapping."""
    return is_pair(batch) or (
        isinstance(batch, (tuple, list))
        and len(batch) == 2
        and isinstance(batch[1], (tuple, list, Mapping))
        and any(True for _ in tensors(batch[1]))
    )


def labels_in(batch: Any) -> bool:
    """Whether a batch is inputs with one whole label for each sample."""
    return is_pair(batch) and batch[1].ndim == 1 and not batch[1].is_floating_point()


def samples_in(batch: Any) -> int | None:
    """How many samples a batch has: the common length of its tensors' first axes, or of a pair's targets; None if unknown."""
    lengths = {len(t) if t.ndim else 0 for t in tensors(batch)}
    if len(lengths) == 1:
        return lengths.pop() or None
    return len(batch[1]) if is_pair(batch) and batch[1].ndim else None


@dataclass(frozen=True, eq=False)
class Parts:
    """Batches whose mean losses, weighted by their `sizes`, make the loss.

    `joined` are all samples as one batch, samples along the first axis of every tensor; None where they cannot be joined:
    then `reason` says why.
    """

    batches: tuple[Any, ...]
    sizes: tuple[int, ...]
    joined: Any = None
    reason: str = ""

    @classmethod
    def of(cls, data: Any, part: int | None = None, most: int | None = None) -> Parts:
        """From None, from one batch, or from batches: a DataLoader or anything else that gives one after the other.

        A tensor, a tuple, a mapping and a list of tensors are one batch, which is cut into parts of `part` samples if that is
        given. Of batches, those up to `most` samples are taken. Raises ValueError for no samples, and for what has no tensors.
        """
        if isinstance(data, Dataset) and not isinstance(data, IterableDataset):
            raise ValueError("a Dataset gives one sample after the other: a DataLoader of it gives batches")
        if data is None:
            return cls((None,), (1,), reason="it has no data")
        if isinstance(data, (Tensor, tuple, Mapping)) or (isinstance(data, list) and data and _flat(data)):
            return cls._one(_of_tensors(data), part)
        batches = [_of_tensors(batch) for batch in _read(data, most)]
        sizes = [samples_in(batch) for batch in batches]
        if not batches:
            raise ValueError("the data have no batches")
        if len(batches) == 1:
            return cls._one(batches[0], part)
        if any(size is None for size in sizes):
            raise ValueError("the batches do not say how many samples they have: their tensors' first axes differ in length")
        known = tuple(size for size in sizes if size is not None)
        try:
            joined = _joined(batches)
        except (RuntimeError, ValueError, TypeError, KeyError, AssertionError):
            return cls(tuple(batches), known, reason="its batches differ in shape, so that they cannot be mixed")
        return cls(tuple(_cut(joined, known)), known, joined)

    @classmethod
    def _one(cls, batch: Any, part: int | None) -> Parts:
        size = samples_in(batch)
        same = {len(t) if t.ndim else 0 for t in tensors(batch)} == {size}
        if not same or size is None:
            return cls((batch,), (size or 1,), reason="its tensors' first axes, which should be samples, differ in length")
        if part is None or part >= size:
            return cls((batch,), (size,), batch)
        sizes = tuple(min(part, size - low) for low in range(0, size, part))
        return cls(tuple(_cut(batch, sizes)), sizes, batch)

    @property
    def samples(self) -> int:
        return sum(self.sizes)

    @property
    def weighted(self) -> Iterable[tuple[float, Any]]:
        """Each batch with its weight in the mean."""
        return [(size / self.samples, batch) for size, batch in zip(self.sizes, self.batches)]

    def chosen(self, indices: Any) -> Parts:
        """Some of the samples, in parts as large as these. Raises ValueError where samples cannot be told apart."""
        if self.joined is None:
            raise ValueError(f"no mini-batches can be drawn: {self.reason}")
        whole = len(self.sizes) == 1
        index = torch.as_tensor(indices)
        return Parts._one(mapped(self.joined, lambda t: t[index.to(t.device)]), None if whole else max(self.sizes))

    def moved(self, change: Callable[[Tensor], Tensor]) -> Parts:
        """The same with every tensor changed."""
        if self.joined is None:
            return Parts(tuple(mapped(batch, change) for batch in self.batches), self.sizes, reason=self.reason)
        joined = mapped(self.joined, change)
        return Parts(tuple(_cut(joined, self.sizes)) if len(self.sizes) > 1 else (joined,), self.sizes, joined)


def sum_of(values: Iterable[Tensor]) -> Tensor:
    """The sum of one tensor or more, without a zero before the first."""
    return reduce(operator.add, values)


def _of_tensors(batch: Any) -> Any:
    """The batch. Raises ValueError where it holds NumPy's arrays, which no module takes."""
    inside = list(batch.values() if isinstance(batch, Mapping) else batch if isinstance(batch, (tuple, list)) else ())
    if any(isinstance(value, np.ndarray) for value in inside):
        raise ValueError("the data hold arrays of NumPy, not tensors: torch.as_tensor(array) makes one")
    for value in inside:
        _of_tensors(value)
    return batch


def _flat(data: list[Any]) -> bool:
    return all(isinstance(value, Tensor) for value in data)


def _read(data: Iterable[Any], most: int | None) -> list[Any]:
    """One pass over the batches. The global generator, and the loader's own, are afterwards what they were."""
    own = data.generator if isinstance(data, DataLoader) else None
    state = None if own is None else own.get_state()
    batches, seen = [], 0
    with torch.random.fork_rng(devices=[]):
        for batch in data:
            batches.append(batch)
            seen += samples_in(batch) or 0
            if most is not None and seen >= most:
                break
    if own is not None and state is not None:
        own.set_state(state)
    return batches


def _joined(batches: list[Any]) -> Any:
    """Batches of one structure, one after the other along the first axis."""
    first = batches[0]
    if isinstance(first, Tensor):
        return torch.cat(batches)
    if isinstance(first, Mapping):
        if any(batch.keys() != first.keys() for batch in batches):
            raise ValueError("the batches have different keys")
        return {key: _joined([batch[key] for batch in batches]) for key in first}
    if isinstance(first, (tuple, list)):
        columns = [_joined(list(column)) for column in zip(*batches, strict=True)]
        return type(first)(*columns) if hasattr(first, "_fields") else type(first)(columns)
    if any(batch is not first and batch != first for batch in batches):
        raise ValueError("the batches differ in something that is no tensor")
    return first


def _cut(batch: Any, sizes: tuple[int, ...]) -> Iterator[Any]:
    """A batch in consecutive parts, as views."""
    low = 0
    for size in sizes:
        yield mapped(batch, lambda t, low=low, size=size: t[low : low + size])  # type: ignore[misc]
        low += size
