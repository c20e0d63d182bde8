"""Every stability limit: 0.999 of it converges, 1.001 diverges. Where a method adapts, on the model its docstring names."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pytest

from experiments import run
from experiments.loop import walk
from landscapes import SURFACES
from optimizers import OPTIMIZERS
from tests.cases import PAIRS
from tests.linear_neuron import LinearNeuron

pytestmark = pytest.mark.usefixtures("shapes_unchecked")

BESIDE = np.array([[0.999], [1.001]])  # of the limit


def limit_of(optimizer: Any, landscape: Any, theta: Any) -> float:
    theta = landscape.point(theta)
    return float(optimizer.stability_limit(landscape.at(theta), optimizer.init(theta)))


CONSTANT = [  # methods whose step is linear in the gradient, so that the limit is exact for whole runs
    ("sgd", {}, lambda: 2 / 100),
    ("momentum", {"momentum": 0.9}, lambda: 2 * 1.9 / 100),
    ("nesterov", {"momentum": 0.9}, lambda: 3.8 / 2.8 / 100),
    ("nesterov", {"momentum": 0.0}, lambda: 2 / 100),
    ("nsgd_l2", {}, lambda: 2 * (101 + 0.01) / 100),
    ("nsgd_l2", {"weight_decay": 0.3}, lambda: 2 / (100 / (101 + 0.01) + 0.3)),
    ("nsgd_l1", {"momentum": 0.5}, lambda: 3 * (np.sqrt(2) * (10 + 1) / 2 + 0.01) / 100),
    ("insgd", {"momentum": 0.9}, lambda: 3.8 * np.log(101) / 100),
    ("insgd", {"momentum": 0.9, "weight_decay": 5.0}, lambda: 3.8 / (100 / np.log(101) + 5)),
    ("insgd_released", {"momentum": 0.9}, lambda: 3.8 * np.log(1.1) / 3.162268 / 100),
    ("insgd_released", {"momentum": 0.9, "weight_decay": 900.0}, lambda: 3.8 / (3.162268 * 100 / np.log(1.1) + 900)),
    ("newton", {}, lambda: 2.0),
    ("newton_eigen", {}, lambda: 2.0),
    ("newton_cg", {}, lambda: 2.0),
    ("saddle_free_newton", {}, lambda: 2.0),
]


@pytest.mark.parametrize(("key", "given", "expected"), CONSTANT)
def test_limit_is_the_closed_form_and_sharp(key: str, given: dict[str, float], expected: Any) -> None:
    ravine = SURFACES["ravine"](condition=100.0)
    limit = limit_of(OPTIMIZERS[key](**given), ravine, ravine.start)
    assert limit == pytest.approx(expected(), rel=1e-6)
    t = run(OPTIMIZERS[key](**given, lr=limit * BESIDE), ravine, (1.0, 0.0), 1500)
    inside, beyond = abs(t.theta[..., 0]).T
    assert inside[-50:].max() < 0.5 * inside[700:750].max()
    assert beyond[-50:].max() > 2 * beyond[700:750].max()


def test_every_method_says_its_limit_or_that_it_has_none() -> None:
    ravine = SURFACES["ravine"]()
    for key in OPTIMIZERS:
        assert np.isnan(limit_of(OPTIMIZERS[key](), ravine, ravine.start)) == OPTIMIZERS[key].limit.startswith("none")
    assert {key for key in OPTIMIZERS if OPTIMIZERS[key].limit.startswith("none")} == {"lion", "lbfgs"}


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


class Held(NamedTuple):
    """Δθ = -lr ((direct g + averaged m) / P + decay θ) with m ← beta m + (1 - beta) g and P held still."""

    direct: float = 0.0
    averaged: float = 1.0
    beta: float = 0.9
    decay: float = 0.0


def mu(t: int) -> float:
    return 0.9 * (1 - 0.5 * 0.96 ** (0.004 * t))


PLAIN = Held(direct=1.0, averaged=0.0, beta=0.0)

HELD = [
    ("adagrad", {}, PLAIN),
    ("adagrad", {"lr_decay": 0.1}, PLAIN),
    ("adadelta", {}, PLAIN),
    ("rmsprop", {}, PLAIN),
    ("rmsprop_article", {}, PLAIN),
    ("adam", {}, Held()),
    ("adam_article", {}, Held()),
    ("amsgrad", {}, Held()),
    ("adamw", {"weight_decay": 0.0}, Held()),
    ("adamw", {"weight_decay": 2.0}, Held(decay=2.0)),
    ("nadam", {}, Held(direct=1 - mu(16), averaged=mu(17))),
    ("nadam", {"momentum_decay": 1e4}, Held(direct=0.1, averaged=0.9)),
    ("radam", {}, Held()),
    ("radam", {"beta2": 0.6}, Held()),  # never adaptive
]


@pytest.mark.parametrize(("key", "given", "held"), HELD)
@pytest.mark.parametrize("angle", [0.0, 40.0])
def test_adaptive_limits_are_those_of_the_held_preconditioner(
    key: str, given: dict[str, float], held: Held, angle: float
) -> None:
    """P is that of a moment in the method's own run."""
    ravine = SURFACES["ravine"](condition=50.0, angle=angle)
    optimizer = OPTIMIZERS[key](lr=0.01, **given)
    visit = list(walk(optimizer, ravine, ravine.start, 15))[-1]
    limit = float(optimizer.stability_limit(visit.oracle, visit.state))
    p = optimizer.preconditioner(visit.oracle, visit.state)
    hessian = ravine.hessian(visit.theta)
    theta, m = np.ones((2, 2)), np.zeros((2, 2))
    sizes = []
    for _ in range(2000):
        g = theta @ hessian
        m = held.beta * m + (1 - held.beta) * g
        theta = theta - limit * BESIDE * ((held.direct * g + held.averaged * m) / p + held.decay * theta)
        sizes.append(abs(theta).max(-1))
    inside, beyond = np.array(sizes).T
    assert inside[-50:].max() < 0.5 * inside[950:1000].max()
    assert beyond[-50:].max() > 2 * beyond[950:1000].max()


def test_nadams_limit_without_its_warm_up_is_nesterovs_over_one_minus_beta() -> None:
    ravine = SURFACES["ravine"]()
    optimizer = OPTIMIZERS["nadam"](momentum_decay=1e4)
    p = optimizer.preconditioner(ravine.at(np.array([1.0, 0.0])), optimizer.init(np.zeros(2)))
    assert limit_of(optimizer, ravine, (1.0, 0.0)) == pytest.approx(3.8 / 2.8 / 0.1 / np.max([100, 1] / p), rel=1e-12)


DIAGONAL = {
    "adagrad", "adadelta", "rmsprop", "rmsprop_article", "adam", "adam_article", "amsgrad", "adamw", "nadam", "radam",
    "nsgd_l2", "nsgd_l1", "insgd", "insgd_released",
}  # fmt: skip
OFF = {"momentum": 0.0, "beta1": 0.0, "weight_decay": 0.0}


def test_who_has_a_preconditioner() -> None:
    neuron = SURFACES["ravine"]()
    oracle = neuron.at(neuron.point(neuron.start))
    found = {k for k in OPTIMIZERS if OPTIMIZERS[k]().preconditioner(oracle, OPTIMIZERS[k]().init(oracle.theta)) is not None}
    assert found == DIAGONAL


@pytest.mark.parametrize(("key", "surface_key"), [pair for pair in PAIRS if pair[0] in DIAGONAL])
def test_preconditioners_are_what_the_next_step_divides_by(key: str, surface_key: str) -> None:
    """With momentum and decay switched off step = -lr g / P, in warm-up and after."""
    surface = SURFACES[surface_key]()
    ranges = OPTIMIZERS[key].ranges
    optimizer = OPTIMIZERS[key](lr=0.001, **{name: value for name, value in OFF.items() if name in ranges})
    if "lr_decay" in ranges:
        optimizer = optimizer.with_hyperparameters(lr_decay=0.3)
    for visit in walk(optimizer, surface, [surface.start, (0.7, 0.2)], 10):
        step, _ = optimizer.update(visit.oracle, visit.state)
        p = optimizer.preconditioner(visit.oracle, visit.state)
        if p is None:
            assert surface_key == "rosenbrock"  # where each residual has its own
        else:
            np.testing.assert_allclose(step, -0.001 * surface.gradient(visit.theta) / p, rtol=1e-12)


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
