"""What a visitor with a small map waits while another's large one is computed: nobody is to be slowed by the other.

    python -m benchmarks.j2_waiting

The small map is another one each time, so that no answer is kept; both are asked for as the page asks.
"""

from __future__ import annotations

import statistics
import time
from dataclasses import replace

from benchmarks.measure import machine, table
from experiments.presets import RAVINE
from experiments.spec import Choice, Experiment
from experiments.sweeps.axis import Axis
from experiments.sweeps.requests import TABLE
from experiments.sweeps.sweep import Sweep, basin_map
from experiments.worker import Workers

TIMES = 12


def small(seed: int) -> Sweep:
    """As the page opens: 128 x 128 settings of momentum, 150 steps."""
    experiment = replace(RAVINE, optimizers=RAVINE.optimizers[1:2], seed=seed)
    return Sweep(experiment, Axis("lr", 1e-4, 1, 128, "log"), Axis("momentum", 0, 0.999, 128))


def large(seed: int) -> Sweep:
    """512 x 512 starts, 1,400 steps: nearly all that a visitor may ask for."""
    return basin_map(Experiment(Choice("himmelblau"), (Choice("momentum", {"lr": 0.005}),), steps=1400, seed=seed), 512)


def waits(workers: Workers, first: int) -> list[float]:
    """Milliseconds from a question to its answer."""
    found = []
    for seed in range(first, first + TIMES):
        begin = time.perf_counter()
        workers.submit("sweep", {"sweep": small(seed).as_json()}, caller="small").result(120)
        found.append(1000 * (time.perf_counter() - begin))
        time.sleep(0.05)
    return found


def main() -> None:
    print(f"J2 waiting, {TIMES} small maps. {machine()}\n")
    workers = Workers(TABLE)
    workers.submit("sweep", {"sweep": small(0).as_json()}).result(120)
    rows = []
    for others in range(3):
        calls = [workers.submit("sweep", {"sweep": large(i).as_json()}, caller=f"large {i}") for i in range(others)]
        time.sleep(0.3)
        found = waits(workers, 100 * (others + 1))
        rows.append([f"{others} large ones under way", statistics.median(found), max(found)])
        for call in calls:
            call.cancel()
    workers.close()
    print(table(["while there are", "small map: median ms", "slowest ms"], rows))


if __name__ == "__main__":
    main()
