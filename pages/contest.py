"""The part of a sidebar that says who runs: optimizers, what is tied between them, and each one's own hyperparameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import streamlit as st

from experiments import Experiment
from experiments.link import MOST_ENTRANTS
from experiments.spec import Choice
from optimizers import OPTIMIZERS
from pages import race_view
from pages.controls import Editor

state = st.session_state


def contest(editor: Editor, tied: str) -> None:
    """The widgets; `tied` is the session's key for the names that are set together."""
    experiment = editor.experiment
    editor.widget(
        st.multiselect, "Optimizers", "race", list(dict.fromkeys(c.key for c in experiment.optimizers)),
        lambda e, keys: entered(e, keys, editor.openings), options=list(OPTIMIZERS),
        format_func=lambda key: OPTIMIZERS[key].title,
    )  # fmt: skip
    names = [name for choice in experiment.optimizers for name in choice.parameters]
    shared = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    state[tied] = [name for name in state[tied] if name in shared]
    if shared:
        st.multiselect("Set together", shared, key=tied, help="One value for all entrants that have it; the others are free.")
    editor.tied(state[tied])
    editor.entrants(race_view.labels(experiment), state[tied], lambda index: _more(editor, index))


def entered(experiment: Experiment, keys: list[str], openings: Mapping[str, Experiment]) -> Experiment:
    """Whoever was taken out of the list leaves with all entries; whoever is new enters with what the landscape opens with."""
    opening = {c.key: c for c in openings[experiment.landscape.key].optimizers}
    kept = [choice for choice in experiment.optimizers if choice.key in keys]
    new = [key for key in keys if key not in {choice.key for choice in kept}]
    choices = (*kept, *(opening.get(key, Choice(key)) for key in new))
    return replace(experiment, optimizers=choices[:MOST_ENTRANTS])


def _more(editor: Editor, index: int) -> None:
    """What else can be done with one entrant."""
    editor.wrappers(index)
    left, right = st.columns(2)
    full = len(editor.experiment.optimizers) >= MOST_ENTRANTS
    again, out = (f"{editor.page}.{what}.{index}" for what in ("again", "out"))
    left.button("Enter again", key=again, on_click=_again, args=(editor, index), disabled=full, width="stretch")
    alone = len(editor.experiment.optimizers) == 1
    right.button("Take out", key=out, on_click=_out, args=(editor, index), disabled=alone, width="stretch")


def _again(editor: Editor, index: int) -> None:
    choices = list(editor.experiment.optimizers)
    editor.change(replace(editor.experiment, optimizers=(*choices[: index + 1], *choices[index:])))


def _out(editor: Editor, index: int) -> None:
    choices = editor.experiment.optimizers
    editor.change(replace(editor.experiment, optimizers=choices[:index] + choices[index + 1 :]))
