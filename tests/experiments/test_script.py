"""A script gives the numbers of its experiment: every landscape's opening, every optimizer, wrapper, modifier and budget."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from experiments.presets import DIGITS, RACES
from experiments.script import script
from experiments.sensitivity import entrant_sensitivity
from experiments.spec import ALL_SURFACES, Choice, Experiment, run_entrant
from landscapes import MODIFIERS
from optimizers import OPTIMIZERS, WRAPPERS

pytestmark = pytest.mark.usefixtures("shapes_unchecked")

GAP = 1e-9  # relative to the largest number of the path
# Where rounding grows along a run, only its first steps can agree; a plane through a network multiplies in float32.
SHORT = {"ackley": (8, GAP), "flat_and_sharp": (10, GAP), "slice": (3, 1e-5)}


@pytest.fixture(autouse=True)
def _float32_afterwards() -> Iterator[None]:
    yield
    torch.set_default_dtype(torch.float32)


def ran(text: str) -> dict[int, tuple[float, list[float], int | None]]:
    """Loss, point and step of divergence that a script ends with, by the entrant's number."""
    scope: dict[str, Any] = {}
    exec(compile(text, "script", "exec"), scope)
    return {int(name.split()[0]) - 1: rest for name, *rest in scope["RESULTS"]}


def check(experiment: Experiment, gap: float = GAP) -> int:
    """Compare a script with the experiment; how many entrants ran."""
    landscape = experiment.seen_landscape()
    got = ran(script(experiment))
    for index in range(len(experiment.optimizers)):
        if experiment.optimizer(index).disabled_because(landscape):
            assert index not in got
            continue
        path = run_entrant(experiment, landscape, index)
        last = int(path.last_finite)
        loss, place, diverged = got[index]
        where = experiment.optimizers[index]
        assert diverged == (None if last == path.steps else last + 1), where
        np.testing.assert_allclose(
            place, path.theta[last], rtol=0, atol=gap * abs(path.theta[: last + 1]).max(), err_msg=str(where)
        )
        size = np.nanmax(abs(path.loss[: last + 1]))
        np.testing.assert_allclose(
            loss, path.loss[last], rtol=gap, atol=gap * size if np.isfinite(size) else 0, err_msg=str(where)
        )
    return len(got)


@pytest.mark.parametrize("key", [*ALL_SURFACES, "slice"])
def test_the_opening_of_every_landscape(key: str) -> None:
    steps, gap = SHORT.get(key, (25, GAP))
    race = replace(RACES[key], steps=steps)
    assert check(race, gap) >= 4
    if key in ALL_SURFACES:
        landscape = race.seen_landscape()
        unmoved = [entrant_sensitivity(race, landscape, i).rounding for i in range(4)]
        assert max(unmoved) < 1e-6, "chaotic: list it in SHORT"


OPENINGS = [("two_layer_neuron", (-1.1, 0.9)), ("rosenbrock", (-1.2, 1.0))]


@pytest.mark.parametrize(("key", "start"), OPENINGS)
def test_every_optimizer(key: str, start: tuple[float, float]) -> None:
    race = Experiment(Choice(key), tuple(Choice(rule, {"lr": 0.003}) for rule in OPTIMIZERS), start=start, steps=20)
    assert check(race) >= len(OPTIMIZERS) - 4


def settings(key: str) -> Sequence[Choice]:
    """Ways to set a wrapper so that it does something."""
    more: dict[str, list[dict[str, Any]]] = {
        "clip": [{"norm": 0.7}],
        "clip_value": [{"value": 0.4}],
        "weight_decay": [{"weight_decay": 0.3}],
        "decoupled_weight_decay": [{"weight_decay": 0.3}],
        "lookahead": [{"k": 3, "alpha": 0.4}],
        "change": [{"at": 7, "value": 0.02}],
        "schedule": [{"shape": shape, "steps": 20, "factor": 0.2} for shape in WRAPPERS["schedule"].ranges["shape"].values],
    }
    return [Choice(key, parameters) for parameters in more[key]]


@pytest.mark.parametrize("rule", ["momentum", "adam", "lbfgs", "rmsprop_article", "newton", "nsgd_l2"])
def test_every_wrapper_alone(rule: str) -> None:
    wrapped = [
        Choice(rule, {"lr": 0.01}, (setting,))
        for key in WRAPPERS
        for setting in settings(key)
        if not (key == "weight_decay" and rule == "nsgd_l2")
    ]
    race = Experiment(Choice("linear_neuron"), tuple(wrapped), start=(2.0, 1.5), steps=25)
    assert check(race) == len(wrapped)


def nests(rule: str) -> Iterator[tuple[Choice, ...]]:
    decay, clip, bound = (
        Choice("weight_decay", {"weight_decay": 0.2}),
        Choice("clip", {"norm": 1.1}),
        Choice("clip_value", {"value": 0.6}),
    )
    decoupled, ahead = Choice("decoupled_weight_decay", {"weight_decay": 0.4}), Choice("lookahead", {"k": 4, "alpha": 0.3})
    falling, later = (
        Choice("schedule", {"shape": "step", "steps": 6, "factor": 0.5}),
        Choice("change", {"at": 9, "value": 0.03}),
    )
    if rule != "nsgd_l2":
        yield decay, clip
        yield clip, decay, bound
    yield bound, clip
    yield ahead, decoupled
    yield decoupled, ahead, replace(ahead, parameters={"k": 3, "alpha": 0.5})
    yield falling, later, decoupled, Choice("schedule", {"shape": "warm_up", "steps": 8, "factor": 0.1})
    yield later, replace(later, parameters={"at": 9, "value": 0.01}), replace(later, parameters={"at": 4, "value": 0.02})
    yield (
        clip,
        clip,
        Choice("change", {"of": "clip2.norm", "at": 5, "value": 0.5}),
        Choice("schedule", {"of": "clip.norm", "steps": 10}),
    )


@pytest.mark.parametrize("rule", ["sgd", "adam", "lbfgs", "newton", "newton_cg", "nsgd_l2", "momentum_annealed"])
def test_nests_of_wrappers(rule: str) -> None:
    wrapped = tuple(Choice(rule, {"lr": 0.01}, nest) for nest in nests(rule))
    assert check(Experiment(Choice("linear_neuron"), wrapped, start=(2.0, 1.5), steps=12)) == len(wrapped)


def test_hyperparameters_that_torch_cannot_move_are_moved() -> None:
    changes = [("adam", "beta1"), ("momentum", "momentum"), ("rmsprop", "decay"), ("adamw", "weight_decay"), ("nsgd_l2", "eps")]
    wrapped = tuple(Choice(rule, {"lr": 0.01}, (Choice("change", {"of": of, "at": 6, "value": 0.35}),)) for rule, of in changes)
    extremes = (
        Choice("nesterov", {"lr": 0.01, "momentum": 0.0}),
        Choice("lbfgs", {"history_size": 2}),
        Choice("amsgrad", {"lr": 0.3, "beta2": 0.5}),
    )
    assert check(Experiment(Choice("linear_neuron"), wrapped + extremes, start=(2.0, 1.5), steps=25)) == 8


RULES = tuple(Choice(rule, {"lr": 0.01}) for rule in ("sgd", "adam", "newton", "newton_cg", "nsgd_l2", "nsgd_l1", "insgd"))


@pytest.mark.parametrize("key", ["linear_neuron", "two_layer_neuron", "rosenbrock", "reddi", "parabola"])
def test_modifiers_in_any_order(key: str) -> None:
    turned, stretched, noisy = (
        Choice("rotated", {"angle": 20.0}),
        Choice("scaled", {"x": 2.0, "y": 0.5}),
        Choice("noise", {"sigma": 0.3}),
    )
    flat = ALL_SURFACES[key]().dim == 1
    orders = (
        [(stretched, noisy), (noisy, noisy, stretched)]
        if flat
        else [(turned,), (turned, noisy, stretched), (noisy, turned, noisy)]
    )
    for modifiers in orders:
        assert check(Experiment(Choice(key), RULES, steps=8, modifiers=modifiers, seed=7)) >= 4
    assert set(MODIFIERS) == {"rotated", "scaled", "noise"}


@pytest.mark.parametrize(("key", "size"), [("linear_neuron", 1), ("linear_neuron", 3), ("sigmoid_neuron", 2)])
def test_mini_batches_are_those_of_the_seed(key: str, size: int) -> None:
    for modifiers in ((), (Choice("rotated", {"angle": 20.0}), Choice("noise", {"sigma": 0.1}))):
        race = Experiment(Choice(key), RULES, steps=9, batch_size=size, seed=3, modifiers=modifiers)
        assert check(race) >= 4


FORMULAS = [
    "max(x, 0.5)^2 + min(y, x*y)^2 + abs(x - y)^1.5",
    "sqrt(x^2 + y^2) + tanh(x)*atan(y) - exp(-x^2)",
    "x^4/4 - 2*x^-2 + ln(3 + x) + 2^x",
    "sin(3x)^2 + cos(x)/cosh(x)",
    "x^2 - (y - y^2) + 3/(y*(x/2))",
]


@pytest.mark.parametrize("formula", FORMULAS)
def test_typed_formulas(formula: str) -> None:
    start = (0.7, -0.9) if "y" in formula else (0.7,)
    rules = tuple(Choice(rule, {"lr": 0.01}) for rule in ("sgd", "adam", "newton_eigen", "lbfgs"))
    assert check(Experiment(Choice("typed", {"formula": formula}), rules, start=start, steps=15)) == 4


def test_a_budget_of_calls_and_divergence() -> None:
    rules = (Choice("sgd", {"lr": 0.5}), Choice("newton"), Choice("adam"))
    race = Experiment(Choice("ravine"), rules, start=(1.0, 1 / 3), steps=200, budget="calls")
    assert check(race) == 3
    assert ran(script(race))[0][2] is not None


@pytest.mark.slow
def test_it_stands_alone(tmp_path: Path) -> None:
    """In a process that finds none of our packages, as a file, and says the numbers that the experiment has."""
    race = replace(RACES["two_layer_neuron"], steps=20)
    file = tmp_path / "race.py"
    file.write_text(script(race), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-I", file.name], cwd=tmp_path, capture_output=True, text=True, check=True, timeout=60
    )
    path = run_entrant(race, race.seen_landscape(), 3)
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("4 Adam: loss ")]
    assert float(line.split()[3]) == pytest.approx(path.loss[-1], rel=GAP)
    assert all(word not in file.read_text() for word in ("numpy", "experiments.", "landscapes", "optimizers."))


def test_what_no_script_is_written_for_says_so() -> None:
    with pytest.raises(ValueError, match="python -m experiments"):
        script(DIGITS)
    schedule = Choice("schedule", {"steps": 5})
    moved = Choice("change", {"of": "schedule.factor", "value": 0.5})
    with pytest.raises(ValueError, match="does not write out"):
        script(Experiment(Choice("ravine"), (Choice("sgd", {}, (schedule, moved)),)))
