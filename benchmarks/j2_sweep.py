"""J2: maps of 16,384 settings and 262,144 starts, against a loop of torch.optim runs and against the bare arithmetic.

    python -m benchmarks.j2_sweep

The loop is timed on a few cells spread over the map and multiplied; their final losses are compared with the map's. The limit
is the same walk written by hand for one rule and one formula, in place, with nothing kept of the runs but where they are.
"""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch

from benchmarks.measure import machine, milliseconds, table
from experiments.spec import Choice, Experiment
from experiments.sweeps.axis import Axis
from experiments.sweeps.compute import compute
from experiments.sweeps.result import SweepResult
from experiments.sweeps.sweep import Sweep, basin_map, cell

STEPS = 300
SAMPLED = 5  # cells of which a loop of torch.optim is timed
BLOCK = 16384


def loss_of(surface: str, p: torch.Tensor) -> torch.Tensor:
    x, y = p
    if surface == "rosenbrock":
        return (1 - x) ** 2 + 100 * (y - x**2) ** 2
    return (x**2 + y - 11) ** 2 + (x + y**2 - 7) ** 2


def torch_run(experiment: Experiment) -> float:
    """One run as a script with torch.optim makes it; its final loss."""
    start = experiment.start or experiment.make_landscape().start
    p = torch.tensor(start, dtype=torch.float64, requires_grad=True)
    choice = experiment.optimizers[0]
    h = choice.parameters
    made: torch.optim.Optimizer = (
        torch.optim.SGD([p], lr=h["lr"], momentum=h["momentum"])
        if choice.key == "momentum"
        else torch.optim.Adam([p], lr=h["lr"], betas=(h["beta1"], h["beta2"]), eps=h["eps"])
    )
    for _ in range(experiment.steps):
        made.zero_grad()
        loss_of(experiment.landscape.key, p).backward()  # type: ignore[no-untyped-call]
        made.step()
    return float(loss_of(experiment.landscape.key, p).detach())


def rosenbrock_slopes(x: np.ndarray, y: np.ndarray, g: np.ndarray, h: np.ndarray) -> None:
    """The gradient into g and h, in place."""
    np.multiply(x, x, out=h)
    np.subtract(y, h, out=h)
    np.multiply(h, 200.0, out=h)
    np.multiply(h, x, out=g)
    np.multiply(g, -2.0, out=g)
    np.subtract(g, 2.0, out=g)
    np.add(g, x, out=g)
    np.add(g, x, out=g)


def himmelblau_slopes(x: np.ndarray, y: np.ndarray, g: np.ndarray, h: np.ndarray) -> None:
    a = x * x
    np.add(a, y, out=a)
    np.subtract(a, 11.0, out=a)
    b = y * y
    np.add(b, x, out=b)
    np.subtract(b, 7.0, out=b)
    np.multiply(a, x, out=g)
    np.multiply(g, 2.0, out=g)
    np.add(g, b, out=g)
    np.multiply(g, 2.0, out=g)
    np.multiply(b, y, out=h)
    np.multiply(h, 2.0, out=h)
    np.add(h, a, out=h)
    np.multiply(h, 2.0, out=h)


def bare(sweep: Sweep) -> None:
    """The walks by hand: no loss, no statistics, no check, one rule and one formula."""
    experiment = sweep.experiment
    choice = experiment.optimizers[0]
    slopes = rosenbrock_slopes if experiment.landscape.key == "rosenbrock" else himmelblau_slopes
    assert sweep.y is not None
    rows, columns = np.divmod(np.arange(sweep.cells), sweep.columns)
    values = {sweep.x.name: sweep.x.values[columns], sweep.y.name: sweep.y.values[rows]}
    start = experiment.start or experiment.make_landscape().start
    with np.errstate(all="ignore"):
        for first in range(0, sweep.cells, BLOCK):
            part = {name: v[first : first + BLOCK] for name, v in values.items()}
            runs = len(next(iter(part.values())))
            x, y = (np.array(part.get(f"start{i}", np.full(runs, start[i]))) for i in range(2))
            h = {name: part.get(name, float(v)) for name, v in choice.parameters.items()}
            (momentum_by_hand if choice.key == "momentum" else adam_by_hand)(slopes, x, y, h)


def momentum_by_hand(slopes: Callable[..., None], x: np.ndarray, y: np.ndarray, h: dict[str, Any]) -> None:
    g, k, bx, by, a = (np.zeros(len(x)) for _ in range(5))
    for _ in range(STEPS):
        slopes(x, y, g, k)
        for b, slope, place in ((bx, g, x), (by, k, y)):
            np.multiply(b, h["momentum"], out=b)
            np.add(b, slope, out=b)
            np.multiply(b, h["lr"], out=a)
            np.subtract(place, a, out=place)


def adam_by_hand(slopes: Callable[..., None], x: np.ndarray, y: np.ndarray, h: dict[str, Any]) -> None:
    g, k, mx, my, vx, vy, a, c = (np.zeros(len(x)) for _ in range(8))
    one, other = 1 - h["beta1"], 1 - h["beta2"]
    for t in range(1, STEPS + 1):
        slopes(x, y, g, k)
        rate, root = h["lr"] / (1 - h["beta1"] ** t), (1 - h["beta2"] ** t) ** 0.5
        for m, v, slope, place in ((mx, vx, g, x), (my, vy, k, y)):
            np.multiply(m, h["beta1"], out=m)
            np.multiply(slope, one, out=a)
            np.add(m, a, out=m)
            np.multiply(v, h["beta2"], out=v)
            np.multiply(slope, slope, out=a)
            np.multiply(a, other, out=a)
            np.add(v, a, out=v)
            np.sqrt(v, out=a)
            np.divide(a, root, out=a)
            np.add(a, h["eps"], out=a)
            np.multiply(m, rate, out=c)
            np.divide(c, a, out=c)
            np.subtract(place, c, out=place)


def whole(sweep: Sweep) -> SweepResult:
    return list(compute(sweep))[-1]


def against_torch(sweep: Sweep, result: SweepResult) -> tuple[float, float]:
    """Milliseconds of a loop over all cells, from `SAMPLED` of them, and the largest relative difference of final losses."""
    torch_run(cell(sweep, 0, 0, 0))
    places = np.linspace(0, sweep.cells - 1, SAMPLED + 2).astype(int)[1:-1]
    gap, spent = 0.0, 0.0
    for place in places:
        row, column = divmod(int(place), sweep.columns)
        begin = time.perf_counter()
        loss = torch_run(cell(sweep, 0, row, column))
        spent += time.perf_counter() - begin
        if np.isfinite(loss):
            gap = max(gap, abs(loss - result.final[0, row, column]) / max(abs(loss), 1e-20))
    return 1000 * spent / SAMPLED * sweep.cells, gap


def peak(sweep: Sweep) -> float:
    """MB that a sweep takes at most, its answer included."""
    tracemalloc.start()
    whole(sweep)
    found = tracemalloc.get_traced_memory()[1] / 2**20
    tracemalloc.stop()
    return found


def main() -> None:
    torch.set_num_threads(1)
    print(f"J2 sweeps of {STEPS} steps. {machine()}, torch {torch.__version__}, one thread.\n")
    lr = Axis("lr", 1e-4, 1e-1, 128, "log")
    momentum = Experiment(Choice("rosenbrock"), (Choice("momentum"),), steps=STEPS)
    adam = Experiment(Choice("rosenbrock"), (Choice("adam"),), steps=STEPS)
    starts = Experiment(Choice("himmelblau"), (Choice("momentum", {"lr": 0.005}),), steps=STEPS)
    jobs = [
        ("128 x 128, momentum: lr x momentum", Sweep(momentum, lr, Axis("momentum", 0, 0.99, 128)), 25.0),
        ("128 x 128, Adam: lr x eps", Sweep(adam, lr, Axis("eps", 1e-8, 1e-2, 128, "log")), 80.0),
        ("128 x 128, Adam: lr x beta1", Sweep(adam, lr, Axis("beta1", 0, 0.99, 128)), 80.0),
        ("512 x 512 starts, momentum", basin_map(starts, 512), 400.0),
        ("same, 128 x 128", basin_map(starts, 128), 30.0),
    ]
    rows = []
    for name, sweep, goal in jobs:
        times = milliseconds({"ours": partial(whole, sweep), "bare": partial(bare, sweep)}, 5)
        loop, gap = against_torch(sweep, whole(sweep))
        ours, limit, paths = times["ours"], times["bare"], sweep.cells * (STEPS + 1) * 3 * 8 / 2**20
        rows.append([name, ours, goal, loop, loop / ours, f"{gap:.0e}", limit, ours / limit, peak(sweep), paths])
    heads = [
        "what", "ms", "goal ms", "torch.optim loop ms (from a few cells)", "ratio", "largest relative difference of losses",
        "bare arithmetic ms", "times that", "MB at most", "MB that paths would take",
    ]  # fmt: skip
    print(table(heads, rows))


if __name__ == "__main__":
    main()
