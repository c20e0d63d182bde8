"""What the warm worker can be asked about slices to race on. torch is loaded in the child only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from experiments.requests import Answer, Report, packed
from experiments.spec import Experiment


def outline(arguments: Mapping[str, Any], report: Report, cancelled: Callable[[], bool]) -> Answer:
    """{"experiment": JSON} -> the PlaneOutline of its slice. Trains its network first, unless the result is stored."""
    from experiments.slice_choice import spec_of
    from experiments.slice_surface import outline_of
    from experiments.slices import trained

    experiment = Experiment.from_json(arguments["experiment"])
    assert experiment.training is not None
    spec = spec_of(experiment.landscape, experiment.training)
    assert spec is not None
    trained(spec.training)
    return {}, packed(outline_of(spec))


def opening(arguments: Mapping[str, Any], report: Report, cancelled: Callable[[], bool]) -> Answer:
    """{"experiment": JSON} -> it with the rates that suit its slice."""
    from experiments.slice_race import suited

    experiment = Experiment.from_json(arguments["experiment"])
    return {"experiment": suited(experiment, experiment.make_landscape()).as_json()}, {}
