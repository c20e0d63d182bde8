"""The weights that a training records: in memory, or streamed to a file as they come."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import numpy as np


@dataclass(frozen=True, eq=False)
class RecordedWeights:
    """The recorded weights of `count` optimizers, float32, one row `(count, dim)` for each recorded point.

    With a `file` every row goes there at once, and memory holds none: a checkpoint needs only how many there are. A full disk
    is an OSError.
    """

    count: int
    dim: int
    file: Path | None = None
    rows: list[np.ndarray] = field(default_factory=list)

    def put(self, point: int, row: np.ndarray) -> None:
        """The row of a point, over whatever was recorded there before a training went on from an older checkpoint."""
        row = np.array(row, np.float32)
        if row.shape != (self.count, self.dim):
            raise ValueError(f"a row is {(self.count, self.dim)}, got {row.shape}")
        if self.file is None:
            self.rows[point:] = [row]
        else:
            with self._opened() as stream:
                stream.seek(point * row.nbytes)
                stream.write(row.tobytes())

    def settle(self) -> None:
        """Return when all rows are on the disk: before a checkpoint that counts on them."""
        if self.file is not None and self.file.exists():
            with self._opened() as stream:
                os.fsync(stream.fileno())

    def check(self, points: int) -> None:
        """Raises ValueError where the file has fewer rows than a checkpoint counts on."""
        held = 0 if self.file is None or not self.file.exists() else self.file.stat().st_size // (4 * self.count * self.dim)
        if held < points:
            raise ValueError(f"{held} of {points} recorded rows are there")

    def first(self, points: int) -> np.ndarray:
        """So many rows by optimizer, `(count, points, dim)`: a copy."""
        if self.file is None or not points:
            rows = np.array(self.rows[:points], np.float32)
        else:
            rows = np.fromfile(self.file, np.float32, points * self.count * self.dim)
        return np.ascontiguousarray(rows.reshape(points, self.count, self.dim).swapaxes(0, 1))

    def _opened(self) -> IO[bytes]:
        assert self.file is not None
        self.file.parent.mkdir(parents=True, exist_ok=True)
        return self.file.open("r+b" if self.file.exists() else "w+b")
