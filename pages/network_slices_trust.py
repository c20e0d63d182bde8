"""The trust panel: always there beside a slice, with what is known at once and then what is measured."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from experiments.grids.cells import Cells
from experiments.grids.shown_slice import ShownSlice
from experiments.grids.trust import Trust
from experiments.training_result import TrainingResult
from figures.theme import Mode
from figures.trusted import path_losses_figure, seeds_figure
from pages import network_slices_view, race_view
from pages.network_slices_work import Standing


def panel(view: ShownSlice, cells: Cells, now: Standing) -> None:
    """Numbers, and in sentences what the slice cannot show."""
    st.subheader("How far to trust it", anchor=False)
    if view.beside:
        st.caption("Of the first slice; the one beside it has the same kind of directions, cells and data.")
    rows = network_slices_view.facts_rows(cells)
    found: Trust | None = now.result
    if found is not None:
        rows += network_slices_view.trust_rows(found, "3 cells" if view.spec.line else "9 cells")
    table(rows)
    if now.trouble:
        st.caption(f":red[Not measured: {now.trouble}]")
    elif found is None:
        st.caption("Other seeds, paths, rounding and standard errors are measured when the cells are done ...")
    else:
        st.markdown("**What it cannot show**\n\n" + "\n".join(f"- {said}" for said in found.cannot))


def charts(view: ShownSlice, cells: Cells, found: Trust, result: TrainingResult, mode: Mode) -> None:
    """Where paths truly are against what the slice shows under them, and other seeds."""
    shown: list[tuple[str, Any, str]] = []
    training = view.spec.training
    if found.paths and len(found.paths) == len(training.optimizers):
        keys = [choice.key for choice in training.optimizers]
        figure = path_losses_figure(found.paths, keys, race_view.labels(training), result.steps, mode)
        shown.append(("paths", figure, "Solid: the loss where the path is. Dotted: the loss of the slice under its shadow."))
    if found.seeds is not None:
        figure = seeds_figure(found.seeds, mode, cells.labels[0])
        shown.append(("seeds", figure, "The first axis through the middle of the window, for this seed and the next ones."))
    for column, (name, figure, said) in zip(st.columns(max(len(shown), 1)), shown):
        with column:
            st.plotly_chart(figure, theme=None, key=f"network.slices.trust.{name}")
            st.caption(said)


def table(rows: Sequence[tuple[str, str]]) -> None:
    """Two columns of words."""
    st.markdown("\n".join(["| Measure | Value |", "|:--|:--|", *(f"| {name} | {_plain(text)} |" for name, text in rows)]))


def _plain(text: str) -> str:
    return text.replace("|", "\\|")
