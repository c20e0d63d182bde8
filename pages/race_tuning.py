"""A race that is fair: each entrant at the best setting that a shown search finds, all on one budget."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from experiments import Experiment
from experiments.sweeps.exploration import searched_of
from experiments.tune import Search, tuned
from experiments.tuning import Tuning
from experiments.worker import RequestError, WorkerError
from figures.theme import Mode
from pages import cached, tuning_view
from pages.race_controls import race

state = st.session_state
EXPLAINED = (
    "For every entrant, all else as it is set: the loss where a run ends, for settings across the range of the slider and then "
    "around the best of them. A setting that is best for this start and this many steps may be a poor one for others."
)


def section(mode: Mode) -> None:
    """The terms, the button, the search it made, and the settings it found."""
    able = [i for i, reason in enumerate(cached.reasons(race.experiment)) if not reason]
    st.caption(EXPLAINED)
    if not able:
        st.info("None of these optimizers can run here.", icon=":material/block:")
        return
    tuning = _tuning(replace(race.experiment, optimizers=tuple(race.experiment.optimizers[i] for i in able)))
    tuning_view.controls("race", tuning, _keep)
    if st.button("Search", icon=":material/search:", help=tuning_view.size(tuning)):
        try:
            with st.spinner("Searching ..."):
                state["race.searched"] = (tuning, cached.search(tuning))
        except (RequestError, WorkerError, TimeoutError) as error:
            st.error(f"The search failed: {error}")
    asked, found = state.get("race.searched", (None, ()))
    if asked is None:
        return
    best = tuned(asked, found)
    if tuning not in (asked, replace(asked, experiment=best)):
        st.info("This search was made for other settings than those above.", icon=":material/info:")
    tuning_view.pictures("race", asked, found, mode)
    tuning_view.table(asked, found)
    if tuning == asked:
        st.button("Race at the best settings", on_click=_use, args=(asked, found, able), icon=":material/flag:")


def _tuning(experiment: Experiment) -> Tuning:
    """The terms that the visitor set, of the race as it is now."""
    kept: Tuning | None = state.get("race.tuning")
    if kept is None:
        return Tuning(experiment, searched_of((), experiment))
    return replace(kept, experiment=experiment, searched=searched_of(kept.searched, experiment))


def _keep(tuning: Tuning) -> None:
    state["race.tuning"] = tuning


def _use(tuning: Tuning, found: Sequence[Search], able: Sequence[int]) -> None:
    choices, best = list(race.experiment.optimizers), tuned(tuning, found)
    for place, choice in zip(able, best.optimizers):
        choices[place] = choice
    race.change(replace(race.experiment, optimizers=tuple(choices)))
    if len(able) == len(choices):
        state["race.tuned"] = tuning_view.token(tuning, race.experiment)


def open_link(shown: dict[str, str]) -> None:
    """Take from a link how the settings were tuned."""
    if "show.tuned" in shown:
        state["race.tuned"] = shown["show.tuned"][:1000]


def said(experiment: Experiment) -> str:
    """How this race was tuned, in sentences; "" once its settings are others."""
    return tuning_view.words(state.get("race.tuned", ""), experiment)


def noted(note: str, experiment: Experiment) -> str:
    """A note on a race, and how it was tuned."""
    return ". ".join(part.rstrip(".") for part in (note, said(experiment)) if part)


def kept() -> dict[str, str]:
    """What the address keeps of it, as long as it is true."""
    return {"tuned": state["race.tuned"]} if said(race.experiment) else {}
