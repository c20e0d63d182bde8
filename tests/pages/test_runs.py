"""The runs page without a browser, over real jobs in a temporary place."""

import base64
import json
import os
import signal
import time
from dataclasses import replace

import numpy as np
import pytest
import streamlit as st

from experiments import Experiment, link
from experiments.jobs import JobStatus, LocalBackend, State
from experiments.jobs.local import Rules
from experiments.jobs.store import RunFolder, read_json
from experiments.presets import RACES
from experiments.spec import Choice
from experiments.training_result import TrainingResult
from pages import runs_view
from tests.pages.scenes import opened

PATIENCE = 90
RAVINE = replace(RACES["ravine"], steps=40)
LONG = Experiment(Choice("ravine"), tuple(Choice("adam", {"lr": 0.001 * (i + 1)}) for i in range(40)), (1.0, -0.5), 4000)


@pytest.fixture
def backend(tmp_path, monkeypatch):
    monkeypatch.setenv("RAVINE_RUNS", str(tmp_path / "runs"))
    st.cache_resource.clear()
    backend = LocalBackend(rules=Rules())
    yield backend
    if backend.root.is_dir():
        for status in backend.list():
            backend.cancel(status.id)
        until(lambda: all(s.state.ended and not RunFolder(backend.folder(s.id)).alive for s in backend.list()))


def until(condition):
    deadline = time.monotonic() + PATIENCE
    while not (found := condition()):
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)
    return found


def button(app, label):
    return next(b for b in app.button if b.label == label)


def labels(app):
    return [b.label for b in app.button]


def page(**fields):
    app = opened("pages/runs.py", **fields)
    assert not app.exception
    return app


def test_an_empty_place_says_what_to_do(backend):
    app = page()
    assert "No runs yet" in app.info[0].value and len(app.dataframe) == 0
    assert not backend.root.exists()  # looking leaves nothing behind


@pytest.mark.slow
def test_it_shows_watches_and_cancels_a_job(backend):
    job = backend.submit(LONG)
    until(lambda: backend.status(job).fraction > 0)
    app = page()
    row = app.dataframe[0].value.iloc[0]
    assert row["Run"] == job and "running" in row["State"] and 0 < row["Progress"] < 1 and row["Device"] == "cpu"
    assert "Resume" not in labels(app) and "Delete for good" not in labels(app)
    button(app, "Cancel").click().run()
    until(lambda: backend.status(job).state is State.CANCELLED)
    app.run()
    assert "cancelled" in app.dataframe[0].value.iloc[0]["State"]
    assert any("can be resumed" in message.value for message in app.info)
    assert app.get("plotly_chart")  # what it left so far

    until(lambda: not RunFolder(backend.folder(job)).alive)
    button(app, "Resume").click().run()
    until(lambda: "resumed" in [event["kind"] for event in backend.events(job)[0]])
    assert not app.exception and "Cancel" in labels(app.run())


def test_a_killed_run_is_back_without_anybody_doing_anything(backend):
    job = backend.submit(LONG)
    until(lambda: len(backend.events(job)[0]) > 2)
    app = page()
    os.killpg(read_json(backend.folder(job) / "job.json")["pid"], signal.SIGKILL)
    until(lambda: "resumed" in [event["kind"] for event in backend.events(job)[0]])
    app.run()
    assert not app.exception and "running" in app.dataframe[0].value.iloc[0]["State"]


def test_a_done_run_is_opened_and_deleted_when_confirmed(backend):
    keep, gone = backend.submit(RAVINE), backend.submit(replace(RAVINE, seed=1))
    until(lambda: all(s.state is State.DONE for s in backend.list()))
    app = page()
    assert [row for row in app.dataframe[0].value["Run"]] == [gone, keep]
    assert app.header[0].value.startswith(gone)
    app.selectbox(key="runs.open").select(keep).run()
    assert app.header[0].value.startswith(keep) and app.get("plotly_chart")
    app.selectbox(key="runs.open").select(gone).run()
    button(app, "Delete for good").click().run()
    assert not app.exception
    assert list(app.dataframe[0].value["Run"]) == [keep] and app.header[0].value.startswith(keep)
    assert not (backend.root / gone).exists() and (backend.root / keep).exists()


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_a_training_is_started_watched_and_opened_with_its_spectrum_and_raced_on(backend, tmp_path, monkeypatch):
    monkeypatch.setenv("RAVINE_RESULTS", str(tmp_path / "results"))
    app = page()
    app.session_state["runs.open.network"] = True
    app.run()
    for name, value in (("on.width", 2), ("steps", 60), ("batch", 100)):
        app.number_input(key=f"runs.{name}").set_value(value).run()
    app.multiselect(key="runs.race").set_value(["sgd", "adam"]).run()
    button(app, "Start").click().run()
    (status,) = backend.list()
    experiment = backend.experiment(status.id)
    assert experiment.landscape.parameters["width"] == 2 and experiment.steps == 60 and experiment.batch_size == 100
    assert [choice.key for choice in experiment.optimizers] == ["sgd", "adam"]
    assert not app.exception and app.header[0].value.startswith(status.id) and "Cancel" in labels(app)
    until(lambda: backend.status(status.id).state.ended)
    app.run()
    assert not app.exception and app.header[0].value.endswith("done")
    result = TrainingResult.load(backend.folder(status.id) / "result.npz")
    loss, tested, accuracy, spectrum = (json.loads(chart.proto.spec) for chart in app.get("plotly_chart"))
    for index, title in enumerate(("SGD", "Adam")):
        assert loss["data"][index]["name"] == accuracy["data"][index]["name"] == spectrum["data"][index]["name"] == title
        np.testing.assert_array_equal(decoded(loss["data"][index]["y"]), result.loss[index])
        np.testing.assert_array_equal(decoded(tested["data"][index]["y"]), result.test_loss[index])
        np.testing.assert_array_equal(decoded(accuracy["data"][index]["y"]), result.test_accuracy[index])
        np.testing.assert_array_equal(decoded(spectrum["data"][index]["customdata"]), result.eigenvalues[index][::-1])
    assert list(app.dataframe[1].value["Optimizer"]) == ["SGD", "Adam"]
    button(app, "Race inside its slice").click().run()
    assert not app.exception
    raced, complaints = link.decode({k: v[0] if isinstance(v, list) else v for k, v in app.query_params.items()
                                     if not k.startswith("show.")})  # fmt: skip
    assert not complaints and raced.training.key == experiment.key


def decoded(array):
    """The numbers of a typed array in a figure's JSON."""
    return np.frombuffer(base64.b64decode(array["bdata"]), array["dtype"]) if isinstance(array, dict) else np.array(array)


def test_a_failed_run_says_why(backend, tmp_path):
    running, job = backend.submit(LONG), backend.submit(RAVINE)
    (backend.folder(job) / "spec.json").write_text("{")
    backend.cancel(running)
    until(lambda: backend.status(job).state is State.FAILED)
    app = page()
    assert any("spec.json is not JSON" in error.value for error in app.error)
    assert not app.get("plotly_chart")


def test_a_place_that_cannot_be_written_is_said_on_the_page(backend, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("RAVINE_RUNS", str(tmp_path / "file" / "runs"))
    app = page()
    button(app, "Start").click().run()
    assert not app.exception
    assert "could not be queued" in app.error[0].value


STATUS = JobStatus("0001-abc", State.RUNNING, step=1500, steps=30000, fraction=0.05, submitted=0.0, heartbeat=97.0)


def test_rows_are_the_status():
    (row,) = runs_view.rows([replace(STATUS, steps_per_second=1234.5, device="cuda (H200)", slot="3")], now=100.0)
    assert row["Step"] == "1,500 of 30,000" and row["Steps/s"] == "1,234" and row["Device"] == "cuda (H200), slot 3"
    assert row["Last sign"] == "3 s ago" and row["Progress"] == 0.05
    (row,) = runs_view.rows([replace(STATUS, state=State.QUEUED, position=2)], now=100.0)
    assert [runs_view.pace(v) for v in (None, 3.8403, 54.85)] == ["", "3.84", "54.9"]
    assert row["State"] == "queued, #2 in line" and row["Steps/s"] == "" and row["Device"] == ""


@pytest.mark.parametrize(
    "seconds, words", [(0, "0 s ago"), (119, "119 s ago"), (120, "2 min ago"), (7200, "2 h ago"), (200000, "2 d ago")]
)
def test_how_long_ago(seconds, words):
    assert runs_view.ago(1000.0, 1000.0 + seconds) == words
    assert runs_view.ago(1000.0, 900.0) == "0 s ago"  # a clock that was set back
