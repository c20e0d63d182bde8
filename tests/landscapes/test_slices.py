"""Slices are what they are named: the inner landscape on a plane, exactly; and the NumPy plane is that slice."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from experiments import run
from landscapes import NETWORKS, SURFACES
from landscapes.directions import principal_plane
from landscapes.modifiers import Slice
from landscapes.networks.plan import PlaneMLP
from optimizers import OPTIMIZERS

SETTINGS: list[dict[str, Any]] = [
    {"depth": 0},
    {"width": 5, "activation": "tanh"},
    {"width": 4, "depth": 2, "activation": "relu"},
    {"width": 4, "depth": 3, "activation": "sigmoid"},
]
SQUARE = ((-2.0, 2.0), (-1.0, 1.0))


def pair(settings: dict[str, Any], samples: int | None = None) -> tuple[PlaneMLP, Slice]:
    """A random plane through a network: in NumPy, and as the generic slice of the torch network in float64."""
    family, rng = NETWORKS["digits_mlp"], np.random.default_rng(4)
    network = family(**settings).to(torch.float64)
    origin = np.array(network.start) + 0.2 * rng.normal(size=network.dim)
    directions = np.linalg.qr(rng.normal(size=(network.dim, 2)))[0].T
    plane = family.plane(settings, origin, directions, SQUARE, (0.5, 0.5))
    if samples is not None:
        plane = plane.subset(samples)
        images = {row.tobytes(): i for i, row in enumerate(network.inputs.numpy().astype(np.float32))}
        network = network.chosen(np.array([images[row.tobytes()] for row in plane.inputs]))
    generic = Slice(network, network.point(origin), network.point(directions), "Slice", SQUARE, (0.5, 0.5))
    return plane, generic


def points(*runs: int) -> np.ndarray:
    return np.random.default_rng(9).normal(scale=3.0, size=(*runs, 2))


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
@pytest.mark.parametrize("runs", [(), (3,), (2, 2)])
def test_the_numpy_plane_is_the_generic_slice(settings: dict[str, Any], runs: tuple[int, ...]) -> None:
    """Loss, gradient, Hessian and NSGD's terms in float32 products against float64 autograd."""
    plane, generic = pair(settings, samples=200)
    c = points(*runs)
    t = generic.point(c)
    assert plane.loss(c).shape == runs and plane.samples == 200 and plane.of == 1500
    for name in ("loss", "gradient", "hessian"):
        ours, exact = getattr(plane, name)(c), getattr(generic, name)(t).numpy()
        np.testing.assert_allclose(ours, exact, rtol=0, atol=2e-6 * np.abs(exact).max(), err_msg=name)
        assert ours.dtype == np.float64
    for norm in ("l2", "l1"):
        for ours, theirs in zip(plane.input_terms(c, norm), generic.input_terms(t, norm)):  # type: ignore[arg-type]
            np.testing.assert_allclose(ours, theirs.numpy(), rtol=0, atol=2e-6 * float(theirs.abs().max()))
    assert np.array_equal(plane.divided, generic.divided)


@pytest.mark.parametrize("key", ["rosenbrock", "two_layer_neuron"])
def test_a_slice_has_gradient_d_g_and_hessian_d_h_dt(key: str) -> None:
    """On a surface, with directions that are neither orthogonal nor of length one."""
    surface = SURFACES[key]()
    d, origin = np.array([[1.0, 2.0], [0.5, -1.0]]), np.array([0.3, -0.4])
    sliced = Slice(surface, origin, d, "s", SQUARE, (0.0, 0.0))
    c = points(4)
    full = origin + c @ d
    np.testing.assert_array_equal(sliced.loss(c), surface.loss(full))
    np.testing.assert_allclose(sliced.gradient(c), surface.gradient(full) @ d.T, rtol=1e-14)
    np.testing.assert_allclose(sliced.hessian(c), d @ surface.hessian(full) @ d.T, rtol=1e-12)
    h = 1e-6
    numeric = np.stack([(sliced.loss(c + h * e) - sliced.loss(c - h * e)) / (2 * h) for e in np.eye(2)], axis=-1)
    np.testing.assert_allclose(sliced.gradient(c), numeric, rtol=1e-5, atol=1e-5 * np.abs(numeric).max())


def test_a_network_slice_has_hessian_d_h_dt() -> None:
    _, generic = pair({"width": 3}, samples=50)
    c = generic.point(points(3))
    d = generic.directions
    full = generic.inner.hessian(generic.lifted(c))
    torch.testing.assert_close(generic.hessian(c), d @ full @ d.T, rtol=1e-9, atol=1e-13)


def test_an_identity_slice_walks_as_the_surface_does() -> None:
    """With origin 0 and unit axes every optimizer's path is the surface's own, NSGD's included."""
    for key in ("ravine", "rosenbrock", "two_layer_neuron"):
        surface = SURFACES[key]()
        sliced = Slice(surface, np.zeros(2), np.eye(2), "s", SQUARE, surface.start)
        for name in OPTIMIZERS:
            optimizer = OPTIMIZERS[name](lr=0.002)
            if optimizer.disabled_because(surface) or optimizer.disabled_because(sliced):
                continue
            ours, theirs = (run(optimizer, where, surface.start, 20).theta for where in (sliced, surface))
            np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-12, err_msg=f"{name} on {key}")


def test_nsgd_inside_a_plane_is_the_projection_of_its_full_step() -> None:
    """One step in the plane = D times the full-space step, with orthonormal D."""
    plane, generic = pair({"width": 5, "depth": 2}, samples=100)
    c = points()
    for key in ("nsgd_l2", "nsgd_l1", "insgd"):
        optimizer = OPTIMIZERS[key](lr=0.7)
        full = generic.lifted(generic.point(c))
        step, _ = optimizer.update(generic.inner.at(full), optimizer.init(full))
        projected = (generic.directions @ step).numpy()
        for landscape in (plane, generic):
            inside, _ = optimizer.update(landscape.at(landscape.point(c)), optimizer.init(landscape.point(c)))
            np.testing.assert_allclose(np.asarray(inside), projected, rtol=0, atol=3e-6 * np.abs(projected).max())


def test_insgd_released_has_no_layers_to_go_by_in_a_plane() -> None:
    plane, generic = pair({"width": 3}, samples=20)
    assert OPTIMIZERS["insgd_released"]().disabled_because(plane) == OPTIMIZERS["insgd_released"]().disabled_because(generic)
    assert "no layers" in str(OPTIMIZERS["insgd_released"]().disabled_because(plane))


def test_the_grid_has_rows_along_y_and_chunks_do_not_show() -> None:
    plane, _ = pair({"width": 5})
    x, y = np.linspace(-2, 2, 23), np.linspace(-1, 1, 17)
    grid = plane.loss_on_plane(x, y)
    assert grid.shape == (17, 23)
    for i, j in ((0, 0), (3, 20), (16, 22)):
        np.testing.assert_allclose(grid[i, j], plane.loss(np.array([x[j], y[i]])), rtol=1e-6)


def test_an_exact_quadratic_slice_is_exactly_quadratic() -> None:
    """Third differences 0, the minimum at the centre cell, the corners the sum of both axes (E1's conformance case)."""
    weights = torch.nn.Linear(50, 4, bias=False, dtype=torch.float64)
    torch.nn.init.ones_(weights.weight)
    from landscapes.networks.network import Network

    eye = torch.eye(50, dtype=torch.float64)
    network = Network.of(weights, lambda z, y: ((z - y) ** 2).sum(), (eye, torch.ones(50, 4, dtype=torch.float64)))
    directions = np.linalg.qr(np.random.default_rng(0).normal(size=(200, 2)))[0].T * 10
    sliced = Slice(network, network.point(network.start), network.point(directions), "Quadratic", SQUARE, (0.0, 0.0))
    axis = np.linspace(-1, 1, 21)
    heights = sliced.loss(sliced.point(np.stack(np.meshgrid(axis, axis), axis=-1))).numpy()
    assert np.unravel_index(heights.argmin(), heights.shape) == (10, 10) and heights[10, 10] < 1e-20
    for along in (0, 1):
        assert np.abs(np.diff(heights, 3, axis=along)).max() < 1e-10 * heights.max()
    np.testing.assert_allclose(heights[[0, 0, -1, -1], [0, -1, 0, -1]], 200.0, rtol=1e-12)


def test_a_far_point_is_data() -> None:
    plane, _ = pair({"width": 5, "activation": "relu"}, samples=30)
    c = np.array([[1.0, 1.0], [1e30, 0.0], [np.nan, 0.0]])
    values = plane.loss(c)
    assert np.isfinite(values[0]) and not np.isfinite(values[1:]).any()
    np.testing.assert_allclose(values[0], plane.loss(c[0]), rtol=1e-6)


def test_subsets_are_stated_and_repeat() -> None:
    plane, _ = pair({"width": 3})
    small = plane.subset(100)
    assert (small.samples, small.of, plane.samples, plane.of) == (100, 1500, 1500, 1500)
    assert np.array_equal(small.inputs, plane.subset(100).inputs)
    assert plane.subset(5000) is plane and small.subset(10).of == 1500
    assert replace(small, name="other").of == 1500
    with pytest.raises(ValueError, match="at least 1"):
        plane.subset(0)


def test_the_principal_plane_is_the_svds() -> None:
    """Both sides of the Gram matrix, against NumPy's singular value decomposition."""
    rng = np.random.default_rng(6)
    for count, dim in ((30, 7), (12, 50)):
        cloud = rng.normal(size=(count, dim)) * np.geomspace(10, 0.1, dim) + 5
        plane = principal_plane(cloud)
        away = cloud - cloud.mean(0)
        _, s, axes = np.linalg.svd(away, full_matrices=False)
        np.testing.assert_allclose(np.abs(plane.directions @ axes[:2].T), np.eye(2), atol=1e-9)
        kept = min(10, len(s))
        np.testing.assert_allclose(plane.explained[:kept], (s**2 / (s**2).sum())[:kept], rtol=1e-7, atol=1e-12)
        np.testing.assert_allclose(plane.directions @ plane.directions.T, np.eye(2), atol=1e-13)
        inside = plane.coordinates(cloud)
        square = (inside**2).sum(-1) + plane.distance(cloud) ** 2
        np.testing.assert_allclose(square, (away**2).sum(-1), rtol=1e-10)
        assert (plane.directions[np.arange(2), np.abs(plane.directions).argmax(1)] > 0).all()


@pytest.mark.parametrize("extent", [0, 1])
def test_points_without_extent_still_have_a_plane(extent: int) -> None:
    cloud = np.ones((4, 6)) + extent * np.outer(np.arange(4.0), np.array([0, 0, 3.0, 0, 4.0, 0]))
    plane = principal_plane(cloud)
    np.testing.assert_allclose(plane.directions @ plane.directions.T, np.eye(2), atol=1e-13)
    np.testing.assert_allclose(plane.distance(cloud), 0, atol=1e-12)
    assert plane.explained[0] == pytest.approx(float(extent))
