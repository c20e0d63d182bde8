"""About how long a slice takes, and the size that can be waited for. No torch."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from experiments.grids.spec import SliceSpec
from experiments.training_plan import BACKWARD, FORWARD, INTERACTIVE, PRODUCT, pass_seconds
from landscapes import NETWORKS
from landscapes.grids.quantities import CURVATURES
from landscapes.networks.datasets import DATASETS
from landscapes.networks.datasets.download import DatasetError
from landscapes.networks.task import Task

SIDES = (13, 17, 25, 33, 49, 65, 97, 129, 193)  # cells whose coarser maps reach both edges
QUICK = 45.0  # seconds that a slice may take which nobody has asked to be finer
EIGEN_PRODUCTS = 30  # of the Hessian, for both ends of its spectrum at a cell; up to 200 where they lie close to others
# Cells are evaluated many at once, and `pass_seconds` is careful. Measured on twenty networks, from three weights to ResNet-20,
# alone on one core: a loss takes 0.03 to 0.27 of a pass, eigenvalues 0.03 to 0.30 of their products (the most in a CNN).
TOGETHER, TOGETHER_CURVED = 0.5, 0.4


def task_of(spec: SliceSpec) -> Task:
    choice = spec.training.landscape
    task: Task = NETWORKS[choice.key].task(**choice.parameters)
    return task


def seconds(spec: SliceSpec) -> float:
    """At most about how long all cells take on one core: see `TOGETHER`."""
    task = task_of(spec)
    samples = min(spec.samples or task.samples, task.samples)
    one = 0.0
    if {"loss", "accuracy", "spread"} & set(spec.quantities):
        one += TOGETHER * pass_seconds(task, samples, FORWARD)
    if any(name.startswith("test") for name in spec.quantities):
        one += TOGETHER * pass_seconds(task, _test_samples(task.data), FORWARD)
    if set(CURVATURES) & set(spec.quantities):
        one += TOGETHER_CURVED * EIGEN_PRODUCTS * PRODUCT * pass_seconds(task, samples, BACKWARD)
    finding = EIGEN_PRODUCTS * PRODUCT * pass_seconds(task, samples, BACKWARD) if spec.directions.key == "eigenvectors" else 0.0
    return finding + one * spec.cells[0] * spec.cells[1]


def quick(spec: SliceSpec) -> SliceSpec:
    """The same slice in as many cells as are soon there, up to its own; where even the fewest take long, on fewer samples."""
    sides = [side for side in SIDES if side <= spec.cells[0] and seconds(_with_side(spec, side)) <= QUICK]
    if sides:
        return _with_side(spec, sides[-1])
    least = _with_side(spec, SIDES[0])
    if seconds(least) <= INTERACTIVE:
        return least
    fewer = (replace(least, samples=count) for count in _fewer(task_of(spec).samples))
    return next((made for made in fewer if seconds(made) <= QUICK), least)


def refusal(spec: SliceSpec, most: float = INTERACTIVE) -> str:
    """Why it would take too long for a worker that others wait for, with the size that would fit, in a sentence; else empty."""
    found = seconds(spec)
    if found <= most:
        return ""
    said = f"{_size(spec)} would take about {found:,.0f} s, and {most:.0f} s is the most here. "
    sides = [side for side in SIDES if seconds(_with_side(spec, side)) <= most]
    if sides:
        return f"{said}{_size(_with_side(spec, sides[-1]))} would fit."
    least, samples = _with_side(spec, SIDES[0]), task_of(spec).samples
    fitting = [count for count in _fewer(samples) if seconds(replace(least, samples=count)) <= most]
    if fitting:
        return f"{said}{_size(least)} on {fitting[0]:,} of {samples:,} training samples would fit."
    return f"{said}Nothing that could be read would fit."


def _fewer(samples: int) -> list[int]:
    """Half of the samples, a quarter of them and so on."""
    halves: list[int] = []
    while samples > 1:
        samples //= 2
        halves.append(samples)
    return halves


def _with_side(spec: SliceSpec, side: int) -> SliceSpec:
    return replace(spec, cells=(side, 1 if spec.line else side))


def _size(spec: SliceSpec) -> str:
    return f"{spec.cells[0]:,} points" if spec.line else f"{spec.cells[0]:,} x {spec.cells[1]:,} cells"


@lru_cache(maxsize=32)
def _test_samples(data: str) -> int:
    """As many as the data set has at its defaults; 0 where its files are missing, for there nothing can be computed anyway."""
    try:
        return len(DATASETS[data]()[1])
    except DatasetError:
        return 0
