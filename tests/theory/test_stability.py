"""Every stability limit: 0.999 of it converges, 1.001 diverges. Where a method adapts, on the model its docstring names."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from experiments import run
from experiments.loop import walk
from landscapes import SURFACES
from optimizers import OPTIMIZERS
from tests.linear_neuron import LinearNeuron

pytestmark = pytest.mark.usefixtures("shapes_unchecked")

BESIDE = np.array([[0.999], [1.001]])  # of the limit


def limit_of(optimizer: Any, landscape: Any, theta: Any) -> float:
    theta = landscape.point(theta)
    return float(optimizer.stability_limit(landscape.at(theta), optimizer.init(theta)))


CONSTANT = {  # methods whose step is linear in the gradient, so that the limit is exact for whole runs
    "sgd": ({}, lambda: 2 / 100),
    "momentum": ({"momentum": 0.9}, lambda: 2 * 1.9 / 100),
    "nsgd_l2": ({}, lambda: 2 * (101 + 0.01) / 100),
    "nsgd_l1": ({"momentum": 0.5}, lambda: 3 * (np.sqrt(2) * (10 + 1) / 2 + 0.01) / 100),
    "insgd": ({"momentum": 0.9}, lambda: 3.8 * np.log(101) / 100),
    "insgd_released": ({"momentum": 0.9}, lambda: 3.8 * np.log(1.1) / 3.162268 / 100),
    "newton": ({}, lambda: 2.0),
    "newton_eigen": ({}, lambda: 2.0),
    "newton_cg": ({}, lambda: 2.0),
}


@pytest.mark.parametrize("key", CONSTANT)
def test_limit_is_the_closed_form_and_sharp(key: str) -> None:
    given, expected = CONSTANT[key]
    ravine = SURFACES["ravine"](condition=100.0)
    limit = limit_of(OPTIMIZERS[key](**given), ravine, ravine.start)
    assert limit == pytest.approx(expected(), rel=1e-6)
    t = run(OPTIMIZERS[key](**given, lr=limit * BESIDE), ravine, (1.0, 0.0), 1500)
    inside, beyond = abs(t.theta[..., 0]).T
    assert inside[-50:].max() < 0.5 * inside[700:750].max()
    assert beyond[-50:].max() > 2 * beyond[700:750].max()


def test_annealed_momentum_has_the_limit_of_its_present_coefficient() -> None:
    ravine = SURFACES["ravine"](condition=100.0)
    optimizer = OPTIMIZERS["momentum_annealed"](anneal_steps=100)
    theta = np.array([1.0, 0.0])
    limits = [float(optimizer.stability_limit(ravine.at(theta), (theta, t))) for t in (0, 50, 100, 5000)]
    np.testing.assert_allclose(limits, [2 * 1.5 / 100, 2 * 1.7 / 100, 2 * 1.9 / 100, 2 * 1.9 / 100], rtol=1e-12)
    t = run(OPTIMIZERS["momentum_annealed"](lr=limits[-1] * BESIDE, anneal_steps=1), ravine, theta, 1500)
    inside, beyond = abs(t.theta[..., 0]).T
    assert inside[-50:].max() < 0.5 * inside[700:750].max()
    assert beyond[-50:].max() > 2 * beyond[700:750].max()


def test_newton_along_the_gradient_raises_the_loss_beyond_its_limit() -> None:
    for angle in (0.0, 30.0):
        ravine = SURFACES["ravine"](condition=100.0, angle=angle)
        limit = limit_of(OPTIMIZERS["newton_scalar"](), ravine, ravine.start)
        assert limit == 2
        loss = run(OPTIMIZERS["newton_scalar"](lr=limit * BESIDE), ravine, ravine.start, 50).loss
        assert (np.diff(loss[:, 0]) < 0).all()
        assert (np.diff(loss[:, 1]) > 0).all()


HELD = {  # momentum as the average of gradients (Adam) or none, with the preconditioner held still
    "adam": 0.9,
    "adam_article": 0.9,
    "rmsprop": 0.0,
    "rmsprop_article": 0.0,
}


@pytest.mark.parametrize("key", HELD)
@pytest.mark.parametrize("angle", [0.0, 40.0])
def test_adaptive_limits_are_those_of_the_held_preconditioner(key: str, angle: float) -> None:
    """m = beta m + (1 - beta) H w, w = w - lr m / P, with P of a moment in the method's own run."""
    ravine = SURFACES["ravine"](condition=50.0, angle=angle)
    optimizer = OPTIMIZERS[key](lr=0.01)
    visit = list(walk(optimizer, ravine, ravine.start, 15))[-1]
    limit = float(optimizer.stability_limit(visit.oracle, visit.state))
    p = optimizer.preconditioner(visit.oracle, visit.state)
    beta, hessian = HELD[key], ravine.hessian(visit.theta)
    theta, m = np.ones((2, 2)), np.zeros((2, 2))
    sizes = []
    for _ in range(2000):
        m = beta * m + (1 - beta) * theta @ hessian
        theta = theta - limit * BESIDE * m / p
        sizes.append(abs(theta).max(-1))
    inside, beyond = np.array(sizes).T
    assert inside[-50:].max() < 0.5 * inside[950:1000].max()
    assert beyond[-50:].max() > 2 * beyond[950:1000].max()


@pytest.mark.parametrize(
    ("key", "surface_key"), [("rmsprop", "ravine"), ("rmsprop_article", "ravine"), ("nsgd_l2", "two_layer_neuron")]
)
def test_preconditioners_are_what_the_step_divides_by(key: str, surface_key: str) -> None:
    surface = SURFACES[surface_key]()
    optimizer = OPTIMIZERS[key](lr=0.01)
    for visit in walk(optimizer, surface, [surface.start, (0.7, 0.2)], 5):
        step, _ = optimizer.update(visit.oracle, visit.state)
        p = optimizer.preconditioner(visit.oracle, visit.state)
        np.testing.assert_allclose(step, -0.01 * surface.gradient(visit.theta) / p, rtol=1e-12)


def test_adams_preconditioner_is_the_corrected_root() -> None:
    """At the first step it is |g| + eps: the step there is lr times the sign."""
    ravine = SURFACES["ravine"]()
    theta, optimizer = np.array([0.3, -0.7]), OPTIMIZERS["adam"](eps=0.5)
    p = optimizer.preconditioner(ravine.at(theta), optimizer.init(theta))
    np.testing.assert_allclose(p, abs(ravine.gradient(theta)) + 0.5, rtol=1e-12)


def test_level_ground_has_no_limit_and_residuals_are_not_one_preconditioner() -> None:
    two_layer, saddle, rosenbrock = (SURFACES[key]() for key in ("two_layer_neuron", "saddle", "rosenbrock"))
    assert limit_of(OPTIMIZERS["sgd"](), saddle, (0.0, 0.0)) == 1.0
    with np.errstate(divide="ignore"):
        assert limit_of(OPTIMIZERS["sgd"](), SURFACES["two_layer_neuron"](y=0.0), (0.0, 0.0)) == np.inf
    assert np.isfinite(limit_of(OPTIMIZERS["nsgd_l2"](), two_layer, (1.0, 0.5)))
    for key in ("nsgd_l2", "nsgd_l1", "insgd"):
        assert np.isnan(limit_of(OPTIMIZERS[key](), rosenbrock, (0.0, 0.0)))


@pytest.mark.parametrize("shape", [(100.0, 1.0), (3.0, 3.0), (1.0, 30.0)])
def test_nsgd_on_data_is_stable_up_to_twice_trace_over_sharpness(shape: tuple[float, float]) -> None:
    """K2: never below 2, whatever the inputs."""
    x = np.random.default_rng(1).normal(size=(200, 2)) * shape
    neuron = LinearNeuron(x, x @ np.array([0.4, -0.3]), bias=False)
    covariance = x.T @ x / 200
    top = np.linalg.eigh(covariance)
    expected = 2 * np.trace(covariance) / top[0][-1]
    limit = limit_of(OPTIMIZERS["nsgd_l2"](eps=0.0), neuron, (0.0, 0.0))
    assert limit == pytest.approx(expected, rel=1e-12)
    assert limit > 2
    t = run(OPTIMIZERS["nsgd_l2"](eps=0.0, lr=limit * BESIDE), neuron, np.array([0.4, -0.3]) + top[1][:, -1], 2000)
    error = abs((t.theta - [0.4, -0.3]) @ top[1][:, -1])
    assert error[-1, 0] < 0.5 * error[0, 0]
    assert error[-1, 1] > 2 * error[0, 1]


def test_samples_one_by_one_beat_the_full_batch_as_kaczmarz_does() -> None:
    """Card A5: inputs of scale (100, 1). One sample at a time NSGD converges for lr .1, 1 and 1.9, and not for 2.1."""
    x = np.random.default_rng(0).normal(size=(200, 2)) * [100.0, 1.0]
    target = np.array([1.0, 1.0])
    singles = [LinearNeuron(row[None], [row @ target], bias=False) for row in x]
    whole = LinearNeuron(x, x @ target, bias=False)
    lr = np.array([[0.1], [1.0], [1.9], [2.1]])
    optimizer = OPTIMIZERS["nsgd_l2"](lr=lr, eps=0.0)
    theta, state = np.zeros((4, 2)), optimizer.init(np.zeros((4, 2)))
    with np.errstate(all="ignore"):
        for _ in range(30):
            for single in singles:
                step, state = optimizer.update(single.at(theta), state)
                theta = theta + step
    with np.errstate(all="ignore"):
        loss = whole.loss(theta)
    assert (loss[:3] < 1e-6).all()
    assert not loss[3] < 1
    full = run(OPTIMIZERS["nsgd_l2"](lr=1.0, eps=0.0), whole, (0.0, 0.0), 30)
    assert full.loss[-1] > 0.1  # the slow axis is untouched
