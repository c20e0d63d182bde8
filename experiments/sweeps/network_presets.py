"""The maps of trainings that the page opens with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from experiments import slices
from experiments.presets import DIGITS
from experiments.spec import Choice
from experiments.sweeps.axis import Axis
from experiments.sweeps.networks import NetworkMap, NetworkSweep

WIDTH, STEPS, BATCH_SIZE = 5, 60, 64
WIDE = 20  # where Newton's dense Hessian would take an hour of each map
RATES = Axis("lr", 1e-3, 10**1.5, 16, "log")
_BATCH = replace(DIGITS, landscape=Choice("digits_mlp", {"width": WIDTH}), steps=STEPS)
_SCALE = replace(_BATCH, landscape=Choice("mlp", {"width": WIDTH, "depth": 1, "samples": 1500}), batch_size=BATCH_SIZE)


def _wide(sweep: NetworkSweep) -> NetworkSweep:
    """The same sweep of a wider network, without Newton."""
    e = sweep.experiment
    others = tuple(choice for choice in e.optimizers if choice.key != "newton")
    return replace(sweep, experiment=replace(e, landscape=e.landscape.with_parameters(width=WIDE), optimizers=others))


_NARROW: dict[str, NetworkSweep] = {
    "batch": NetworkSweep(_BATCH, RATES, Axis("batch", 4, 512, 8, "log")),
    "scale": NetworkSweep(_SCALE, RATES, Axis("on.scale", 0.125, 16, 8, "log")),
}
SHIPPED: Mapping[str, NetworkSweep] = _NARROW | {f"{name}_wide": _wide(sweep) for name, sweep in _NARROW.items()}


def path_of(sweep: NetworkSweep) -> Path:
    """Where a shipped map lies."""
    return slices.SHIPPED / f"{sweep.key}.npz"


def stored(sweep: NetworkSweep) -> NetworkMap | None:
    """The map of exactly this sweep, shipped or kept, as far as it is computed; None where there is none that can be read."""
    for path in (path_of(sweep), kept_at(sweep)):
        if path.exists():
            try:
                return NetworkMap.load(path)
            except ValueError:
                continue  # a broken file is as good as none
    return None


def kept_at(sweep: NetworkSweep) -> Path:
    """Where the rows of a map that a visitor asked for are kept."""
    return slices.results_folder() / f"map-{sweep.key}.npz"
