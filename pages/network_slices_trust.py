"""The trust panel: always there beside a slice, with what is known at once and then what is measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from experiments.grids.cells import Cells
from experiments.grids.shown_slice import ShownSlice, other
from experiments.grids.trust import Trust
from experiments.training_result import TrainingResult
from figures import sliced
from figures.theme import Mode
from figures.trusted import path_losses_figure, seeds_figure
from pages import network_slices_view, race_view
from pages.network_slices_work import Standing

# On a phone three columns of words are wider than the window, unless words may be broken.
NARROW = """<style>
  @media (max-width: 640px) {
    .st-key-network-slices-trust :is(td, th) { padding: .3rem .4rem }
    .st-key-network-slices-trust :is(td, th):not(:first-child) { overflow-wrap: anywhere }
  }
</style>"""


@dataclass(frozen=True)
class Measured:
    """A slice on show, how far its numbers are, and what tells it from the one beside it: empty where it is alone."""

    name: str
    cells: Cells
    now: Standing


def of_each(view: ShownSlice, cells: Sequence[Cells | None], now: Sequence[Standing]) -> list[Measured]:
    """The slice, and the one that it is compared with once that is there."""
    other_spec = other(view, cells[0].window) if cells[0] is not None else None
    names = ["", ""] if other_spec is None else sliced.told_apart(view.spec, other_spec)
    return [Measured(name, one, how) for name, one, how in zip(names, cells, now) if one is not None]


def panel(view: ShownSlice, slices: Sequence[Measured]) -> None:
    """Numbers of every slice on show, and in sentences what it cannot show."""
    st.subheader("How far to trust it", anchor=False)
    rounded = "3 cells" if view.spec.line else "9 cells"
    columns = []
    for one in slices:
        rows = network_slices_view.facts_rows(one.cells)
        found: Trust | None = one.now.result
        columns.append(dict(rows + (network_slices_view.trust_rows(found, rounded) if found is not None else [])))
    alike = {name: text for name, text in columns[0].items() if all(column.get(name) == text for column in columns)}
    with st.container(key="network-slices-trust"):
        st.html(NARROW)
        table(["Both" if len(slices) > 1 else "Value"], [alike])
        if len(slices) > 1:
            own = [{name: text for name, text in column.items() if name not in alike} for column in columns]
            if any(own):
                table([one.name for one in slices], own)
    for one in slices:
        if one.now.trouble:
            st.caption(f":red[{f'{one.name}: not' if one.name else 'Not'} measured: {one.now.trouble}]")
    if any(one.now.result is None and not one.now.trouble for one in slices):
        st.caption("Other seeds, paths, rounding and standard errors are measured when the cells are done ...")
    if sentences := _cannot(slices):
        st.markdown("**What it cannot show**\n\n" + "\n".join(f"- {said}" for said in sentences))


def _cannot(slices: Sequence[Measured]) -> list[str]:
    """What the slices cannot show: of both once, of one alone with its name."""
    said = [(one.name, one.now.result.cannot) for one in slices if one.now.result is not None]
    shared = [sentence for sentence in said[0][1] if all(sentence in cannot for _, cannot in said)] if said else []
    own = [
        f"{name}: {sentence}" if name else sentence for name, cannot in said for sentence in cannot if sentence not in shared
    ]
    return shared + own


def charts(view: ShownSlice, one: Measured, result: TrainingResult, mode: Mode) -> None:
    """Where paths truly are against what the slice shows under them, and other seeds."""
    found: Trust | None = one.now.result
    if found is None:
        return
    shown: list[tuple[str, Any, str]] = []
    training, of = view.spec.training, f"{one.name}. " if one.name else ""
    if found.paths and len(found.paths) == len(training.optimizers):
        keys = [choice.key for choice in training.optimizers]
        figure = path_losses_figure(found.paths, keys, race_view.labels(training), result.steps, mode)
        shown.append(("paths", figure, "Solid: the loss where the path is. Dotted: the loss of the slice under its shadow."))
    if found.seeds is not None:
        figure = seeds_figure(found.seeds, mode, one.cells.labels[0])
        shown.append(("seeds", figure, "The first axis through the middle of the window, for this seed and the next ones."))
    for column, (name, figure, said) in zip(st.columns(max(len(shown), 1)), shown):
        with column:
            st.plotly_chart(figure, theme=None, key=f"network.slices.trust.{name}.{one.name}")
            st.caption(of + said)


def table(heads: Sequence[str], columns: Sequence[Mapping[str, str]]) -> None:
    """Measures, and in words what each slice has; a measure that one of them has not is left empty there."""
    names = list(dict.fromkeys(name for column in columns for name in column))
    lines = [[name, *(_plain(column.get(name, "")) for column in columns)] for name in names]
    rows = [["Measure", *(_plain(head) for head in heads)], [":--"] * (1 + len(heads)), *lines]
    st.markdown("\n".join(f"| {' | '.join(row)} |" for row in rows))


def _plain(text: str) -> str:
    return text.replace("|", "\\|")
