"""What all visitors share: each entrant and each height map is computed once, whoever asks first.

Kept records are shared objects, so their arrays are made read-only.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import streamlit as st

from experiments import Experiment
from experiments.race import Entrant, enter, height_map
from landscapes.landscape import Landscape

Domain = tuple[tuple[float, float], tuple[float, float]]


@st.cache_resource(max_entries=1024, show_spinner=False)
def _entrant(key: str, _experiment: Experiment) -> Entrant:
    made = enter(_experiment)
    for array in made.as_arrays().values():
        array.setflags(write=False)
    return made


def race(experiment: Experiment, dragging: bool = False) -> tuple[Any, list[Entrant | str], str]:
    """The landscape, each optimizer's part of the race or the sentence that says why it cannot run, and a note.

    While a slice is dragged the race runs on a stated subset of the data.
    """
    landscape, note = landscape_of(experiment), ""
    found: list[Entrant | str] = []
    for index in range(len(experiment.optimizers)):
        reason = experiment.optimizer(index).disabled_because(landscape)
        solo = experiment.solo(index)
        found.append(reason if reason else _entrant(solo.key, solo))
    return landscape, found, note


def landscape_of(experiment: Experiment) -> Landscape:
    """The landscape of the experiment; making a surface costs microseconds."""
    return experiment.make_landscape()


@st.cache_resource(max_entries=128, show_spinner=False)
def _heights(key: str, domain: Domain, cells: int, _landscape: Landscape) -> np.ndarray:
    heights = height_map(_landscape, domain, cells)
    heights.setflags(write=False)
    return heights


def heights(experiment: Experiment, landscape: Landscape, domain: Sequence[Any], cells: int = 160) -> tuple[np.ndarray, str]:
    """The height map over a domain and the key it is known by."""
    window: Domain = tuple((float(low), float(high)) for low, high in domain)  # type: ignore[assignment]
    choice = experiment.landscape
    training = experiment.training.key if experiment.training else ""
    key = f"{choice.key}{training}:{sorted(choice.parameters.items())}:{window}:{cells}"
    return _heights(key, window, cells, landscape), key
