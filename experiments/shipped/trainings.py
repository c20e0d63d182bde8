"""Finished trainings to look at: pairs in which one switch differs, and those that are written down but not run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from experiments.spec import Choice, Experiment
from experiments.training_plan import TrainingPlan, plan_of

_FEWER: Mapping[str, Any] = {"top": 1, "tolerance": 1e-2, "probes": 8}  # of a spectrum where each product takes seconds


@dataclass(frozen=True)
class Training:
    """A training that ships: its name on the command line and its title.

    `points` recorded along each path and `cells` on each side of the map are those of the usual plan unless they are given.
    With points there is time for eigenvalues too: the largest ten, or not `thorough` the largest one and a rougher trace.
    Its file leaves `weights` out where they would make it large: it then has the picture of the plane, but nobody can go on
    from it. Not `run`, there is no file, only the command.
    """

    name: str
    title: str
    experiment: Experiment
    points: int | None = None
    cells: int | None = None
    thorough: bool = True
    weights: bool = True
    run: bool = True

    @property
    def plan(self) -> TrainingPlan:
        """What is recorded and measured."""
        usual = plan_of(self.experiment)
        plan = replace(usual, cells=self.cells or usual.cells)
        if self.points is None:
            return plan
        plan = replace(plan, schedule=np.linspace(0, self.experiment.steps, self.points).round().astype(int))
        if usual.spectrum != "none":
            return plan
        return replace(plan, spectrum="lanczos", **({} if self.thorough else _FEWER))

    @property
    def command(self) -> str:
        """What makes the file; where nobody has yet, what runs the training."""
        if self.run:
            return f"python -m experiments.shipped {self.name}"
        return f"python -m experiments.shipped --spec {self.name} | python -m experiments run - --out runs/{self.name}"


@dataclass(frozen=True)
class Pair:
    """Two trainings from the same seed on the same batches, of which only the second has `switch`, a word for readers."""

    title: str
    switch: str
    off: str
    on: str


def _of(network: str, rates: Mapping[str, float], steps: int, batch_size: int, parameters: Mapping[str, Any]) -> Experiment:
    """With these learning rates; Newton is damped, and where it is not convex even so it steps as SGD does."""
    newton = {"damping": 0.5, "fallback_lr": rates.get("sgd", 0.1)}
    choices = tuple(Choice(key, {"lr": rate} | (newton if key == "newton" else {})) for key, rate in rates.items())
    return Experiment(Choice(network, dict(parameters)), choices, steps=steps, batch_size=batch_size)


# Deep, with torch's small initial weights: without a switch hardly anything reaches the first layers.
_DEEP = {"activation": "relu", "init": "torch"}
_DIGITS = {"data": "digits", "samples": 1500, "width": 8, "depth": 10, **_DEEP}
_MNIST = {"data": "mnist", "samples": 2000, "width": 10, "depth": 6, **_DEEP}
_CNN = {"data": "mnist", "samples": 1000}
_NARROW = {"data": "mnist", "samples": 500, "width": 3, "norm": "batch"}
_CIFAR = {"data": "cifar10", "samples": 2000}

_SIX = {"sgd": 0.1, "momentum": 0.02, "rmsprop": 0.003, "adam": 0.01, "newton": 1.0, "nsgd_l2": 0.3}
_FIVE = {"sgd": 0.05, "momentum": 0.005, "rmsprop": 0.001, "adam": 0.003, "nsgd_l2": 1.0}  # a step of Newton takes a minute
_FOUR = {"sgd": 0.1, "momentum": 0.02, "adam": 0.005, "nsgd_l2": 1.0}
_TWO = {"momentum": 0.05, "adam": 0.003}


def _digits(name: str, title: str, **switch: str) -> Training:
    experiment = _of("mlp", _SIX, 150, 100, _DIGITS | switch)
    return Training(f"digits-mlp-{name}", f"Deep MLP on digits, {title}", experiment, points=151, cells=81)


def _mnist(name: str, title: str, **switch: str) -> Training:
    experiment = _of("mlp", _FIVE, 300, 100, _MNIST | switch)
    return Training(f"mnist-mlp-{name}", f"Deep MLP on MNIST, {title}", experiment, points=101, cells=81)


def _cnn(name: str, title: str, **switch: str) -> Training:
    experiment = _of("nsgd_cifar_cnn", _FOUR, 200, 100, _CNN | switch)
    return Training(f"mnist-cnn-{name}", f"Small CNN on MNIST, {title}", experiment, 26, 31, thorough=False, weights=False)


def _narrow(name: str, title: str, **switch: str) -> Training:
    experiment = _of("resnet20", _FOUR, 150, 125, _NARROW | switch)
    return Training(f"mnist-resnet20-{name}", f"Narrow ResNet-20 on MNIST, {title}", experiment, 26, 25, thorough=False)


def _resnet56(name: str, title: str, **switch: str) -> Training:
    experiment = _of("resnet56", _TWO, 2000, 125, _CIFAR | switch)
    return Training(f"cifar10-resnet56-{name}", f"ResNet-56 on CIFAR-10, {title}", experiment, weights=False, run=False)


TRAININGS: Mapping[str, Training] = {
    training.name: training
    for training in (
        _digits("plain", "neither BatchNorm nor skips"),
        _digits("batchnorm", "BatchNorm", norm="batch"),
        _digits("skips", "skips", residual="yes"),
        _mnist("plain", "neither BatchNorm nor skips"),
        _mnist("batchnorm", "BatchNorm", norm="batch"),
        _mnist("skips", "skips", residual="yes"),
        _cnn("plain", "no BatchNorm", norm="none"),
        _cnn("batchnorm", "BatchNorm", norm="batch"),
        _narrow("plain", "BatchNorm, no skips", skips="none"),
        _narrow("skips", "BatchNorm and skips", skips="identity"),
        Training("cifar10-resnet20", "ResNet-20 on CIFAR-10", _of("resnet20", _TWO, 320, 125, _CIFAR), cells=11, weights=False),
        _resnet56("plain", "no skips", skips="none"),
        _resnet56("skips", "skips", skips="identity"),
    )
}

PAIRS = (
    Pair("BatchNorm in a deep MLP, digits", "BatchNorm", "digits-mlp-plain", "digits-mlp-batchnorm"),
    Pair("Skips in a deep MLP, digits", "skips", "digits-mlp-plain", "digits-mlp-skips"),
    Pair("BatchNorm in a deep MLP, MNIST", "BatchNorm", "mnist-mlp-plain", "mnist-mlp-batchnorm"),
    Pair("Skips in a deep MLP, MNIST", "skips", "mnist-mlp-plain", "mnist-mlp-skips"),
    Pair("BatchNorm in a small CNN, MNIST", "BatchNorm", "mnist-cnn-plain", "mnist-cnn-batchnorm"),
    Pair("Skips in a narrow ResNet-20, MNIST", "skips", "mnist-resnet20-plain", "mnist-resnet20-skips"),
    Pair("Skips in ResNet-56, CIFAR-10", "skips", "cifar10-resnet56-plain", "cifar10-resnet56-skips"),
)
