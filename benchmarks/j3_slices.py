"""J3: losses on a grid of a plane through a network, against a plain torch loop and the published libraries that are installed.

    python -m benchmarks.j3_slices              # one thread
    python -m benchmarks.j3_slices --memory MLP # what `main` asks of itself in fresh processes

Every way evaluates the same weights, save the libraries, which draw directions of their own; the largest relative difference
from the script is printed. A library that does not run has no column, and a line under the table says why. Times are per point,
from grids small enough to wait for.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import nn

from benchmarks.conformance.peers import Losscape, LossLandscapes, installed
from benchmarks.measure import machine, megabytes, milliseconds, table
from landscapes import NETWORKS
from landscapes.directions import DIRECTIONS, Plane
from landscapes.directions.kind import Place
from landscapes.grids import evaluator
from landscapes.networks.build import module_of
from landscapes.networks.conformance import Case
from landscapes.networks.grids.plain import Plain
from landscapes.networks.network import Network


class Job(NamedTuple):
    """A module and its inputs' shape; `side` cells along an axis for us, `few` for slower ways; goal: times the best peer."""

    make: Callable[[], nn.Module]
    shape: tuple[int, ...]
    samples: int
    side: int
    few: int
    goal: float


def mlp(width: int = 32) -> nn.Module:
    return nn.Sequential(nn.Linear(64, width), nn.ReLU(), nn.Linear(width, 10))


def cnn(side: int) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(8, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(side * side, 10),
    )  # fmt: skip


JOBS: Mapping[str, Job] = {
    "MLP": Job(mlp, (64,), 1797, 51, 13, 7.0),
    "CNN8": Job(partial(cnn, 8), (1, 8, 8), 1797, 13, 5, 3.5),
    "CNN28": Job(partial(cnn, 28), (1, 28, 28), 1000, 8, 3, 5.0),
    "ResNet-20": Job(lambda: module_of(NETWORKS["resnet20"].task(), 0).eval(), (3, 32, 32), 256, 2, 2, 1.6),
}


def case_of(job: Job, samples: int | None = None) -> Case:
    """The job's module on random samples: what they are does not matter to the time."""
    torch.manual_seed(0)
    count = samples or job.samples
    return Case(job.make(), nn.functional.cross_entropy, torch.randn(count, *job.shape), torch.randint(0, 10, (count,)))


def plane_of(case: Case) -> tuple[Network, Plane]:
    network = Network.of(case.module, case.criterion, (case.inputs, case.targets))
    plane: Plane = DIRECTIONS["random"](vectors="kept").plane(Place.of(network))
    return network, plane


def cells(side: int) -> np.ndarray:
    axis = np.linspace(-1, 1, side)
    return np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)


def script(case: Case, plane: Plane, points: np.ndarray) -> np.ndarray:
    """The loop that everybody writes first."""
    origin, first, second = (case.tensors(row) for row in (plane.origin, *plane.directions))
    values = []
    with torch.no_grad():
        for a, b in points:
            for p, o, d1, d2 in zip(case.module.parameters(), origin, first, second):
                p.copy_(o + a * d1 + b * d2)
            values.append(case.criterion(case.module(case.inputs), case.targets).item())
        for p, o in zip(case.module.parameters(), origin):
            p.copy_(o)
    return np.array(values)


def row(name: str, job: Job, libraries: Mapping[str, Any]) -> list[Any]:
    """One job: our way beside the plain loops and the libraries, ms a point."""
    case = case_of(job)
    network, plane = plane_of(case)
    ours, plain = evaluator(network, plane), Plain(network, plane)
    many, few = cells(job.side), cells(job.few)
    wanted = script(case, plane, few)
    gap = float(np.abs(ours(few)["loss"] / wanted - 1).max())
    ways: dict[str, tuple[Callable[[], Any], int]] = {
        "ours": (partial(ours, many), len(many)),
        "plain": (partial(plain, few), len(few)),
        "script": (partial(script, case, plane, few), len(few)),
    }
    for title, library in libraries.items():
        with suppress(ArithmeticError):  # normalises by a norm that is 0 where there is batch normalisation
            library.random(case, 2, 0)
            ways[title] = (partial(library.random, case, job.few, 0), len(few))
    times = milliseconds({title: call for title, (call, _) in ways.items()}, 5, time.process_time)
    each = {title: times[title] / points for title, (_, points) in ways.items()}
    best = min(each[title] for title in ways if title not in ("ours", "plain"))
    way = type(ours).__name__
    others = [each.get(title, "fails") for title in ("plain", "script", *libraries)]
    return [
        name,
        way,
        each["ours"],
        *others,
        best / each["ours"],
        job.goal,
        each["plain"] / each["ours"],
        f"{gap:.0e}",
        memory(name),
    ]


def memory(name: str) -> str:
    """How much the evaluation adds to a fresh process, with all that it keeps."""
    command = [sys.executable, "-m", "benchmarks.j3_slices", "--memory", name]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def print_memory(name: str) -> None:
    job = JOBS[name]
    network, plane = plane_of(case_of(job))
    network.loss(network.point(network.start))  # what torch itself takes for a first pass is not ours
    print(megabytes(lambda: evaluator(network, plane)(cells(job.side))))


def growth() -> list[list[Any]]:
    """The MLP's surface as it grows: the whole time, and that over the time of the row before."""
    rows: list[list[Any]] = []
    base = JOBS["MLP"]
    for what, sizes in (("points", (13, 26, 52, 104)), ("samples", (450, 900, 1800, 3600)), ("parameters", (16, 32, 64, 128))):
        before = None
        for size in sizes:
            job = base._replace(make=partial(mlp, size)) if what == "parameters" else base
            network, plane = plane_of(case_of(job, size if what == "samples" else None))
            points = cells(size if what == "points" else 26)
            ms = milliseconds({"ours": partial(evaluator(network, plane), points)}, 5, time.process_time)["ours"]
            said = {"points": len(points), "samples": network.samples, "parameters": network.dim}[what]
            rows.append([what, said, ms, "" if before is None else ms / before])
            before = ms
    return rows


def compared(known: Iterable[tuple[type[Any], str]]) -> list[tuple[type[Any], str]]:
    """Of all libraries, with the version of each or why it does not run, those that these jobs can be given to."""
    return [(library, version) for library, version in known if library in (LossLandscapes, Losscape)]


def told(known: Iterable[tuple[type[Any], str]]) -> str:
    """What stands in the libraries' columns, and why one has none, in a line."""
    said = "; ".join(f"{library.name} {version}" for library, version in known)
    return f"Published libraries: {said}."


def main() -> None:
    torch.set_num_threads(1)
    if sys.argv[1:2] == ["--memory"]:
        print_memory(sys.argv[2])
        return
    known = compared(installed())
    libraries = {library.name: library() for library, version in known if not version.startswith("not run")}
    print(f"J3 slices. {machine()}, torch {torch.__version__}, one thread; ms of CPU time a point.\n")
    heads = [
        "what",
        "way",
        "ours",
        "plain",
        "script",
        *libraries,
        "ratio to the best peer",
        "goal",
        "ratio to plain",
        "gap",
        "memory",
    ]
    print(table(heads, [row(name, job, libraries) for name, job in JOBS.items()]))
    print(f"\n{told(known)}")
    print("\nGrowth, MLP:\n")
    print(table(["with", "of", "ms", "times the row before"], growth()))


if __name__ == "__main__":
    main()
