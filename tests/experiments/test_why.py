"""Why a step went as it went: linear theory against what runs do, and the records against the run they are of."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.loop import run, walk
from experiments.why import Overlay, explain, overlay, progress, seconds, summarise
from experiments.why.methods import reason_for_none, recurrence_of
from experiments.why.recurrence import Recurrence, bounce_limit, calm_momentum, factors, limit, steps_to_tenth
from landscapes import SURFACES
from landscapes.curvature.eigenvalues import eigenvalues_along
from landscapes.landscape import Draw
from optimizers import OPTIMIZERS, WRAPPERS
from tests.cases import PAIRS

pytestmark = pytest.mark.usefixtures("shapes_unchecked")

RAVINE = SURFACES["ravine"](condition=60.0, angle=25.0)
TAME = 2e-3  # a learning rate at which nothing leaves the map in a few steps

recurrences = st.builds(
    lambda lr, beta, share, decay: Recurrence(lr * (1 + share * beta), beta, share * beta * lr, decay * lr, decay * lr * beta),
    st.floats(1e-3, 2), st.floats(0, 0.99), st.sampled_from([0.0, 0.5, 1.0]), st.sampled_from([0.0, 0.3]),
)  # fmt: skip


def scaled(r: Recurrence, share: float) -> Recurrence:
    return Recurrence(r.rate * share, r.momentum, r.ahead * share, r.decay * share, r.ahead_decay * share)


def companion(r: Recurrence, curvature: float) -> np.ndarray:
    """The recurrence as a matrix on (e, e before)."""
    now, before = r.rate * curvature + r.decay, r.ahead * curvature + r.ahead_decay
    return np.array([[1 + r.momentum - now, before - r.momentum], [1.0, 0.0]])


def errors(r: Recurrence, curvature: float, steps: int) -> np.ndarray:
    """From rest at 1."""
    e, matrix = np.ones(2), companion(r, curvature)
    return np.array([1.0] + [(e := matrix @ e)[0] for _ in range(steps)])


@given(recurrences, st.floats(-3, 5))
def test_factors_are_the_companion_matrix_s_largest_eigenvalue(r: Recurrence, curvature: float) -> None:
    roots = np.linalg.eigvals(companion(r, curvature))
    value, turning = factors(r, curvature)
    assert abs(value) == pytest.approx(abs(roots).max(), rel=1e-6, abs=1e-9)
    if abs(roots[0].imag) > 1e-6:
        assert turning
    if not turning:
        assert value == pytest.approx(roots[abs(roots).argmax()].real, rel=1e-6, abs=1e-6)


@given(recurrences, st.floats(1e-3, 5))
def test_errors_grow_just_beyond_the_limit_and_not_before(r: Recurrence, curvature: float) -> None:
    share = float(limit(r, curvature))
    inside, beyond = (abs(float(factors(scaled(r, share * side), curvature)[0])) for side in (1 - 1e-5, 1 + 1e-5))
    assert inside < 1 < beyond


@given(st.floats(0.0, 0.95), st.sampled_from([0.0, 1.0]), st.floats(0.1, 5))
def test_errors_change_sign_just_beyond_the_bounce_limit_and_not_before(beta: float, ahead: float, curvature: float) -> None:
    r = Recurrence(0.01 * (1 + ahead * beta), beta, ahead * beta * 0.01)
    share = float(bounce_limit(r, curvature))
    assert (errors(scaled(r, 0.99 * share), curvature, 300) >= 0).all()  # 0 where it underflows
    assert (errors(scaled(r, 1.05 * share), curvature, 2000) < 0).any()


@pytest.mark.parametrize("ahead", [0.0, 1.0])
def test_calm_momentum_is_where_passing_begins(ahead: float) -> None:
    def of(beta: float) -> Recurrence:
        return Recurrence(0.05 * (1 + ahead * beta), beta, ahead * beta * 0.05)

    calm = calm_momentum(of(0.9), 2.0)
    assert calm is not None
    assert (errors(of(calm * 0.99), 2.0, 500) > 0).all()
    assert (errors(of(calm * 1.03), 2.0, 500) < 0).any()
    assert calm_momentum(of(0.9), 20.0) is None
    assert calm_momentum(of(0.9), -1.0) is None


def test_steps_to_a_tenth() -> None:
    assert steps_to_tenth(0.1) == pytest.approx(1)
    assert steps_to_tenth(-10.0) == pytest.approx(1)
    assert steps_to_tenth(0.981) == pytest.approx(np.log(10) / -np.log(0.981))
    assert (steps_to_tenth(-1.0), steps_to_tenth(0.0)) == (np.inf, 0.0)


def known(key: str) -> bool:
    """Whether a method has a linear theory on a surface with one preconditioner."""
    optimizer = OPTIMIZERS[key]()
    theta = np.array(RAVINE.start)
    return recurrence_of(optimizer, optimizer.init(theta), RAVINE.at(theta), np.array([1.0, 60.0]), np.ones(2)) is not None


THEORY = [key for key in OPTIMIZERS if known(key)]


def test_every_method_has_a_theory_or_a_reason() -> None:
    assert {"sgd", "adam", "newton", "nsgd_l2"} <= set(THEORY)
    for key in OPTIMIZERS:
        reason = reason_for_none(OPTIMIZERS[key](), RAVINE)
        assert (reason == "") == (key in THEORY)
        assert "no linear theory is written down" not in reason


@pytest.mark.parametrize("key", THEORY)
@pytest.mark.parametrize("surface_key", ["ravine", "two_layer_neuron", "rosenbrock"])
def test_limits_are_those_that_the_methods_state(key: str, surface_key: str) -> None:
    """Two derivations of one number: the roots of the recurrence, and each method's own formula."""
    if (key, surface_key) not in PAIRS:
        pytest.skip("it cannot run there")
    surface, optimizer = SURFACES[surface_key](), OPTIMIZERS[key](lr=TAME)
    seen = overlay(optimizer, surface, surface.start, 6)
    for visit in walk(optimizer, surface, surface.start, 6):
        stated = float(optimizer.stability_limit(visit.oracle, visit.state))
        computed = TAME * float(seen.share_to_limit[visit.step].min())
        per_eigenvalue = key.startswith(("newton", "saddle_free"))  # there the method states what holds where it is convex
        if np.isfinite(stated) and not (per_eigenvalue and seen.eigenvalues[visit.step, 0] < 1e-3) and key != "newton_scalar":
            assert computed == pytest.approx(stated, rel=1e-9)


WRAPPED = [
    ("weight_decay", {"weight_decay": 0.4}, "momentum"), ("weight_decay", {"weight_decay": 0.4}, "rmsprop"),
    ("decoupled_weight_decay", {"weight_decay": 0.4}, "adam"), ("decoupled_weight_decay", {"weight_decay": 0.4}, "sgd"),
    ("clip", {"norm": 0.3}, "sgd"), ("clip", {"norm": 0.3}, "rmsprop"), ("clip_value", {"value": 1e3}, "adam"),
    ("schedule", {"shape": "cosine", "steps": 10}, "nesterov"), ("schedule", {"of": "momentum", "steps": 10}, "momentum"),
    ("change", {"at": 3, "value": 0.01}, "adam"),
]  # fmt: skip


@pytest.mark.parametrize(("wrapper", "own", "key"), WRAPPED)
def test_limits_of_wrapped_methods_are_those_that_they_state(wrapper: str, own: dict[str, Any], key: str) -> None:
    optimizer = WRAPPERS[wrapper](OPTIMIZERS[key](lr=TAME), **own)
    seen = overlay(optimizer, RAVINE, RAVINE.start, 6)
    for visit in walk(optimizer, RAVINE, RAVINE.start, 6):
        stated = float(optimizer.stability_limit(visit.oracle, visit.state))
        assert seen.lr[visit.step] * seen.share_to_limit[visit.step].min() == pytest.approx(stated, rel=1e-9)
    assert (seen.clipping < 1).all() == (wrapper == "clip")


def test_wrappers_without_a_theory_say_so() -> None:
    cut = WRAPPERS["clip_value"](OPTIMIZERS["sgd"](lr=TAME), value=0.1)
    assert np.isnan(overlay(cut, RAVINE, RAVINE.start, 3).factors).all()
    assert "clipped" in explain(cut, RAVINE, RAVINE.start, 3, 1).no_theory
    ahead = WRAPPERS["lookahead"](OPTIMIZERS["sgd"](lr=TAME), k=3)
    seen = overlay(ahead, RAVINE, RAVINE.start, 6)
    assert np.isnan(seen.factors).all(-1).tolist() == [False, False, True, False, False, True, False]
    assert "slow weights" in explain(ahead, RAVINE, RAVINE.start, 6, 2).no_theory


@pytest.mark.parametrize("key", THEORY)
def test_measured_contraction_is_the_predicted_one(key: str) -> None:
    """On a quadratic: the very factor without memory; for linear methods with memory their recurrence, step by step."""
    seen = overlay(OPTIMIZERS[key](lr=0.7 * TAME), RAVINE, RAVINE.start, 12)
    if (seen.memory == 0).all():
        np.testing.assert_allclose(seen.mode_gradient_after, seen.factors * seen.mode_gradient, rtol=1e-7, atol=1e-12)
    elif np.isnan(seen.preconditioner).all() or OPTIMIZERS[key]().family == "Input-normalised":
        e, beta, before = seen.mode_gradient, seen.memory[1:, None], 0.7 * TAME * 0.9 * (key == "nesterov") * seen.seen[:-1]
        np.testing.assert_allclose(seen.inertia[1:], beta * seen.step[:-1] + before, rtol=1e-9, atol=1e-14)
        if key != "nesterov":  # the limit is 2 (1 + momentum) over what multiplies the error
            rate = 2 * (1 + beta) / seen.share_to_limit[1:]
            ahead = seen.mode_gradient_after[1:] - e[1:] - beta * (e[1:] - e[:-1])
            np.testing.assert_allclose(ahead, -rate * e[1:], rtol=1e-7, atol=1e-10)
    else:  # Adam and those like it: what is no pull of the present gradient is the average of before, corrected and divided
        optimizer = OPTIMIZERS[key](lr=0.7 * TAME)
        numbers = [optimizer.state_numbers(visit.state) for visit in walk(optimizer, RAVINE, RAVINE.start, 12)]
        for row in range(1, 12):
            weight = seen.inertia[row] * seen.preconditioner[row] / numbers[row]["m"]
            assert weight[0] == pytest.approx(weight[1], rel=1e-9) or key == "adamw"
            assert (weight < 0).all()


@pytest.mark.parametrize("key", OPTIMIZERS)
def test_an_overlay_is_of_the_run(key: str) -> None:
    for surface_key in ("rosenbrock", "two_layer_neuron", "parabola"):
        surface, optimizer = SURFACES[surface_key](), OPTIMIZERS[key](lr=TAME)
        if optimizer.disabled_because(surface):
            continue
        t, seen = run(optimizer, surface, surface.start, 9), overlay(optimizer, surface, surface.start, 9)
        assert np.array_equal(seen.theta, t.theta)
        assert np.array_equal(seen.loss[:-1], t.loss)
        assert np.array_equal(seen.step[:-1], np.diff(t.theta, axis=0))
        longer = run(optimizer, surface, surface.start, 10)
        np.testing.assert_allclose(seen.theta[-1] + seen.step[-1], longer.theta[-1], rtol=1e-14)
        np.testing.assert_allclose(seen.loss[-1], longer.loss[-1], rtol=1e-12)
        assert np.array_equal(seen.gradient, surface.gradient(t.theta))
        np.testing.assert_allclose(seen.grad_norm, t.grad_norm, rtol=1e-14)
        hessian = surface.hessian(t.theta)
        scale = abs(hessian).max()
        np.testing.assert_allclose(seen.eigenvalues, eigenvalues_along(surface, t.theta), rtol=1e-9, atol=1e-12 * scale)
        np.testing.assert_allclose(
            hessian @ seen.eigenvectors, seen.eigenvectors * seen.eigenvalues[:, None], rtol=1e-9, atol=1e-12 * scale
        )
        assert ((seen.eigenvectors[1:] * seen.eigenvectors[:-1]).sum(-2) >= 0).all()
        downhill = (hessian @ (seen.newton_target - t.theta)[..., None])[..., 0] + seen.gradient
        np.testing.assert_allclose(downhill, 0, atol=1e-9 * abs(seen.gradient).max())
        away = [min(np.linalg.norm(theta - np.array(m)) for m in surface.minima) for theta in t.theta]
        np.testing.assert_allclose(seen.distance, away, rtol=1e-12)
        again = Overlay.from_arrays(seen.as_arrays())
        assert all(np.array_equal(a, b, equal_nan=True) for a, b in zip(again.as_arrays().values(), seen.as_arrays().values()))


@pytest.mark.parametrize("key", OPTIMIZERS)
def test_an_explanation_is_the_overlay_s_row(key: str) -> None:
    surface = SURFACES["rosenbrock"]()
    optimizer = OPTIMIZERS[key](lr=TAME)
    if optimizer.disabled_because(surface):
        surface = SURFACES["ravine"]()
    if optimizer.disabled_because(surface):
        pytest.skip("it runs on neither")
    t, seen = run(optimizer, surface, surface.start, 8), overlay(optimizer, surface, surface.start, 8)
    visits = list(walk(optimizer, surface, surface.start, 8))
    for step in (0, 5, 8):
        why = explain(optimizer, surface, surface.start, 8, step)
        assert why.taken == (step < 8)
        assert (why.step, why.loss, why.loss_after) == (step, seen.loss[step], seen.loss[step + 1])
        assert why.calls == {kind: count[step] for kind, count in t.calls.items()}
        for ours, theirs in (
            (why.place, seen.theta), (why.gradient, seen.gradient), (why.seen, seen.seen), (why.inertia, seen.inertia),
            (why.lens.eigenvalues, seen.eigenvalues), (why.model.target, seen.newton_target),
        ):  # fmt: skip
            assert np.array_equal(ours, theirs[step], equal_nan=True)
        np.testing.assert_allclose(why.delta, seen.step[step], rtol=1e-13, atol=1e-18)
        np.testing.assert_allclose(why.lens.eigenvectors @ why.lens.gradient, why.gradient, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(why.lens.eigenvectors @ why.lens.step, why.delta, rtol=1e-9, atol=1e-15)
        minimum = np.array(surface.minima[why.nearest])
        np.testing.assert_allclose(why.lens.eigenvectors @ why.lens.error, why.place - minimum, rtol=1e-9, atol=1e-12)
        numbers = optimizer.state_numbers(visits[step].state)
        assert set(why.state) == set(numbers)
        assert all(np.array_equal(why.state[name], numbers[name], equal_nan=True) for name in numbers)
        assert (why.theory is None) == bool(why.no_theory)
        if why.theory:
            assert np.array_equal(why.theory.factors, seen.factors[step])
            np.testing.assert_allclose(why.theory.limits, why.theory.lr * seen.share_to_limit[step], rtol=1e-14)
        divisor = optimizer.preconditioner(surface.at(visits[step].theta), visits[step].state)
        assert (why.preconditioner is None) == (divisor is None)
        if divisor is not None:
            np.testing.assert_allclose(why.preconditioner, divisor, rtol=1e-14)
            if why.effective_lr is not None:
                np.testing.assert_allclose(why.effective_lr, TAME / divisor, rtol=1e-14)


def test_the_lens_on_gradient_descent_is_closed_form() -> None:
    lr = 0.03
    why = explain(OPTIMIZERS["sgd"](lr=lr), RAVINE, (1.1, -0.4), 10, 4)
    assert why.theory is not None
    np.testing.assert_allclose(why.lens.eigenvalues, [1, 60], rtol=1e-12)
    np.testing.assert_allclose(why.theory.factors, 1 - lr * np.array([1, 60]), rtol=1e-12)
    np.testing.assert_allclose(why.lens.contraction, why.theory.factors, rtol=1e-10)
    np.testing.assert_allclose(why.lens.gradient, why.lens.eigenvalues * why.lens.error, rtol=1e-10)
    np.testing.assert_allclose(why.lens.step, -lr * why.lens.gradient, rtol=1e-10)
    np.testing.assert_allclose(why.theory.limits, 2 / np.array([1, 60]), rtol=1e-12)
    np.testing.assert_allclose(why.theory.bounce_limits, 1 / np.array([1, 60]), rtol=1e-12)
    np.testing.assert_allclose(why.model.target, 0, atol=1e-12)
    assert why.model.kind == "minimum"
    assert why.model.loss == pytest.approx(0, abs=1e-12)
    assert why.model.promised == pytest.approx(why.loss_after, rel=1e-9)
    newton = explain(OPTIMIZERS["newton"](), RAVINE, (1.1, -0.4), 10, 0)
    assert newton.theory is not None
    np.testing.assert_allclose(newton.theory.factors, 0, atol=1e-12)
    np.testing.assert_allclose(newton.lens.contraction, 0, atol=1e-12)


def test_the_local_model_names_its_stationary_point() -> None:
    kinds = {
        explain(OPTIMIZERS["sgd"](lr=TAME), SURFACES[key](), start, 1, 0).model.kind
        for key, start in (("saddle", (1.0, 0.3)), ("ravine", (1.0, 1.0)), ("himmelblau", (-0.3, -0.9)), ("reddi", (0.3,)))
    }
    assert kinds == {"saddle", "minimum", "maximum", "none"}


def test_what_a_method_saw_is_the_drawn_gradient() -> None:
    """Where the losses of the steps take turns, a step follows the loss of its turn and not their mean."""
    reddi = SURFACES["reddi"]()
    seen = overlay(OPTIMIZERS["sgd"](lr=0.01), reddi, reddi.start, 5, seed=3)
    for row, theta in enumerate(seen.theta):
        assert np.array_equal(seen.seen[row], reddi.at(theta, Draw(3, row)).grad)
    assert np.array_equal(seen.gradient, reddi.gradient(seen.theta))
    assert abs(seen.seen - seen.gradient).max() > 1e-3
    np.testing.assert_allclose(seen.inertia, 0, atol=1e-15)


def test_explaining_changes_nothing() -> None:
    start = np.array([-1.2, 1.0])
    optimizer, surface = OPTIMIZERS["adam"](lr=0.1), SURFACES["rosenbrock"]()
    first, again = (explain(optimizer, surface, start, 30, 20) for _ in range(2))
    assert first.sentence == again.sentence
    assert np.array_equal(first.delta, again.delta)
    assert start.tolist() == [-1.2, 1.0]


def test_what_cannot_be_explained_is_refused() -> None:
    sgd = OPTIMIZERS["sgd"]()
    for step in (-1, 6):
        with pytest.raises(ValueError, match=r"step must lie in \[0, 5\]"):
            explain(sgd, RAVINE, RAVINE.start, 5, step)
    with pytest.raises(ValueError, match="looked at alone"):
        overlay(sgd, RAVINE, np.ones((3, 2)), 5)
    with pytest.raises(ValueError, match="summarised alone"):
        summarise(RAVINE, run(sgd, RAVINE, np.ones((3, 2)), 5))


@pytest.mark.parametrize(("lr", "crossings"), [(0.019, 40), (0.0099, 0)])
def test_crossings_of_the_ravine(lr: float, crossings: int) -> None:
    """Card J1: at .019 w1 changes sign in 40 of 40 steps; below 1/100 it never does."""
    for angle in (0.0, 30.0):
        ravine = SURFACES["ravine"](condition=100.0, angle=angle)
        c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))
        summary = summarise(ravine, run(OPTIMIZERS["sgd"](lr=lr), ravine, (c - s, s + c), 40))
        assert (summary.crossings, summary.crossings_seen_from) == (crossings, "minimum")
        assert abs(summary.steepest @ [c, s]) == pytest.approx(1, rel=1e-9)
        assert (summary.ended_at, summary.best_step) == (0, 40)
        assert summary.best_loss == pytest.approx(0.5 * (100 * (1 - 100 * lr) ** 80 + (1 - lr) ** 80), rel=1e-9)


def test_a_summary_says_where_a_run_ended() -> None:
    himmelblau = SURFACES["himmelblau"]()
    for index, place in enumerate(himmelblau.minima):
        summary = summarise(himmelblau, run(OPTIMIZERS["sgd"](lr=0.01), himmelblau, np.array(place) + 0.2, 200))
        assert summary.ended_at == index
        assert summary.distance < 1e-6
        assert summary.crossings_seen_from == "end"
    away = summarise(SURFACES["saddle"](), run(OPTIMIZERS["sgd"](lr=0.05), SURFACES["saddle"](), (1.0, 0.1), 30))
    assert away.ended_at is None
    assert np.isnan(away.distance)
    flown = run(OPTIMIZERS["sgd"](lr=1.0), RAVINE, (1.0, 1.0), 400)
    summary = summarise(RAVINE, flown)
    assert (summary.best_step, summary.best_loss) == (0, flown.loss[0])
    nowhere = summarise(RAVINE, run(OPTIMIZERS["sgd"](), RAVINE, (np.nan, 1.0), 3))
    assert np.isnan(nowhere.best_loss)


def test_progress_against_steps_calls_and_time() -> None:
    rosenbrock, newton = SURFACES["rosenbrock"](), OPTIMIZERS["newton"]()
    t = run(newton, rosenbrock, rosenbrock.start, 6)
    p = progress(rosenbrock, t)
    assert p.steps.tolist() == list(range(7))
    assert p.calls.tolist() == [3 * step for step in range(7)]  # a gradient, and a Hessian of two columns
    np.testing.assert_allclose(p.distance, np.linalg.norm(t.theta - [1.0, 1.0], axis=-1), rtol=1e-12)
    assert np.array_equal(p.loss, t.loss)
    taken = seconds(newton, rosenbrock, rosenbrock.start, 6)
    assert taken.shape == (7,)
    assert taken[0] == 0
    assert (np.diff(taken) > 0).all()
