"""Every surface of the menu, with its defaults and along its controls."""

from collections.abc import Mapping

import numpy as np
import pytest
import torch

from landscapes import SURFACES
from landscapes.surfaces.surface import Surface
from tests.cases import SURFACE_CASES, SURFACE_IDS, case, some_points

SHAPES = [(), (3,), (2, 3)]


@pytest.fixture(params=SURFACE_CASES, ids=SURFACE_IDS)
def surface(request: pytest.FixtureRequest) -> Surface:
    return case(*request.param)


@pytest.mark.parametrize("shape", SHAPES)
def test_shapes_follow_the_runs(surface: Surface, shape: tuple[int, ...]) -> None:
    theta = some_points(surface, shape)
    assert surface.loss(theta).shape == shape
    assert surface.gradient(theta).shape == (*shape, surface.dim)
    assert surface.hessian(theta).shape == (*shape, surface.dim, surface.dim)
    assert surface.loss(theta).dtype == surface.gradient(theta).dtype == surface.hessian(theta).dtype == np.float64


def test_runs_do_not_mix(surface: Surface) -> None:
    theta = some_points(surface, (2, 3))
    for evaluate in (surface.loss, surface.gradient, surface.hessian):
        together = evaluate(theta)
        for i in np.ndindex(2, 3):
            assert np.array_equal(together[i], evaluate(theta[i]))


def test_gradient_is_zero_and_the_surface_curves_up_at_every_minimum(surface: Surface) -> None:
    for place in surface.minima:
        theta = np.array(place)
        hessian = surface.hessian(theta)
        scale = max(1.0, abs(hessian).max())
        assert abs(surface.gradient(theta)).max() <= 1e-9 * scale
        assert np.linalg.eigvalsh(hessian).min() >= -1e-9 * scale


def test_no_grid_point_is_lower_than_the_minimum(surface: Surface) -> None:
    if not surface.minima:
        pytest.skip("no minimum is declared")
    values = [float(surface.loss(np.array(place))) for place in surface.minima]
    assert max(values) - min(values) <= 1e-9 * max(1.0, abs(max(values)))
    (x0, x1), (y0, y1) = surface.domain
    grid = np.stack(np.meshgrid(np.linspace(x0, x1, 301), np.linspace(y0, y1, 301)), axis=-1)
    assert surface.loss(grid).min() >= min(values) - 1e-9


def test_saddles_are_flat_and_curve_both_ways(surface: Surface) -> None:
    for place in surface.saddles:
        theta = np.array(place)
        assert abs(surface.gradient(theta)).max() <= 1e-9
        values = np.linalg.eigvalsh(surface.hessian(theta))
        assert values.min() < -1e-9
        assert values.max() > 1e-9


def test_derivatives_agree_with_finite_differences(surface: Surface) -> None:
    theta = some_points(surface, (20,))
    scale = 1 + abs(surface.hessian(theta)).max(axis=(-1, -2))
    for i in range(surface.dim):
        h = np.zeros(surface.dim)
        h[i] = 1e-5
        slope = (surface.loss(theta + h) - surface.loss(theta - h)) / 2e-5
        assert np.all(abs(surface.gradient(theta)[..., i] - slope) <= 1e-6 * scale)
        bend = (surface.gradient(theta + h) - surface.gradient(theta - h)) / 2e-5
        assert np.all(abs(surface.hessian(theta)[..., i, :] - bend) <= 1e-6 * scale[:, None])


def test_derivatives_agree_with_torch_autograd(surface: Surface) -> None:
    theta = some_points(surface, (20,))
    tensors = torch.tensor(theta)
    gradient = torch.func.vmap(torch.func.grad(surface.loss))(tensors).numpy()
    hessian = torch.func.vmap(torch.func.hessian(surface.loss))(tensors).numpy()
    scale = abs(hessian).max()
    np.testing.assert_allclose(surface.gradient(theta), gradient, rtol=1e-11, atol=1e-13 * scale)
    np.testing.assert_allclose(surface.hessian(theta), hessian, rtol=1e-11, atol=1e-13 * scale)


def test_hessian_times_vector(surface: Surface) -> None:
    theta, vector = some_points(surface, (5,)), some_points(surface, (5,), seed=1)
    product = np.einsum("rij,rj->ri", surface.hessian(theta), vector)
    np.testing.assert_allclose(surface.hvp(theta, vector), product, rtol=1e-12, atol=1e-12 * abs(product).max())


@pytest.mark.parametrize("shape", SHAPES)
def test_torch_tensors_give_what_arrays_give(surface: Surface, shape: tuple[int, ...]) -> None:
    theta = some_points(surface, shape)
    for name in ("loss", "gradient", "hessian"):
        ours, theirs = getattr(surface, name)(theta), getattr(surface, name)(torch.tensor(theta))
        assert isinstance(theirs, torch.Tensor)
        assert theirs.dtype == torch.float64
        np.testing.assert_allclose(theirs.numpy(), ours, rtol=1e-14, atol=1e-13 * abs(ours).max())


def test_finite_far_outside_the_domain(surface: Surface) -> None:
    low, high = np.array(surface.domain).T
    theta = (low + high) / 2 + 10 * (some_points(surface, (500,)) - (low + high) / 2)
    for evaluate in (surface.loss, surface.gradient, surface.hessian):
        assert np.isfinite(evaluate(theta)).all()


def test_start_lies_in_the_domain_and_is_no_stationary_point(surface: Surface) -> None:
    for value, (low, high) in zip(surface.start, surface.domain, strict=True):
        assert low <= value <= high
    assert abs(surface.gradient(np.array(surface.start))).max() > 0


def test_what_the_page_prints(surface: Surface) -> None:
    assert surface.latex.count("{") == surface.latex.count("}") > 0
    assert surface.name
    assert surface.family.description
    assert any(year.isdigit() and len(year) == 4 for year in surface.family.reference.replace(",", " ").split()) or (
        "Textbook" in surface.family.reference
    )
    if surface.input_reason is None:
        assert surface.input_note


@pytest.mark.parametrize("key", SURFACES)
def test_parameters_are_validated(key: str) -> None:
    family = SURFACES[key]
    with pytest.raises(TypeError, match=r"no parameter 'nonsense'.*it has"):
        family(nonsense=1.0)
    for name, allowed in family.ranges.items():
        for bad in (np.nan, np.inf, -np.inf, "two", "2", None, True):
            with pytest.raises(ValueError, match=rf"{key}\.{name} must be"):
                family(**{name: bad})
        if np.isfinite(allowed.low):
            with pytest.raises(ValueError) as error:
                family(**{name: allowed.low - 1})
            assert str(allowed) in str(error.value)
        low, high = allowed.control
        assert allowed.holds(low)
        assert allowed.holds(high)
        assert allowed.holds(family.defaults[name])


@pytest.mark.parametrize("condition", [1.0, 7.0, 100.0, 1e4])
@pytest.mark.parametrize("angle", [0.0, 20.0, -45.0, 90.0, 137.0])
def test_ravine_eigenvalues_are_the_condition_and_one_at_any_angle(condition: float, angle: float) -> None:
    ravine = SURFACES["ravine"](condition=condition, angle=angle)
    values, vectors = np.linalg.eigh(ravine.hessian(np.zeros(2)))
    np.testing.assert_allclose(values, [1, condition], rtol=1e-10)
    if condition > 1:
        steep = np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))])
        assert abs(vectors[:, 1] @ steep) == pytest.approx(1, rel=1e-10)


@pytest.mark.parametrize("angle", [0.0, 30.0, 77.0])
def test_ravine_is_exactly_a_linear_neuron(angle: float) -> None:
    """Two samples sqrt(2 lambda_i) q_i with targets 0: their mean half squared error, and the powers of their inputs."""
    ravine = SURFACES["ravine"](condition=50.0, angle=angle)
    c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    samples = np.array([[c, s], [-s, c]]) * np.sqrt([[2 * 50.0], [2 * 1.0]])
    theta = some_points(ravine, (7,))
    np.testing.assert_allclose(ravine.loss(theta), 0.5 * ((theta @ samples.T) ** 2).mean(-1), rtol=1e-12)
    l2, l1 = (samples**2).sum(1).mean(), abs(samples).sum(1).mean()
    np.testing.assert_allclose(ravine.input_power(theta, "l2"), np.full((7, 2), l2), rtol=1e-12)
    np.testing.assert_allclose(ravine.input_power(theta, "l1"), np.full((7, 2), l1), rtol=1e-12)
    assert l2 == pytest.approx(np.trace(ravine.hessian(theta[0])), rel=1e-12)


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


BY_HAND: Mapping[str, tuple[Mapping[str, float], str]] = {
    "ravine": ({"condition": 40.0, "angle": 90.0}, "(40 * y**2 + x**2) / 2"),
    "two_layer_neuron": ({"x": 1.3, "y": 0.4}, "(1.3 * x * y - 0.4)**2 / 2"),
    "saddle": ({}, "x**2 - y**2"),
    "rosenbrock": ({"b": 30.0}, "(1 - x)**2 + 30 * (y - x**2)**2"),
}


@pytest.mark.parametrize("key", BY_HAND)
def test_the_formula_is_the_one_in_the_books(key: str) -> None:
    given, formula = BY_HAND[key]
    surface = SURFACES[key](**given)
    theta = some_points(surface, (20,))
    expected = eval(formula, {"x": theta[:, 0], "y": theta[:, 1]})
    np.testing.assert_allclose(surface.loss(theta), expected, rtol=1e-12, atol=1e-14)


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
