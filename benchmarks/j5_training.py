"""J5: several optimizers trained at once on a perceptron, against the usual loop of torch.optim and autograd.

    python -m benchmarks.j5_training

MLP 64-32-10 on 1,797 samples, batches of 128, 150 steps, every step recorded. All ways end at the same weights to rounding,
save where Adam divides two numbers that are almost 0: the median and largest differences of models' ends are printed. Then one
step's gradients of eight models of the menu, stacked and one after the other.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from benchmarks.measure import machine, megabytes, milliseconds, table
from experiments.loop import walk
from experiments.together import together
from landscapes import NETWORKS
from landscapes.landscape import Draw
from landscapes.networks.network import Network
from landscapes.networks.perceptron_runs import PerceptronRuns, side_by_side
from landscapes.networks.task import Perceptron
from optimizers import OPTIMIZERS

STEPS, BATCH = 150, 128
SIZES = (64, 32, 10)
GOALS = {8: 80.0, 64: 45.0}  # microseconds a model step
MENU: Sequence[tuple[str, Mapping[str, Any]]] = (
    ("mlp", {"residual": "yes", "depth": 3}), ("mlp", {"norm": "layer", "depth": 3}), ("mlp", {"norm": "weight", "depth": 3}),
    ("mlp", {"residual": "yes", "norm": "layer", "width": 64, "depth": 8}), ("linear_regression", {}),
)  # fmt: skip
RATES: Mapping[str, float] = {
    "sgd": 0.1, "momentum": 0.02, "nesterov": 0.02, "adagrad": 0.02,
    "rmsprop": 1e-3, "adam": 2e-3, "adamw": 2e-3, "nadam": 2e-3,
}  # fmt: skip


def peer_optimizer(key: str, parameters: Any, lr: float) -> torch.optim.Optimizer:
    """torch.optim's own, with the defaults that ours have."""
    own = OPTIMIZERS[key](lr=lr).hyperparameters
    made: Mapping[str, Callable[[], torch.optim.Optimizer]] = {
        "sgd": lambda: torch.optim.SGD(parameters, lr=lr),
        "momentum": lambda: torch.optim.SGD(parameters, lr=lr, momentum=own["momentum"]),
        "nesterov": lambda: torch.optim.SGD(parameters, lr=lr, momentum=own["momentum"], nesterov=True),
        "adagrad": lambda: torch.optim.Adagrad(parameters, lr=lr, eps=own["eps"]),
        "rmsprop": lambda: torch.optim.RMSprop(parameters, lr=lr, alpha=own["decay"], eps=own["eps"]),
        "adam": lambda: torch.optim.Adam(parameters, lr=lr),
        "adamw": lambda: torch.optim.AdamW(parameters, lr=lr, weight_decay=own["weight_decay"]),
        "nadam": lambda: torch.optim.NAdam(parameters, lr=lr),
    }
    return made[key]()


def problem() -> tuple[nn.Sequential, Tensor, Tensor]:
    torch.manual_seed(0)
    module = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
    return module, torch.randn(1797, 64), torch.randint(0, 10, (1797,))


def rates(count: int) -> list[tuple[str, np.ndarray]]:
    """Eight rules, each with as many learning rates as make `count` models."""
    return [(key, lr * np.geomspace(0.5, 1.0, count // len(RATES))) for key, lr in RATES.items()]


def peers(count: int) -> np.ndarray:
    """One model after the other as a script with torch.optim trains it, its weights recorded after every step."""
    module, inputs, labels = problem()
    start = [p.detach().clone() for p in module.parameters()]
    seen = landscape().on_batches(BATCH)
    ends = []
    for key, lrs in rates(count):
        for lr in lrs:
            with torch.no_grad():
                for p, s in zip(module.parameters(), start):
                    p.copy_(s)
            optimizer = peer_optimizer(key, module.parameters(), float(lr))
            record = torch.empty(STEPS, sum(p.numel() for p in module.parameters()))
            for step in range(STEPS):
                batch = torch.from_numpy(seen.indices(Draw(0, step)))
                optimizer.zero_grad()
                nn.functional.cross_entropy(module(inputs[batch]), labels[batch]).backward()  # type: ignore[no-untyped-call]
                optimizer.step()
                record[step] = nn.utils.parameters_to_vector(module.parameters()).detach()
            ends.append(record[-1].numpy())
    return np.stack(ends)


def landscape(stacked: bool = True) -> Any:
    module, inputs, labels = problem()
    network = Network.of(module, nn.functional.cross_entropy, (inputs, labels))
    return PerceptronRuns(network, Perceptron(SIZES, "relu"), inputs, labels) if stacked else network


def ours(count: int, shared: bool) -> np.ndarray:
    """All rules in step; with `shared`, all models' gradients from one stacked product, else each model's by the plain loop."""
    whole = landscape(shared)
    seen = whole.on_batches(BATCH)
    groups = rates(count) if shared else [(key, np.array([lr])) for key, lrs in rates(count) for lr in lrs]
    views = together(seen, len(groups)) if shared else [seen] * len(groups)
    walks = []
    for (key, lrs), view in zip(groups, views):
        walks.append(walk(OPTIMIZERS[key](lr=lrs[:, None]), view, whole.start, STEPS))
    visits = [next(w) for w in walks]
    record = torch.empty(STEPS, sum(len(v.theta) for v in visits), whole.dim)
    for step in range(STEPS):
        visits = [next(w) for w in walks]
        torch.cat([v.theta for v in visits], out=record[step])
    return record[-1].numpy()


def menu_row(key: str, chosen: Mapping[str, Any]) -> list[Any]:
    """A network of the menu: eight models' gradients on one batch."""
    network = NETWORKS[key](**chosen)
    theta = network.point(np.array(network.start) * np.linspace(0.9, 1.1, 8)[:, None])
    plain, stacked = (each.on_batches(100).drawn(Draw(0, 0)) for each in (network, side_by_side(network)))
    ways = {"plain": lambda: [plain.gradient(row) for row in theta], "ours": lambda: stacked.gradient(theta)}
    times = milliseconds(ways, 25, time.process_time)
    name = ", ".join([network.name, *(f"{option} {value}" for option, value in chosen.items())])
    return [name, type(stacked).__name__, times["plain"], times["ours"], times["plain"] / times["ours"]]


def main() -> None:
    torch.set_num_threads(1)
    print(f"J5 training, {STEPS} steps of {BATCH}. {machine()}, torch {torch.__version__}, one thread, CPU time.\n")
    rows = []
    for count, goal in GOALS.items():
        gaps = np.abs(ours(count, True) - peers(count)).max(axis=1)
        ways = {
            "shared": partial(ours, count, True),
            "plain": partial(ours, count, False),
            "torch.optim": partial(peers, count),
        }
        times = milliseconds(ways, 3 if count > 8 else 5, time.process_time)
        each = {name: ms * 1000 / STEPS / count for name, ms in times.items()}
        ratios = (each["torch.optim"] / each["shared"], each["plain"] / each["shared"])
        rows.append(
            [
                f"{count} models",
                each["shared"],
                goal,
                each["plain"],
                each["torch.optim"],
                *ratios,
                f"{np.median(gaps):.0e}, {gaps.max():.0e}",
            ]
        )
    heads = [
        "what",
        "µs a model step",
        "goal",
        "plain loop",
        "torch.optim loop",
        "ratio to torch.optim",
        "ratio to plain",
        "gap: median, largest",
    ]
    print(table(heads, rows))
    print("\nGradients of 8 models at 100 samples, ms:\n")
    print(table(["network", "way", "one by one", "ours", "ratio"], [menu_row(key, chosen) for key, chosen in MENU]))
    print("\nGrowth with models:\n")
    grown: list[list[Any]] = []
    for count in (8, 16, 32, 64):
        ms = milliseconds({"shared": partial(ours, count, True)}, 3, time.process_time)["shared"]
        grown.append([count, ms, ms / grown[-1][1] if grown else "", megabytes(partial(ours, count, True))])
    print(table(["models", "ms for all steps", "times the row before", "memory"], grown))


if __name__ == "__main__":
    main()
