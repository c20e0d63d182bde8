"""What small multiples of a race show, in words: a row for each optimizer, a panel for each of its learning rates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from experiments import Experiment
from experiments.spec import Choice, start_of
from figures.caption import Entry, became, closing, counted, opening, placed, prose, rule
from figures.fate import Window, fate

Table = Sequence[Sequence[Entry]]


def multiples_caption(
    rows: Sequence[Experiment],
    landscape: Any,
    table: Table,
    labels: Sequence[str],
    *,
    window: Window | None = None,
    note: str = "",
) -> str:
    """The caption: surface, formula, start and budget, what became of each panel's run, precision and seed.

    The K-th of `rows` holds one optimizer at the learning rates of its panels, `table[K]` their runs and `labels[K]` its name.
    """
    columns = max(len(entries) for entries in table)
    who = f"Small multiples: {counted(len(rows))} at {columns} learning rates each, over one map,"
    sentences = [
        *opening(who, rows[0], landscape),
        *[_row(label, row, landscape, entries, window) for label, row, entries in zip(labels, rows, table)],
        *closing(rows[0], landscape, [entry for entries in table for entry in entries], note),
    ]
    return prose(sentences)


def _row(label: str, row: Experiment, landscape: Any, entries: Sequence[Entry], window: Window | None) -> str:
    told = rule(_without_rate(row.optimizers[0]))
    runs = [
        f"lr {choice.parameters['lr']:.6g} {became(entry, landscape, window)}" for choice, entry in zip(row.optimizers, entries)
    ]
    return f"{label}{f' ({told})' if told else ''}: {'; '.join(runs)}."


def _without_rate(choice: Choice) -> Choice:
    return replace(choice, parameters={name: value for name, value in choice.parameters.items() if name != "lr"})


def multiples_alt(
    rows: Sequence[Experiment], landscape: Any, table: Table, labels: Sequence[str], window: Window | None = None
) -> str:
    """The picture in few words: what kind it is, which run got lowest, and how many left, diverged or could not run."""
    panels = [
        (label, choice.parameters["lr"], entry)
        for label, row, entries in zip(labels, rows, table)
        for choice, entry in zip(row.optimizers, entries)
    ]
    ran = [(label, rate, entry) for label, rate, entry in panels if not isinstance(entry, str)]
    fates = [fate(entry.trajectory.theta, window or landscape.domain) for _, _, entry in ran]
    counts = {
        "diverged": sum(f.diverged is not None for f in fates),
        "left the map": sum(f.diverged is None and f.left is not None for f in fates),
        "could not run": len(panels) - len(ran),
    }
    best = min(ran, key=lambda one: one[2].ending.loss, default=None)
    start = placed([f"{v:.3g}" for v in start_of(rows[0], landscape)])
    sentences = [
        f"Grid of contour maps of the loss on {landscape.name}: {counted(len(rows))} by "
        f"{max(len(entries) for entries in table)} learning rates, all from {start}.",
        f"{best[0]} at lr {best[1]:.3g} ends lowest, at loss {best[2].ending.loss:.3g}." if best else "",
        *[f"Of {len(panels)} runs {count} {what}." for what, count in counts.items() if count],
    ]
    return prose(sentences)
