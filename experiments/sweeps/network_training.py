"""Sweeps on networks computed: all learning rates of a row and a seed are one stacked program.

`OMP_NUM_THREADS=1 nice -n 15 python -m experiments.sweeps.network_training ship` remakes the maps that the page opens with, in
`experiments/shipped/`; it goes on where it was stopped. With a name behind it, "batch" or "scale", it makes that one.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np

from experiments.loop import as_numpy, walk
from experiments.requests import Cancelled
from experiments.sweeps.networks import RATE, NetworkMap, NetworkSweep, cell
from landscapes.curvature.stacked import largest_eigenvalues

PRODUCTS = 24  # of the Hessian, for the sharpness at every end
PROBE = 20_261  # draws where Lanczos' method starts


def train_map(
    sweep: NetworkSweep,
    on_row: Callable[[NetworkMap], None] = lambda found: None,
    on_progress: Callable[[float], None] = lambda share: None,
    cancelled: Callable[[], bool] = lambda: False,
    since: NetworkMap | None = None,
) -> NetworkMap:
    """Train every cell; rows that `since` has are not computed again.

    `on_row` hears of the map whenever a row of an optimizer is whole, `on_progress` of the share of all steps that is done.
    `cancelled` is asked between steps. A run equals its training alone to float32's rounding, which chaos may enlarge.
    Raises Cancelled, and ValueError for a method that cannot run on the network or a `since` of another sweep.
    """
    if since is not None and since.sweep.key != sweep.key:
        raise ValueError(f"these rows belong to another sweep ({since.sweep.key}, not {sweep.key})")
    found = deepcopy(since) if since is not None else NetworkMap.empty(sweep)
    left = [(i, row) for row in range(sweep.rows) for i in range(sweep.shape[0]) if not found.done[i, row]]
    of = found.done.size * sweep.seeds
    for place, (index, row) in enumerate(left):
        for seed in range(sweep.seeds):
            before = (found.done.size - len(left) + place) * sweep.seeds + seed

            def on_step(share: float, before: int = before) -> None:
                if cancelled():
                    raise Cancelled
                on_progress((before + share) / of)

            for name, values in _trained(sweep, index, row, seed, on_step).items():
                getattr(found, name)[index, row, :, seed] = values
        found.done[index, row] = True
        on_row(found)
    return found


def _trained(sweep: NetworkSweep, index: int, row: int, seed: int, on_step: Callable[[float], None]) -> dict[str, np.ndarray]:
    """What became of all learning rates of a row with one seed, each `(columns,)`."""
    from landscapes.networks.perceptron_runs import side_by_side

    experiment = cell(sweep, index, row, 0, seed)
    network: Any = experiment.make_landscape()
    optimizer = experiment.optimizer(0, **{RATE: sweep.x.values[:, None]})
    if reason := optimizer.disabled_because(network):
        raise ValueError(f"{optimizer.title} cannot run here. {reason}")
    whole: Any = side_by_side(network)
    seen = whole if experiment.batch_size is None else whole.on_batches(experiment.batch_size)
    with np.errstate(all="ignore"):
        for visit in walk(optimizer, seen, network.start, experiment.steps, experiment.seed):
            on_step(visit.step / max(experiment.steps, 1))
        theta = visit.theta
        final = as_numpy(whole.loss(theta)).astype(float)
        first = float(whole.loss(network.point(network.start)))
        lost = ~np.isfinite(as_numpy(theta)).all(-1) | ~np.isfinite(final) | (final > first)
        accuracy = as_numpy(whole.accuracy(theta)).astype(float) if network.classifies else np.full(len(lost), np.nan)
        values, errors = _sharpness(network, theta)
    return {"final": final, "accuracy": accuracy, "sharpness": values, "sharpness_error": errors, "diverged": lost}


def _sharpness(network: Any, theta: Any) -> tuple[np.ndarray, np.ndarray]:
    """The largest eigenvalue of the Hessian at each point `(runs, dim)`, and its residual; in float64."""
    from landscapes.networks.perceptron_runs import side_by_side

    fine: Any = side_by_side(network.to(theta.double().dtype))
    at = theta.double()
    start = np.random.default_rng(PROBE).standard_normal(tuple(theta.shape))
    return largest_eigenvalues(lambda v: as_numpy(fine.hvp(at, fine.point(v))), start, PRODUCTS)


def main(arguments: list[str]) -> None:
    """The command line; see the module's docstring."""
    from experiments.sweeps.network_presets import SHIPPED, path_of

    if arguments[:1] != ["ship"] or not set(arguments[1:]) <= set(SHIPPED):
        raise SystemExit(f"usage: python -m experiments.sweeps.network_training ship [{' | '.join(SHIPPED)}]")
    for name in arguments[1:] or SHIPPED:
        sweep = SHIPPED[name]
        path = path_of(sweep)
        since = NetworkMap.load(path) if path.exists() else None
        found = train_map(sweep, on_row=_writer(path, name), since=since)
        print(f"{name}: {path.name}, {path.stat().st_size / 1024:.0f} kB, {found.diverged.mean():.0%} of the runs diverged")


def _writer(path: Path, name: str) -> Callable[[NetworkMap], None]:
    def write(found: NetworkMap) -> None:
        found.save(path)
        print(f"{name}: {found.done.sum()} of {found.done.size} rows", end="\r", file=sys.stderr)

    return write


if __name__ == "__main__":
    main(sys.argv[1:])
