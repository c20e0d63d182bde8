"""Explorations' records as exhibits: maps, basins and lines of sweeps, clouds, and maps of trainings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from experiments.race import height_map
from experiments.spec import Experiment, run_entrant, start_of
from experiments.sweeps.cloud import QUANTILES, CloudResult
from experiments.sweeps.networks import QUANTITIES as TRAINED
from experiments.sweeps.networks import NetworkMap
from experiments.sweeps.result import QUANTITIES, SweepResult
from experiments.sweeps.sweep import Sweep, cell
from experiments.sweeps.theory import Theory
from figures.cell_map import Cell, CellMap
from figures.cloud import cloud_map
from figures.line_sweep import QUANTILES as BAND
from figures.line_sweep import opens_on
from figures.network_map import network_map
from figures.print.curves import Trace, is_log, loss_range
from figures.print.exhibit import Chart, Exhibit, Line, Share
from figures.print.of_race import map_of
from figures.print.plate import Path
from figures.sweep_map import axis_label, sweep_map

FINE = {1: 2001, 2: 320}  # cells of a surface's map in print, by its coordinates
MOST_SHARES = 12


def map_exhibit(
    result: SweepResult,
    quantity: str,
    labels: Sequence[str],
    theory: Theory | None,
    chosen: Cell | None,
    *,
    tab: str,
    title: str,
) -> Exhibit:
    """A sweep map or the basins, the chosen cell's run on its surface, and its loss."""
    sweep = result.sweep
    landscape: Any = sweep.experiment.make_landscape()
    picture = sweep_map(
        result, quantity, labels, theory=theory, coordinates=landscape.coordinates, minima=landscape.minima, chosen=chosen
    )
    what = QUANTITIES[quantity].title
    if picture.bar is not None:
        units = {"steps": f"Steps to within {sweep.tolerance:g}", "oscillation": "Share of steps that go back"}
        picture = replace(picture, bar=replace(picture.bar, title=units.get(quantity, what)))
    heading = f"{what}, from every start" if tab == "basins" else f"{what} of every run"
    shares = [_shares(picture, index) for index in range(len(picture.panels))] if picture.bar is None else []
    if chosen is None:
        return Exhibit(title, heading, picture, shares=shares)
    index, row, column = chosen
    detail = values_at(sweep, row, column, landscape.coordinates)
    ground, paths = runs([cell(sweep, *chosen)], [labels[index]], [detail])
    return Exhibit(title, heading, picture, ground, paths, loss_chart(paths), "The chosen run", shares)


def line_exhibit(result: SweepResult, quantity: str, labels: Sequence[str], column: int, *, title: str) -> Exhibit:
    """A line sweep, the runs at the chosen value on their surface, and their losses."""
    sweep, bands = result.sweep, result.band(quantity, BAND)
    landscape: Any = sweep.experiment.make_landscape()
    keys = [choice.key for choice in sweep.experiment.optimizers]
    log, ends = opens_on(result, quantity)
    low, high = ends or (1e-3, 1.0)
    room = (high / low) ** 0.06 if log else 0.06 * (high - low) or 0.5
    if log and high == low:
        room = 2.0
    lines = [
        Line(key, label, result.x, middle, [(lower, upper)] if sweep.rows > 1 else [])
        for key, label, (lower, middle, upper) in zip(keys, labels, bands)
    ]
    what = QUANTITIES[quantity].title
    chart = Chart(
        what, axis_label(sweep.x.name, landscape.coordinates), what, lines,
        (low / room, high * room) if log else (low - room, high + room),
        sweep.x.scale, "log" if log else "linear", float(sweep.x.values[column]),
    )  # fmt: skip
    heading = f"{what}: median and 10 to 90 % of {sweep.rows} seeds" if sweep.rows > 1 else what
    solos = [cell(sweep, index, 0, column) for index in range(len(labels))]
    ground, paths = runs(solos, labels, [""] * len(labels))
    at = f"{axis_label(sweep.x.name, landscape.coordinates)} {float(sweep.x.values[column]):.4g}"
    return Exhibit(title, heading, (chart,), ground, paths, loss_chart(paths), f"The runs at {at}")


def cloud_exhibit(result: CloudResult, labels: Sequence[str], step: int | None, *, title: str) -> Exhibit:
    """Where the runs are at a step, the last one where it is None, and the quantiles of their loss."""
    cloud = result.cloud
    landscape: Any = cloud.experiment.make_landscape()
    heights = height_map(landscape, cloud.window, 201) if landscape.dim == 2 else None
    picture = cloud_map(
        result, labels, heights, coordinates=landscape.coordinates, minima=landscape.minima,
        start=start_of(cloud.experiment, landscape),
    )  # fmt: skip
    frame = len(result.frames) - 1 if step is None else int(np.argmin(np.abs(result.frames - step)))
    return Exhibit(
        title,
        f"{cloud.runs:,} runs at step {int(result.frames[frame]):,}",
        picture,
        loss=_quantiles(result, labels),
        frame=frame,
    )


def networks_exhibit(found: NetworkMap, quantity: str, labels: Sequence[str], *, title: str) -> Exhibit:
    """A map of trainings."""
    picture = network_map(found, quantity, labels)
    return Exhibit(title, f"{TRAINED[quantity].title}, mean of {found.sweep.seeds} seeds", picture)


def runs(solos: Sequence[Experiment], labels: Sequence[str], details: Sequence[str]) -> tuple[Any, list[Path]]:
    """The runs of experiments of one optimizer each, and the map of the first one's surface under them."""
    landscape: Any = solos[0].make_landscape()
    paths = []
    for solo, label, detail in zip(solos, labels, details):
        walked = run_entrant(solo, solo.seen_landscape())
        paths.append(Path(solo.optimizers[0].key, label, walked.theta, walked.loss, detail))
    return map_of(landscape, height_map(landscape, landscape.domain, FINE[landscape.dim])), paths


def loss_chart(paths: Sequence[Path]) -> Chart:
    """The losses of runs against steps."""
    traces = [Trace(path.label, np.arange(len(path.loss)), path.loss) for path in paths]
    lines = [Line(path.key, path.label, trace.steps, path.loss) for path, trace in zip(paths, traces)]
    values = np.concatenate([trace.values[np.isfinite(trace.values)] for trace in traces])
    if is_log(traces) and np.count_nonzero(values) < 2:  # at the minimum at once: a log scale has nothing to show
        top = float(values.max())
        return Chart("Loss", "step", "", lines, (-0.05 * top, 1.05 * top))
    return Chart("Loss", "step", "", lines, loss_range(traces), "linear", "log" if is_log(traces) else "linear")


def values_at(sweep: Sweep, row: int, column: int, coordinates: Sequence[str]) -> str:
    """A cell's values in words."""
    told = [f"{axis_label(sweep.x.name, coordinates)} {float(sweep.x.values[column]):.4g}"]
    if sweep.y is not None:
        told.append(f"{axis_label(sweep.y.name, coordinates)} {float(sweep.y.values[row]):.4g}")
    return ", ".join(told)


def _quantiles(result: CloudResult, labels: Sequence[str]) -> Chart:
    middle, steps = QUANTILES.index(0.5), np.arange(result.loss.shape[2])
    keys = [choice.key for choice in result.cloud.experiment.optimizers]
    every = [Trace(label, steps, row) for label, quantiles in zip(labels, result.loss) for row in quantiles]
    log = is_log(every)
    lines = [
        Line(key, label, steps, quantiles[middle], [(quantiles[k], quantiles[-1 - k]) for k in range(middle)])
        for key, label, quantiles in zip(keys, labels, result.loss)
    ]
    return Chart(
        "Loss: median, half and nine tenths", "step", "", lines, loss_range(every), "linear", "log" if log else "linear"
    )


def _shares(picture: CellMap, index: int) -> list[Share]:
    """The parts of a panel's cells with each word of the legend, the largest first; a colour's shades belong to its word."""
    starts = np.sort([patch.code for patch in picture.patches])
    place = np.searchsorted(starts, picture.panels[index].codes.ravel(), side="right") - 1
    parts = np.bincount(place, minlength=len(starts)) / place.size
    order = np.argsort(-parts, kind="stable")
    told = [Share(int(starts[k]), _percent(float(parts[k]))) for k in order if parts[k] > 0]
    rest = sum(float(parts[k]) for k in order[MOST_SHARES:])
    return told if rest == 0 else [*told[:MOST_SHARES], Share(int(starts[order[MOST_SHARES]]), f"and {_percent(rest)} more")]


def _percent(part: float) -> str:
    return f"{part:.1%}" if part >= 0.0005 else "< 0.1%"
