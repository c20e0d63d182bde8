"""The cloud: hundreds of runs that differ only in what is drawn at random, as a density that plays."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import streamlit as st

from experiments.spec import Choice, start_of
from experiments.sweeps.cloud import MOST_RUNS, Cloud, CloudResult
from experiments.sweeps.exploration import Exploration, cloud_of
from figures.cloud import cloud_losses_figure, cloud_map
from figures.components.map import cell_map
from figures.theme import Mode
from pages import cached, explore_controls, explore_work, race_view
from pages.explore_controls import explore


def section(view: Exploration) -> None:
    columns = st.container(key="explore.controls").columns([1, 3], vertical_alignment="bottom")
    with columns[0]:
        explore_controls.whole(view, "Runs of each", "runs", 2, MOST_RUNS)
    with columns[1]:
        explore_controls.shown(view, "Optimizers")
    if not explore_controls.random(explore.experiment):
        st.info("Nothing is random here yet, so all runs would be one.", icon=":material/casino:")
        st.button("Add noise to the gradient", on_click=_add_noise, type="primary", icon=":material/grain:")
        explore_work.forget()
        return
    cloud = cloud_of(explore_controls.current(), explore.experiment)
    explore_work.follow(cloud, watched, resting)


def _add_noise() -> None:
    experiment = explore.experiment
    explore.change(replace(experiment, modifiers=(*experiment.modifiers, Choice("noise"))))


def show() -> None:
    """The film once it is there, and the quantiles of the loss."""
    cloud = cloud_of(explore_controls.current(), explore.experiment)
    now = explore_work.standing(cloud)
    explore_work.progress(
        cloud, now, f"{len(cloud.experiment.optimizers) * cloud.runs:,} runs of {cloud.experiment.steps:,} steps"
    )
    if now.result is not None:
        film(cloud, now.result)
    explore_work.settle(now)


watched = st.fragment(show, run_every=explore_work.WATCH)
resting = st.fragment(show)


def film(cloud: Cloud, result: CloudResult) -> None:
    experiment = cloud.experiment
    landscape: Any = experiment.make_landscape()
    labels = race_view.labels(experiment)
    heights, _ = cached.heights(experiment, cloud.window or ())
    picture = cloud_map(
        result, labels, heights if landscape.dim == 2 else None, coordinates=landscape.coordinates, minima=landscape.minima,
        start=tuple(start_of(experiment, landscape)), title=race_view.title(landscape, experiment),
    )  # fmt: skip
    cell_map(picture, key="explore.film", on_change=lambda: None)
    mode: Mode = "dark" if st.context.theme.type == "dark" else "light"
    st.plotly_chart(cloud_losses_figure(result, labels, mode), theme=None, key="explore.cloud.losses")
    st.caption("Lines are medians of the loss; the bands hold half and nine tenths of the runs.")
