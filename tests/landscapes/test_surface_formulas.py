"""What each surface is said to be: its formula as the books have it, its inputs, and what is known about it in closed form."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

from experiments import run
from landscapes import SURFACES
from landscapes.landscape import Draw
from optimizers import OPTIMIZERS
from tests.cases import OnTorch, some_points

SAMPLES = np.array([[1.0, 1.0], [-1.0, 0.0], [0.0, -2.0], [2.0, 3.0]])


def goldstein_price(x: Any, y: Any) -> Any:
    return (1 + (x + y + 1) ** 2 * (19 - 14 * x + 3 * x**2 - 14 * y + 6 * x * y + 3 * y**2)) * (
        30 + (2 * x - 3 * y) ** 2 * (18 - 32 * x + 12 * x**2 + 48 * y - 36 * x * y + 27 * y**2)
    )


def linear_neuron(x: Any, y: Any) -> Any:
    inputs = 3 * SAMPLES
    targets = inputs @ [1.0, -0.5] + 3 * 0.5 * np.array([-1.0, 1.0, 1.0, 1.0])
    return 0.5 * ((np.stack([x, y], -1) @ inputs.T - targets) ** 2).mean(-1)


def sigmoid_neuron(x: Any, y: Any) -> Any:
    def says(weights: Any) -> Any:
        return 1 / (1 + np.exp(-2 * weights @ SAMPLES.T))

    return 0.5 * ((says(np.stack([x, y], -1)) - says(np.array([1.0, -0.5]))) ** 2).mean(-1)


E, PI, sin, cos, exp = np.e, np.pi, np.sin, np.cos, np.exp
BOOKS: Mapping[str, tuple[Mapping[str, float], Callable[..., Any]]] = {
    "ravine": ({"condition": 40.0, "angle": 90.0}, lambda x, y: (40 * y**2 + x**2) / 2),
    "two_layer_neuron": ({"x": 1.3, "y": 0.4}, lambda x, y: (1.3 * x * y - 0.4) ** 2 / 2),
    "saddle": ({}, lambda x, y: x**2 - y**2),
    "rosenbrock": ({"b": 30.0}, lambda x, y: (1 - x) ** 2 + 30 * (y - x**2) ** 2),
    "bowl": ({}, lambda x, y: (x**2 + y**2) / 2),
    "booth": ({}, lambda x, y: (x + 2 * y - 7) ** 2 + (2 * x + y - 5) ** 2),
    "matyas": ({}, lambda x, y: 0.26 * (x**2 + y**2) - 0.48 * x * y),
    "beale": (
        {},
        lambda x, y: (1.5 - x * (1 - y)) ** 2 + (2.25 - x * (1 - y**2)) ** 2 + (2.625 - x * (1 - y**3)) ** 2,
    ),
    "monkey_saddle": ({}, lambda x, y: ((x + 1j * y) ** 3).real),
    "double_well": ({"tilt": -0.3}, lambda x, y: x**4 - 2 * x**2 + 1 - 0.3 * x + y**2),
    "himmelblau": ({}, lambda x, y: (x**2 + y - 11) ** 2 + (x + y**2 - 7) ** 2),
    "styblinski_tang": ({}, lambda x, y: sum(t**4 - 16 * t**2 + 5 * t for t in (x, y)) / 2),
    "six_hump_camel": ({}, lambda x, y: 4 * x**2 - 2.1 * x**4 + x**6 / 3 + x * y - 4 * y**2 + 4 * y**4),
    "goldstein_price": ({}, goldstein_price),
    "michalewicz": ({}, lambda x, y: -sum(sin(t) * sin(i * t**2 / PI) ** 20 for i, t in ((1, x), (2, y)))),
    "rastrigin": ({"amplitude": 10.0}, lambda x, y: 20 + sum(t**2 - 10 * cos(2 * PI * t) for t in (x, y))),
    "ackley": (
        {},
        lambda x, y: -20 * exp(-0.2 * np.sqrt((x**2 + y**2) / 2)) - exp((cos(2 * PI * x) + cos(2 * PI * y)) / 2) + E + 20,
    ),
    "plateau": ({"width": 0.8}, lambda x, y: 1 - exp(-(x**2) / 1.28) * exp(-(y**2) / 0.32)),
    "cliff": (
        {"steepness": 25.0},
        lambda x, y: (x**2 + y**2) / 20 + 0.5 + 0.5 * np.tanh(25 * (x - 1 - y**2 / 4)),
    ),
    "nonsmooth": ({"slope": 3.0}, lambda x, y: abs(x) + 3 * abs(y)),
    "linear_neuron": ({"scale": 3.0, "noise": 0.5}, linear_neuron),
    "sigmoid_neuron": ({"scale": 2.0}, sigmoid_neuron),
    "parabola": ({"curvature": 5.0}, lambda w: 2.5 * (w - 2.6) ** 2),
    "flat_and_sharp": ({}, lambda w: 0.02 * w**2 - exp(-((w - 2) ** 2) / (2 * 0.1**2)) - exp(-((w + 2) ** 2) / 2)),
    "reddi": ({"C": 7.0}, lambda x: 5 / 3 * x),
}
LOWEST = {  # as the books give them
    "styblinski_tang": -78.3323,
    "six_hump_camel": -1.0316,
    "goldstein_price": 3.0,
    "michalewicz": -1.8013,
    "himmelblau": 0.0,
    "ackley": 0.0,
    "beale": 0.0,
    "booth": 0.0,
}


@pytest.mark.parametrize("key", SURFACES)
def test_the_formula_is_the_one_in_the_books(key: str) -> None:
    given, formula = BOOKS[key]
    surface = SURFACES[key](**given)
    theta = some_points(surface, (200,))
    np.testing.assert_allclose(surface.loss(theta), formula(*theta.T), rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("key", LOWEST)
def test_the_lowest_value_is_the_one_in_the_books(key: str) -> None:
    surface = SURFACES[key]()
    assert surface.loss(np.array(surface.minima[0])) == pytest.approx(LOWEST[key], rel=3e-5, abs=1e-15)


def test_latex_is_printed_from_the_formula() -> None:
    def lines(key: str) -> list[str]:
        text = SURFACES[key]().latex
        return text.removeprefix(r"\begin{aligned}").removesuffix(r"\end{aligned}").split(r" \\ ")

    assert lines("saddle") == ["f(x, y) &= x^{2} - y^{2}"]
    assert lines("rosenbrock") == [r"f(x, y) &= \left(1 - x\right)^{2} + b\,\left(y - x^{2}\right)^{2}"]
    assert lines("two_layer_neuron") == [r"f(w_1, w_2) &= 0.5\,\left(w_2\,w_1\,x - y\right)^{2}"]
    assert lines("ravine") == [
        r"f(x, y) &= 0.5\,\left(\kappa\,u^{2} + v^{2}\right)",
        r"u &= \cos\left(\varphi^{\circ}\right)\,x + \sin\left(\varphi^{\circ}\right)\,y",
        r"v &= \cos\left(\varphi^{\circ}\right)\,y - \sin\left(\varphi^{\circ}\right)\,x",
    ]
    assert lines("ackley")[0].count(r"2\pi") == 2
    assert r"\sqrt{\frac{x^{2} + y^{2}}{2}}" in lines("ackley")[0]
    assert lines("parabola") == [
        r"f(w) &= 0.5\,\kappa\,\left(w - m\right)^{2}",
        r"m &= 3 - \frac{2}{\kappa}",
    ]
    assert lines("reddi") == [r"f(x) &= \frac{C\,x - x - x}{3}"]
    assert len(lines("linear_neuron")) == len(lines("sigmoid_neuron")) == 5


@pytest.mark.parametrize("condition", [1.0, 7.0, 100.0, 1e4])
@pytest.mark.parametrize("angle", [0.0, 20.0, -45.0, 90.0, 137.0])
def test_ravine_eigenvalues_are_the_condition_and_one_at_any_angle(condition: float, angle: float) -> None:
    ravine = SURFACES["ravine"](condition=condition, angle=angle)
    values, vectors = np.linalg.eigh(ravine.hessian(np.zeros(2)))
    np.testing.assert_allclose(values, [1, condition], rtol=1e-10)
    if condition > 1:
        steep = np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))])
        assert abs(vectors[:, 1] @ steep) == pytest.approx(1, rel=1e-10)


def turned(angle: float) -> np.ndarray:
    c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    return np.array([[c, s], [-s, c]])


NEURONS: Mapping[str, tuple[Mapping[str, float], Any, Any]] = {  # surfaces that are linear neurons: samples and targets
    "ravine": ({"condition": 50.0, "angle": 77.0}, turned(77.0) * np.sqrt([[100.0], [2.0]]), [0.0, 0.0]),
    "bowl": ({}, np.sqrt(2) * np.eye(2), [0.0, 0.0]),
    "booth": ({}, [[2.0, 4.0], [4.0, 2.0]], [14.0, 10.0]),
    "matyas": ({}, [[1.0, -1.0], [0.2, 0.2]], [0.0, 0.0]),
    "linear_neuron": ({"scale": 2.0, "noise": 0.25}, 2 * SAMPLES, [0.5, -1.5, 2.5, 1.5]),
}


@pytest.mark.parametrize("key", NEURONS)
def test_quadratics_are_exactly_linear_neurons(key: str) -> None:
    """The mean half squared error over samples; the power of the inputs is the trace of the Hessian."""
    given, samples, targets = NEURONS[key]
    surface, samples = SURFACES[key](**given), np.array(samples)
    theta = some_points(surface, (7,))
    np.testing.assert_allclose(surface.loss(theta), 0.5 * ((theta @ samples.T - targets) ** 2).mean(-1), rtol=1e-11)
    l2, l1 = (samples**2).sum(1).mean(), abs(samples).sum(1).mean()
    np.testing.assert_allclose(surface.input_power(theta, "l2"), np.full((7, 2), l2), rtol=1e-12)
    np.testing.assert_allclose(surface.input_power(theta, "l1"), np.full((7, 2), l1), rtol=1e-12)
    assert l2 == pytest.approx(np.trace(surface.hessian(theta[0])), rel=1e-12)
    assert [block.shape for block in surface.blocks] == [(1, 2)]


@pytest.mark.usefixtures("shapes_unchecked")
@pytest.mark.parametrize("scale", [0.1, 1.0, 30.0])
def test_input_scale_sets_the_limit_of_sgd_and_leaves_nsgd_alone(scale: float) -> None:
    """2 / (4.5156 scale^2) for SGD, 2 trace / lambda_max = 2.2146 for NSGD without eps, and the same path at any scale."""
    neuron, plain = SURFACES["linear_neuron"](scale=scale), SURFACES["linear_neuron"]()
    rates = 2 / (4.515564437 * scale**2) * np.array([[0.99], [1.01]])
    held, lost = abs(run(OPTIMIZERS["sgd"](lr=rates), neuron, (2.0, 1.0), 500).theta[-1] - neuron.minima[0]).max(-1)
    assert held < 1e-2
    assert lost > 1e2
    paths = [run(OPTIMIZERS["nsgd_l2"](lr=1.5, eps=0.0), surface, plain.start, 40).theta for surface in (neuron, plain)]
    np.testing.assert_allclose(paths[0], paths[1], rtol=1e-11, atol=1e-12)


def test_a_saturated_neuron_hardly_moves() -> None:
    """The slope of the sigmoid stands in the gradient, which no division by the inputs undoes."""
    neuron = SURFACES["sigmoid_neuron"](scale=5.0)
    wrong = np.array([-6.0, -6.5])
    assert neuron.loss(wrong) > 0.3
    assert abs(neuron.gradient(wrong)).max() < 1e-9
    assert abs(neuron.gradient(wrong) / neuron.input_power(wrong)).max() < 1e-9
    np.testing.assert_allclose(neuron.input_power(wrong), [5**2 * 20 / 4] * 2, rtol=1e-12)


def test_the_layers_of_the_two_layer_neuron_see_their_inputs() -> None:
    neuron = SURFACES["two_layer_neuron"](x=1.5, y=0.7)
    theta = some_points(neuron, (7,))
    hidden = theta[:, 0] * 1.5
    np.testing.assert_allclose(neuron.input_power(theta, "l2"), np.stack([np.full(7, 1.5**2), hidden**2], -1), rtol=1e-13)
    np.testing.assert_allclose(neuron.input_power(theta, "l1"), np.stack([np.full(7, 1.5), abs(hidden)], -1), rtol=1e-13)
    assert [block.name for block in neuron.blocks] == ["w1", "w2"]
    np.testing.assert_allclose(np.linalg.eigvalsh(neuron.hessian(np.zeros(2))), [-1.05, 1.05], rtol=1e-12)


def test_rosenbrock_terms_are_residuals_times_their_jacobian_rows() -> None:
    rosenbrock = SURFACES["rosenbrock"](b=9.0)
    x, y = theta = np.array([0.3, -0.7])
    r, jacobian = np.array([1 - x, 3 * (y - x**2)]), np.array([[-1, 0], [-6 * x, 3]])
    terms, power = rosenbrock.input_terms(theta, "l2")
    np.testing.assert_allclose(terms, r[:, None] * jacobian, rtol=1e-13)
    np.testing.assert_allclose(power, np.repeat((jacobian**2).sum(1)[:, None], 2, axis=1), rtol=1e-13)
    np.testing.assert_allclose(rosenbrock.input_terms(theta, "l1")[1][:, 0], abs(jacobian).sum(1), rtol=1e-13)
    np.testing.assert_allclose(2 * terms.sum(0), rosenbrock.gradient(theta), rtol=1e-12)


@pytest.mark.parametrize(("key", "count"), [("rosenbrock", 2), ("beale", 3), ("himmelblau", 2)])
def test_squared_residuals_add_up_to_the_loss(key: str, count: int) -> None:
    """A term is r J and its power |J|^2, so that their quotients give r^2 back."""
    surface = SURFACES[key]()
    theta = some_points(surface, (50,))
    terms, power = surface.input_terms(theta, "l2")
    assert terms.shape == (50, count, 2)
    np.testing.assert_allclose((terms**2).sum(-1) / power[..., 0] @ np.ones(count), surface.loss(theta), rtol=1e-9)
    np.testing.assert_allclose(2 * terms.sum(-2), surface.gradient(theta), rtol=1e-9, atol=1e-9)
    assert (power[..., 0] <= surface.input_terms(theta, "l1")[1][..., 0] ** 2 * (1 + 1e-12)).all()


def test_nsgd_runs_where_there_are_inputs_or_residuals() -> None:
    able = {key for key in SURFACES if SURFACES[key]().input_reason is None}
    assert able == {*NEURONS, "two_layer_neuron", "sigmoid_neuron", "rosenbrock", "beale", "himmelblau"}


@pytest.mark.parametrize("tilt", [-1.5, -0.4, 0.0, 0.7, 1.5])
def test_the_deeper_well_comes_first(tilt: float) -> None:
    well = SURFACES["double_well"](tilt=tilt)
    (deep, _), (shallow, _) = well.minima
    assert deep * tilt <= 0
    assert min(deep, shallow) < well.saddles[0][0] < max(deep, shallow)


def test_the_monkey_saddle_has_three_valleys_and_no_curvature() -> None:
    monkey = SURFACES["monkey_saddle"]()
    angles = np.radians([60, 180, 300])
    valleys = np.stack([np.cos(angles), np.sin(angles)], -1)
    np.testing.assert_allclose(monkey.loss(valleys), -1, rtol=1e-12)
    np.testing.assert_allclose(monkey.loss(-valleys), 1, rtol=1e-12)
    assert not monkey.hessian(np.zeros(2)).any()


def test_kinks_have_the_mean_of_their_sides() -> None:
    kinked, ackley = SURFACES["nonsmooth"](slope=3.0), SURFACES["ackley"]()
    np.testing.assert_array_equal(kinked.gradient(np.array([[0.0, 1.0], [-1.0, 0.0], [0.0, 0.0]])), [[0, 3], [-1, 0], [0, 0]])
    tip = np.zeros(2)
    assert not ackley.gradient(tip).any()
    steep = [ackley.gradient(1e-9 * np.array([c, s])) @ [c, s] for c, s in ((1, 0), (0.6, 0.8), (0, -1))]
    np.testing.assert_allclose(steep, 4 / np.sqrt(2), rtol=1e-6)
    assert np.isfinite(ackley.hessian(tip)).all()


def test_the_wall_is_steep_and_what_lies_beside_it_is_not() -> None:
    cliff = SURFACES["cliff"](steepness=50.0)
    assert cliff.gradient(np.array([1.0, 0.0]))[0] == pytest.approx(25.1, rel=1e-9)
    assert abs(cliff.gradient(np.array([[0.5, 0.0], [1.5, 0.0]]))).max() < 0.16


@pytest.mark.parametrize("curvature", [0.5, 2.0, 8.0])
def test_parabolas_of_any_curvature_have_the_same_slope_at_the_start(curvature: float) -> None:
    """Equal slopes, and steps of 2 / curvature to the minimum: only second derivatives tell."""
    parabola = SURFACES["parabola"](curvature=curvature)
    assert parabola.gradient(np.array(parabola.start)) == pytest.approx(2.0, rel=1e-14)
    assert parabola.hessian(np.array(parabola.start)) == curvature
    t = run(OPTIMIZERS["newton"](), parabola, parabola.start, 1).theta
    assert t[1] == pytest.approx(parabola.minima[0])
    assert t[0] - t[1] == pytest.approx(2 / curvature)


@pytest.mark.usefixtures("shapes_unchecked")
def test_learning_rates_choose_between_the_flat_and_the_sharp_basin() -> None:
    """Below 2 / 100 the sharp one holds; above, nothing settles in it; from about 0.08 on it throws everything out."""
    surface = SURFACES["flat_and_sharp"]()
    (flat,), (sharp,) = surface.minima
    curved = [float(surface.hessian(np.array([place]))[0, 0]) for place in (flat, sharp)]
    np.testing.assert_allclose(curved, [1.03, 100.0], rtol=2e-3)
    rates = np.array([[0.015], [0.05], [0.1]])
    held, bounces, thrown = run(OPTIMIZERS["sgd"](lr=rates), surface, surface.start, 400).theta[-50:, :, 0].T
    np.testing.assert_allclose(held, sharp, atol=1e-6)
    np.testing.assert_allclose(thrown, flat, atol=1e-6)
    assert np.ptp(bounces) > 0.1
    assert abs(bounces - sharp).max() < 0.5


# Reddi's problem: C x, -x, -x, and again, for x in [-1, 1].


def test_only_reddi_is_bounded_and_says_so() -> None:
    bounded = [key for key in SURFACES if SURFACES[key]().bounds is not None]
    assert bounded == ["reddi"]
    for key in SURFACES:
        assert ("feasible" in SURFACES[key].description) == (key in bounded)
        far = np.full(SURFACES[key]().dim, 7.0)
        assert np.array_equal(SURFACES[key]().feasible(far), far) == (key not in bounded)


def test_the_rounds_take_turns_and_the_loss_is_their_mean() -> None:
    reddi = SURFACES["reddi"](C=5.0)
    theta = some_points(reddi, (6,))
    seen = [reddi.drawn(Draw(seed, t - 1)) for seed, t in enumerate((1, 2, 3, 4, 5, 6))]
    for t, turn in enumerate(seen, start=1):
        slope = 5.0 if t % 3 == 1 else -1.0
        np.testing.assert_array_equal(turn.loss(theta), slope * theta[:, 0])
        np.testing.assert_array_equal(turn.gradient(theta), np.full((6, 1), slope))
        assert not turn.hessian(theta).any()
    np.testing.assert_allclose(np.mean([turn.loss(theta) for turn in seen], axis=0), reddi.loss(theta), rtol=1e-14)
    assert reddi.drawn(None) is reddi
    assert SURFACES["ravine"]().drawn(Draw(0, 1)).loss(np.ones(2)) == SURFACES["ravine"]().loss(np.ones(2))


def test_steps_are_projected_on_the_feasible_set() -> None:
    reddi = SURFACES["reddi"]()
    np.testing.assert_array_equal(reddi.feasible(np.array([[-3.0], [0.5], [np.inf], [np.nan]])), [[-1], [0.5], [1], [np.nan]])
    tensor = OnTorch(reddi).point([[-3.0], [0.5], [np.nan]])
    np.testing.assert_array_equal(reddi.feasible(tensor).numpy(), [[-1], [0.5], [np.nan]])
    path = run(OPTIMIZERS["sgd"](lr=0.5), reddi, (0.5,), 5).theta[:, 0]
    np.testing.assert_array_equal(path, [0.5, -1.0, -0.5, 0.0, -1.0, -0.5])
    leaving = run(OPTIMIZERS["sgd"](lr=0.25), SURFACES["saddle"](), (1.0, 1.0), 5).theta
    assert leaving[-1, 1] > 2  # elsewhere nothing is projected


def online(C: float, steps: int, longest_memory: bool) -> np.ndarray:
    """Adam without momentum and bias correction in plain numbers, or with the largest v so far; lr 0.5 / t^(1/2)."""
    x, v, most, path = 0.0, 0.0, 0.0, []
    beta2 = 1 / (1 + C**2)
    for t in range(1, steps + 1):
        g = C if t % 3 == 1 else -1.0
        v = beta2 * v + (1 - beta2) * g**2
        most = max(most, v) if longest_memory else v
        x = min(1.0, max(-1.0, x - 0.5 / t**0.5 * g / most**0.5))
        path.append(x)
    return np.array(path)


@pytest.mark.usefixtures("shapes_unchecked")
def test_adam_ends_at_the_worst_point_of_reddis_problem() -> None:
    """C = 4, lr 0.5 / t^(1/2), 3000 steps: the mean of the last 300 is +0.996 for Adam, -0.998 with AMSGrad's memory."""
    reddi = SURFACES["reddi"](C=4.0)
    theta = reddi.point(reddi.start)
    state, path = OPTIMIZERS["adam"]().init(theta), []
    for t in range(1, 3001):
        adam = OPTIMIZERS["adam"](lr=0.5 / t**0.5, beta1=0.0, beta2=1 / 17, eps=0.0)
        delta, state = adam.update(reddi.at(theta, Draw(0, t - 1)), state)
        theta = reddi.feasible(theta + delta)
        path.append(theta[0])
    assert np.mean(path[-300:]) == pytest.approx(0.996, abs=1e-3)
    assert np.mean(online(4.0, 3000, longest_memory=False)[-300:]) == pytest.approx(np.mean(path[-300:]), abs=1e-6)
    assert np.mean(online(4.0, 3000, longest_memory=True)[-300:]) == pytest.approx(-0.998, abs=1e-3)
