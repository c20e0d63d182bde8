"""The weights that a training records: in memory, or streamed to a file as they come."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import numpy as np


@dataclass(eq=False)
class RecordedWeights:
    """The recorded weights of `count` optimizers, float32, one row `(count, dim)` for each recorded point.

    With a `file` every row is appended to it, and memory holds none: a checkpoint needs only how many there are. A full disk is
    an OSError.
    """

    count: int
    dim: int
    file: Path | None = None
    points: int = 0
    rows: list[np.ndarray] = field(default_factory=list)

    def append(self, row: np.ndarray) -> None:
        row = np.array(row, np.float32)
        if row.shape != (self.count, self.dim):
            raise ValueError(f"a row is {(self.count, self.dim)}, got {row.shape}")
        if self.file is None:
            self.rows.append(row)
        else:
            with self._opened() as stream:
                stream.seek(self.points * row.nbytes)  # over what was recorded after the checkpoint that is gone on from
                stream.write(row.tobytes())
        self.points += 1

    def settle(self) -> None:
        """Return when all rows are on the disk: before a checkpoint that counts on them."""
        if self.file is not None and self.points:
            with self._opened() as stream:
                os.fsync(stream.fileno())

    def go_on(self, points: int) -> None:
        """Stand after as many rows of the file as a checkpoint counts on. Raises ValueError where it has fewer."""
        held = 0 if self.file is None or not self.file.exists() else self.file.stat().st_size // (4 * self.count * self.dim)
        if held < points:
            raise ValueError(f"{held} of {points} recorded rows are there")
        self.points = points

    def whole(self) -> np.ndarray:
        """All rows by optimizer, `(count, points, dim)`: a copy."""
        if self.file is None or not self.points:
            rows = np.array(self.rows, np.float32)
        else:
            rows = np.fromfile(self.file, np.float32, self.points * self.count * self.dim)
        return np.ascontiguousarray(rows.reshape(self.points, self.count, self.dim).swapaxes(0, 1))

    def _opened(self) -> IO[bytes]:
        assert self.file is not None
        self.file.parent.mkdir(parents=True, exist_ok=True)
        return self.file.open("r+b" if self.file.exists() else "w+b")
