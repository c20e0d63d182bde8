"""Stored trainings, and the processes and folders behind the network's pages: shared by all visitors."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import streamlit as st

from experiments import Experiment, slices
from experiments.jobs import LocalBackend
from experiments.jobs.store import default_root
from experiments.shipped import files
from experiments.shipped.trainings import Training
from experiments.training_result import TrainingResult
from experiments.worker import Workers


@st.cache_resource(show_spinner=False)
def fetchers() -> Workers:
    """The process that downloads data. It keeps no answers: files may go, and be asked for again."""
    return Workers("experiments.downloads:REQUESTS", cache_bytes=0)


def backend() -> LocalBackend:
    """The queue of jobs."""
    return _backend(default_root())


@st.cache_resource(show_spinner=False)
def _backend(root: Path) -> LocalBackend:
    return LocalBackend(root)


@st.cache_resource(show_spinner=False, max_entries=32)
def _stored(key: str, folder: Path, _experiment: Experiment) -> TrainingResult | None:
    result = slices.stored(_experiment)
    return None if result is None else replace(result, theta=None)  # the recorded weights are most of it


def stored(experiment: Experiment) -> TrainingResult | None:
    """The result of exactly this training without its recorded weights, if there is one; else its picture, if that ships."""
    if slices.is_stored(experiment):
        return _stored(experiment.key, slices.results_folder(), experiment)
    return _pictured(experiment.key, experiment)


@st.cache_resource(show_spinner=False, max_entries=32)
def _pictured(key: str, _experiment: Experiment) -> TrainingResult | None:
    return files.pictured(_experiment)


def finished(training: Training) -> TrainingResult | None:
    """What ships of a training; None where it was not run."""
    return _finished(training.name, training) if training.run else None


@st.cache_resource(show_spinner=False)
def _finished(name: str, _training: Training) -> TrainingResult | None:
    try:
        return files.result_of(_training)
    except ValueError:
        return None  # a broken file is as good as none
