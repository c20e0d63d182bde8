"""Experiments worth opening with: hyperparameters that let each method show what it does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from experiments.spec import ALL_SURFACES, SLICE, Choice, Experiment

SIX = ("sgd", "momentum", "rmsprop", "adam", "newton", "nsgd_l2")


def _six(**rates: float) -> tuple[Choice, ...]:
    """The six with these learning rates; Newton takes its full step."""
    return tuple(Choice(key, {"lr": rates[key]} if key in rates else {}) for key in SIX)


def _on(key: str, parameters: Mapping[str, Any], rates: Mapping[str, float], steps: int) -> Experiment:
    return Experiment(Choice(key, dict(parameters)), _six(**rates), start=None, steps=steps)


# The valley lies along the screen (angle 90), and SGD's rate is just under its limit 2/100, so that it bounces.
RAVINE = Experiment(
    Choice("ravine", {"condition": 100.0, "angle": 90.0}),
    _six(sgd=0.0192, momentum=0.01, rmsprop=0.02, adam=0.05, nsgd_l2=1.0),
    start=(-1.3, 0.8),
    steps=150,
)
# Newton's fall-back ends where the Hessian has just become positive: its next jump is enormous. That is true, and shown.
TWO_LAYER_NEURON = _on(
    "two_layer_neuron", {}, {"sgd": 0.05, "momentum": 0.01, "rmsprop": 0.02, "adam": 0.05, "nsgd_l2": 0.1}, 150
)
SADDLE = _on("saddle", {}, {"sgd": 0.05, "momentum": 0.01, "rmsprop": 0.02, "adam": 0.05}, 150)
ROSENBROCK = _on("rosenbrock", {}, {"sgd": 0.001, "momentum": 0.001, "rmsprop": 0.02, "adam": 0.1, "nsgd_l2": 0.5}, 300)

# Rates at which each learns; Newton's damping lifts most of the negative eigenvalues, and it falls back where it does not.
DIGITS = Experiment(
    Choice("digits_mlp", {"width": 10, "depth": 1, "activation": "tanh", "seed": 0}),
    (
        Choice("sgd", {"lr": 0.5}),
        Choice("momentum", {"lr": 0.1}),
        Choice("rmsprop", {"lr": 0.01}),
        Choice("adam", {"lr": 0.02}),
        Choice("newton", {"damping": 0.5, "fallback_lr": 0.5}),
        Choice("nsgd_l2", {"lr": 1.0}),
    ),
    steps=120,
    batch_size=250,
)


def _training(key: str, data: str, rates: Mapping[str, float], batch_size: int | None, **parameters: Any) -> Experiment:
    choices = tuple(Choice(k, {"lr": rate} | ({"damping": 0.1} if k == "newton" else {})) for k, rate in rates.items())
    return Experiment(Choice(key, {"data": data, **parameters}), choices, steps=100, batch_size=batch_size)


_CONVOLUTIONAL = {"sgd": 0.2, "momentum": 0.02, "adam": 0.005, "nsgd_l2": 0.5}

# What the training of each network opens with: the six on digits, else a few of them on data that need no download, if the
# network takes any.
TRAININGS: Mapping[str, Experiment] = {
    "digits_mlp": DIGITS,
    "mlp": _training("mlp", "digits", {"sgd": 0.5, "momentum": 0.1, "adam": 0.02, "nsgd_l2": 2.0}, 100),
    "linear_regression": _training("linear_regression", "teacher_student", {"sgd": 0.1, "adam": 0.05, "newton": 1.0}, None),
    "logistic_regression": _training("logistic_regression", "moons", {"sgd": 1.0, "adam": 0.1, "newton": 1.0}, None),
    "softmax_regression": _training("softmax_regression", "digits", {"sgd": 0.5, "momentum": 0.1, "adam": 0.02}, 100),
    "lenet": _training("lenet", "mnist", _CONVOLUTIONAL, 50),
    "nsgd_mnist_cnn": _training("nsgd_mnist_cnn", "digits", _CONVOLUTIONAL, 50),
    "nsgd_cifar_cnn": _training("nsgd_cifar_cnn", "digits", _CONVOLUTIONAL, 50, samples=250),
    "resnet20": _training("resnet20", "digits", {"sgd": 0.1, "momentum": 0.05, "adam": 0.005}, 50, width=4),
    "resnet56": _training("resnet56", "digits", {"sgd": 0.1, "adam": 0.005}, 50, width=4),
}
DIGITS_SLICE = Experiment(
    Choice("slice"),
    (
        Choice("sgd", {"lr": 2.0}),
        Choice("momentum", {"lr": 0.4}),
        Choice("rmsprop", {"lr": 0.05}),
        Choice("adam", {"lr": 0.2}),
        Choice("newton", {"damping": 0.2, "fallback_lr": 1.0}),
        Choice("nsgd_l2", {"lr": 5.0}),
    ),
    steps=150,
    training=DIGITS,
)

# Learning rates of SGD, momentum, RMSProp, Adam and, where it has inputs, NSGD, and the steps, at which each surface shows what
# it is for from its own start; each was looked at.
_RATES: Mapping[str, tuple[tuple[float, ...], int]] = {
    "bowl": ((0.1, 0.03, 0.03, 0.1, 0.3), 150),
    "booth": ((0.1, 0.02, 0.1, 0.3, 1.0), 150),
    "matyas": ((1.0, 0.3, 0.2, 0.5, 1.0), 150),
    "beale": ((0.01, 0.003, 0.03, 0.1, 0.1), 150),
    "monkey_saddle": ((0.003, 0.001, 0.003, 0.003), 200),
    "double_well": ((0.03, 0.01, 0.02, 0.1), 150),
    "himmelblau": ((0.005, 0.005, 0.05, 0.2, 0.2), 150),
    "styblinski_tang": ((0.01, 0.01, 0.05, 0.2), 150),
    "six_hump_camel": ((0.02, 0.01, 0.02, 0.05), 150),
    "goldstein_price": ((2e-5, 1e-5, 0.02, 0.1), 300),
    "michalewicz": ((0.01, 0.003, 0.01, 0.03), 150),
    "rastrigin": ((0.002, 0.005, 0.1, 0.5), 150),
    "ackley": ((0.1, 0.03, 0.3, 1.0), 150),
    "plateau": ((0.1, 0.01, 0.03, 0.05), 150),
    "cliff": ((0.1, 0.02, 0.02, 0.05), 150),
    "nonsmooth": ((0.02, 0.01, 0.03, 0.1), 150),
    "linear_neuron": ((0.1, 0.03, 0.05, 0.1, 0.5), 150),
    "sigmoid_neuron": ((3.0, 1.0, 0.03, 0.1, 9.0), 150),
    "parabola": ((0.1, 0.05, 0.05, 0.1), 60),
    "flat_and_sharp": ((0.05, 0.03, 0.02, 0.1), 150),
    "reddi": ((0.05, 0.01, 0.03, 0.03), 300),
    "typed": ((0.05, 0.02, 0.02, 0.1), 150),
}
_FIRST = {"ravine": RAVINE, "two_layer_neuron": TWO_LAYER_NEURON, "saddle": SADDLE, "rosenbrock": ROSENBROCK}


def _opening(key: str) -> Experiment:
    rates, steps = _RATES[key]
    return _on(key, {}, dict(zip(("sgd", "momentum", "rmsprop", "adam", "nsgd_l2"), rates)), steps)


# The experiment that each landscape opens with, in the order of the menu; the slice after the four that are met first.
RACES: Mapping[str, Experiment] = {
    **_FIRST,
    SLICE: DIGITS_SLICE,
    **{key: _opening(key) for key in ALL_SURFACES if key not in _FIRST},
}
