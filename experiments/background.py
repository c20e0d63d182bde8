"""What can wait a little, in a process of its own, so that it keeps nobody from a race."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from experiments.requests import Answer, Cancelled, Report, Request, packed, seen_landscape, unpacked
from experiments.second_look import second_look
from experiments.spec import Experiment, run_entrant


def second_looks(arguments: Mapping[str, Any], report: Report, cancelled: Callable[[], bool]) -> Answer:
    """{"experiment": JSON} -> a SecondLook for each of its optimizers; reports how many are done."""
    experiment = Experiment.from_json(arguments["experiment"])
    landscape = seen_landscape(experiment)
    looks = []
    for index in range(len(experiment.optimizers)):
        if cancelled():
            raise Cancelled
        solo = experiment.solo(index)
        looks.append(second_look(solo, landscape, run_entrant(solo, landscape)))
        report({"done": index + 1, "of": len(experiment.optimizers)}, {})
    return {}, packed(looks)


REQUESTS: Mapping[str, Request] = {
    "second_looks": Request("background", "experiments.background:second_looks", unpacked, needs="numpy"),
}
