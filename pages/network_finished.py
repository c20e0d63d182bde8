"""Finished trainings: a list of those that ship, and pairs of them side by side."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from experiments import link
from experiments.shipped.files import makings
from experiments.shipped.trainings import PAIRS, TRAININGS, Pair, Training
from experiments.training_result import TrainingResult
from figures.components.stage import stage
from pages import cached_trainings, network_view
from pages import network_finished_view as view

PAGE = "pages/network.py"
STILL = "The weights were left out of this result's file: its plane cannot be zoomed into, sliced again or raced on."


def menu() -> None:
    """The list, made only while it is open."""
    box = st.expander("Finished trainings", key="network.open.finished", on_change="rerun", icon=":material/inventory_2:")
    if box.open:
        with box:
            _list()


def _list() -> None:
    st.caption("They were trained before, with the commands that stand below them, and open at once.")
    for pair in PAIRS:
        off, on = (cached_trainings.finished(TRAININGS[name]) for name in (pair.off, pair.on))
        st.markdown(f"**{pair.title}**" + ("" if off or on else " :gray-badge[not run]"))
        if off and on:
            st.markdown(view.pair_shows(pair, off, on))
        for column, name in zip(st.columns(2), (pair.off, pair.on)):
            with column:
                _entry(TRAININGS[name])
    paired = {name for pair in PAIRS for name in (pair.off, pair.on)}
    for training in TRAININGS.values():
        if training.name not in paired:
            result = cached_trainings.finished(training)
            st.markdown(f"**{training.title}**" + ("" if result else " :gray-badge[not run]"))
            if result:
                st.markdown(view.shows(result))
            _entry(training)


def _entry(training: Training) -> None:
    """Its link, what it was trained on, and its command."""
    st.page_link(PAGE, label=training.title, query_params=link.encode(training.experiment), icon=":material/arrow_forward:")
    st.caption(view.trained_on(training, cached_trainings.finished(training), makings().get(training.name)))
    st.code(training.command, language="bash", wrap_lines=True)


def compared(result: TrainingResult) -> None:
    """The pairs that the training belongs to: both planes in the same colours, and both ends in one table."""
    name = next((t.name for t in TRAININGS.values() if t.experiment.key == result.experiment.key), "")
    pairs = {pair.title: pair for pair in PAIRS if name in (pair.off, pair.on)}
    found = {title: _both(pair) for title, pair in pairs.items()}
    ready = [title for title, both in found.items() if both is not None]
    if not ready:
        return
    st.header("One switch, on and off", anchor=False)
    title = ready[0]
    if len(ready) > 1:
        title = st.segmented_control("Compare", ready, default=title, required=True, key="network.finished.pair")
    both = found[title]
    if both is not None:
        _pair(pairs[title], *both)


def _both(pair: Pair) -> tuple[TrainingResult, TrainingResult] | None:
    off, on = (cached_trainings.finished(TRAININGS[name]) for name in (pair.off, pair.on))
    return None if off is None or on is None else (off, on)


def _pair(pair: Pair, off: TrainingResult, on: TrainingResult) -> None:
    st.markdown(view.pair_shows(pair, off, on))
    colours = view.span(off, on)
    for column, word, result in zip(st.columns(2, gap="small"), ("Without", "With"), (off, on)):
        key = f"{result.experiment.key}:{colours}"
        scene = replace(network_view.scene(result, result.heights, result.domain, key, colours), title=f"{word} {pair.switch}")
        with column:
            st.markdown(f"**{word} {pair.switch}**")
            stage(scene, key=f"network.finished.{word}", on_change=lambda: None)
    st.caption(view.PLANES)
    st.dataframe(view.rows(off, on), hide_index=True, key="network.finished.rows")
