"""The sidebar of a training: the network and its data, how long, on what batches, and who trains it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import streamlit as st

from experiments import Experiment
from experiments.fit import fitted
from landscapes import NETWORKS
from landscapes.networks.datasets import DATASETS
from landscapes.networks.family import NetworkFamily
from landscapes.networks.task import Task
from landscapes.ranges import Range
from pages.contest import contest
from pages.controls import Editor

SEED = Range(0, 2**31 - 1, control=(0, 100), whole=True)
BATCHES = {False: "All samples", True: "A mini-batch"}
FIRST = ("data", "samples")  # the fields that stand above the network's own
state = st.session_state


def choose(editor: Editor, most_steps: int) -> None:
    """All of it."""
    state.setdefault(f"{editor.page}.tied", [])
    network(editor)
    length(editor, most_steps)
    contest(editor, f"{editor.page}.tied")


def network(editor: Editor) -> None:
    """Which network, on which data, with which switches."""
    experiment = editor.experiment
    family: NetworkFamily = NETWORKS[experiment.landscape.key]
    task: Task = family.task(**experiment.landscape.parameters)
    editor.widget(
        st.selectbox, "Network", "network", family.key, lambda _, key: editor.openings[key],
        options=list(NETWORKS), format_func=lambda key: NETWORKS[key].title,
    )  # fmt: skip
    st.caption(family.description.partition("\n\n")[0])
    if "data" in family.ranges:
        editor.widget(
            st.selectbox, "Data", "on.data", task.data, lambda e, key: fitted(e, e.landscape.with_parameters(data=key)),
            options=family.ranges["data"].values, format_func=lambda key: DATASETS[key].title,
        )  # fmt: skip
        samples = family.ranges["samples"]
        most = int(min(samples.high, task.dataset.ranges["samples"].high))
        editor.parameters({"samples": replace(samples, high=most)}, fitted)
    st.caption(task.dataset.description.partition("\n\n")[0])
    st.caption(f"{task.dim:,} weights, {task.samples:,} samples to train on")
    own = {name: allowed for name, allowed in family.ranges.items() if name not in FIRST}
    box = st.expander("Architecture and initial weights", key=f"{editor.page}.open.network", on_change="rerun")
    if box.open:
        with box:
            editor.parameters(own, fitted)


def length(editor: Editor, most_steps: int) -> None:
    """How many steps, on what each sees."""
    experiment = editor.experiment
    task: Task = NETWORKS[experiment.landscape.key].task(**experiment.landscape.parameters)
    steps = Range(1, most_steps, whole=True, scale="log")
    editor.number("Steps", "steps", experiment.steps, steps, lambda e, v: replace(e, steps=v))
    editor.widget(
        st.segmented_control, "Each step sees", "batches", experiment.batch_size is not None,
        lambda e, drawn: replace(e, batch_size=min(100, task.samples) if drawn else None),
        options=list(BATCHES), format_func=BATCHES.get, required=True,
    )  # fmt: skip
    if experiment.batch_size is not None:
        sizes = Range(1, task.samples, whole=True, scale="log")
        editor.number("Batch size", "batch", experiment.batch_size, sizes, lambda e, v: replace(e, batch_size=v))
        editor.number("Seed of the batches", "seed", experiment.seed, SEED, lambda e, v: replace(e, seed=int(v)))


def made_to_fit(editor: Editor) -> None:
    """Cut what a link asks for to the samples there are, and say so."""
    experiment = editor.experiment
    fits: Experiment = fitted(experiment, experiment.landscape)
    if fits != experiment:
        complaints: list[Any] = state[f"{editor.page}.complaints"]
        editor.change(fits)
        said = f"There are {fits.batch_size or 0:,} samples to train on, so that each step sees all of them."
        state[f"{editor.page}.complaints"] = [*complaints, said]
