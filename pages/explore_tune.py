"""Tune: the best setting of each optimizer under one budget, the search that found it, and the race at those settings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from experiments import link
from experiments.sweeps.exploration import Exploration, able, tuning_of
from experiments.tune import Search, tuned
from experiments.tuning import Tuning
from figures.theme import Mode
from pages import explore_controls, explore_work, tuning_view
from pages.explore_controls import explore


def section(view: Exploration) -> None:
    """The terms of the search, then what it found, which comes when it is done."""
    tuning = tuning_of(view, explore.experiment)
    with st.container(key="explore.controls"):
        tuning_view.controls("explore", tuning, keep)
    explore_work.follow(tuning_of(explore_controls.current(), explore.experiment), watched, resting)


def keep(tuning: Tuning) -> None:
    """The changed terms, in the view: which knows what is searched also of optimizers that cannot run here."""
    view, searched = explore_controls.current(), dict(enumerate(explore_controls.current().searched))
    searched |= dict(zip(able(explore.experiment), tuning.searched))
    names = tuple(searched[place] for place in sorted(searched))
    explore_controls.keep(
        replace(view, searched=names, runs=tuning.runs, unit=tuning.unit, starts=tuning.starts, seeds=tuning.seeds)
    )


def show() -> None:
    tuning = tuning_of(explore_controls.current(), explore.experiment)
    now = explore_work.standing(tuning)
    explore_work.progress(tuning, now, tuning_view.size(tuning))
    if now.result is not None:
        found(tuning, now.result)
    explore_work.settle(now)


watched = st.fragment(show, run_every=explore_work.WATCH)
resting = st.fragment(show)


def found(tuning: Tuning, searches: Sequence[Search]) -> None:
    """The search, the best settings, and the way to use them."""
    mode: Mode = "dark" if st.context.theme.type == "dark" else "light"
    tuning_view.pictures("explore", tuning, searches, mode)
    tuning_view.table(tuning, searches)
    best = tuned(tuning, searches)
    left, right = st.columns(2)
    if left.button(
        "Race these", icon=":material/sports_score:", width="stretch", type="primary",
        help="The race at the best settings. It says how they were tuned.",
    ):  # fmt: skip
        st.switch_page("pages/race.py", query_params=link.encode(best) | {"show.tuned": tuning_view.token(tuning, best)})
    right.button(
        "Use them on this page", on_click=use, args=(tuning, searches), icon=":material/tune:", width="stretch",
        help="The other tabs then explore around the best settings.",
    )  # fmt: skip


def use(tuning: Tuning, searches: Sequence[Search]) -> None:
    experiment, choices = explore.experiment, list(explore.experiment.optimizers)
    for place, choice in zip(able(experiment), tuned(tuning, searches).optimizers):
        choices[place] = choice
    explore.change(replace(experiment, optimizers=tuple(choices)))
