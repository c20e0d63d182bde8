"""A race that is fair: each entrant at the best learning rate that a shown search finds."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from experiments import Experiment
from experiments.tune import Search
from experiments.worker import RequestError, WorkerError
from figures.search import SearchCurve, search_figure
from figures.theme import Mode
from pages import cached, race_view
from pages.controls import Editor
from pages.race_controls import race

state = st.session_state
EXPLAINED = (
    "For every entrant, all else as it is set: the loss where the budget ends, for learning rates across the slider's range "
    "and then around the best of them. The best is marked. A rate that is best for this start and this many steps may be a "
    "poor one for others."
)


def section(mode: Mode, editor: Editor = race, use: str = "Race at the best rates") -> None:
    """The button, the search it made, and the rates it found, for a page's experiment."""
    experiment, name = editor.experiment, f"{editor.page}.searched"
    st.caption(EXPLAINED)
    if st.button("Search the learning rates", icon=":material/search:"):
        try:
            with st.spinner("Searching ..."):
                state[name] = (_untuned(experiment), cached.search(experiment))
        except (RequestError, WorkerError, TimeoutError) as error:
            st.error(f"The search failed: {error}")
    asked, found = state.get(name, (None, {}))
    if asked is None:
        return
    if asked != _untuned(experiment):
        st.info("This search was made for other settings than those above.", icon=":material/info:")
    labels = race_view.labels(asked)
    curves = [
        SearchCurve(asked.optimizers[i].key, labels[i], search.rates, search.losses, search.best) for i, search in found.items()
    ]
    st.plotly_chart(search_figure(curves, mode), theme=None, key="search")
    if asked == _untuned(experiment):
        st.button(use, on_click=_use, args=(editor, found), icon=":material/flag:")


def _untuned(experiment: Experiment) -> Experiment:
    """The experiment without its learning rates: what a search depends on."""
    return replace(experiment, optimizers=tuple(c.with_parameters(lr=1e-3) for c in experiment.optimizers))


def _use(editor: Editor, found: dict[int, Search]) -> None:
    choices = [c.with_parameters(lr=found[i].best) if i in found else c for i, c in enumerate(editor.experiment.optimizers)]
    editor.change(replace(editor.experiment, optimizers=tuple(choices)))
