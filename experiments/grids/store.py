"""Grids on disk, under names that their content makes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from time import monotonic

from experiments.grids.fill import fill
from experiments.grids.grid import Grid
from landscapes.grids import Evaluator

SAVE = 5.0  # seconds between writes
MOST_BYTES = 512 * 2**20  # of all grids together; the ones that were written longest ago make room


def key_of(grid: Grid, identity: str) -> str:
    """A name for exactly these cells: 16 hexadecimal digits of the SHA-256 of span, axes, quantities, facts and `identity`.

    `identity` stands for the landscape: see `landscapes.networks.grids.identity`.
    """
    digest = sha256()
    for array in (grid.span.origin, grid.span.directions, grid.x, grid.x[:0] if grid.y is None else grid.y):
        digest.update(json.dumps(array.shape).encode() + array.astype("<f8").tobytes())
    digest.update(json.dumps([sorted(grid.values), dict(grid.facts), identity], sort_keys=True).encode())
    return digest.hexdigest()[:16]


@dataclass(frozen=True)
class GridStore:
    """A folder of grids, whole or in part."""

    folder: Path
    most_bytes: int = MOST_BYTES

    def path(self, key: str) -> Path:
        return self.folder / f"{key}.npz"

    def load(self, key: str) -> Grid | None:
        """The grid of that name, perhaps in part; None where there is none that can be read."""
        try:
            with self.path(key).open("rb") as file:
                return Grid.load(file)
        except (FileNotFoundError, ValueError):
            return None  # a broken file is as good as none: its cells can be computed again

    def save(self, key: str, grid: Grid) -> None:
        """Written whole or not at all."""
        self.folder.mkdir(parents=True, exist_ok=True)
        part = self.path(key).with_suffix(".part")
        with part.open("wb") as file:
            grid.save(file)
        part.replace(self.path(key))
        self._make_room(self.path(key))

    def _make_room(self, newest: Path) -> None:
        """Remove the oldest other grids until all fit. Another process may do the same at the same time."""
        found = []
        for path in self.folder.glob("*.npz"):
            with suppress(FileNotFoundError):
                about = path.stat()
                found.append((about.st_mtime_ns, about.st_size, path))
        left = sum(size for _, size, _ in found)
        for _, size, path in sorted(found):
            if left > self.most_bytes and path != newest:
                path.unlink(missing_ok=True)
                left -= size

    def filled(
        self, key: str, grid: Grid, evaluate: Evaluator, on_progress: Callable[[float], None] = lambda share: None
    ) -> Iterator[Grid]:
        """As `fill`, going on from what is stored; written every few seconds, when it is complete, and when it is stopped."""
        grid = self.load(key) or grid
        if grid.complete:
            yield grid
            return
        latest, written = grid, monotonic()

        def keep(known: Grid) -> None:
            nonlocal latest, written
            latest = known
            if monotonic() - written > SAVE:
                self.save(key, known)
                written = monotonic()

        try:
            yield from fill(grid, evaluate, on_progress, keep)
        finally:
            if latest.done.any():
                self.save(key, latest)
