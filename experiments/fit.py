"""A training on another network or other data, with what that forces: samples there are, options that go together."""

from __future__ import annotations

from dataclasses import replace

from experiments.spec import Choice, Experiment, ExperimentError
from landscapes import NETWORKS
from landscapes.networks.datasets import DATASETS
from landscapes.networks.task import Task
from landscapes.ranges import Options


def fitted(experiment: Experiment, landscape: Choice) -> Experiment:
    """The experiment on `landscape`, changed as little as needed.

    Samples and batches are cut to those there are; where an option does not go with the data, one other option takes the first
    value that does; weights to start from stay while they have the network's shapes. Raises ExperimentError where nothing fits.
    """
    family = NETWORKS[landscape.key]
    data = str(landscape.parameters.get("data"))
    if data in DATASETS and "samples" in landscape.parameters:
        most = int(DATASETS[data].ranges["samples"].high)
        landscape = landscape.with_parameters(samples=min(landscape.parameters["samples"], most))
    changed = {n for n, v in landscape.parameters.items() if v != experiment.landscape.parameters.get(n)}
    tries = [landscape]
    for name, allowed in family.ranges.items():
        if isinstance(allowed, Options) and name not in changed | {"data"}:
            tries += [landscape.with_parameters(**{name: value}) for value in allowed.values]
    problem = ""
    for choice in tries:
        try:
            task = family.task(**choice.parameters)
        except ValueError as error:
            problem = problem or str(error)
            continue
        size = None if experiment.batch_size is None else min(experiment.batch_size, task.samples)
        weights = experiment.weights if task.blocks == _blocks(experiment) else None
        return replace(experiment, landscape=choice, batch_size=size, weights=weights)
    raise ExperimentError(problem)


def _blocks(experiment: Experiment) -> object:
    task: Task = NETWORKS[experiment.landscape.key].task(**experiment.landscape.parameters)
    return task.blocks
