"""Whole trajectories against torch.optim and against transcriptions of the papers: relative 1e-12 over 300 steps.

Lion, which torch lacks, against pytorch_optimizer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import pytorch_optimizer
import torch

from experiments import run
from landscapes import NETWORKS, SURFACES
from landscapes.landscape import Landscape
from landscapes.surfaces.surface import Surface
from optimizers import OPTIMIZERS
from tests.cases import PAIRS, TELLING, OnTorch
from tests.references import transcriptions
from tests.references.problems import Problem, ravine_layers, rosenbrock_residuals, two_layer_layers

pytestmark = pytest.mark.usefixtures("shapes_unchecked")

STEPS = 300
GAP = 1e-12

# (method, surface) -> (gap, cause): where rounding grows along the path, so that equal equations part.
EXCEPTIONS: Mapping[tuple[str, str], tuple[float, str]] = {
    ("newton_scalar", "ravine"): (1e-2, "steepest descent with a shortened exact step is chaotic: see the next test"),
    ("newton_scalar", "rosenbrock"): (1e-1, "steepest descent with a shortened exact step is chaotic: see the next test"),
}

# torch's class and its arguments for our hyperparameters
TORCH: Mapping[str, Any] = {
    "sgd": lambda theta, h: torch.optim.SGD([theta], lr=h["lr"]),
    "momentum": lambda theta, h: torch.optim.SGD([theta], lr=h["lr"], momentum=h["momentum"], dampening=0),
    "nesterov": lambda theta, h: torch.optim.SGD([theta], lr=h["lr"], momentum=h["momentum"], nesterov=True),
    "adagrad": lambda theta, h: torch.optim.Adagrad([theta], **h),
    "adadelta": lambda theta, h: torch.optim.Adadelta([theta], **h),
    "rmsprop": lambda theta, h: torch.optim.RMSprop([theta], **renamed(h)),
    "adam": lambda theta, h: torch.optim.Adam([theta], **renamed(h)),
    "amsgrad": lambda theta, h: torch.optim.Adam([theta], **renamed(h), amsgrad=True),
    "adamw": lambda theta, h: torch.optim.AdamW([theta], **renamed(h)),
    "nadam": lambda theta, h: torch.optim.NAdam([theta], **renamed(h)),
    "radam": lambda theta, h: torch.optim.RAdam([theta], **renamed(h)),
    "lion": lambda theta, h: pytorch_optimizer.Lion([theta], **renamed(h)),
    "lbfgs": lambda theta, h: torch.optim.LBFGS([theta], **{**h, "history_size": int(h["history_size"])}, max_iter=1),
}


def renamed(ours: Mapping[str, Any]) -> dict[str, Any]:
    """Hyperparameters by torch's names."""
    theirs = {{"decay": "alpha"}.get(name, name): value for name, value in ours.items() if not name.startswith("beta")}
    return {**theirs, "betas": (ours["beta1"], ours["beta2"])} if "beta1" in ours else theirs


SETTINGS: Mapping[str, Mapping[str, float]] = {  # tame rates for each method; every hyperparameter away from its default
    "sgd": {"lr": 0.0021},
    "momentum": {"lr": 0.0013, "momentum": 0.83},
    "momentum_annealed": {"lr": 0.0013, "momentum": 0.86, "initial": 0.4, "anneal_steps": 70},
    "nesterov": {"lr": 0.0013, "momentum": 0.83},
    "adagrad": {"lr": 0.11, "lr_decay": 0.003, "initial_accumulator_value": 0.2, "eps": 1e-6},
    "adadelta": {"lr": 0.6, "rho": 0.93, "eps": 1e-5},
    "rmsprop": {"lr": 0.0037, "decay": 0.97, "eps": 1e-6},
    "rmsprop_article": {"lr": 0.0037, "decay": 0.94, "eps": 1e-4},
    "adam": {"lr": 0.011, "beta1": 0.88, "beta2": 0.992, "eps": 1e-6},
    "adam_article": {"lr": 0.011, "beta1": 0.87, "beta2": 0.98, "eps": 1e-5},
    "amsgrad": {"lr": 0.011, "beta1": 0.88, "beta2": 0.95, "eps": 1e-6},
    "adamw": {"lr": 0.011, "beta1": 0.88, "beta2": 0.992, "weight_decay": 0.13, "eps": 1e-6},
    "nadam": {"lr": 0.011, "beta1": 0.88, "beta2": 0.992, "momentum_decay": 0.02, "eps": 1e-6},
    "radam": {"lr": 0.0021, "beta1": 0.88, "beta2": 0.992, "eps": 1e-6},
    "lion": {"lr": 0.0031, "beta1": 0.85, "beta2": 0.97, "weight_decay": 0.2},
    "newton": {"lr": 0.07, "damping": 0.3, "fallback_lr": 0.002, "tol": 1e-3},
    "newton_scalar": {"lr": 0.4, "fallback_lr": 0.003, "tol": 1e-3},
    "newton_eigen": {"lr": 0.06, "fallback_lr": 0.02, "tol": 1e-3},
    "newton_cg": {"lr": 0.07, "damping": 0.3, "cg_steps": 3, "accuracy": 0.2, "fallback_lr": 0.002, "tol": 1e-3},
    "saddle_free_newton": {"lr": 0.06, "damping": 0.02},
    "lbfgs": {"lr": 0.9, "history_size": 20, "tolerance_grad": 1e-6, "tolerance_change": 1e-8},
    "nsgd_l2": {"lr": 0.09, "momentum": 0.4, "weight_decay": 0.003, "eps": 0.04},
    "nsgd_l1": {"lr": 0.004, "momentum": 0.5, "weight_decay": 0.002, "eps": 0.06},
    "insgd": {"lr": 0.0011, "momentum": 0.6, "input_momentum": 0.7, "weight_decay": 0.01, "eps": 0.05},
    "insgd_released": {"lr": 0.00004, "momentum": 0.7, "weight_decay": 0.004, "eps": 0.02},
}

PARAMETERS: Mapping[str, Mapping[str, float]] = {
    "ravine": {"condition": 60.0, "angle": 25.0},
    "two_layer_neuron": {"x": 1.3, "y": 0.8},
    "rosenbrock": {"b": 20.0},
}


def landscape_of(key: str) -> Surface:
    made: Surface = SURFACES[key](**PARAMETERS.get(key, {}))
    return made


def problem_of(key: str) -> Problem:
    surface, given = landscape_of(key), PARAMETERS.get(key, {})
    layers = {
        "ravine": lambda: ravine_layers(given["condition"], given["angle"]),
        "two_layer_neuron": lambda: two_layer_layers(given["x"]),
    }.get(key)
    residuals = rosenbrock_residuals(given["b"]) if key == "rosenbrock" else None
    return Problem(surface.gradient, surface.hessian, layers() if layers else None, residuals)


def furthest(path: np.ndarray, reference: np.ndarray) -> float:
    """The largest distance between the paths, relative to the size of the path so far."""
    size = np.maximum.accumulate(np.linalg.norm(reference, axis=-1))
    return float((np.linalg.norm(path - reference, axis=-1) / size).max())


def steps_before_leaving(path: np.ndarray) -> int:
    """How many rows of a path are of a reasonable size: beyond, on surfaces without a floor, there is nothing to compare."""
    far = ~(np.linalg.norm(path, axis=-1) < 1e6)
    return int(far.argmax()) if far.any() else len(path)


@pytest.mark.parametrize("key", OPTIMIZERS)
def test_every_method_has_a_transcription_and_settings(key: str) -> None:
    assert hasattr(transcriptions, key)
    defaults = OPTIMIZERS[key]().hyperparameters
    assert set(SETTINGS[key]) == set(defaults)
    assert all(SETTINGS[key][name] != value for name, value in defaults.items())


@pytest.mark.parametrize(("key", "surface_key"), PAIRS)
def test_paths_are_those_of_the_paper(key: str, surface_key: str) -> None:
    surface = landscape_of(surface_key)
    trajectory = run(OPTIMIZERS[key](**SETTINGS[key]), surface, surface.start, STEPS)
    with np.errstate(all="ignore"):
        reference = getattr(transcriptions, key)(problem_of(surface_key), surface.start, STEPS, **SETTINGS[key])
    rows = steps_before_leaving(reference)
    assert rows > 20
    assert np.linalg.norm(reference[rows - 1] - reference[0]) > 1e-3
    allowed, _cause = EXCEPTIONS.get((key, surface_key), (GAP, ""))
    assert furthest(trajectory.theta[:rows], reference[:rows]) <= allowed


@pytest.mark.parametrize(("key", "surface_key"), EXCEPTIONS)
def test_the_exceptions_are_equal_step_by_step_and_chaotic(key: str, surface_key: str) -> None:
    """Started afresh from each point of the path the step is the paper's; and the paper's own path forgets a last bit."""
    surface, problem, transcribed = landscape_of(surface_key), problem_of(surface_key), getattr(transcriptions, key)
    path = run(OPTIMIZERS[key](**SETTINGS[key]), surface, surface.start, STEPS).theta
    for theta, after in pairwise(path):
        expected = transcribed(problem, theta, 1, **SETTINGS[key])[1]
        assert np.linalg.norm(after - expected) <= GAP * np.linalg.norm(theta)
    nudged = [transcribed(problem, np.array(surface.start) * scale, STEPS, **SETTINGS[key]) for scale in (1, 1 + 4e-16)]
    assert furthest(nudged[1], nudged[0]) > 1e-8


@pytest.fixture
def doubles() -> Iterator[None]:
    """torch keeps some scalars of its optimizers in the default dtype: NAdam's product of mu, in float32, would cost 1e-8."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def torch_path(key: str, landscape: Landscape, hyperparameters: Mapping[str, Any], steps: int = STEPS) -> np.ndarray:
    theta = torch.tensor(np.asarray(landscape.start), dtype=torch.float64, requires_grad=True)
    theirs = TORCH[key](theta, hyperparameters)

    def closure() -> torch.Tensor:
        theta.grad = torch.as_tensor(landscape.gradient(landscape.point(theta.detach().numpy())))
        return torch.tensor(0.0)

    path = [theta.detach().numpy().copy()]
    for _ in range(steps):
        theirs.step(closure)
        path.append(theta.detach().numpy().copy())
    return np.array(path)


@pytest.mark.parametrize("key", TORCH)
@pytest.mark.parametrize("surface_key", TELLING)
@pytest.mark.parametrize("settings", ["defaults", "settings"])
@pytest.mark.usefixtures("doubles")
def test_paths_are_those_of_torch(key: str, surface_key: str, settings: str) -> None:
    surface = landscape_of(surface_key)
    ours = OPTIMIZERS[key](**(SETTINGS[key] if settings == "settings" else {"lr": SETTINGS[key]["lr"]}))
    reference = torch_path(key, surface, ours.hyperparameters)
    rows = steps_before_leaving(reference)
    trajectory = run(ours, surface, surface.start, STEPS)
    assert furthest(trajectory.theta[:rows], reference[:rows]) <= GAP


@pytest.mark.parametrize("key", TORCH)
@pytest.mark.usefixtures("doubles")
def test_networks_walk_as_torch_trains_them(key: str) -> None:
    """In float64, hundreds of parameters at once: what a surface of two coordinates cannot show."""
    network = NETWORKS["digits_mlp"](width=2).to(torch.float64)
    ours = OPTIMIZERS[key](**SETTINGS[key])
    reference = torch_path(key, network, ours.hyperparameters, 25)
    assert furthest(run(ours, network, network.start, 25).theta, reference) <= GAP


@pytest.mark.parametrize("key", TORCH)
def test_defaults_are_those_of_torch(key: str) -> None:
    ours = OPTIMIZERS[key]().hyperparameters
    if key in ("sgd", "momentum", "nesterov"):
        ours = {name: value for name, value in ours.items() if name != "lr"}  # ours is 0.01, a page's choice; torch has 0.001
    ours = {name: value for name, value in ours.items() if name != "momentum"}  # which torch leaves at 0
    names = renamed(ours)
    given = {"nesterov": True, "momentum": 0.9} if key == "nesterov" else {}
    cls = type(TORCH[key](torch.zeros(2), OPTIMIZERS[key]().hyperparameters))
    defaults = cls([torch.zeros(2, requires_grad=True)], **given).defaults
    assert names == {name: defaults[name] for name in names}


@pytest.mark.parametrize(("key", "surface_key"), PAIRS)
def test_tensors_walk_the_same_path(key: str, surface_key: str) -> None:
    """One source, two array libraries: the same rule on torch tensors, several runs at once."""
    surface = landscape_of(surface_key)
    starts = np.array(surface.start) * [[1.0], [0.9]]
    optimizer = OPTIMIZERS[key](**SETTINGS[key])
    steps = 12 if (key, surface_key) in EXCEPTIONS else 60
    ours = run(optimizer, surface, starts, steps).theta
    theirs = run(optimizer, OnTorch(surface), starts, steps).theta
    np.testing.assert_allclose(theirs, ours, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(("key", "surface_key"), PAIRS)
def test_tensor_hyperparameters_sweep_too(key: str, surface_key: str) -> None:
    surface = landscape_of(surface_key)
    rates = SETTINGS[key]["lr"] * np.array([[0.5], [1.0]])
    optimizer = OPTIMIZERS[key](**{**SETTINGS[key], "lr": rates})
    theirs = run(optimizer, OnTorch(surface), surface.start, 12).theta
    np.testing.assert_allclose(theirs, run(optimizer, surface, surface.start, 12).theta, rtol=1e-10, atol=1e-12)
