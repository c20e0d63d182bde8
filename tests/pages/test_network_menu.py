"""The network page over the whole menu: every network and data set, what is missing, what is too long, links and uploads."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save
from streamlit.testing.v1 import AppTest

from experiments import link, weights
from experiments.jobs import LocalBackend
from experiments.jobs.store import RunFolder
from experiments.plane_race import plane_race
from experiments.presets import TRAININGS
from experiments.spec import Experiment
from experiments.training_plan import plan_of
from landscapes import NETWORKS
from landscapes.networks.datasets import DATASETS
from tests.pages.scenes import opened, scene
from tests.some import some

PAGE = "pages/network.py"
SMALL: dict[str, dict[str, str]] = {
    "digits_mlp": {"on.width": "2"},
    "mlp": {"on.width": "3", "on.depth": "1", "on.data": "blobs", "on.samples": "12", "on.norm": "layer"},
    "resnet20": {"on.width": "1", "on.samples": "4"},
    "resnet56": {"on.width": "1", "on.samples": "2"},
}
COMBINATIONS = [
    f"{key} {data}" for key in NETWORKS if "data" in NETWORKS[key].ranges for data in NETWORKS[key].ranges["data"].values
]


def fields(key: str, **more: str) -> dict[str, str]:
    return {"on": key, "steps": "2", "batch": "2", "race": "sgd,adam", **SMALL.get(key, {}), **more}


def button(app: AppTest, label: str) -> Any:
    return next(b for b in app.button if b.label.startswith(label))


def said(app: AppTest) -> str:
    return " ".join(e.value for kind in (app.caption, app.error, app.warning, app.info) for e in kind)


def trained(app: AppTest) -> AppTest:
    """Press Train and wait for what comes."""
    assert not app.exception and not app.error, said(app)
    button(app, "Train").click().run()
    end = time.monotonic() + 90
    while any(b.label.startswith("Stop") for b in app.button) and time.monotonic() < end:
        time.sleep(0.1)
        app.run()
    assert not app.exception and not app.error, said(app)
    return app


@pytest.mark.slow
@pytest.mark.parametrize("key", some(NETWORKS, ["logistic_regression"]))
def test_every_network_is_trained_shown_and_raced_in(key: str) -> None:
    """The race's plane is, for what is no plain perceptron, one that only the worker can evaluate."""
    samples = {} if "samples" not in NETWORKS[key].ranges or "on.samples" in SMALL.get(key, {}) else {"on.samples": "6"}
    app = trained(opened(PAGE, **fields(key, **samples)))
    shown = scene(app)
    assert NETWORKS[key].title in shown["title"] and [r["key"] for r in shown["runners"]] == ["sgd", "adam"]
    assert all(len(r["path"]) == 3 and np.isfinite(r["path"]).all() and np.isfinite(r["loss"]).all() for r in shown["runners"])
    table = app.dataframe[0].value
    assert (table["Test loss"].astype(float) > 0).all()
    asked, complaints = link.decode(address(app), TRAININGS)
    assert not complaints and asked.landscape.key == key and asked.steps == 2
    assert ("Test accuracy" in table) == dataset_of(asked).classes and ("λmax" in table) == (plan_of(asked).spectrum != "none")
    race = plane_race(asked)
    if race is None:  # so deep that no one can wait for it
        assert key == "resnet56" and "would take minutes" in said(app)
        return
    button(app, "Race inside this plane").click().run()
    assert not app.exception and not app.error, said(app)
    runners = scene(app)["runners"]
    assert [r["key"] for r in runners] == [choice.key for choice in race.optimizers]
    assert all(np.isfinite(r["loss"][0]) for r in runners if len(r["loss"]))


def dataset_of(experiment: Experiment) -> Any:
    return NETWORKS[experiment.landscape.key].task(**experiment.landscape.parameters).dataset


def address(app: AppTest) -> dict[str, str]:
    return {k: v[0] if isinstance(v, list) else v for k, v in app.query_params.items()}


@pytest.mark.parametrize("combination", some(COMBINATIONS, ["mlp chebyshev", "linear_regression moons", "lenet cifar10"]))
def test_data_are_picked_and_what_must_change_with_them_changes(combination: str) -> None:
    key, data = combination.split()
    app = opened(PAGE, on=key)
    app.selectbox(key="network.on.data").select(data).run()
    assert not app.exception and not app.warning, said(app)
    asked: Experiment = app.session_state["network"]
    assert asked.landscape.parameters["data"] == data and dataset_of(asked) is DATASETS[data]
    assert asked.batch_size is None or asked.batch_size <= asked.landscape.parameters["samples"]
    assert link.decode(address(app), TRAININGS) == (asked, [])


def test_a_data_set_that_is_not_here_comes_with_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("RAVINE_DATA", str(tmp_path))
    app = opened(PAGE, on="lenet")
    assert not app.exception and app.get("bidi_component")  # what was shown stays
    assert "python -m landscapes.networks.datasets mnist" in app.warning[0].value
    assert button(app, "Download MNIST, 11 MB") and button(app, "Train").disabled and button(app, "Run as a job").disabled
    app.selectbox(key="network.on.data").select("cifar10").run()
    assert button(app, "Download CIFAR-10, 162 MB")
    app.selectbox(key="network.network").select("digits_mlp").run()
    assert not app.warning and not button(app, "Train").disabled


def test_a_damaged_file_is_named_when_the_training_starts(files: Path) -> None:
    pictures = files / "mnist" / "train-images-idx3-ubyte.gz"
    sound = pictures.read_bytes()
    pictures.write_bytes(b"no pictures")
    try:
        app = opened(PAGE, **fields("lenet", **{"on.samples": "3"}))
        button(app, "Train").click().run()
        end = time.monotonic() + 60
        while not app.error and time.monotonic() < end:
            time.sleep(0.1)
            app.run()
    finally:
        pictures.write_bytes(sound)
    assert pictures.name in app.error[0].value and not app.exception


def test_what_takes_long_becomes_a_job(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("RAVINE_RUNS", str(tmp_path))
    monkeypatch.setattr("experiments.jobs.local.LocalBackend._ensure_keeper", lambda self: None)  # queued is enough
    app = opened(PAGE, on="resnet56", steps="2000", **{"on.width": "16"})
    asked: Experiment = app.session_state["network"]
    assert not plan_of(asked).interactive and button(app, "Train").disabled
    assert "run it as a job" in said(app)
    button(app, "Run as a job").click().run()
    assert not app.exception
    (job,) = LocalBackend(tmp_path).list()
    assert RunFolder(tmp_path / job.id).experiment() == asked and app.header[0].value.startswith(job.id)


HOSTILE = [
    ("on", "no_such_network"), ("on", "ravine"), ("on.data", "../../etc/passwd"), ("on.samples", "1e99"),
    ("on.width", "99999999"), ("on.criterion", "<script>"), ("on.depth", "-1"), ("steps", "100000"), ("batch", "0"),
    ("race", ",".join(["sgd"] * 99)), ("0.with", "schedule:x=" + "9" * 3000), ("weights", "../../secret"),
    ("weights", "f" * 63), ("seed", "x"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), HOSTILE)
def test_a_hostile_field_is_left_out_alone(name: str, value: str) -> None:
    app = opened(PAGE, **{"on": "mlp", "steps": "7", name: value})
    assert not app.exception and len(app.warning) == 1 and app.warning[0].value.startswith(f"{name}=")
    assert name == "steps" or app.session_state["network"].steps == 7


def test_a_link_asks_for_more_samples_than_there_are() -> None:
    app = opened(PAGE, **fields("mlp", batch="999999"))
    assert not app.exception and app.session_state["network"].batch_size == 12
    assert "each step sees all of them" in app.warning[0].value


def test_a_link_names_weights_that_are_not_here() -> None:
    app = opened(PAGE, **fields("mlp", weights="0" * 64))
    assert not app.exception and "upload their file again" in app.error[0].value and button(app, "Train").disabled


def test_an_optimizer_that_cannot_run_is_named_before_it_is_tried() -> None:
    app = opened(PAGE, **fields("mlp", race="sgd,nsgd_l2", **{"on.norm": "weight"}))
    error = app.error[0].value
    assert "cannot run here" in error and "out of the optimizers" in error and button(app, "Train").disabled


STATE = {"width": 3, "depth": 1, "data": "blobs", "samples": 12, "norm": "layer"}


def uploads() -> dict[str, tuple[bytes, str]]:
    """Files by what they are, each with what is said of it; nothing for the one that fits."""
    state = NETWORKS["mlp"](**STATE, seed=3).module.state_dict()
    without = {name: value for name, value in state.items() if name != "0.bias"}
    return {
        "good": (save(state), ""),
        "empty": (b"", "it is empty"),
        "a pickle": (b"\x80\x02ctorch", "is no safetensors file"),
        "a huge header": (b"\xff" * 8 + b"{}", "is no safetensors file"),
        "cut": (save(state)[:-5], "is no safetensors file"),
        "too large": (bytes(2**20 + 2**16), "this network's weights take"),
        "lacking": (save(without), "it lacks 0.bias (3,)"),
        "other shapes": (save({**state, "0.weight": torch.zeros(2, 2)}), "0.weight (2, 2) instead of (3, 2)"),
        "more": (save({**state, "<b>*evil*</b>": torch.zeros(1)}), "beyond what is expected"),
        "not finite": (save({**state, "0.bias": torch.tensor([1.0, float("nan"), 0.0])}), "not finite in 0.bias"),
        "whole numbers": (save({**state, "0.bias": torch.tensor([1, 2, 3])}), "another kind in 0.bias (int64)"),
    }


def test_uploads_are_taken_or_answered_with_a_sentence() -> None:
    app = opened(PAGE, **fields("mlp"))
    app.session_state["network.open.weights"] = True
    app.run()
    good = None
    for what, (content, complaint) in uploads().items():
        app.file_uploader[0].set_value((f"{what}.safetensors", content, "application/octet-stream")).run()
        assert not app.exception, what
        taken = app.session_state["network"].weights
        if complaint:
            told = app.error[0].value.replace("\\", "")
            assert complaint in told and f"{what}.safetensors" in told, (what, told)
            assert "<b>" not in app.error[0].value and taken == good
        else:  # the first one
            good = taken
            assert not app.error and weights.kept(taken).read_bytes() == content
            assert address(app)["weights"] == taken
    button(app, "Start from the initial weights").click().run()
    assert app.session_state["network"].weights is None and "weights" not in address(app)
