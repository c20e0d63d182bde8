"""Finished trainings: a list of those that ship, and pairs of them side by side."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from experiments.shipped.files import makings
from experiments.shipped.trainings import PAIRS, TRAININGS, Pair, Training
from experiments.training_result import TrainingResult
from figures.components.stage import stage
from pages import cached_trainings, network_view
from pages import network_finished_view as view
from pages.controls import Editor

OPEN = "network.open.finished"  # the expander's own state
STILL = "The weights were left out of this result's file: its plane cannot be zoomed into, sliced again or raced on."


def menu(editor: Editor) -> None:
    """The list, made only while it is open."""
    box = st.expander("Finished trainings", key=OPEN, on_change="rerun", icon=":material/inventory_2:")
    if box.open:
        with box:
            _list(editor)


def _list(editor: Editor) -> None:
    st.caption(
        "Trained before, by the commands that stand below each. They open at once, and in pairs only one switch differs."
    )
    for pair in PAIRS:
        off, on = (cached_trainings.finished(TRAININGS[name]) for name in (pair.off, pair.on))
        st.markdown(f"**{pair.title}**" + ("" if off or on else " :gray-badge[not run]"))
        if off and on:
            st.markdown(view.pair_shows(pair, off, on))
        for column, name in zip(st.columns(2), (pair.off, pair.on)):
            with column:
                _entry(editor, TRAININGS[name], pair.switch)
    paired = {name for pair in PAIRS for name in (pair.off, pair.on)}
    for training in TRAININGS.values():
        if training.name not in paired:
            result = cached_trainings.finished(training)
            st.markdown(f"**{training.title}**" + ("" if result else " :gray-badge[not run]"))
            if result:
                st.markdown(view.shows(result))
            _entry(editor, training, "")


def _entry(editor: Editor, training: Training, among: str) -> None:
    """What opens it, what it was trained on, and its command."""
    st.button(
        training.title, key=f"network.finished.{training.name}.{among}", type="tertiary", icon=":material/arrow_forward:",
        on_click=_open, args=(editor, training),
    )  # fmt: skip
    st.caption(view.trained_on(training, cached_trainings.finished(training), makings().get(training.name)))
    st.code(training.command, language="bash", wrap_lines=True)


def _open(editor: Editor, training: Training) -> None:
    """Make it the page's own, whose address then is its link, and close the list over it."""
    editor.change(training.experiment)
    st.session_state[OPEN] = False


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
            stage(scene, key=f"network.finished.{word}", on_change=lambda: None)
    same = {f"{word} {pair.switch}": view.alike(result) for word, result in (("Without", off), ("With", on))}
    st.caption(" ".join([view.PLANES, *(f"{where}, {said}" for where, said in same.items() if said)]))
    st.dataframe(view.rows(off, on), hide_index=True, key="network.finished.rows")
