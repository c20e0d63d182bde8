"""Clouds: every run is the one that its number stands for, counts are of runs, quantiles of their losses."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from experiments import Experiment, run
from experiments.spec import Choice, ExperimentError
from experiments.sweeps.cloud import MOST_BYTES, QUANTILES, Cloud, CloudResult
from experiments.sweeps.drift import drift, from_run

pytestmark = pytest.mark.usefixtures("shapes_unchecked")

NOISY = Experiment(
    Choice("ravine", {"condition": 10.0}),
    (Choice("sgd", {"lr": 0.05}), Choice("adam", {"lr": 0.1})),
    steps=30,
    modifiers=(Choice("noise", {"sigma": 2.0}), Choice("rotated")),
)
BATCHES = Experiment(Choice("linear_neuron"), (Choice("sgd", {"lr": 0.1}),), steps=20, seed=3, batch_size=1)
BOTH = replace(BATCHES, modifiers=(Choice("noise"),))
LINE = Experiment(Choice("parabola"), (Choice("sgd", {"lr": 0.5}),), steps=9, modifiers=(Choice("noise"),))


def alone(cloud: Cloud, index: int, i: int) -> np.ndarray:
    experiment = cloud.experiment
    landscape = from_run(experiment.seen_landscape(), i)
    seed = experiment.seed + (0 if experiment.batch_size is None else i)
    start = landscape.start if experiment.start is None else experiment.start
    t = run(experiment.optimizer(index), landscape, start, experiment.steps, seed)
    return np.concatenate([t.theta, t.loss[:, None]], axis=1)


@pytest.mark.parametrize("experiment", [NOISY, BATCHES, BOTH, LINE], ids=["noise", "batches", "both", "line"])
def test_a_cloud_is_made_of_its_single_runs(experiment: Experiment) -> None:
    cloud = Cloud(experiment, runs=7, cells=12)
    result = drift(cloud)
    dim = len(cloud.window)
    for index in range(len(experiment.optimizers)):
        paths = np.stack([alone(cloud, index, i) for i in range(cloud.runs)])
        assert len({path.tobytes() for path in paths}) > 1
        np.testing.assert_allclose(result.mean[index], paths[..., :-1].mean(0), rtol=1e-12, atol=1e-14)
        ranked = np.sort(paths[..., -1], axis=0)
        places = [int(np.ceil(q * cloud.runs)) - 1 for q in QUANTILES]
        np.testing.assert_array_equal(result.loss[index], ranked[places])
        for frame, step in enumerate(result.frames):
            edges = [np.linspace(low, high, cloud.cells + 1) for low, high in cloud.window]
            told = np.histogramdd(paths[:, step, :dim], bins=edges)[0].T.reshape(result.density.shape[2:])
            np.testing.assert_array_equal(result.density[index, frame], told)
            assert result.outside[index, frame] == cloud.runs - told.sum()


def test_who_diverges_is_outside_and_counts_as_infinite() -> None:
    wild = replace(NOISY, optimizers=(Choice("sgd", {"lr": 5.0}),), steps=400)
    result = drift(Cloud(wild, runs=5, cells=8))
    assert len(result.frames) == 151
    assert result.frames[0] == 0 and result.frames[-1] == 400
    assert result.outside[0, -1] == 5
    assert result.outside[0, 0] == 0
    assert np.isinf(result.loss[0, :, -1]).all()
    assert np.isnan(result.mean[0, -1]).all()


def test_the_same_path_where_every_run_is_the_same() -> None:
    calm = replace(NOISY, modifiers=(Choice("noise", {"sigma": 0.0}),))
    result = drift(Cloud(calm, runs=4, cells=8))
    assert (result.loss == result.loss[:, :1]).all()
    assert set(np.unique(result.density)) == {0, 4}


def test_clouds_are_json_and_keep_their_key() -> None:
    cloud = Cloud(NOISY, runs=5, window=((-1.0, 1.0), (0.0, 2.0)))
    assert Cloud.from_json(json.loads(json.dumps(cloud.as_json()))) == cloud
    others = [replace(cloud, runs=6), replace(cloud, cells=9), replace(cloud, window=None), replace(cloud, experiment=BOTH)]
    assert len({c.key for c in (cloud, *others)}) == 5
    result = drift(cloud)
    back = CloudResult.from_arrays(cloud, result.as_arrays())
    assert all(np.array_equal(getattr(back, name), array) for name, array in result.as_arrays().items())


def test_progress_is_told_and_stops_the_cloud() -> None:
    heard: list[float] = []
    drift(Cloud(replace(NOISY, steps=200), runs=3), heard.append)
    assert heard == sorted(heard)
    assert 0 <= heard[0] < heard[-1] <= 1

    def stop(share: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        drift(Cloud(NOISY, runs=3), stop)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda: Cloud(replace(NOISY, modifiers=())), "something random"),
        (lambda: Cloud(NOISY, runs=0), "runs must be a whole number from 1 to 2000"),
        (lambda: Cloud(NOISY, cells=257), "cells must be a whole number from 1 to 256"),
        (lambda: Cloud(NOISY, window=((0.0, 1.0),)), "window must be 2 intervals"),
        (lambda: Cloud(NOISY, window=((0.0, 1.0), (1.0, 1.0))), "window must be 2 intervals"),
        (lambda: Cloud(replace(NOISY, steps=10_000)), "do not fit; 200 runs would"),
        (lambda: Cloud(replace(NOISY, optimizers=(Choice("sgd"),) * 12, steps=200), runs=9, cells=256), "does not fit"),
        (lambda: Cloud.from_json([]), "a cloud is an object"),
        (lambda: Cloud.from_json({**Cloud(NOISY).as_json(), "version": 2}), "version must be 1"),
        (lambda: Cloud.from_json({**Cloud(NOISY).as_json(), "window": 3}), "window must be a list"),
        (lambda: drift(Cloud(replace(NOISY, optimizers=(Choice("nsgd_l2"),), landscape=Choice("saddle")))), "cannot run here"),
    ],
)
def test_what_cannot_be_is_refused(change: object, told: str) -> None:
    with pytest.raises(ExperimentError, match=told):
        change()  # type: ignore[operator]


def test_the_window_that_would_fit_fits() -> None:
    many = replace(NOISY, optimizers=(Choice("sgd"),) * 12, steps=200)
    with pytest.raises(ExperimentError) as refused:
        Cloud(many, runs=9, cells=256)
    fits = int(str(refused.value).split("; ")[1].split()[0])
    Cloud(many, runs=9, cells=fits)
    with pytest.raises(ExperimentError):
        Cloud(many, runs=9, cells=fits + 1)
    assert 12 * 151 * fits**2 * 2 <= MOST_BYTES
