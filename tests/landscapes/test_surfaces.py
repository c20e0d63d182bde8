"""Every surface of the menu, with its defaults and along its controls."""

from itertools import groupby

import numpy as np
import pytest
import torch

from landscapes import SURFACES
from landscapes.arrays import eigh
from landscapes.surfaces.surface import Surface
from tests.cases import SURFACE_CASES, SURFACE_IDS, case, some_points

SHAPES = [(), (3,), (2, 3)]
UNLISTED = ("ackley", "rastrigin")  # of their many minima they declare the global one, and say so


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


def nodes(surface: Surface, count: int) -> np.ndarray:
    """A regular grid over the domain, edges included, `(count ** dim, dim)`."""
    axes = [np.linspace(low, high, count) for low, high in surface.domain]
    return np.stack(np.meshgrid(*axes), axis=-1).reshape(-1, surface.dim)


def around(place: np.ndarray, radius: float) -> np.ndarray:
    """Points all around a place, `(n, dim)`."""
    if len(place) == 1:
        return place + radius * np.array([[-1.0], [1.0]])
    angles = np.linspace(0.1, 0.1 + 2 * np.pi, 720, endpoint=False)
    return place + radius * np.stack([np.cos(angles), np.sin(angles)], axis=-1)


def newton_step(surface: Surface, theta: np.ndarray) -> np.ndarray:
    """To the stationary point of the local quadratic model; NaN or infinite where that has none."""
    values, vectors = eigh(surface.hessian(theta))
    along = np.einsum("...ji,...j->...i", vectors, surface.gradient(theta))
    with np.errstate(all="ignore"):
        return -np.einsum("...ij,...j->...i", vectors, along / values)


def test_declared_places_lie_in_the_domain(surface: Surface) -> None:
    for place in (*surface.minima, *surface.saddles):
        assert len(place) == surface.dim
        assert all(low <= value <= high for value, (low, high) in zip(place, surface.domain, strict=True))


def test_at_every_minimum_nothing_pulls_and_nothing_near_is_lower(surface: Surface) -> None:
    for place in surface.minima:
        theta = np.array(place)
        hessian = surface.hessian(theta)
        scale = max(1.0, abs(hessian).max())
        pulled = surface.feasible(theta - surface.gradient(theta)) - theta  # at a bound only what points inwards counts
        assert abs(pulled).max() <= 1e-12 * scale
        values = np.linalg.eigvalsh(hessian)
        assert values.min() >= -1e-12 * scale
        if values.min() > 1e-3 * scale:
            assert abs(newton_step(surface, theta)).max() <= 1e-12 * (1 + abs(theta).max())
        beside = surface.feasible(around(theta, 1e-4))
        assert surface.loss(beside).min() >= surface.loss(theta) - 1e-13 * (1 + abs(surface.loss(theta)))


def test_no_grid_point_is_lower_than_the_first_minimum(surface: Surface) -> None:
    values = [float(surface.loss(np.array(place))) for place in surface.minima]
    if not values:
        assert surface.loss(nodes(surface, 301)).argmin() in np.flatnonzero(on_the_edge(surface, nodes(surface, 301)))
        return
    assert values[0] <= min(values) + 1e-12 * (1 + abs(values[0]))
    assert surface.loss(nodes(surface, 301)).min() >= values[0] - 1e-9


def on_the_edge(surface: Surface, points: np.ndarray) -> np.ndarray:
    low, high = np.array(surface.domain).T
    return ((points == low) | (points == high)).any(-1)


def test_saddles_are_flat_and_have_higher_and_lower_ground_around(surface: Surface) -> None:
    for place in surface.saddles:
        theta = np.array(place)
        hessian = surface.hessian(theta)
        scale = max(1.0, abs(hessian).max())
        assert abs(surface.gradient(theta)).max() <= 1e-12 * scale
        rise = surface.loss(around(theta, 1e-3)) - surface.loss(theta)
        assert rise.min() < -1e-11
        assert rise.max() > 1e-11
        values = np.linalg.eigvalsh(hessian)
        assert values.min() < -1e-9 < 1e-9 < values.max() or surface.family.key == "monkey_saddle"


def test_every_stationary_point_but_hills_is_declared(surface: Surface) -> None:
    """Newton's method from a grid finds those where the Hessian is regular; all of them in the domain, and no others."""
    if surface.family.key in UNLISTED:
        assert "only the global one" in surface.description
        return
    theta = nodes(surface, 25)
    with np.errstate(all="ignore"):
        for _ in range(25):
            theta = theta + newton_step(surface, theta)
        low, high = np.array(surface.domain).T
        inside = ((theta >= low) & (theta <= high)).all(-1)
        theta = theta[inside & (abs(newton_step(surface, theta)).max(-1) < 1e-9)]
    values = eigh(surface.hessian(theta))[0]
    theta = theta[(abs(values).min(-1) > 1e-6) & (values[..., -1] > 0)]
    declared = [np.array(p) for p in (*surface.minima, *surface.saddles)]
    for found in theta:
        assert min(abs(found - place).max() for place in declared) < 1e-7
    for place in declared:
        if abs(eigh(surface.hessian(place))[0]).min() > 1e-6:
            assert abs(theta - place).max(-1).min() < 1e-7


def test_derivatives_agree_with_finite_differences(surface: Surface) -> None:
    theta = some_points(surface, (20,))
    scale = 1 + abs(surface.hessian(theta)).max(axis=(-1, -2))
    for i in range(surface.dim):
        h = np.zeros(surface.dim)
        h[i] = 3e-6
        slope = (surface.loss(theta + h) - surface.loss(theta - h)) / 6e-6
        assert np.all(abs(surface.gradient(theta)[..., i] - slope) <= 1e-6 * scale)
        bend = (surface.gradient(theta + h) - surface.gradient(theta - h)) / 6e-6
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


def test_the_page_opens_on_the_first_and_groups_stand_together() -> None:
    assert list(SURFACES)[:4] == ["ravine", "two_layer_neuron", "saddle", "rosenbrock"]
    groups = [group for group, _ in groupby(SURFACES[key].group for key in list(SURFACES)[4:])]
    assert len(set(groups)) == len(groups)
    assert all(groups)
