"""What wrappers do to stability and to minima, in closed form."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from experiments import run
from landscapes import SURFACES
from optimizers import OPTIMIZERS, WRAPPERS
from optimizers.optimizer import GRAD, HESSIAN

pytestmark = pytest.mark.usefixtures("shapes_unchecked")

BESIDE = np.array([[0.999], [1.001]])  # of a limit
RAVINE = {"condition": 100.0}


def limit_of(optimizer: Any, surface: Any, theta: Any) -> float:
    theta = np.array(theta)
    return float(optimizer.stability_limit(surface.at(theta), optimizer.init(theta)))


def is_sharp(optimizer: Any, limit: float, steps: int = 1500) -> bool:
    """Whether just inside it an error along the steep axis shrinks, and just beyond it grows."""
    ravine = SURFACES["ravine"](**RAVINE)
    t = run(optimizer.with_hyperparameters(lr=limit * BESIDE), ravine, (1.0, 0.0), steps)
    inside, beyond = abs(t.theta[..., 0]).T
    half = steps // 2
    return bool(
        inside[-50:].max() < 0.5 * inside[half - 50 : half].max() and beyond[-50:].max() > 2 * beyond[half - 50 : half].max()
    )


@pytest.mark.parametrize(
    ("rule", "given_", "l2", "decoupled"),
    [
        ("sgd", {}, 2 / 103, 2 / 103),
        ("momentum", {"momentum": 0.8}, 3.6 / 103, 3.6 / (100 + 1.8 * 3)),
        ("newton", {}, 2.0, 2 / (1 + 3)),
    ],
)
def test_limits_with_weight_decay(rule: str, given_: Any, l2: float, decoupled: float) -> None:
    ravine = SURFACES["ravine"](**RAVINE)
    for key, expected in (("weight_decay", l2), ("decoupled_weight_decay", decoupled)):
        optimizer = WRAPPERS[key](OPTIMIZERS[rule](**given_), weight_decay=3.0)
        limit = limit_of(optimizer, ravine, (1.0, 0.0))
        assert limit == pytest.approx(expected, rel=1e-12)
        assert is_sharp(optimizer, limit)


def test_weight_decay_is_the_landscape_with_a_ridge() -> None:
    """All that the oracle says is of L + decay/2 ‖θ‖²: Newton jumps to that one's minimum, elsewhere too."""
    ravine = SURFACES["ravine"](condition=10.0, angle=30.0)
    optimizer = WRAPPERS["weight_decay"](OPTIMIZERS["newton"](), weight_decay=0.5)
    theta = np.array([[0.3, -0.8], [1.0, 2.0]])
    source = ravine.at(theta)
    seen = optimizer.seen(source)
    np.testing.assert_allclose(seen.loss, ravine.loss(theta) + 0.25 * (theta**2).sum(-1), rtol=1e-14)
    for i in range(2):
        there = theta + 1e-6 * np.eye(2)[i]
        slope = (seen.at(there).loss - seen.at(theta - 1e-6 * np.eye(2)[i]).loss) / 2e-6
        np.testing.assert_allclose(seen.grad[:, i], slope, rtol=1e-6)
        np.testing.assert_allclose((seen.at(there).grad - seen.grad) / 1e-6, seen.hessian[..., i], rtol=1e-5, atol=1e-8)
    vector = np.array([[0.2, 0.1], [-0.4, 0.6]])
    np.testing.assert_allclose(seen.hvp(vector), (seen.hessian @ vector[..., None])[..., 0], rtol=1e-12)
    assert (optimizer.needs, type(optimizer.inner).__name__) == (GRAD | HESSIAN, "Newton")
    t = run(optimizer, SURFACES["rosenbrock"](b=1.0), (1.1, 1.2), 30)
    end = SURFACES["rosenbrock"](b=1.0).gradient(t.theta[-1]) + 0.5 * t.theta[-1]
    assert abs(end).max() < 1e-12


def test_decay_of_input_normalised_rules_is_their_own() -> None:
    ravine = SURFACES["ravine"]()
    l2 = WRAPPERS["weight_decay"](OPTIMIZERS["nsgd_l2"]())
    assert "It has a weight_decay of its own" in (l2.disabled_because(ravine) or "")
    assert WRAPPERS["weight_decay"](OPTIMIZERS["sgd"]()).disabled_because(ravine) is None
    with pytest.raises(ValueError, match="It has a weight_decay of its own"):
        run(l2, ravine, ravine.start, 2)
    with pytest.raises(ValueError, match="It has a weight_decay of its own"):
        l2.update(ravine.at(np.array([1.0, 1.0])), np.zeros(2))
    own = run(OPTIMIZERS["nsgd_l2"](weight_decay=0.1), ravine, ravine.start, 40).theta
    beside = run(WRAPPERS["decoupled_weight_decay"](OPTIMIZERS["nsgd_l2"](), weight_decay=0.1), ravine, ravine.start, 40).theta
    np.testing.assert_allclose(own, beside, rtol=1e-10)  # without momentum the same: lr weight_decay θ


def test_below_its_limit_a_clipped_step_comes_nearer_and_beyond_it_does_not() -> None:
    """And however large the learning rate, the path never leaves: on a parabola it hops between two points lr norm apart."""
    ravine = SURFACES["ravine"](**RAVINE)
    optimizer = WRAPPERS["clip"](OPTIMIZERS["sgd"](), norm=0.3)
    for place in (1.0, 0.05, 0.003, 0.001):
        limit = limit_of(optimizer, ravine, (place, 0.0))
        assert limit == pytest.approx(2 / 100 / min(1, 0.3 / (100 * place)), rel=1e-4)
        after = abs(run(replace(optimizer, inner=OPTIMIZERS["sgd"](lr=limit * BESIDE)), ravine, (place, 0.0), 1).theta[1, :, 0])
        assert after[0] < place < after[1]
    path = run(WRAPPERS["clip"](OPTIMIZERS["sgd"](lr=0.05), norm=0.3), ravine, (1.0, 0.0), 400).theta[..., 0]
    np.testing.assert_allclose(abs(np.diff(path[-9:])), 0.05 * 0.3, rtol=1e-5)
    assert path[-1] * path[-2] < 0


def test_clipping_keeps_the_direction_or_turns_it() -> None:
    saddle, theta = SURFACES["saddle"](), np.array([3.0, 0.1])
    g = saddle.gradient(theta)
    by_norm, by_value = (WRAPPERS[key](OPTIMIZERS["sgd"](lr=1.0)) for key in ("clip", "clip_value"))
    step = by_norm.update(saddle.at(theta), None)[0]
    np.testing.assert_allclose(step, -g / np.linalg.norm(g), rtol=1e-6)
    np.testing.assert_allclose(by_value.update(saddle.at(theta), None)[0], [-1.0, -g[1]])
    assert np.isnan(limit_of(by_value, saddle, theta))
    assert limit_of(by_value, saddle, (0.1, 0.1)) == limit_of(OPTIMIZERS["sgd"](), saddle, (0.1, 0.1)) == 1.0


def test_clipping_before_input_normalisation() -> None:
    """What is divided by the inputs is the clipped gradient; several gradients have no clipping by value of their sum."""
    ravine = SURFACES["ravine"]()
    theta = np.array([1.0, 1.0])
    rule = OPTIMIZERS["nsgd_l2"](lr=1.0, eps=0.0)
    step, _ = rule.update(ravine.at(theta), np.zeros(2))
    norm = np.linalg.norm(ravine.gradient(theta))
    clipped, _ = WRAPPERS["clip"](rule, norm=norm / 4).update(ravine.at(theta), np.zeros(2))
    np.testing.assert_allclose(clipped, step / 4, rtol=1e-6)
    by_value, _ = WRAPPERS["clip_value"](rule, value=0.5).update(ravine.at(theta), np.zeros(2))
    np.testing.assert_allclose(by_value, step * np.minimum(1, 0.5 / abs(ravine.gradient(theta))), rtol=1e-12)
    rosenbrock = SURFACES["rosenbrock"]()
    assert WRAPPERS["clip"](rule).disabled_because(rosenbrock) is None
    away = np.array([-1.2, 1.3])  # where the two residuals' gradients differ from their sum
    whole, _ = rule.update(rosenbrock.at(away), np.zeros(2))
    descended = rosenbrock.gradient(away) / 2  # the sum of residual times slope
    clipped, _ = WRAPPERS["clip"](rule, norm=np.linalg.norm(descended) / 4).update(rosenbrock.at(away), np.zeros(2))
    np.testing.assert_allclose(clipped, whole / 4, rtol=1e-6)
    assert "several gradients" in (WRAPPERS["clip_value"](rule).disabled_because(rosenbrock) or "")
    with pytest.raises(ValueError, match="several gradients"):
        WRAPPERS["clip_value"](rule).update(rosenbrock.at(theta), np.zeros(2))


@pytest.mark.parametrize(("x", "factor"), [(0.5, 0.515625), (1.9, 0.204755), (2.1, -0.305255)])
def test_lookahead_factor_per_outer_loop(x: float, factor: float) -> None:
    ravine = SURFACES["ravine"](**RAVINE)
    t = run(WRAPPERS["lookahead"](OPTIMIZERS["sgd"](lr=x / 100)), ravine, (1.0, 0.0), 20)
    np.testing.assert_allclose(t.theta[5::5, 0] / t.theta[:-1:5, 0], factor, rtol=1e-5)
    np.testing.assert_allclose(t.theta[5::5, 0] / t.theta[:-1:5, 0], 0.5 + 0.5 * (1 - x) ** 5, rtol=1e-12)


@pytest.mark.parametrize(
    ("k", "alpha", "expected"), [(5, 0.5, 1 + 3**0.2), (4, 0.5, 2.0), (3, 0.8, 1 + 1.5 ** (1 / 3)), (1, 1.0, 2.0)]
)
def test_lookahead_limit(k: int, alpha: float, expected: float) -> None:
    ravine = SURFACES["ravine"](**RAVINE)
    optimizer = WRAPPERS["lookahead"](OPTIMIZERS["sgd"](), k=k, alpha=alpha)
    limit = limit_of(optimizer, ravine, (1.0, 0.0))
    assert 100 * limit == pytest.approx(expected, rel=1e-12)
    assert is_sharp(optimizer, limit, 4000)
    decayed = WRAPPERS["lookahead"](WRAPPERS["decoupled_weight_decay"](OPTIMIZERS["sgd"](), weight_decay=3.0), k=k, alpha=alpha)
    assert is_sharp(decayed, limit_of(decayed, ravine, (1.0, 0.0)), 4000)


def test_lookahead_states_no_limit_where_none_is_known() -> None:
    ravine = SURFACES["ravine"]()
    for rule in ("momentum", "adam", "newton", "newton_scalar"):
        assert np.isnan(limit_of(WRAPPERS["lookahead"](OPTIMIZERS[rule]()), ravine, ravine.start))


def test_a_scheduled_limit_is_that_of_the_step() -> None:
    ravine = SURFACES["ravine"](**RAVINE)
    inner = OPTIMIZERS["momentum"](momentum=0.8)
    optimizer = WRAPPERS["schedule"](
        WRAPPERS["change"](inner, of="momentum", at=7, value=0.4), of="momentum", shape="step", steps=10
    )
    theta = np.array([1.0, 0.0])
    for t, momentum in ((0, 0.8), (6, 0.8), (7, 0.4), (10, 0.04)):
        state = (t, (t, theta))
        assert float(optimizer.stability_limit(ravine.at(theta), state)) == pytest.approx(2 * (1 + momentum) / 100, rel=1e-12)
