"""Slices through trained networks as landscapes. Where a training's result is stored, its joint plane needs no torch."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from experiments import slice_words
from experiments.spec import Experiment
from experiments.training_result import TrainingResult
from landscapes import NETWORKS
from landscapes.networks.outline import plane_outline
from landscapes.networks.plan import PlaneMLP

SHIPPED = Path(__file__).with_name("shipped")


def results_folder() -> Path:
    """Where trainings are kept: the environment's RAVINE_RESULTS, or runs/results beside the packages, for all processes."""
    return Path(os.environ.get("RAVINE_RESULTS") or Path(__file__).parents[1] / "runs" / "results")


def stored(experiment: Experiment) -> TrainingResult | None:
    """The result of exactly this training, shipped or kept; None where there is none that can be read."""
    for folder in (SHIPPED, results_folder()):
        path = folder / f"{experiment.key}.npz"
        if path.exists():
            try:
                return TrainingResult.load(path)
            except ValueError:
                continue  # a broken file is as good as none: the training can be run again
    return None


def is_stored(experiment: Experiment) -> bool:
    """Whether there is a result of exactly this training."""
    return any((folder / f"{experiment.key}.npz").exists() for folder in (SHIPPED, results_folder()))


def keep(result: TrainingResult) -> Path:
    """Store a complete result so that its plane can be raced on. Raises ValueError for a cancelled one."""
    if not result.complete:
        raise ValueError("a training that was cancelled is not kept under its experiment's key")
    path = results_folder() / f"{result.experiment.key}.npz"
    result.save(path)
    return path


def plane_of(result: TrainingResult) -> PlaneMLP:
    """The joint plane of a training's paths as a landscape over all its training samples."""
    choice, name, about = result.experiment.landscape, *_words(result)
    family = NETWORKS[choice.key]
    made: Any = family.plane(choice.parameters, result.origin, result.directions, result.domain, result.start)
    if family.perceptron(**choice.parameters) is None:
        return replace(made, slice=replace(made.slice, name=name), description=about)
    return replace(made, name=name, description=about)


def outline_of(result: TrainingResult) -> Any:
    """The same plane for who has no torch: itself for plain perceptrons, which need none, and else its outline."""
    choice, name, about = result.experiment.landscape, *_words(result)
    family = NETWORKS[choice.key]
    if family.perceptron(**choice.parameters) is not None:
        return plane_of(result)
    return replace(plane_outline(family, choice.parameters, result.domain, result.start), name=name, description=about)


def _words(result: TrainingResult) -> tuple[str, str]:
    """The joint plane's name and description."""
    training = result.experiment
    return slice_words.joint_name(training), slice_words.joint_description(training, result.explained.tolist())


def trained(experiment: Experiment) -> TrainingResult:
    """The result of a training. Trains first, with torch and for seconds, unless it is stored."""
    result = stored(experiment)
    if result is None:
        from experiments.training import train

        result = train(experiment)
        keep(result)
    return result


@lru_cache(maxsize=8)
def slice_of(experiment: Experiment) -> PlaneMLP:
    """The joint plane of a training as a landscape. Trains first unless the result is stored."""
    return plane_of(trained(experiment))


def landscape_of(experiment: Experiment) -> Any:
    """The slice that an experiment is on: of its parameters, or the joint plane. Trains first unless the result is stored."""
    from experiments.slice_choice import spec_of

    training, samples = experiment.training, experiment.landscape.parameters.get("samples")
    if training is None:
        raise ValueError("only a slice has a training")
    spec = spec_of(experiment.landscape, training)
    if spec is not None:
        from experiments.slice_surface import surface_of

        trained(training)
        return surface_of(spec)
    plane = slice_of(training)
    return plane if samples is None else plane.subset(int(samples))
