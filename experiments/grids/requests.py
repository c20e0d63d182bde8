"""What a worker of its own can be asked about slices: `Workers(TABLE)`. Cells are kept as they come."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Mapping
from dataclasses import asdict
from io import BytesIO
from typing import Any

import numpy as np

from experiments.frames import Arrays
from experiments.grids.grid import Grid
from experiments.grids.spec import SliceSpec
from experiments.requests import Answer, Cancelled, Report, Request

TABLE = "experiments.grids.requests:REQUESTS"
LANE = "slices"


def slice_map(arguments: Mapping[str, Any], report: Report, cancelled: Callable[[], bool]) -> Answer:
    """{"slice": JSON} -> a complete Grid, and the chance level; reports {"share": done} and the coarser grids as they come.

    With "device", where the network goes: "cuda" for a GPU.
    """
    from experiments.grids.compute import computed, ready

    made = ready(SliceSpec.from_json(arguments["slice"]), arguments.get("device", "cpu"))

    def on_progress(share: float) -> None:
        if cancelled():
            raise Cancelled

    for grid in computed(made, on_progress):
        if not grid.complete:
            report({"share": grid.share, "chance": made.chance}, packed(grid))
    return {"share": grid.share, "chance": made.chance}, packed(grid)


def slice_trust(arguments: Mapping[str, Any], report: Report, cancelled: Callable[[], bool]) -> Answer:
    """{"slice": JSON} -> its Trust."""
    from experiments.grids.compute import ready, trusted

    made = trusted(ready(SliceSpec.from_json(arguments["slice"]), arguments.get("device", "cpu")))
    return {}, {"record": np.frombuffer(pickle.dumps(made), np.uint8)}


def conformance(arguments: Mapping[str, Any], report: Report, cancelled: Callable[[], bool]) -> Answer:
    """{} -> the outcomes of all checks on our own slices, made now; reports each as it comes."""
    from landscapes.networks.conformance import Ours, run_checks

    outcomes = []
    for outcome in run_checks(Ours()):
        if cancelled():
            raise Cancelled
        outcomes.append(asdict(outcome))
        report(outcomes[-1], {})
    return {"outcomes": outcomes}, {}


def packed(grid: Grid) -> Arrays:
    """A grid on its way between processes."""
    file = BytesIO()
    grid.save(file)
    return {"grid": np.frombuffer(file.getvalue(), np.uint8)}


def grid_from(meta: Mapping[str, Any], arrays: Arrays) -> tuple[Grid, float | None]:
    """The answer, or a report, of `slice_map`: the grid and the chance level."""
    return Grid.load(BytesIO(arrays["grid"].tobytes())), meta["chance"]


REQUESTS: Mapping[str, Request] = {
    "slice": Request(LANE, "experiments.grids.requests:slice_map", grid_from, patience=30.0),
    "trust": Request(
        LANE, "experiments.grids.requests:slice_trust", lambda meta, arrays: pickle.loads(arrays["record"].tobytes())
    ),
    "conformance": Request(LANE, "experiments.grids.requests:conformance", lambda meta, arrays: meta["outcomes"]),
}
