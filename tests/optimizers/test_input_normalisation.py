"""The NSGD family on landscapes with true inputs: what is divided, by what, and in which order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments import run
from landscapes import SURFACES
from landscapes.oracle import Oracle
from optimizers import OPTIMIZERS
from tests.linear_neuron import LinearNeuron

DATA = np.random.default_rng(7)
X, Y = DATA.normal(size=(6, 3)) * 2, DATA.normal(size=6)
NEURON = LinearNeuron(X, Y)
GAIN = (1 + 1e-6) ** 0.5 / (0.1**0.5 + 1e-6)  # of the released code's accumulators, which never change
THETA = np.array([0.3, -0.2, 0.5, 0.1])


def first_step(optimizer: Any, landscape: Any = NEURON, theta: Any = THETA) -> np.ndarray:
    step: np.ndarray = optimizer.update(Oracle(landscape, theta), optimizer.init(theta))[0]
    return step


@pytest.mark.parametrize(
    ("key", "divisor"),
    [
        ("nsgd_l2", lambda: (X**2).sum(1).mean() + 0.01),
        ("nsgd_l1", lambda: abs(X).sum(1).mean() + 0.01),
        ("insgd", lambda: np.log((X**2).sum(1).mean())),
        ("insgd_released", lambda: np.log(3 - 0.9) / GAIN),
    ],
)
def test_weights_are_divided_and_biases_by_exactly_one(key: str, divisor: Any) -> None:
    g = NEURON.gradient(THETA)
    step = first_step(OPTIMIZERS[key](lr=1.0))
    np.testing.assert_allclose(step[:3], -g[:3] / divisor(), rtol=1e-12)
    assert step[3] == -g[3]


def test_weak_inputs_hit_the_clip_of_the_logarithm() -> None:
    """log P <= eps: the divisor is eps itself, so that the learning rate is multiplied by 100."""
    weak = LinearNeuron(X * 0.01, Y)
    g = weak.gradient(THETA)
    np.testing.assert_allclose(first_step(OPTIMIZERS["insgd"](lr=1.0), weak)[:3], -100 * g[:3], rtol=1e-12)
    np.testing.assert_allclose(first_step(OPTIMIZERS["insgd"](lr=1.0, eps=0.25), weak)[:3], -4 * g[:3], rtol=1e-12)


@pytest.mark.parametrize("key", ["nsgd_l2", "nsgd_l1", "insgd", "insgd_released"])
def test_order_is_normalise_then_decay_then_momentum(key: str) -> None:
    """Two steps by hand: decay is not divided, and the buffer holds what was divided and decayed."""
    plain = OPTIMIZERS[key](lr=1.0, momentum=0.0)
    full = OPTIMIZERS[key](lr=0.1, momentum=0.7, weight_decay=0.3)
    state = full.init(THETA)
    step, state = full.update(Oracle(NEURON, THETA), state)
    b = -first_step(plain) + 0.3 * THETA
    np.testing.assert_allclose(step, -0.1 * b, rtol=1e-12)
    theta = THETA + step
    step, state = full.update(Oracle(NEURON, theta), state)
    b = 0.7 * b - first_step(plain, theta=theta) + 0.3 * theta
    np.testing.assert_allclose(step, -0.1 * b, rtol=1e-12)


def test_input_momentum_starts_at_the_first_power_and_averages_powers() -> None:
    """On the two-layer neuron the second layer's power changes: P = 0.7 P + 0.3 n."""
    neuron = SURFACES["two_layer_neuron"](x=3.0, y=1.0)
    optimizer = OPTIMIZERS["insgd"](lr=0.01, momentum=0.0, input_momentum=0.7)
    first, second = np.array([1.0, 0.5]), np.array([2.0, 0.4])
    _, state = optimizer.update(neuron.at(first), optimizer.init(first))
    step, _ = optimizer.update(neuron.at(second), state)
    running = 0.7 * (3.0 * 1.0) ** 2 + 0.3 * (3.0 * 2.0) ** 2
    expected = -0.01 * neuron.gradient(second) / np.log([9.0, running])
    np.testing.assert_allclose(step, expected, rtol=1e-12)


@pytest.mark.parametrize(("fan_in", "factor"), [(20, 1.07207), (16, 1.16487)])
def test_released_code_multiplies_weights_by_a_constant(fan_in: int, factor: float) -> None:
    """Card A3: 3.162 / log(D - 0.9) whatever the inputs, and 1 on biases."""
    for scale in (0.1, 1.0, 100.0):
        neuron = LinearNeuron(DATA.normal(size=(5, fan_in)) * scale, DATA.normal(size=5))
        theta = DATA.normal(size=fan_in + 1)
        ratio = -first_step(OPTIMIZERS["insgd_released"](lr=1.0), neuron, theta) / neuron.gradient(theta)
        np.testing.assert_allclose(ratio[:-1], factor, atol=5e-6)
        assert ratio[-1] == pytest.approx(1, rel=1e-14)


def test_released_code_is_momentum_with_a_factor() -> None:
    neuron = LinearNeuron(X, Y, bias=False)
    factor = GAIN / np.log(3 - 0.9)
    ours = run(OPTIMIZERS["insgd_released"](lr=0.001, momentum=0.9), neuron, THETA[:3], 50).theta
    plain = run(OPTIMIZERS["momentum"](lr=0.001 * factor, momentum=0.9), neuron, THETA[:3], 50).theta
    np.testing.assert_allclose(ours, plain, rtol=1e-12)


@given(st.sampled_from([0.3, 1.0, 1.7]), st.lists(st.floats(0.1, 5), min_size=2, max_size=4), st.floats(-3, 3))
def test_one_sample_is_nlms(mu: float, sample: list[float], target: float) -> None:
    """With eps 0 the error after the step is (1 - mu) times the error before: .7, 0 and -.7. With l1, 1 - mu |x|2^2 / |x|1."""
    x = np.array(sample)
    neuron = LinearNeuron([x], [target], bias=False)
    theta = np.zeros(len(x))
    for key, left in (("nsgd_l2", 1 - mu), ("nsgd_l1", 1 - mu * (x @ x) / abs(x).sum())):
        after = theta + first_step(OPTIMIZERS[key](lr=mu, eps=0.0), neuron, theta)
        assert x @ after - target == pytest.approx(left * (0 - target), abs=1e-9 * (1 + abs(left)))


@pytest.mark.parametrize("scale", [0.125, 8.0, 1024.0])
def test_l2_forgets_the_scale_of_the_inputs_and_l1_does_not(scale: float) -> None:
    """Inputs and targets times c, eps 0: the same path, exactly for powers of two."""
    paths = {}
    for key, eps in (("nsgd_l2", 0.0), ("nsgd_l1", 0.0), ("insgd", 1e-9)):
        optimizer = OPTIMIZERS[key](lr=0.02, eps=eps)
        paths[key] = [run(optimizer, LinearNeuron(X * c, Y * c, bias=False), THETA[:3], 40).theta for c in (1.0, scale)]
    assert np.array_equal(*paths["nsgd_l2"])
    assert not np.allclose(*paths["nsgd_l1"], rtol=1e-3)
    assert not np.allclose(*paths["insgd"], rtol=1e-3)


def test_l2_on_the_ravine_is_gradient_descent_over_the_trace() -> None:
    ravine = SURFACES["ravine"](condition=30.0, angle=15.0)
    ours = run(OPTIMIZERS["nsgd_l2"](lr=0.8, eps=0.01), ravine, ravine.start, 100).theta
    plain = run(OPTIMIZERS["sgd"](lr=0.8 / (31 + 0.01)), ravine, ravine.start, 100).theta
    np.testing.assert_allclose(ours, plain, rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize("key", ["nsgd_l2", "nsgd_l1", "insgd"])
def test_rosenbrock_is_normalised_residual_by_residual(key: str) -> None:
    x, y = theta = np.array([-1.2, 1.0])
    r, jacobian = np.array([1 - x, 10 * (y - x * x)]), np.array([[-1.0, 0.0], [-20 * x, 10.0]])
    power = (jacobian**2).sum(1) if key != "nsgd_l1" else abs(jacobian).sum(1)
    divisor = np.maximum(np.log(power), 0.01) if key == "insgd" else power + 0.01
    expected = -0.5 * (r[:, None] * jacobian / divisor[:, None]).sum(0)
    np.testing.assert_allclose(first_step(OPTIMIZERS[key](lr=0.5), SURFACES["rosenbrock"](), theta), expected, rtol=1e-12)


def test_full_rate_solves_one_linearised_residual() -> None:
    """r2 = 10 (y - x^2) alone, at x = 1 where r1 = 0: with lr 1 and eps 0 the linearised residual is gone."""
    theta = np.array([1.0, 1.5])
    step = first_step(OPTIMIZERS["nsgd_l2"](lr=1.0, eps=0.0), SURFACES["rosenbrock"](), theta)
    r, row = 5.0, np.array([-20.0, 10.0])
    assert r + row @ step == pytest.approx(0, abs=1e-12)


def test_reasons_for_standing_aside() -> None:
    saddle, neuron = SURFACES["saddle"](), SURFACES["two_layer_neuron"]()
    for key in ("nsgd_l2", "nsgd_l1", "insgd"):
        assert "no input enters it" in (OPTIMIZERS[key]().disabled_because(saddle) or "")
        for surface_key in ("ravine", "two_layer_neuron", "rosenbrock"):
            assert OPTIMIZERS[key]().disabled_because(SURFACES[surface_key]()) is None
        with pytest.raises(ValueError, match="cannot run here"):
            run(OPTIMIZERS[key](), saddle, saddle.start, 1)
    released = OPTIMIZERS["insgd_released"]()
    assert "no layers" in (released.disabled_because(saddle) or "")
    assert "no layers" in (released.disabled_because(SURFACES["rosenbrock"]()) or "")
    assert "one input" in (released.disabled_because(neuron) or "")
    assert released.disabled_because(SURFACES["ravine"]()) is None
    for key in ("sgd", "momentum", "adam", "newton"):
        assert OPTIMIZERS[key]().disabled_because(saddle) is None
