"""What a map, basins, a line or a cloud shows, in words for print: made from records alone, so it says what was computed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from experiments import Experiment
from experiments.spec import Choice, start_of
from experiments.sweeps.axis import MODIFIER, SEED, SURFACE, Axis, coordinate
from experiments.sweeps.cloud import Cloud
from experiments.sweeps.result import QUANTITIES, Fate, SweepResult
from experiments.sweeps.theory import Theory
from figures.caption import budget, inline, listed, named, placed, prose, rule, settings
from figures.cell_map import Cell
from figures.colouring import WORDS
from figures.sweep_map import RATES, axis_label

DECIDED = (
    "It is stuck where the last quarter of its steps is shorter than a pixel of the surface's map, not at a minimum; cycling "
    "where that quarter goes to and fro at a loss that does not fall; diverged where it grows beyond every bound; else it is "
    "under way."
)
FATES = {fate.name.lower(): word for fate, word in WORDS.items()}


def caption(
    result: SweepResult,
    quantity: str,
    labels: Sequence[str],
    *,
    theory: Theory | None = None,
    chosen: Cell | None = None,
    column: int | None = None,
    runs: bool = True,
    link: str = "",
) -> str:
    """The caption of a map, of basins or of a line: what was run, with everything that it takes to repeat it, what was measured
    and what came of it, then the cell that was `chosen`, or the `column` of a line, where `runs` are shown."""
    sweep, experiment = result.sweep, result.sweep.experiment
    names = {axis.name for axis in sweep.axes}
    landscape: Any = experiment.make_landscape()
    what, count = QUANTITIES[quantity], len(labels) * sweep.cells
    told = [f"{label} ({rule(fixed(c, names)) or 'no other number'})" for label, c in zip(labels, experiment.optimizers)]
    each = f", {sweep.cells:,} of each," if len(labels) > 1 else ""
    sentences = [
        f"{what.title} of {count:,} runs of {listed(list(labels))}{each} on the landscape {surface(experiment, names)}.",
        *changes(experiment, names),
        f"Varied: {' and '.join(axis_words(axis, landscape.coordinates) for axis in sweep.axes)}.",
        f"{_begin(experiment, landscape, names)} {budget(experiment)}.",
        f"Optimizers: {listed(told)}.",
        f"{what.title} is {what.description}." if quantity not in ("fate", "minimum") else "",
        f"A run has converged where its last loss is within {sweep.tolerance:g} of that of the nearest minimum.",
        DECIDED if quantity == "fate" else "",
        "" if column is None else _lines(sweep.rows),
        *[found(result, index, label) for index, label in enumerate(labels) if column is None],
        *_theory(theory, labels),
        "" if chosen is None else _chosen(result, chosen, labels[chosen[0]], landscape.coordinates),
        "" if column is None or not runs else _at(sweep.x, column, landscape.coordinates),
        precision(experiment, SEED in names),
        f"In motion: {link}" if link else "",
    ]
    return prose(sentences)


def cloud_caption(cloud: Cloud, labels: Sequence[str], *, step: int | None = None, link: str = "") -> str:
    """The caption of a cloud at a step, and of its loss."""
    experiment = cloud.experiment
    landscape: Any = experiment.make_landscape()
    told = [f"{label} ({rule(choice)})" for label, choice in zip(labels, experiment.optimizers)]
    shown = "" if step is None else f" after {step:,} steps"
    drawn = "noise of its own" if experiment.batch_size is None else "a seed of its own for mini-batches and noise"
    sides = " by ".join(f"{low:g} to {high:g}" for low, high in cloud.window or ())
    return prose(
        [
            f"{cloud.runs:,} runs of each of {listed(list(labels))}{shown} on the landscape {surface(experiment, set())}.",
            *changes(experiment, set()),
            f"{_begin(experiment, landscape, set())} {budget(experiment)}; each run draws {drawn}.",
            f"Optimizers: {listed(told)}.",
            f"Colours count the runs in each of {cloud.cells} cells along an axis, over {sides}; the path is the mean of all.",
            "Loss: the median over the runs, and bands that hold half and nine tenths of them.",
            f"Computed in float64; seed {experiment.seed}{'' if experiment.batch_size is None else ' and those after it'}.",
            f"In motion: {link}" if link else "",
        ]
    )


def surface(experiment: Experiment, varied: set[str]) -> str:
    """The surface with its parameters and its formula; in its own coordinates, where a number of what turns it is varied."""
    landscape: Any = experiment.make_landscape()
    while hasattr(landscape, "inner") and any(name.startswith(MODIFIER) for name in varied):
        landscape = landscape.inner
    kept = {n: v for n, v in experiment.landscape.parameters.items() if f"{SURFACE}{n}" not in varied}
    return f"{named(landscape, kept)}, {inline(landscape.latex)}"


def changes(experiment: Experiment, varied: set[str]) -> list[str]:
    """What changes the surface, in sentences, but for numbers that are varied."""
    kept = _kept(experiment.modifiers, {name.removeprefix(MODIFIER) for name in varied if name.startswith(MODIFIER)})
    return [f"The landscape is changed by {settings(choice)}." for choice in kept]


def fixed(choice: Choice, varied: set[str]) -> Choice:
    """An optimizer with the hyperparameters that are the same in every run."""
    own = {name: value for name, value in choice.parameters.items() if name not in varied}
    return replace(choice, parameters=own, wrappers=tuple(_kept(choice.wrappers, varied)))


def axis_words(axis: Axis, coordinates: Sequence[str]) -> str:
    """An axis and its values in words."""
    label = axis_label(axis.name, coordinates)
    if axis.cells == 1:
        return f"{label} {axis.low:.12g}"
    scale = " on a log scale" if axis.scale == "log" else ""
    return f"{label} from {axis.low:.12g} to {axis.high:.12g} ({axis.cells} values, evenly spaced{scale})"


def found(result: SweepResult, index: int, label: str) -> str:
    """What became of an optimizer's runs, in a sentence: the share of each fate and of each minimum, and the best cell."""
    sweep, shares = result.sweep, result.shares(index)
    minima = sweep.experiment.make_landscape().minima  # type: ignore[attr-defined]  # surfaces have them
    told = [f"{share:.1%} {FATES[name]}" for name, share in shares.items() if name in FATES and share]
    reached = [(int(n.removeprefix("minimum ")), share) for n, share in shares.items() if n.startswith("minimum ") and share]
    steady = all(coordinate(axis.name) is not None for axis in sweep.axes)  # else minima may differ from cell to cell
    if len(reached) > 1 and steady:
        told += [f"{share:.1%} to ({', '.join(f'{v:.4g}' for v in minima[k])})" for k, share in reached]
    best = result.best_cell(index)
    if best is None or steady:
        return f"{label}: {', '.join(told)}."
    place = index, best[0] // result.stride, best[1] // result.stride
    values = [f"{axis_label(a.name)} {float(a.values[at]):.4g}" for a, at in zip(sweep.axes, reversed(best))]
    steps = int(result.steps[place])
    ends = f"{steps} steps" if steps >= 0 else f"final loss {float(result.final[place]):.4g}"
    return f"{label}: {', '.join(told)}; best at {', '.join(values)}, with {ends}."


def precision(experiment: Experiment, seeds: bool) -> str:
    return "Computed in float64." if seeds else f"Computed in float64; seed {experiment.seed}."


def _kept(choices: Sequence[Choice], varied: set[str]) -> list[Choice]:
    """Choices less what is varied; the second of a kind has a 2 behind its key."""
    count: Counter[str] = Counter()
    made = []
    for choice in choices:
        count[choice.key] += 1
        prefix = choice.key if count[choice.key] == 1 else f"{choice.key}{count[choice.key]}"
        made.append(replace(choice, parameters={n: v for n, v in choice.parameters.items() if f"{prefix}.{n}" not in varied}))
    return made


def _begin(experiment: Experiment, landscape: Any, varied: set[str]) -> str:
    """From where and for how long; of a start that is varied, what is not."""
    start = start_of(experiment, landscape)
    told = [(n, f"{v:.6g}") for i, (n, v) in enumerate(zip(landscape.coordinates, start)) if f"start{i}" not in varied]
    if not told or (any(name.startswith(MODIFIER) for name in varied) and experiment.start is None):
        return "Each run takes"
    return f"All start at {placed([n for n, _ in told])} = {placed([v for _, v in told])} and take"


def _lines(seeds: int) -> str:
    return "" if seeds == 1 else f"Lines are medians of {seeds} seeds, bands go from a tenth to nine tenths of them."


def _theory(theory: Theory | None, labels: Sequence[str]) -> list[str]:
    """What lines and marks of theory are, and where it has its best."""
    known = [] if theory is None else [i for i, reason in enumerate(theory.reasons) if not reason]
    if theory is None or not known:
        return []
    bests = [
        f"{labels[i]} {best.rate:.4g} a step{' in closed form' if best.exact else ''}"
        for i in known
        if (best := theory.bests[i]) is not None
    ]
    levels = ", ".join(f"{level:g}" for level in RATES)
    return [
        f"By theory, exact on a quadratic: dashed lines of equal rate ({levels}, where they are on the map), what a step "
        "multiplies the error by in the long run; the solid line is the limit of stability.",
        f"The best rates of theory: {', '.join(bests)}." if bests else "",
    ]


def _chosen(result: SweepResult, at: Cell, label: str, coordinates: Sequence[str]) -> str:
    index, row, column = at
    sweep, place = result.sweep, (index, row // result.stride, column // result.stride)
    values = [f"{axis_label(sweep.x.name, coordinates)} {float(sweep.x.values[column]):.6g}"]
    if sweep.y is not None:
        values.append(f"{axis_label(sweep.y.name, coordinates)} {float(sweep.y.values[row]):.6g}")
    steps, final = int(result.steps[place]), float(result.final[place])
    reached = f", within the tolerance after {steps} steps" if steps >= 0 else ""
    word = WORDS[Fate(int(result.fate[place]))]
    return f"The run shown is that of {label} at {', '.join(values)}: {word}{reached}, final loss {final:.4g}."


def _at(axis: Axis, column: int, coordinates: Sequence[str]) -> str:
    return f"The runs shown are those at {axis_label(axis.name, coordinates)} {float(axis.values[column]):.6g}."
