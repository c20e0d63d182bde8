"""A sweep to take away: every cell in full precision, as CSV or as arrays."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from experiments.sweeps.result import QUANTITIES, Fate, SweepResult
from experiments.sweeps.sweep import Sweep


def csv(result: SweepResult, labels: Sequence[str]) -> bytes:
    """One row for each optimizer and cell; the first line is the sweep as JSON behind a hash sign."""
    sweep = result.sweep
    axes = [axis.name for axis in sweep.axes]
    lines = [f"# {json.dumps(sweep.as_json())}", ",".join(["optimizer", *axes, *QUANTITIES])]
    columns = [getattr(result, name).tolist() for name in QUANTITIES]  # Python's own numbers write themselves in full
    xs, ys = result.x.tolist(), [] if result.y is None else result.y.tolist()
    for index, label in enumerate(labels):
        for row in range(result.fate.shape[1]):
            for column, x in enumerate(xs):
                cells = [values[index][row][column] for values in columns]
                found = [Fate(v).name.lower() if name == "fate" else repr(v) for name, v in zip(QUANTITIES, cells)]
                lines.append(",".join([f'"{label}"', repr(x), *([repr(ys[row])] if ys else []), *found]))
    return "\n".join([*lines, ""]).encode()


def npz(result: SweepResult) -> bytes:
    """The arrays by name, the axes' values as `x` and `y`, and the sweep as JSON in `sweep`."""
    buffer = io.BytesIO()
    arrays: dict[str, Any] = {"x": result.x} | ({} if result.y is None else {"y": result.y}) | dict(result.as_arrays())
    np.savez_compressed(buffer, sweep=json.dumps(result.sweep.as_json()), **arrays)
    return buffer.getvalue()


def spec(sweep: Sweep) -> bytes:
    """The sweep as JSON: `Sweep.from_json` reads it."""
    return (json.dumps(sweep.as_json(), indent=2) + "\n").encode()
