"""Lookahead's slow weights along a run."""

from __future__ import annotations

from typing import Any

import numpy as np

from experiments.loop import as_numpy, walk
from landscapes.landscape import Landscape
from optimizers.optimizer import Optimizer
from optimizers.wrappers.lookahead import Lookahead
from optimizers.wrappers.wrapper import layers


def slow_path(optimizer: Optimizer, landscape: Landscape, start: Any, steps: int, seed: int = 0) -> np.ndarray | None:
    """φ `(steps + 1, dim)` of the outermost Lookahead around a rule on the run that `run` records; None without one."""
    if not any(isinstance(layer, Lookahead) for layer in layers(optimizer)):
        return None
    rows = []
    with np.errstate(all="ignore"):
        for visit in walk(optimizer, landscape, start, steps, seed):
            layer, state = optimizer, visit.state
            while not isinstance(layer, Lookahead):
                layer, state = layer.inner, layer.inner_state(state)  # type: ignore[attr-defined]
            rows.append(as_numpy(layer.slow_weights(state)))
    return np.array(rows)
