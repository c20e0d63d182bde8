"""What a worker of its own can be asked about maps of trainings: `Workers(TABLE)`. Rows are kept as they come."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from experiments.frames import Arrays
from experiments.requests import Answer, Report, Request
from experiments.sweeps.network_presets import kept_at, stored
from experiments.sweeps.network_training import train_map
from experiments.sweeps.networks import NetworkMap, NetworkSweep

TABLE = "experiments.sweeps.network_requests:REQUESTS"
LANE = "network sweeps"


def network_sweep(arguments: Mapping[str, Any], report: Report, cancelled: Callable[[], bool]) -> Answer:
    """{"sweep": JSON} -> a NetworkMap; reports {"share": done} and the map's arrays with every row."""
    sweep = NetworkSweep.from_json(arguments["sweep"])

    def on_row(found: NetworkMap) -> None:
        found.save(kept_at(sweep))
        report({"share": float(found.done.mean())}, found.as_arrays())

    found = train_map(sweep, on_row, cancelled=cancelled, since=stored(sweep))
    return {"sweep": sweep.as_json()}, found.as_arrays()


def map_from(meta: Mapping[str, Any], arrays: Arrays) -> NetworkMap:
    """The answer of `network_sweep` as a record."""
    return NetworkMap.from_arrays(NetworkSweep.from_json(meta["sweep"]), arrays)


REQUESTS: Mapping[str, Request] = {
    "network_sweep": Request(LANE, "experiments.sweeps.network_requests:network_sweep", map_from, patience=30.0)
}
