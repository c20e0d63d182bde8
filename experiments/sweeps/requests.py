"""What a worker of its own can be asked about sweeps: `Workers(TABLE)`. Nobody's race waits behind them; none loads torch."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from experiments.frames import Arrays
from experiments.requests import Answer, Cancelled, Report, Request, searches_from
from experiments.sweeps.cloud import Cloud, CloudResult
from experiments.sweeps.compute import compute
from experiments.sweeps.drift import drift
from experiments.sweeps.result import SweepResult
from experiments.sweeps.sweep import Sweep

TABLE = "experiments.sweeps.requests:REQUESTS"
SWEEPS = "sweeps"
PAUSE = 0.05  # seconds between reports of how much is done


def sweep(arguments: Mapping[str, Any], report: Report, cancelled: Callable[[], bool]) -> Answer:
    """{"sweep": JSON} -> a SweepResult; reports {"share": done}, and with every coarser map {"stride": ...} and its arrays."""
    asked = Sweep.from_json(arguments["sweep"])
    for result in compute(asked, _teller(report, cancelled)):
        if result.complete:
            break
        report({"stride": result.stride}, result.as_arrays())
    return {"sweep": asked.as_json(), "stride": 1}, result.as_arrays()


def sweep_from(meta: Mapping[str, Any], arrays: Arrays) -> SweepResult:
    """The answer of `sweep` as a record."""
    return SweepResult.from_arrays(Sweep.from_json(meta["sweep"]), meta["stride"], arrays)


def sweep_so_far(asked: Sweep, progress: Sequence[Any]) -> tuple[SweepResult | None, float]:
    """The finest map among the reports of a `sweep` (`Call.progress`), None before the first, and the share that is done."""
    maps = [p for p in progress if "stride" in p.meta]
    shares = [p.meta["share"] for p in progress if "share" in p.meta]
    found = SweepResult.from_arrays(asked, maps[-1].meta["stride"], maps[-1].arrays) if maps else None
    return found, shares[-1] if shares else 0.0


def cloud(arguments: Mapping[str, Any], report: Report, cancelled: Callable[[], bool]) -> Answer:
    """{"cloud": JSON} -> a CloudResult; reports {"share": done}."""
    asked = Cloud.from_json(arguments["cloud"])
    return {"cloud": asked.as_json()}, drift(asked, _teller(report, cancelled)).as_arrays()


def cloud_from(meta: Mapping[str, Any], arrays: Arrays) -> CloudResult:
    """The answer of `cloud` as a record."""
    return CloudResult.from_arrays(Cloud.from_json(meta["cloud"]), arrays)


def _teller(report: Report, cancelled: Callable[[], bool]) -> Callable[[float], None]:
    told = -PAUSE

    def tell(share: float) -> None:
        nonlocal told
        if cancelled():
            raise Cancelled
        if time.monotonic() - told >= PAUSE:
            told = time.monotonic()
            report({"share": share}, {})

    return tell


REQUESTS: Mapping[str, Request] = {
    "sweep": Request(SWEEPS, "experiments.sweeps.requests:sweep", sweep_from, needs="numpy", turns=True),
    "cloud": Request(SWEEPS, "experiments.sweeps.requests:cloud", cloud_from, needs="numpy", turns=True),
    "search": Request(SWEEPS, "experiments.requests:search", searches_from, needs="numpy", turns=True),
}
