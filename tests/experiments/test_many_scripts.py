"""Scripts of clouds and of searches give the numbers of the page: every quantile and mean, every loss of every setting."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from experiments.presets import RACES
from experiments.script import cloud_script, tuning_script
from experiments.spec import SLICE, Choice, Experiment
from experiments.sweeps.cloud import Cloud
from experiments.sweeps.drift import drift
from experiments.tune import tune
from experiments.tuning import Tuning
from tests.some import some

pytestmark = pytest.mark.usefixtures("shapes_unchecked")

NOISE = Choice("noise", {"sigma": 2.0})
TURNED = (Choice("rotated", {"angle": 30.0}), NOISE, Choice("noise", {"sigma": 0.5}))
RULES = (Choice("sgd", {"lr": 0.0199}), Choice("adam", {"lr": 0.1}), Choice("nsgd_l2", {"lr": 0.3}))
CLOUDS = {
    "gradient noise": Cloud(Experiment(Choice("ravine"), RULES, steps=12, modifiers=(NOISE,), seed=3), 20, 8),
    "noise upon noise": Cloud(Experiment(Choice("beale"), RULES[:2], steps=9, modifiers=TURNED), 7, 8),
    "mini-batches": Cloud(Experiment(Choice("linear_neuron"), RULES, steps=10, batch_size=2, seed=5), 6, 8),
    "one coordinate, and runs that diverge": Cloud(
        Experiment(Choice("parabola"), (Choice("sgd", {"lr": 400.0}),), steps=200, modifiers=(NOISE,)), 5, 8
    ),
}
TWO = (Choice("momentum", {"lr": 0.01}), Choice("adam", {"lr": 0.05}))
SCHEDULED = Choice("sgd", {"lr": 0.02}, (Choice("schedule", {"of": "lr", "shape": "cosine", "factor": 0.1, "steps": 10.0}),))
TUNINGS = {
    "a learning rate, and two numbers": Tuning(
        Experiment(Choice("ravine"), TWO, steps=15), (("lr", "momentum"), ("lr",)), runs=20
    ),
    "starts and seeds": Tuning(
        Experiment(Choice("rosenbrock"), TWO, steps=10, modifiers=(NOISE,), seed=2), (("lr",), ("lr",)), 40, "runs", 2, 2
    ),
    "equal oracle calls": Tuning(
        Experiment(Choice("ravine"), (Choice("newton"), Choice("sgd", {"lr": 0.01})), steps=30, budget="calls"),
        (("lr",), ("lr",)), runs=12,
    ),
    "nothing but divergence": Tuning(
        Experiment(Choice("ravine"), (replace(SCHEDULED, parameters={"lr": 1e6}),), steps=300), (("schedule.factor",),), runs=8
    ),
    "a wrapper's number": Tuning(Experiment(Choice("ravine"), (SCHEDULED,), steps=12), (("lr", "schedule.factor"),), runs=20),
}  # fmt: skip


@pytest.fixture(autouse=True)
def _float32_afterwards() -> Iterator[None]:
    yield
    torch.set_default_dtype(torch.float32)


def results(text: str) -> list[tuple[Any, ...]]:
    scope: dict[str, Any] = {}
    exec(compile(text, "script", "exec"), scope)
    found: list[tuple[Any, ...]] = scope["RESULTS"]
    return found


@pytest.mark.parametrize("name", some(CLOUDS, ("noise upon noise",)))
def test_a_cloud_is_its_script(name: str) -> None:
    cloud = CLOUDS[name]
    found = drift(cloud)
    rows = results(cloud_script(cloud))
    steps = cloud.experiment.steps + 1
    assert len(rows) == len(cloud.experiment.optimizers) * steps
    for index in range(len(cloud.experiment.optimizers)):
        told = np.array([row[2:] for row in rows[index * steps : (index + 1) * steps]])
        assert [row[1] for row in rows[index * steps : (index + 1) * steps]] == list(range(steps))
        count = len(found.loss[index])
        np.testing.assert_allclose(told[:, :count], found.loss[index].T, rtol=1e-8, atol=1e-12)
        np.testing.assert_allclose(told[:, count:], found.mean[index], rtol=1e-8, atol=1e-12)


def test_the_cloud_that_diverges_does() -> None:
    """Else the comparison above says nothing of it."""
    found = drift(CLOUDS["one coordinate, and runs that diverge"])
    assert np.isinf(found.loss[0, :, -1]).all() and np.isnan(found.mean[0, -1]).all()


def test_the_search_that_finds_only_divergence_does() -> None:
    """Else the comparison below says nothing of which setting is printed then."""
    found = tune(TUNINGS["nothing but divergence"])
    assert len(found.settings) > 2 and np.isinf(found.losses).all() and found.best == 0


@pytest.mark.parametrize("name", some(TUNINGS, ("a learning rate, and two numbers",)))
def test_a_search_is_its_script(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    tuning = TUNINGS[name]
    searches = [tune(tuning, index) for index in range(len(tuning.searched))]
    rows = results(tuning_script(tuning, searches))
    assert len(rows) == sum(len(search.settings) for search in searches)
    said = capsys.readouterr().out
    at = 0
    for search in searches:
        own = rows[at : at + len(search.settings)]
        np.testing.assert_array_equal([row[1] for row in own], search.settings)
        np.testing.assert_allclose([row[2] for row in own], search.losses, rtol=1e-8, atol=1e-12)
        best = dict(zip(search.names, search.settings[search.best]))
        assert f"at {{{', '.join(f'{k!r}: {float(v)!r}' for k, v in best.items())}}}" in said
        at += len(own)


def test_what_has_no_script_says_why() -> None:
    calls = Experiment(Choice("ravine"), (Choice("newton_cg"),), steps=30, budget="calls")
    tuning = Tuning(calls, (("lr",),), runs=12)
    with pytest.raises(ValueError, match="differs from run to run"):
        tuning_script(tuning, [tune(tuning)])
    sliced = replace(RACES[SLICE], optimizers=TWO)
    with pytest.raises(ValueError, match="of surfaces"):
        tuning_script(Tuning(sliced, (("lr",), ("lr",)), runs=12), [])


@pytest.mark.slow
@pytest.mark.parametrize("what", ["cloud", "tuning"])
def test_it_stands_alone(what: str, tmp_path: Path) -> None:
    """In a process that finds none of our packages, as a file."""
    tuning = TUNINGS["starts and seeds"]
    searches = [tune(tuning, index) for index in range(2)]
    cloud = replace(CLOUDS["gradient noise"], runs=3)
    text = cloud_script(cloud) if what == "cloud" else tuning_script(tuning, searches)
    file = tmp_path / "script.py"
    file.write_text(text, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-I", file.name], cwd=tmp_path, capture_output=True, text=True, check=True, timeout=120
    )
    rows = 1 + 3 * 13 if what == "cloud" else sum(len(search.settings) + 1 for search in searches)
    assert len(done.stdout.splitlines()) == rows
    assert all(word not in text for word in ("import numpy", "experiments.", "landscapes.", "optimizers."))
