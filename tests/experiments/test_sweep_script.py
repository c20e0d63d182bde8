"""A sweep's script gives the numbers of the map: every cell, for every kind of axis, every optimizer, wrapper and modifier."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from experiments.script import sweep_script
from experiments.spec import ALL_SURFACES, Choice, Experiment
from experiments.sweeps.axis import Axis
from experiments.sweeps.compute import compute
from experiments.sweeps.result import QUANTITIES, Fate
from experiments.sweeps.sweep import Sweep, basin_map, line_sweep
from optimizers import OPTIMIZERS
from tests.some import some

pytestmark = pytest.mark.usefixtures("shapes_unchecked")

TWO = (Choice("sgd", {"lr": 0.01}), Choice("adam", {"lr": 0.05}))
NSGD = (Choice("nsgd_l2", {"lr": 0.05}), Choice("momentum", {"lr": 0.01}))
NOISE = Choice("noise", {"sigma": 0.2})


@pytest.fixture(autouse=True)
def _float32_afterwards() -> Iterator[None]:
    yield
    torch.set_default_dtype(torch.float32)


def check(sweep: Sweep, every: int = 1) -> np.ndarray:
    """Compare every cell with the script's; the fates that there are."""
    *_, result = compute(sweep)
    scope: dict[str, Any] = {}
    text = sweep_script(sweep).replace("EVERY = 1 ", f"EVERY = {every} ")
    exec(compile(text, "script", "exec"), scope)
    told = {(int(name.split()[0]) - 1, row, column): numbers for name, row, column, *numbers in scope["RESULTS"]}
    shape = result.fate.shape
    assert set(told) == {at for at in np.ndindex(shape) if at[1] % every == at[2] % every == 0}
    for at, numbers in told.items():
        for name, value in zip(QUANTITIES, numbers):
            expected = getattr(result, name)[at]
            where = f"{name} of {at}: {value}, {expected}"
            if name == "fate":
                assert value == Fate(int(expected)).name.lower(), where
            elif name in ("steps", "minimum", "oscillation"):
                assert value == pytest.approx(float(expected), abs=1e-12), where
            else:
                assert value == pytest.approx(float(expected), rel=1e-6, abs=1e-10, nan_ok=True), where
    return np.unique(result.fate)


@pytest.mark.parametrize("key", some(ALL_SURFACES, ("ravine", "styblinski_tang", "linear_neuron", "parabola", "typed")))
def test_every_surface_over_learning_rate_and_start(key: str) -> None:
    start = Axis("start0", -0.9, 1.1, 2)
    check(Sweep(Experiment(Choice(key), TWO, steps=9), Axis("lr", 1e-3, 0.02, 3, "log"), start, tolerance=1e-2))


@pytest.mark.parametrize("rule", some(OPTIMIZERS, ("adam", "nesterov", "lbfgs", "newton", "nsgd_l2", "insgd_released")))
def test_every_optimizer_over_its_own_numbers(rule: str) -> None:
    experiment = Experiment(Choice("linear_neuron"), (Choice(rule, {"lr": 0.02}),), start=(2.0, 1.5), steps=8)
    names = [n for n, r in OPTIMIZERS[rule].ranges.items() if n != "lr" and r.control[0] < r.control[1]][:1]
    y = [Axis(n, *OPTIMIZERS[rule].ranges[n].control, 2) for n in names]
    check(Sweep(experiment, Axis("lr", 0.005, 0.1, 2, "log"), y[0] if y else None))


RAVINE = Experiment(Choice("ravine"), TWO, start=(1.0, 0.4), steps=24)
NEURON = Experiment(Choice("linear_neuron"), NSGD, start=(2.0, 1.5), steps=8)
WRAPPED = Choice(
    "sgd", {"lr": 0.02}, (Choice("clip", {"norm": 1.0}), Choice("schedule", {"steps": 9}), Choice("clip", {"norm": 2.0}))
)
SWEEPS: Mapping[str, Sweep] = {
    "a parameter of the surface": Sweep(RAVINE, Axis("lr", 1e-3, 0.5, 3, "log"), Axis("on.condition", 1, 300, 3, "log")),
    "two of the surface": Sweep(RAVINE, Axis("on.angle", 0, 90, 3), Axis("on.condition", 1, 30, 2, "log")),
    "its minimum moves": Sweep(
        Experiment(Choice("parabola"), TWO, steps=9), Axis("on.curvature", 0.5, 2, 3), Axis("lr", 1e-3, 0.5, 2)
    ),
    "turned": Sweep(
        Experiment(Choice("ravine"), TWO, steps=9, modifiers=(Choice("rotated"),)), Axis("mod.rotated.angle", 0, 90, 4)
    ),
    "turned under NSGD and noise": Sweep(
        Experiment(NEURON.landscape, NSGD, steps=6, modifiers=(NOISE, Choice("rotated"), Choice("scaled"), NOISE)),
        Axis("mod.rotated.angle", -30, 30, 3),
        Axis("mod.noise2.sigma", 0, 0.5, 2),
    ),
    "stretched within bounds": Sweep(
        Experiment(Choice("reddi"), TWO, steps=9, modifiers=(Choice("scaled"),)), Axis("mod.scaled.x", 0.5, 2, 3)
    ),
    "noise and its seeds": line_sweep(
        Experiment(Choice("ravine"), TWO, steps=9, modifiers=(NOISE,), seed=3), Axis("lr", 1e-3, 0.01, 2, "log"), seeds=3
    ),
    "mini-batches": Sweep(
        Experiment(Choice("linear_neuron"), NSGD, steps=7, batch_size=2, start=(2.0, 1.5)),
        Axis("lr", 0.01, 0.1, 2),
        Axis("seed", 0, 2, 3),
    ),
    "a wrapper's numbers": Sweep(
        Experiment(Choice("ravine"), (WRAPPED,), start=(1.0, 0.4), steps=12),
        Axis("clip2.norm", 0.1, 3, 3),
        Axis("schedule.factor", 0.1, 1, 2),
    ),
    "a whole number": Sweep(
        Experiment(Choice("rosenbrock"), (Choice("lbfgs", {"lr": 0.2}),), steps=9), Axis("history_size", 1, 6, 3)
    ),
    "no momentum at the border": Sweep(
        Experiment(Choice("ravine"), (Choice("nesterov"), Choice("momentum")), steps=12), Axis("momentum", 0, 0.9, 3)
    ),
    "a budget of calls": Sweep(
        Experiment(Choice("ravine"), (Choice("newton"), Choice("sgd")), steps=12, budget="calls"), Axis("lr", 0.01, 1, 3)
    ),
    "a start and the surface": Sweep(RAVINE, Axis("start1", -1, 1, 3), Axis("on.condition", 1, 30, 2)),
}


@pytest.mark.parametrize("what", SWEEPS)
def test_every_kind_of_axis(what: str) -> None:
    check(SWEEPS[what])


def test_every_fate_and_every_fourth_cell() -> None:
    experiment = Experiment(Choice("ravine"), (Choice("momentum"),), start=(-1.3, 0.8), steps=80)
    sweep = Sweep(experiment, Axis("lr", 1e-4, 0.3, 7, "log"), Axis("momentum", 0, 0.999, 5), tolerance=1e-3)
    assert len(check(sweep)) >= 3
    check(sweep, every=2)
    limit = Sweep(Experiment(Choice("ravine"), (Choice("sgd"),), steps=40), Axis("lr", 0.0199, 0.0206, 8))
    assert {Fate.DIVERGED, Fate.UNDERWAY, Fate.CYCLING} & set(check(limit)) > {Fate.DIVERGED}
    wells = Experiment(Choice("double_well"), (Choice("sgd", {"lr": 0.1}),), steps=40)
    assert Fate.CONVERGED in check(basin_map(wells, cells=4, tolerance=1e-2))


@pytest.mark.slow
def test_it_stands_alone(tmp_path: Path) -> None:
    """In a process that finds none of our packages, as a file, whose rows are those of our own CSV."""
    sweep = SWEEPS["a parameter of the surface"]
    file = tmp_path / "sweep.py"
    file.write_text(sweep_script(sweep), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-I", file.name], cwd=tmp_path, capture_output=True, text=True, check=True, timeout=120
    )
    header, *rows = done.stdout.splitlines()
    assert header.split(",") == ["optimizer", "lr", "on.condition", *QUANTITIES]
    *_, result = compute(sweep)
    assert len(rows) == result.fate.size
    assert float(rows[0].split(",")[4]) == pytest.approx(result.final[0, 0, 0], rel=1e-9)
    assert all(word not in file.read_text() for word in ("numpy", "experiments.", "landscapes.", "optimizers."))


def test_too_many_landscapes_are_refused() -> None:
    with pytest.raises(ValueError, match="1,024 at most"):
        sweep_script(Sweep(RAVINE, Axis("on.angle", 0, 90, 40), Axis("on.condition", 1, 30, 40)))
