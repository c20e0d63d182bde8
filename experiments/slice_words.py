"""A specified slice in words: a name that tells it from all others of its training, and a description."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

from experiments.grids.spec import START, SliceSpec
from experiments.spec import Experiment
from landscapes import NETWORKS

SCALED = {"filter": "Filter-normalised", "layer": "Layer-normalised", "weight": "Weight-normalised", "none": "Unscaled"}
FROZEN = "BatchNorm's statistics are frozen at those that all training samples have {where}."


def name(spec: SliceSpec) -> str:
    """The slice and the network it goes through."""
    return f"{title(spec)}, of the {NETWORKS[spec.training.landscape.key].title}"


def title(spec: SliceSpec) -> str:
    """The slice alone: of which kind, with which options, where."""
    key, kind = spec.directions.key, spec.kind()
    if key == "through":
        here, *others = place(spec), *(point(spec.training, i) for i in spec.points)
        if spec.axes == "first":
            return f"Straight line from {here} to {others[0]}"
        third = f"and {others[1]}" if len(others) > 1 else f"and a random direction across, seed {kind.seed}"
        return _line(spec, f"plane through {here}, {others[0]} {third}")
    if key == "principal":
        return _line(spec, "principal plane of all paths")
    if key == "random":
        what = f"{SCALED[kind.normalisation].lower()} random plane, biases and norms {kind.vectors}, seed {kind.seed}"
        return f"{_line(spec, what)}, around {place(spec)}"
    if key == "eigenvectors":
        seed = f", seed {kind.seed}" if kind.seed else ""
        return f"{_line(spec, f'plane of the Hessian’s eigenvectors of its {kind.which} eigenvalues{seed}')}, at {place(spec)}"
    return f"{_line(spec, 'plane of the gradient and the last recorded step')}, at {place(spec)}"


def place(spec: SliceSpec) -> str:
    """The point that the slice is about."""
    return point(spec.training, START if spec.place == "start" else spec.optimizer)


def point(training: Experiment, index: int) -> str:
    """Where an optimizer of a training ended, or where all began."""
    return "the initial weights" if index == START else f"{entrant(training, index)}’s end"


def entrant(training: Experiment, index: int) -> str:
    """An optimizer of a training by name; of several of one name by its number among them."""
    titles = [training.optimizer(i).title for i in range(len(training.optimizers))]
    again = titles[: index + 1].count(titles[index])
    return titles[index] if titles.count(titles[index]) == 1 else f"{titles[index]} {again}"


def description(spec: SliceSpec, made: str, statistics: str) -> str:
    """What the slice is made of, beside its title: `made` is the span's own, `statistics` BatchNorm's, "none" without it."""
    sentences = [
        f"{made[:1].upper()}{made[1:]}." if made else "",
        trained(spec.training),
        FROZEN.format(where=f"at {place(spec)}") if statistics == "frozen" else "",
    ]
    return " ".join(sentence for sentence in sentences if sentence)


def trained(training: Experiment) -> str:
    """Which network it is, on what it was trained and for how long, in a sentence."""
    family = NETWORKS[training.landscape.key]
    task = family.task(**training.landscape.parameters)
    batches = "full batches" if training.batch_size is None else f"batches of {training.batch_size}"
    return (
        f"The network is the {family.title} on {task.dataset.title}, trained for {training.steps} steps on {batches}; "
        "the loss on the slice is its true one."
    )


def joint_name(training: Experiment) -> str:
    """The plane that a training itself leaves, and the network."""
    return f"Joint plane of the paths, of the {NETWORKS[training.landscape.key].title}"


def joint_description(training: Experiment, explained: Sequence[float]) -> str:
    """What that plane is: of whose paths, and how much of their variance it holds; `explained` are the components' shares."""
    names = [entrant(training, index) for index in range(len(training.optimizers))]
    whose = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    share = f"; it holds {sum(explained[:2]):.1%} of their variance" if isfinite(sum(explained[:2])) else ""
    return f"The two principal axes of all recorded points of {whose}{share}. {trained(training)}"


def _line(spec: SliceSpec, plane: str) -> str:
    """The plane, or the line along one of its axes."""
    return f"Line along the {spec.axes} axis of the {plane}" if spec.line else f"{plane[:1].upper()}{plane[1:]}"
