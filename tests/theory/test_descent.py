"""Closed forms and the article's claims, with the numbers that an independent program gave (R: condition 100, start (1, 1))."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments import run
from experiments.loop import walk
from landscapes import SURFACES
from landscapes.landscape import Draw
from landscapes.surfaces.expression import Expression
from landscapes.surfaces.surface import surface
from optimizers import OPTIMIZERS

pytestmark = pytest.mark.usefixtures("shapes_unchecked")

START = (1.0, 1.0)


def steps_to(key: str, **given: float) -> int:
    return int(run(OPTIMIZERS[key](**given), SURFACES["ravine"](), START, 800).steps_to(1e-6))


def sign_changes(path: np.ndarray) -> int:
    return int((np.diff(np.sign(path)) != 0).sum())


@given(st.floats(1, 500), st.floats(-90, 90), st.floats(1e-4, 0.5))
def test_each_eigendirection_shrinks_by_its_own_factor(condition: float, angle: float, lr: float) -> None:
    """|1 - lr lambda|, whatever the other direction does."""
    ravine = SURFACES["ravine"](condition=condition, angle=angle)
    a = np.radians(angle)
    axes = np.array([[np.cos(a), np.sin(a)], [-np.sin(a), np.cos(a)]])
    for axis, curvature in zip(axes, (condition, 1.0), strict=True):
        along = run(OPTIMIZERS["sgd"](lr=lr), ravine, axis, 5).theta @ axis
        np.testing.assert_allclose(along, (1 - lr * curvature) ** np.arange(6), rtol=1e-7, atol=1e-9 * max(1, along.max()))


def test_gradient_descent_bounces_and_creeps() -> None:
    """J1: 40 of 40 steps change the side of the steep axis; the flat one shrinks by 1.9 % a step."""
    t = run(OPTIMIZERS["sgd"](lr=0.019), SURFACES["ravine"](), START, 40).theta
    assert sign_changes(t[:, 0]) == 40
    np.testing.assert_allclose(t[1:, 1] / t[:-1, 1], 0.981, rtol=1e-12)
    assert steps_to("sgd", lr=0.01) == 653
    assert steps_to("sgd", lr=2 / 101) == 444


def test_the_limit_of_the_learning_rate_is_sharp() -> None:
    """J2: 200 steps at .0198, .02 and .0202."""
    t = run(OPTIMIZERS["sgd"](lr=np.array([[0.0198], [0.02], [0.0202]])), SURFACES["ravine"](), START, 200)
    np.testing.assert_allclose(abs(t.theta[-1, :, 0]), [0.98**200, 1.0, 1.02**200], rtol=1e-9)
    np.testing.assert_allclose(abs(t.theta[-1, :, 0]), [0.018, 1.0, 52.5], rtol=0.03)


def test_accumulated_gradients_cancel_across_and_add_along() -> None:
    """J6: .053 and 1.000."""
    ravine = SURFACES["ravine"]()
    g = ravine.gradient(run(OPTIMIZERS["sgd"](lr=0.019), ravine, START, 40).theta)[:-1]
    np.testing.assert_allclose(abs(g.sum(0)) / abs(g).sum(0), [0.053, 1.0], atol=5e-4)


def test_momentum_is_faster() -> None:
    """J7a: 319 and 138 steps against 653; the best heavy ball needs 69."""
    assert steps_to("momentum", lr=0.01, momentum=0.5) == 319
    assert steps_to("momentum", lr=0.01, momentum=0.9) == 138
    assert steps_to("momentum", lr=4 / 11**2, momentum=(9 / 11) ** 2) == 69


def test_momentums_limit_is_sharp() -> None:
    """K4: .0379 converges and .0381 diverges."""
    t = run(OPTIMIZERS["momentum"](lr=np.array([[0.0379], [0.0381]])), SURFACES["ravine"](), START, 3000)
    assert t.loss[-1, 0] < 1e-6
    assert t.loss[-1, 1] > 1e6


def test_annealing_helps_here() -> None:
    """J7b: 103 steps against 138 (102 if the line has risen before the first step)."""
    assert steps_to("momentum_annealed", lr=0.01, momentum=0.9, initial=0.5, anneal_steps=100) == 103
    t = run(OPTIMIZERS["momentum_annealed"](lr=0.01, momentum=0.8, initial=0.8), SURFACES["ravine"](), START, 50).theta
    np.testing.assert_allclose(t, run(OPTIMIZERS["momentum"](lr=0.01, momentum=0.8), SURFACES["ravine"](), START, 50).theta)


def test_momentum_overshoots() -> None:
    """J7c: 31 sign changes in a bowl where gradient descent has none."""
    bowl = SURFACES["ravine"](condition=1.0)
    assert sign_changes(run(OPTIMIZERS["momentum"](lr=0.1, momentum=0.9), bowl, (1.0, 0.0), 300).theta[:, 0]) == 31
    assert sign_changes(run(OPTIMIZERS["sgd"](lr=0.1), bowl, (1.0, 0.0), 300).theta[:, 0]) == 0


@pytest.mark.parametrize("condition", [4.0, 25.0, 100.0])
def test_the_best_heavy_ball_contracts_at_its_rate(condition: float) -> None:
    """(sqrt k - 1) / (sqrt k + 1) a step, times t because the roots are double; gradient descent: (k - 1) / (k + 1)."""
    ravine, root = SURFACES["ravine"](condition=condition), np.sqrt(condition)
    rate = (root - 1) / (root + 1)
    t = run(OPTIMIZERS["momentum"](lr=4 / (root + 1) ** 2, momentum=rate**2), ravine, START, 60).theta
    for axis in (0, 1):
        along = t[:, axis] / (np.sign(t[-1, axis]) * rate ** np.arange(61))
        signed = along * np.where(axis == 0, (-1.0) ** np.arange(60, -1, -1), 1.0)
        np.testing.assert_allclose(np.diff(signed, 2), 0, atol=1e-6 * abs(signed).max())  # a straight line in t
    plain = run(OPTIMIZERS["sgd"](lr=2 / (condition + 1)), ravine, START, 60).theta
    np.testing.assert_allclose(abs(plain[-1]), ((condition - 1) / (condition + 1)) ** 60, rtol=1e-9)


@pytest.mark.parametrize("condition", [4.0, 25.0, 100.0])
def test_the_best_nesterov_contracts_at_its_rate(condition: float) -> None:
    """With lr 1 / L: 1 - 1 / sqrt k a step along the flat axis, double roots again; the steep axis is solved in two steps."""
    ravine, root = SURFACES["ravine"](condition=condition), np.sqrt(condition)
    t = run(OPTIMIZERS["nesterov"](lr=1 / condition, momentum=(root - 1) / (root + 1)), ravine, START, 60).theta
    np.testing.assert_allclose(t[2:, 0], 0, atol=1e-12)
    along = t[:, 1] / (1 - 1 / root) ** np.arange(61)
    np.testing.assert_allclose(np.diff(along, 2), 0, atol=1e-9 * abs(along).max())  # a straight line in t


def test_rmsprop_gives_both_axes_the_same_step() -> None:
    """J9: effective rates 100 to 1 at once, after which both coordinates move in lockstep."""
    ravine, optimizer = SURFACES["ravine"](), OPTIMIZERS["rmsprop_article"](lr=0.01)
    for visit in walk(optimizer, ravine, START, 30):
        p = optimizer.preconditioner(visit.oracle, visit.state)
        assert p[0] / p[1] == pytest.approx(100, rel=1e-4)
        assert visit.theta[0] == pytest.approx(visit.theta[1], rel=1e-6)


def test_rmsprop_does_not_anneal_in_a_bowl() -> None:
    """J10: lr / sqrt(s + eps) grows from .0132 at step 20 to 2.0 = 2 / lambda, and the iterate ends in a cycle of +-lr / 2."""
    bowl = SURFACES["ravine"](condition=1.0)
    for lr in (0.01, 0.001):
        optimizer = OPTIMIZERS["rmsprop_article"](lr=lr)
        visits = list(walk(optimizer, bowl, (1.0, 0.0), 5000))
        if lr == 0.01:
            effective = [lr / np.sqrt(visits[t].state[0] + 1e-10) for t in (20, 80, 100, 150)]
            np.testing.assert_allclose(effective, [0.0132, 0.033, 0.060, 0.71], rtol=0.02)
        assert lr / np.sqrt(visits[-1].state[0] + 1e-10) == pytest.approx(2.0, rel=1e-3)
        tail = np.array([visit.theta[0] for visit in visits[-6:]])
        np.testing.assert_allclose(abs(tail), lr / 2, rtol=1e-3)
        assert sign_changes(tail) == 5


def test_adam_settles_closer_than_rmsprop() -> None:
    """J11: after 6000 steps about a tenth of lr against half of it."""
    ends = {
        key: abs(run(OPTIMIZERS[key](lr=0.01), SURFACES["ravine"](), START, 6000).theta[-50:]).max()
        for key in ("adam_article", "rmsprop_article")
    }
    assert 0.0002 < ends["adam_article"] < 0.0015
    assert ends["rmsprop_article"] == pytest.approx(0.005, rel=1e-3)


def nadams_first(beta1: float = 0.9) -> float:
    """m_hat and g_hat of one gradient: 1 + mu_2 (1 - beta1) / (1 - mu_1 mu_2)."""
    mu_1, mu_2 = (beta1 * (1 - 0.5 * 0.96 ** (0.004 * t)) for t in (1, 2))
    return 1 + mu_2 * (1 - beta1) / (1 - mu_1 * mu_2)


@pytest.mark.parametrize(
    ("key", "factor"),
    [
        ("rmsprop_article", 10**0.5), ("rmsprop", 10.0), ("adam_article", 1.0), ("adam", 1.0), ("amsgrad", 1.0),
        ("adagrad", 1.0), ("lion", 1.0), ("nadam", nadams_first()),
    ],
)  # fmt: skip
def test_first_steps(key: str, factor: float) -> None:
    """K5: lr / sqrt(1 - decay) sign(g) without correction; with (.9, .99) uncorrected Adam happens to give lr sign(g)."""
    ravine = SURFACES["ravine"]()
    theta = np.array([0.5, -2.0])
    optimizer = OPTIMIZERS[key](lr=0.01)
    step, _ = optimizer.update(ravine.at(theta), optimizer.init(theta))
    np.testing.assert_allclose(step, 0.01 * factor * np.array([-1.0, 1.0]), rtol=1e-6)


def test_the_place_of_epsilon_matters_for_small_gradients() -> None:
    """Inside the root 1e-10 acts like 1e-5 on |g|; outside 1e-8 hardly acts."""
    bowl = SURFACES["ravine"](condition=1.0)
    theta = np.array([1e-6, 0.0])
    steps = {}
    for key in ("rmsprop", "rmsprop_article"):
        optimizer = OPTIMIZERS[key](lr=1.0, decay=0.9)
        steps[key] = optimizer.update(bowl.at(theta), optimizer.init(theta))[0][0]
    assert steps["rmsprop"] == pytest.approx(-1e-6 / (1e-6 * 0.1**0.5 + 1e-8), rel=1e-6)
    assert steps["rmsprop_article"] == pytest.approx(-1e-6 / (0.1 * 1e-12 + 1e-10) ** 0.5, rel=1e-6)


@surface(title="Slope", domain=((-3, 3), (-3, 3)), start=(0.0, 0.0), reference="Test")
def slope(x: Expression, y: Expression) -> Expression:
    """A plane: the gradient is (3, -0.5) everywhere."""
    return 3 * x - 0.5 * y


def lengths(key: str, steps: int, **given: Any) -> np.ndarray:
    return abs(np.diff(run(OPTIMIZERS[key](**given), slope(), (0.0, 0.0), steps).theta, axis=0))


def test_step_lengths_under_a_steady_gradient() -> None:
    """Adagrad's fall as 1 / sqrt t, lr_decay bends them further; Adam's, AMSGrad's and Lion's stay lr; Adadelta's grow."""
    t = np.arange(1, 401)[:, None]
    np.testing.assert_allclose(lengths("adagrad", 400, lr=0.1), np.broadcast_to(0.1 / np.sqrt(t), (400, 2)), rtol=1e-8)
    bent = lengths("adagrad", 400, lr=0.1, lr_decay=0.5, initial_accumulator_value=1.0)
    np.testing.assert_allclose(bent[:, 0], 0.1 / (1 + 0.5 * (t[:, 0] - 1)) * 3 / np.sqrt(1 + 9 * t[:, 0]), rtol=1e-8)
    for key in ("adam", "amsgrad", "lion"):
        np.testing.assert_allclose(lengths(key, 50, lr=0.1), 0.1, rtol=1e-6)
    grown = lengths("adadelta", 400)
    assert (np.diff(grown[30:], axis=0) > 0).all()
    assert grown[0, 0] == pytest.approx((1e-6 / 0.1) ** 0.5, rel=1e-5)
    np.testing.assert_array_equal(lengths("adadelta", 5, eps=0.0), 0)


def test_amsgrad_remembers_the_steepest_place() -> None:
    """Down a wall and into the flat: Adam's effective rate recovers as v forgets, AMSGrad's never does."""
    valley = SURFACES["ravine"](condition=100.0)
    rates = {}
    for key in ("adam", "amsgrad"):
        optimizer = OPTIMIZERS[key](lr=0.01, beta2=0.9)
        visits = list(walk(optimizer, valley, (0.5, 1.0), 400))
        rates[key] = np.array([optimizer.state_numbers(visit.state)["effective learning rate"][0] for visit in visits[100:]])
    np.testing.assert_allclose(rates["amsgrad"], rates["amsgrad"][0], rtol=1e-4)
    assert rates["adam"][-1] > 10 * rates["amsgrad"][-1]


@pytest.mark.parametrize(
    ("key", "given_", "end"),
    [("adam", {"beta2": 1 / 17}, 0.996), ("amsgrad", {"beta2": 1 / 17}, -0.998), ("adam", {"beta2": 0.999}, -0.996)],
)
def test_adam_forgets_the_rare_large_gradient_and_amsgrad_does_not(key: str, given_: dict[str, float], end: float) -> None:
    """K7: gradients 4, -1, -1 on [-1, 1], best at -1, lr .5 / sqrt t, 3000 steps, the mean of the last 300."""
    reddi, optimizer = SURFACES["reddi"](C=4.0), OPTIMIZERS[key](beta1=0.0, **given_)
    theta = np.zeros(1)
    state, path = optimizer.init(theta), []
    for t in range(1, 3001):
        step, state = optimizer.with_hyperparameters(lr=0.5 / t**0.5).update(reddi.at(theta, Draw(0, t - 1)), state)
        theta = np.clip(theta + step, -1, 1)
        path.append(theta[0])
    assert np.mean(path[-300:]) == pytest.approx(end, abs=1.5e-3)


def test_radam_waits_for_five_gradients() -> None:
    """Card C2: rho_t and r_t; torch's first adaptive step is the sixth, with 0.999 and 0.99; before it steps are -lr m_hat."""
    slow, fast = OPTIMIZERS["radam"](beta2=0.999), OPTIMIZERS["radam"](beta2=0.99)
    found = [slow.rectification(t) for t in range(1, 7)]
    np.testing.assert_allclose([rho for rho, _ in found], [1, 1.9995, 2.9987, 3.9975, 4.996, 5.9942], atol=5e-5)
    assert [r for _, r in found[:5]] == [0] * 5
    assert found[5][1] == pytest.approx(0.02582, abs=5e-6)
    assert fast.rectification(6)[1] == pytest.approx(0.08168, abs=5e-6)
    both = OPTIMIZERS["radam"](beta2=np.array([[0.999], [0.99]])).rectification(6)[1]
    np.testing.assert_allclose(both, [[found[5][1]], [fast.rectification(6)[1]]], rtol=1e-12)
    steps = np.diff(run(OPTIMIZERS["radam"](lr=0.1), slope(), (0.0, 0.0), 6).theta, axis=0)
    np.testing.assert_allclose(steps[:5], np.broadcast_to([-0.3, 0.05], (5, 2)), rtol=1e-9)
    np.testing.assert_allclose(steps[5], 0.1 * found[5][1] * np.array([-1, 1]), rtol=1e-4)
    assert OPTIMIZERS["radam"](beta2=0.999).rectification(10**6)[1] == pytest.approx(1, rel=1e-6)


def test_lion_moves_every_coordinate_by_lr_and_ends_in_a_cycle() -> None:
    """Whatever the slope or the learning rate: it neither settles nor diverges."""
    for lr in (0.01, 1.0, 100.0):
        t = run(OPTIMIZERS["lion"](lr=lr), SURFACES["ravine"](), (1.37, 0.81), 2000).theta
        np.testing.assert_allclose(abs(np.diff(t, axis=0)), lr, rtol=1e-9)
        tail = abs(t[-200:]).max(axis=0)
        assert (tail > 0.4 * lr).all() and (tail < 20 * lr).all()


def test_adamw_ends_where_decay_balances_the_sign() -> None:
    """Its fixed point on a slope: m_hat / sqrt(v_hat) = +-1, so that weight_decay theta = -+1 in every coordinate alike."""
    t = run(OPTIMIZERS["adamw"](lr=0.05, weight_decay=0.5), slope(), (0.0, 0.0), 2000).theta
    np.testing.assert_allclose(t[-1], [-2.0, 2.0], rtol=1e-6)


@given(st.floats(1, 1e4), st.floats(-90, 90), st.floats(-2, 2), st.floats(-2, 2))
def test_newton_solves_a_ravine_in_one_step(condition: float, angle: float, x: float, y: float) -> None:
    ravine = SURFACES["ravine"](condition=condition, angle=angle)
    for key in ("newton", "newton_eigen", "saddle_free_newton"):
        end = run(OPTIMIZERS[key](), ravine, (x, y), 1).theta[-1]
        assert np.linalg.norm(end) <= 1e-11 * condition
    damped = run(OPTIMIZERS["newton"](damping=1.0), SURFACES["ravine"](condition=condition), (x, y), 1).theta[-1]
    np.testing.assert_allclose(damped, [x / (1 + condition), y / 2], rtol=1e-9, atol=1e-12)


def test_newton_along_the_gradient_is_exact_line_search() -> None:
    """On a quadratic no point of the gradient's line is lower, and in a ravine it still zigzags."""
    ravine = SURFACES["ravine"](condition=100.0, angle=20.0)
    theta = np.array([0.4, -1.1])
    g = ravine.gradient(theta)
    end = run(OPTIMIZERS["newton_scalar"](), ravine, theta, 1)
    line = theta - np.linspace(0, 0.1, 4001)[:, None] * g
    assert end.loss[-1] <= ravine.loss(line).min() + 1e-12
    worst = run(OPTIMIZERS["newton_scalar"](), SURFACES["ravine"](), (0.01, 1.0), 30).theta
    assert sign_changes(worst[:, 0]) == 30


@surface(title="Two minima", domain=((-1.5, 1.5), (-1.5, 1.5)), start=(0.8, 0.1), reference="Card B2")
def two_minima(x: Expression, y: Expression) -> Expression:
    """x^2 / 2 - y^2 / 2 + y^4 / 4: a saddle at 0, minima at (0, +-1)."""
    return 0.5 * x**2 - 0.5 * y**2 + 0.25 * y**4


def arrival(key: str, start: tuple[float, float], tolerance: float, **given: Any) -> int:
    t = run(OPTIMIZERS[key](**given), two_minima(), start, 300)
    np.testing.assert_allclose(t.theta[-1], [0, 1], atol=1e-6)
    return int((t.grad_norm[1:] < tolerance).argmax()) + 1


def test_saddles_draw_newton_in_unless_it_falls_back() -> None:
    """K12: plain Newton goes to the saddle; with the fall-back 30 steps to (0, 1); gradient descent .1 from 1e-6: 207."""
    theta = np.array([0.8, 0.1])
    for _ in range(10):
        theta = theta - np.linalg.solve(two_minima().hessian(theta), two_minima().gradient(theta))
    np.testing.assert_allclose(theta, [0, 0], atol=1e-12)
    assert arrival("newton", (0.8, 0.1), 1e-8) == 30
    assert arrival("newton_eigen", (0.8, 0.1), 1e-8) == 30
    assert arrival("newton", (0.8, 1e-6), 1e-8) > 60
    assert arrival("newton_eigen", (0.8, 1e-6), 1e-8) > 60
    assert arrival("sgd", (0.8, 1e-6), 1e-6, lr=0.1) == 207
    assert arrival("saddle_free_newton", (0.8, 0.1), 1e-8) == 7
    assert arrival("saddle_free_newton", (0.8, 1e-6), 1e-8) == 31


def test_saddle_free_newton_takes_little_curvature_for_its_damping() -> None:
    """At (.8, .1) curvatures are 1 and -.97: y moves uphill of Newton's step by as much as that goes astray."""
    down = 0.1 - 0.1**3
    for damping, curvature in ((0.5, 0.97), (3.0, 3.0)):
        step = run(OPTIMIZERS["saddle_free_newton"](damping=damping), two_minima(), (0.8, 0.1), 1).theta[1]
        np.testing.assert_allclose(step, [0.8 - 0.8 / max(1.0, damping), 0.1 + down / curvature], atol=1e-12)


def test_eigen_newton_keeps_the_newton_step_where_it_curves_up() -> None:
    """At (.8, .1): x is solved at once while y goes down the gradient at the fall-back rate."""
    step = run(OPTIMIZERS["newton_eigen"](fallback_lr=0.2), two_minima(), (0.8, 0.1), 1).theta[1]
    np.testing.assert_allclose(step, [0.0, 0.1 + 0.2 * (0.1 - 0.1**3)], atol=1e-12)
    both = run(OPTIMIZERS["newton"](fallback_lr=0.2), two_minima(), (0.8, 0.1), 1).theta[1]
    np.testing.assert_allclose(both, [0.8 - 0.2 * 0.8, 0.1 + 0.2 * (0.1 - 0.1**3)], atol=1e-12)
    scalar = run(OPTIMIZERS["newton_scalar"](fallback_lr=0.2), two_minima(), (0.0, 0.1), 1).theta[1]
    np.testing.assert_allclose(scalar, [0.0, 0.1 + 0.2 * (0.1 - 0.1**3)], atol=1e-12)


NEVER, BLOWS_UP = -1, -2  # blown up: the loss was infinite or beyond 1e30 on the way
TWO_LAYER = {  # card A5: x = y = 1, start (1e-3, 2e-3), steps to a loss below 1e-6 within 400
    0.01: (NEVER, 65, 215, NEVER, NEVER, NEVER),
    0.1: (98, BLOWS_UP, 19, 46, 155, BLOWS_UP),
    0.5: (19, BLOWS_UP, 15, 14, 31, BLOWS_UP),
}


@pytest.mark.parametrize("mu", TWO_LAYER)
def test_near_the_saddle_epsilon_decides_everything(mu: float) -> None:
    methods: list[tuple[str, dict[str, float]]] = [("sgd", {})]
    methods += [("nsgd_l2", {"eps": eps}) for eps in (1e-8, 0.01, 0.1, 1.0)]
    methods += [("insgd", {"momentum": 0.0, "input_momentum": 0.0})]
    found = []
    for key, given_ in methods:
        t = run(OPTIMIZERS[key](lr=mu, **given_), SURFACES["two_layer_neuron"](), (1e-3, 2e-3), 400)
        wild = not t.finite[-1] or np.nanmax(t.loss) > 1e30
        found.append(BLOWS_UP if wild else int(t.steps_to(1e-6)))
    assert tuple(found) == TWO_LAYER[mu]


def test_losses_where_the_two_layer_table_gives_them() -> None:
    ends = [
        run(OPTIMIZERS[key](lr=0.01, **given_), SURFACES["two_layer_neuron"](), (1e-3, 2e-3), 400).loss[-1]
        for key, given_ in (("nsgd_l2", {"eps": 0.1}), ("insgd", {"momentum": 0.0, "input_momentum": 0.0}))
    ]
    np.testing.assert_allclose(ends, [3.7e-5, 8e-4], rtol=0.05)
