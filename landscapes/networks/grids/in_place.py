"""One point after the other through any module, without what a plain loop wastes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import cached_property
from time import perf_counter

import numpy as np
import torch
from torch import Tensor, nn

from landscapes.directions.span import Span
from landscapes.grids.evaluator import Evaluator, Tick, Values, no_tick
from landscapes.networks.grids.folding import Written, written
from landscapes.networks.grids.samples import Judge, check_asked, splits
from landscapes.networks.module_loss import FEW
from landscapes.networks.network import Network
from landscapes.networks.normalisation import batch_norms, tracking
from landscapes.networks.parts import Parts, is_pair

IMAGES = {"cpu": (32, 128, 256), "cuda": (256, 1024, 4096)}  # sizes of blocks, tried on the first samples
ROWS = {"cpu": (256, 1024, 4096), "cuda": (4096, 16384, 65536)}


def reason_against(network: Network) -> str | None:
    """Why this way does not serve a network, or None."""
    if any(isinstance(m, (nn.MultiheadAttention, nn.TransformerEncoderLayer, nn.RNNBase)) for m in network.module.modules()):
        return "its layers take other ways when no gradient is asked for"
    norms = {name for name, _ in batch_norms(network.module)}
    if any(name.rpartition(".")[0] not in norms for name, _ in network.module.named_buffers()):
        return "it has buffers that a forward pass may change"
    if len({network.module.get_parameter(block.name).dtype for block in network.blocks}) > 1:
        return "its parameters differ in type"
    for parts in (network.train, network.test):
        if parts is not None and not all(is_pair(b) and isinstance(b[0], Tensor) for b in parts.batches):
            return "its data are not pairs of inputs and targets"
    with torch.no_grad():
        outputs = network.evaluate.outputs(network.point(network.start), network.train.batches[0][0][:FEW])
    if not isinstance(outputs, Tensor):
        return "its outputs are not one tensor"
    return None


@dataclass(frozen=True, eq=False)
class InPlace(Evaluator):
    """Parameters written into one flat vector, batch normalisation folded, channels last, blocks of the size that is fastest.

    Equal to `Plain` to float32's rounding; sums in float64.
    """

    network: Network
    span: Span
    asked: tuple[str, ...] = ("loss",)

    def __post_init__(self) -> None:
        check_asked(self.network, self.asked)
        if reason := reason_against(self.network):
            raise ValueError(f"{self.network.name} cannot be evaluated in place: {reason}")

    @property
    def _recomputed(self) -> bool:
        return self.network.statistics == "recomputed" and any(batch_norms(self.network.module))

    @cached_property
    def _written(self) -> Written:
        if self._recomputed:
            return written(self.network, tracking(self.network.module), fold=False)
        plain = written(self.network, self.network.module, fold=False)
        folded = written(self.network, self.network.module, fold=True)
        origin = self.network.point(self.span.origin)
        few = _laid(self.network.train.batches[0][0][:8])
        for way in (plain, folded):
            way.write(origin)
        try:
            same = torch.allclose(plain.module(few), folded.module(few), rtol=1e-4, atol=1e-4)
        except Exception:  # a graph that was read under symbols may not run
            same = False
        return folded if same else plain

    @cached_property
    def _blocks(self) -> dict[str, list[tuple[Tensor, Tensor]]]:
        """Samples of the two sets as blocks."""
        network, written = self.network, self._written
        sets: dict[str, Parts | None] = {"": network.train, "test_": network.test}
        own = {prefix: [(_laid(x), y) for x, y in parts.batches] for prefix, parts in sets.items() if parts is not None}
        if self._recomputed:
            return own
        written.write(network.point(self.span.origin))
        if not self._may_split(own[""][0]):
            return own
        size = self._fastest(own[""][0])
        return {prefix: [cut for block in blocks for cut in _cut(block, size)] for prefix, blocks in own.items()}

    def _may_split(self, block: tuple[Tensor, Tensor]) -> bool:
        few = slice(0, 32)
        return splits(self.network.evaluate.criterion, self._written.module(block[0][few]), block[1][few])

    def _fastest(self, block: tuple[Tensor, Tensor]) -> int:
        """The size of block with which some first samples took the least time."""
        place = self.network.evaluate.like.device.type
        sizes = (IMAGES if block[0].ndim == 4 else ROWS)[place]
        tried = block[0][: sizes[-1]]
        times = {}
        for size in sorted({min(size, len(tried)) for size in sizes}):
            for part in _pieces(tried, size)[:1]:
                self._written.module(part)
            _wait(place)
            began = perf_counter()
            for part in _pieces(tried, size):
                self._written.module(part)
            _wait(place)
            times[size] = perf_counter() - began
        return min(times, key=lambda size: times[size])

    def __call__(self, coordinates: np.ndarray, tick: Tick = no_tick) -> Values:
        rows = []
        with torch.inference_mode(), exact():
            _ = self._blocks  # cutting them moves the parameters
            origin, *directions = (self.network.point(row) for row in (self.span.origin, *self.span.directions))
            for c in np.asarray(coordinates, dtype=np.float64):
                point = origin.clone()
                for share, direction in zip(c, directions):
                    point.add_(direction, alpha=float(share))
                self._written.write(point)
                rows.append(self._at(tick))
        columns = np.array(rows, dtype=np.float64).reshape(-1, len(self.asked)).T
        return dict(zip(self.asked, columns))

    def _at(self, tick: Tick) -> list[float]:
        values: dict[str, float] = {}
        for prefix in ("", "test_"):
            asked = [name for name in self.asked if name.startswith("test_") == bool(prefix)]
            needed = bool(asked) or (self._recomputed and not prefix)
            if needed and prefix in self._blocks:
                values |= self._set(prefix, asked, tick)
        return [values[name] for name in self.asked]

    def _set(self, prefix: str, asked: list[str], tick: Tick) -> dict[str, float]:
        judge = Judge(self.network.evaluate.criterion, f"{prefix}accuracy" in asked, "spread" in asked)
        self._normalise_by("test" if prefix else "train")
        sums = []
        for inputs, targets in self._blocks[prefix]:
            tick()
            sums.append(torch.stack(judge(self._written.module(inputs), targets)))
        loss, square, hits = torch.stack(sums).sum(dim=0).tolist()
        count = sum(len(targets) for _, targets in self._blocks[prefix])
        variance = max(square - loss * loss / count, 0.0) / max(count - 1, 1)
        values = {f"{prefix}loss": loss / count, f"{prefix}accuracy": hits / count}
        return values if prefix else {**values, "spread": variance**0.5}

    def _normalise_by(self, samples: str) -> None:
        """Where statistics are recomputed: training samples by their own batch, which is gathered; test samples by that."""
        if self._recomputed:
            for _, layer in batch_norms(self._written.module):
                layer.train(samples == "train")
                if samples == "train":
                    layer.reset_running_stats()


def _laid(inputs: Tensor) -> Tensor:
    """Images with channels last in memory."""
    return inputs.contiguous(memory_format=torch.channels_last) if inputs.ndim == 4 else inputs


def _pieces(tensor: Tensor, size: int) -> list[Tensor]:
    return [tensor[low : low + size] for low in range(0, len(tensor), size)]


def _cut(block: tuple[Tensor, Tensor], size: int) -> Iterator[tuple[Tensor, Tensor]]:
    yield from zip(_pieces(block[0], size), _pieces(block[1], size))


def _wait(place: str) -> None:
    if place == "cuda":
        torch.cuda.synchronize()


def exact() -> AbstractContextManager[None]:
    """Without TF32, which torch takes for convolutions on a GPU: its products have 10 bits."""
    if not torch.cuda.is_available():
        return nullcontext()
    return torch.backends.cudnn.flags(enabled=True, benchmark=True, deterministic=False, allow_tf32=False)
