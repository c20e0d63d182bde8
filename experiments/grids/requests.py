"""What a worker of its own can be asked about slices: `Workers(TABLE)`. Cells are kept as they come."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from io import BytesIO
from typing import Any

import numpy as np

from experiments.frames import Arrays
from experiments.grids.cells import Cells
from experiments.grids.grid import Grid
from experiments.grids.spec import SliceSpec
from experiments.requests import Answer, Cancelled, Report, Request
from landscapes.networks.devices import best_device

TABLE = "experiments.grids.requests:REQUESTS"
LANE = "slices"
LOOKS = "looks"  # what is said beside a map does not wait for another one


def _ready(arguments: Mapping[str, Any]) -> Any:
    """The slice that is asked for, its network on a GPU where there is one."""
    from experiments.grids.compute import ready

    return ready(SliceSpec.from_json(arguments["slice"]), best_device())


def slice_map(arguments: Mapping[str, Any], report: Report, cancelled: Callable[[], bool]) -> Answer:
    """{"slice": JSON} -> a complete Grid, and the chance level; reports {"share": done}, with the coarser maps as they come.

    A map (see `Cells`) goes with the report that first has all of its cells; the weights of the plane only with the answer.
    """
    from experiments.grids.compute import computed

    made = _ready(arguments)

    def on_progress(share: float) -> None:
        if cancelled():
            raise Cancelled

    told = 0
    for grid in computed(made, on_progress):
        if not grid.complete:
            coarse = grid.coarse()
            fresh = coarse.complete and coarse.done.size > told
            told = coarse.done.size if fresh else told
            report({"share": grid.share, "chance": made.chance}, Cells.of(coarse, made.chance).as_arrays() if fresh else {})
    return {"share": grid.share, "chance": made.chance}, packed(grid)


def slice_trust(arguments: Mapping[str, Any], report: Report, cancelled: Callable[[], bool]) -> Answer:
    """{"slice": JSON} -> its Trust."""
    from experiments.grids.compute import trusted

    def tick() -> None:
        if cancelled():
            raise Cancelled

    made = _ready(arguments)
    return {}, {"record": np.frombuffer(pickle.dumps(trusted(made, tick)), np.uint8)}


def slice_paths(arguments: Mapping[str, Any], report: Report, cancelled: Callable[[], bool]) -> Answer:
    """{"slice": JSON} -> a ProjectedPath for each optimizer."""
    from experiments.grids.paths import projected

    made = projected(_ready(arguments))
    return {}, {"record": np.frombuffer(pickle.dumps(made), np.uint8)}


def slice_look(arguments: Mapping[str, Any], report: Report, cancelled: Callable[[], bool]) -> Answer:
    """{"slice": JSON, "at": one number for each axis} -> the Look there."""
    from experiments.grids.look import looked

    made = looked(_ready(arguments), arguments["at"])
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
    """The answer of `slice_map`: the grid and the chance level."""
    return Grid.load(BytesIO(arrays["grid"].tobytes())), meta["chance"]


def record_from(meta: Mapping[str, Any], arrays: Arrays) -> Any:
    """A record of ours, from our own child."""
    return pickle.loads(arrays["record"].tobytes())


def cells_so_far(progress: Sequence[Any]) -> tuple[Cells | None, float]:
    """The finest map among reports of a `slice_map` (`Call.progress`), None before the first; and the share that is done."""
    maps = [p for p in progress if p.arrays]
    return (Cells.from_arrays(maps[-1].arrays) if maps else None), progress[-1].meta["share"] if progress else 0.0


REQUESTS: Mapping[str, Request] = {
    "slice": Request(LANE, "experiments.grids.requests:slice_map", grid_from, patience=30.0),
    "trust": Request(LOOKS, "experiments.grids.requests:slice_trust", record_from, patience=30.0),
    "paths": Request(LOOKS, "experiments.grids.requests:slice_paths", record_from, patience=30.0),
    "look": Request(LOOKS, "experiments.grids.requests:slice_look", record_from, patience=30.0),
    "conformance": Request(LANE, "experiments.grids.requests:conformance", lambda meta, arrays: meta["outcomes"]),
}
