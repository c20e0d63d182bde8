"""Weights that a visitor brought: kept by what they hold, started from, named in links, and missed with a sentence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save

from experiments import link, weights
from experiments.presets import DIGITS
from experiments.spec import Choice, Experiment, ExperimentError
from experiments.training import train
from landscapes import NETWORKS

SMALL = Experiment(
    Choice("mlp", {"data": "blobs", "samples": 8, "width": 3, "depth": 1}),
    (Choice("sgd"), Choice("adam")),
    steps=2,
    batch_size=4,
)


@pytest.fixture(autouse=True)
def results(tmp_path: Path) -> Iterator[Path]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAVINE_RESULTS", str(tmp_path))
        yield tmp_path


def brought() -> bytes:
    """The state of the same network from another seed."""
    return save(NETWORKS["mlp"](**SMALL.landscape.parameters | {"seed": 5}).module.state_dict())


def test_the_training_starts_from_them() -> None:
    name = weights.keep(brought())
    assert weights.keep(brought()) == name and weights.path_of(name).read_bytes() == brought()
    given = replace(SMALL, weights=name)
    other = NETWORKS["mlp"](**given.landscape.parameters | {"seed": 5})
    result = train(given)
    assert result.theta is not None
    np.testing.assert_array_equal(result.theta[:, 0], np.tile(np.float32(other.start), (2, 1)))
    assert given.make_landscape().start == other.start != SMALL.make_landscape().start
    weights.forget(name)
    with pytest.raises(ValueError, match="upload their file again"):
        given.make_landscape()


def test_they_are_part_of_the_experiment_and_of_its_link() -> None:
    name = weights.keep(brought())
    given = replace(DIGITS, weights=name)
    assert given.key != DIGITS.key and "weights" not in DIGITS.as_json()
    assert Experiment.from_json(given.as_json()) == given
    assert link.decode(link.encode(given), {"digits_mlp": DIGITS}) == (given, [])


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "0" * 63, "G" * 64, f"{'0' * 64}/..", 7])
def test_only_a_name_names_them(name: object, results: Path) -> None:
    with pytest.raises(ExperimentError, match="weights must be the 64 hexadecimal digits"):
        replace(DIGITS, weights=name)  # type: ignore[arg-type]
    _, complaints = link.decode({"weights": str(name)}, {"digits_mlp": DIGITS})
    assert len(complaints) == 1 and "64 hexadecimal digits" in complaints[0]
    if isinstance(name, str):
        with pytest.raises(ValueError, match="64 hexadecimal digits"):
            weights.path_of(name)


def test_only_networks_take_them() -> None:
    with pytest.raises(ExperimentError, match="ravine is not a network"):
        Experiment(Choice("ravine"), (Choice("sgd"),), weights="0" * 64)


def test_weights_of_another_network_are_named_when_the_training_starts() -> None:
    name = weights.keep(save({"0.weight": torch.zeros(3, 2), "surplus": torch.zeros(1)}))
    with pytest.raises(ValueError, match=r"does not fit MLP: it lacks 0.bias \(3,\)"):
        train(replace(SMALL, weights=name))
