"""Data sets on their way to this machine, in a process of its own, so that they keep nobody from anything."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from experiments.requests import Answer, Cancelled, Report, Request
from landscapes.networks.datasets import DATASETS, download


def fetch(arguments: Mapping[str, Any], report: Report, cancelled: Callable[[], bool]) -> Answer:
    """{"data": key} -> how many samples there are to train on; reports {"file", "here", "size"} in bytes.

    Cancelled, it leaves what has come, and the next one goes on from there.
    """
    dataset, told = DATASETS[arguments["data"]], ("", 0)

    def heard(name: str, here: int, size: int) -> None:
        nonlocal told
        if cancelled():
            raise Cancelled
        if (name, 100 * here // size) != told:  # each per cent once
            told = (name, 100 * here // size)
            report({"file": name, "here": here, "size": size}, {})

    download(arguments["data"], dataset.remotes, heard)
    return {"samples": len(dataset()[0])}, {}


REQUESTS: Mapping[str, Request] = {
    "fetch": Request("downloads", "experiments.downloads:fetch", lambda meta, arrays: meta["samples"], needs="numpy"),
}
