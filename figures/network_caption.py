"""What a map of trainings shows, in words for print."""

from __future__ import annotations

from collections.abc import Sequence

from experiments.sweeps.networks import QUANTITIES, NetworkMap
from figures.caption import listed, prose, rule
from figures.network_map import LABELS
from figures.sweep_caption import axis_words, fixed
from landscapes import NETWORKS


def network_caption(found: NetworkMap, quantity: str, labels: Sequence[str], *, link: str = "") -> str:
    """The caption: what was trained, on what, how often and for how long, what was measured, and the best of each optimizer."""
    sweep, experiment = found.sweep, found.sweep.experiment
    what, choice = QUANTITIES[quantity], experiment.landscape
    names = {"lr", sweep.y.name}
    task = NETWORKS[choice.key].task(**choice.parameters)
    kept = {name: value for name, value in choice.parameters.items() if f"on.{name}" not in names and name != "seed"}
    told = [f"{label} ({rule(fixed(c, names)) or 'no other number'})" for label, c in zip(labels, experiment.optimizers)]
    seen = "" if sweep.y.name == "batch" else f" on mini-batches of {experiment.batch_size}" if experiment.batch_size else ""
    network = ", ".join(f"{name} {value}" for name, value in kept.items())
    first = int(choice.parameters.get("seed", experiment.seed))
    upwards = axis_words(sweep.y, ()).replace(sweep.y.name.removeprefix("on."), LABELS.get(sweep.y.name, sweep.y.name), 1)
    return prose(
        [
            f"{what.title} of {sweep.runs:,} trainings of {NETWORKS[choice.key].title} ({task.dim:,} parameters; "
            f"{network}) on {task.samples:,} samples, by {listed(labels)}.",
            f"Varied: {axis_words(sweep.x, ())} and {upwards}; {experiment.steps:,} steps{seen}.",
            f"Every cell is the mean of {sweep.seeds} seeds, from {first} on, which draw the initial weights and the batches.",
            f"Optimizers: {listed(told)}.",
            f"{what.title} is {what.description}.",
            "A cell has diverged where a seed ends above the loss it began with, or beyond any number.",
            "The line goes through the smallest mean final loss of each row, the star is the smallest of the map.",
            *[f"{label}: {found.diverged[i].any(-1).mean():.0%} of its cells diverged." for i, label in enumerate(labels)],
            f"In motion: {link}" if link else "",
        ]
    )
