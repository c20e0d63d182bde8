"""J1: a race of six optimizers over 300 steps with eigenvalue traces, against the usual loop of torch.optim and autograd.

    python -m benchmarks.j1_race

Both sides walk the same paths; the largest relative difference between them is printed, so that equal work is compared.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
import torch

from benchmarks.measure import machine, milliseconds, table
from experiments.presets import RAVINE, ROSENBROCK
from experiments.race import Entrant, enter
from experiments.spec import Experiment, start_of

STEPS = 300
GOAL_SIX, GOAL_ONE = 30.0, 6.0

Loss = Callable[[torch.Tensor], torch.Tensor]


def rosenbrock(p: torch.Tensor) -> torch.Tensor:
    return (1 - p[0]) ** 2 + 100 * (p[1] - p[0] ** 2) ** 2


def ravine(p: torch.Tensor) -> torch.Tensor:
    """The opening preset's: condition 100, turned by 90 degrees, so that the valley lies along x."""
    return 0.5 * (p[0] ** 2 + 100 * p[1] ** 2)


def peer_path(key: str, values: dict[str, float], loss: Loss, start: tuple[float, ...]) -> np.ndarray:
    """The path of one optimizer as a script with torch.optim makes it; Newton and NSGD, which torch lacks, by autograd."""
    p = torch.tensor(start, dtype=torch.float64, requires_grad=True)
    made: torch.optim.Optimizer | None = {
        "sgd": lambda: torch.optim.SGD([p], lr=values["lr"]),
        "momentum": lambda: torch.optim.SGD([p], lr=values["lr"], momentum=values["momentum"]),
        "rmsprop": lambda: torch.optim.RMSprop([p], lr=values["lr"], alpha=values["decay"], eps=values["eps"]),
        "adam": lambda: torch.optim.Adam([p], lr=values["lr"], betas=(values["beta1"], values["beta2"]), eps=values["eps"]),
    }.get(key, lambda: None)()
    path = [p.detach().clone()]
    for _ in range(STEPS):
        if made is not None:
            made.zero_grad()
            loss(p).backward()  # type: ignore[no-untyped-call]
            made.step()
        elif key == "newton":
            gradient = torch.autograd.grad(loss(p), p)[0]
            hessian = torch.autograd.functional.hessian(loss, p)  # type: ignore[no-untyped-call]
            p = (p - values["lr"] * torch.linalg.solve(hessian, gradient)).detach().requires_grad_()
        else:  # NSGD on the ravine: the mean squared input is trace H
            gradient = torch.autograd.grad(loss(p), p)[0]
            p = (p - values["lr"] * gradient / (values["eps"] + 101.0)).detach().requires_grad_()
        path.append(p.detach().clone())
    return torch.stack(path).numpy()


def peer_eigenvalues(loss: Loss, path: np.ndarray) -> np.ndarray:
    """Hessian eigenvalues at every point of a path, in one vmapped call: the fastest way within torch."""
    return torch.linalg.eigvalsh(torch.func.vmap(torch.func.hessian(loss))(torch.from_numpy(path))).numpy()


def ours(experiment: Experiment) -> list[Entrant]:
    landscape = experiment.make_landscape()
    return [enter(experiment.solo(i), landscape) for i in range(len(experiment.optimizers))]


def peers(experiment: Experiment, loss: Loss, eigenvalues: bool) -> list[np.ndarray]:
    start = start_of(experiment, experiment.make_landscape())
    paths = []
    for i, choice in enumerate(experiment.optimizers):
        paths.append(peer_path(choice.key, experiment.optimizer(i).hyperparameters, loss, start))
        if eigenvalues:
            peer_eigenvalues(loss, paths[-1])
    return paths


def difference(entrants: list[Entrant], paths: list[np.ndarray]) -> float:
    """The largest distance between the two sides' paths, relative to the path's size."""
    return max(float(abs(e.trajectory.theta - p).max() / abs(p).max()) for e, p in zip(entrants, paths))


def rows(name: str, race: Experiment, loss: Loss) -> list[list[object]]:
    """One race: all of it beside the peer with and without its eigenvalues, then single runs, as a moved control asks for."""
    gap = difference(ours(race), peers(race, loss, False))
    landscape = race.make_landscape()
    keys = [choice.key for choice in race.optimizers]
    each = milliseconds({key: partial(enter, race.solo(i), landscape) for i, key in enumerate(keys)})
    whole = milliseconds(
        {"ours": partial(ours, race), "plain": partial(peers, race, loss, False), "full": partial(peers, race, loss, True)}, 5
    )
    slowest = max(each, key=lambda key: each[key])
    mine, plain, full = whole["ours"], whole["plain"], whole["full"]
    return [
        [f"{name}: {len(keys)} optimizers", mine, GOAL_SIX, full, full / mine, f"{gap:.0e}"],
        [f"{name}: same, peer without eigenvalues", mine, GOAL_SIX, plain, plain / mine, ""],
        [f"{name}: one moved run, the slowest ({slowest})", each[slowest], GOAL_ONE, "", "", ""],
        [f"{name}: one moved run, the median", float(np.median(list(each.values()))), GOAL_ONE, "", "", ""],
    ]


def main() -> None:
    torch.set_num_threads(1)
    print(f"J1 race, {STEPS} steps, eigenvalues along every path. {machine()}, torch {torch.__version__}, one thread.\n")
    # On Rosenbrock without NSGD, whose residual form no torch script has.
    five = tuple(choice for choice in ROSENBROCK.optimizers if choice.key != "nsgd_l2")
    races = [
        *rows("ravine", replace(RAVINE, steps=STEPS), ravine),
        *rows("Rosenbrock", replace(ROSENBROCK, steps=STEPS, optimizers=five), rosenbrock),
    ]
    print(table(["what", "ms", "goal ms", "torch.optim loop ms", "ratio", "largest relative difference of paths"], races))


if __name__ == "__main__":
    main()
