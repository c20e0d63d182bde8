"""What the drivers share: candidates timed in turn, and a table of their medians."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np


def milliseconds(
    candidates: Mapping[str, Callable[[], Any]], repeats: int = 9, clock: Callable[[], float] = time.perf_counter
) -> dict[str, float]:
    """The median time of each candidate; they run in turn within one process, so that a busy moment hits all of them.

    `time.process_time` as the clock measures work on one thread beside others who are at work on the machine.
    """
    times: dict[str, list[float]] = {name: [] for name in candidates}
    for candidate in candidates.values():
        candidate()
    for _ in range(repeats):
        for name, candidate in candidates.items():
            begin = clock()
            candidate()
            times[name].append(1000 * (clock() - begin))
    return {name: float(np.median(values)) for name, values in times.items()}


def megabytes(candidate: Callable[[], Any]) -> str:
    """How much a candidate adds to the process at its largest moment, in words; only Linux tells."""

    def resident(field: str) -> int:
        with open("/proc/self/status", encoding="utf-8") as status:
            return next(int(line.split()[1]) for line in status if line.startswith(field))

    try:
        before = resident("VmRSS")
        with open("/proc/self/clear_refs", "w", encoding="utf-8") as peak:
            peak.write("5")  # the peak is counted from now on
        candidate()
        return f"{(resident('VmHWM') - before) / 1024:.0f} MB"
    except OSError:
        return "unknown"


def table(heads: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """A Markdown table; floats with three significant digits."""

    def cell(value: Any) -> str:
        if not isinstance(value, float):
            return str(value)
        return f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"

    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(cell(value) for value in line) + " |" for line in lines)


def machine() -> str:
    """The class of machine that the numbers come from."""
    import os

    model = platform.processor() or platform.machine()
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as info:
            model = next(line.split(":")[1].strip() for line in info if line.startswith("model name"))
    except (OSError, StopIteration):
        pass
    return f"{os.cpu_count()} cores of {model}, Python {platform.python_version()}, NumPy {np.__version__}"
