"""Estimates carry their errors: Lanczos its residuals, Hutchinson its standard error; exact is exact."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from landscapes import NETWORKS, SURFACES
from landscapes.curvature.eigenvalues import lanczos
from landscapes.curvature.spectrum import spectrum
from landscapes.curvature.trace import hutchinson


def symmetric(dim: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A random symmetric matrix with known, spread eigenvalues of both signs."""
    rng = np.random.default_rng(seed)
    values = np.sort(np.concatenate([rng.normal(size=dim - 3), [5.0, 7.0, 20.0]]))
    q = np.linalg.qr(rng.normal(size=(dim, dim)))[0]
    return (q * values) @ q.T, values


@pytest.mark.parametrize("seed", range(4))
def test_lanczos_finds_the_largest_eigenvalues_within_their_residuals(seed: int) -> None:
    matrix, exact = symmetric(120, seed)
    products = 0

    def product(v: np.ndarray) -> np.ndarray:
        nonlocal products
        products += 1
        return matrix @ v

    values, residuals = lanczos(product, np.random.default_rng(seed).normal(size=120), 4, tolerance=1e-8)
    np.testing.assert_allclose(values, exact[-4:], rtol=1e-7)
    assert (np.abs(values - exact[-4:]) <= residuals + 1e-12).all() and products < 120


def test_a_lanczos_that_is_cut_short_says_how_wrong_it_may_be() -> None:
    matrix, exact = symmetric(200, 9)
    values, residuals = lanczos(lambda v: matrix @ v, np.ones(200), 3, most_products=12)
    assert residuals.max() > 1e-3
    assert all(np.abs(exact - value).min() <= residual + 1e-12 for value, residual in zip(values, residuals))


def test_lanczos_to_the_end_finds_everything() -> None:
    matrix, exact = symmetric(15, 2)
    values, residuals = lanczos(lambda v: matrix @ v, np.random.default_rng(0).normal(size=15), 15)
    np.testing.assert_allclose(values, exact, atol=1e-12)
    assert residuals.max() < 1e-10


def test_lanczos_stops_on_a_multiple_of_the_identity_and_on_nan() -> None:
    values, residuals = lanczos(lambda v: 3 * v, np.ones(6), 1)
    assert values == pytest.approx([3.0]) and residuals.max() < 1e-12
    assert np.isnan(lanczos(lambda v: v * np.nan, np.ones(6), 2)[0]).all()


def test_hutchinson_is_unbiased_within_its_standard_error() -> None:
    """200 independent estimates: their errors, in standard errors, have mean 0 and spread 1."""
    matrix, exact = symmetric(40, 5)
    scores = []
    for seed in range(200):
        mean, error = hutchinson(lambda v: v @ matrix, 40, probes=400, seed=seed)
        scores.append((mean - exact.sum()) / error)
    assert abs(np.mean(scores)) < 3 / np.sqrt(200)
    assert 0.85 < np.std(scores) < 1.2


def test_hutchinson_is_exact_on_a_diagonal() -> None:
    assert hutchinson(lambda v: v * np.arange(5.0), 5, probes=3) == (10.0, 0.0)
    with pytest.raises(ValueError, match="at least 2"):
        hutchinson(lambda v: v, 3, probes=1)


def test_the_networks_exact_spectrum_holds_lanczos_and_hutchinson() -> None:
    network = NETWORKS["digits_mlp"](width=4).chosen(np.arange(100)).to(torch.float64)
    theta = network.point(network.start) * 2
    exact, iterated = spectrum(network, theta), spectrum(network, theta, exact_dim=0)
    assert (exact.kind, iterated.kind) == ("exact", "lanczos")
    assert len(exact.eigenvalues) == network.dim and exact.trace_error == 0
    assert exact.trace == pytest.approx(float(network.hessian(theta).trace()), rel=1e-10)
    top = exact.eigenvalues[-len(iterated.eigenvalues) :]
    assert (np.abs(iterated.eigenvalues - top) <= iterated.residuals + exact.residuals[0]).all()
    assert abs(iterated.trace - exact.trace) < 4 * iterated.trace_error
    assert exact.residuals[0] < 1e-10


def test_the_spectrum_of_a_surface_and_of_a_point_that_is_not_finite() -> None:
    ravine = SURFACES["ravine"](condition=50.0)
    assert spectrum(ravine, np.array([0.3, 0.2])).eigenvalues == pytest.approx([1.0, 50.0])
    network = NETWORKS["digits_mlp"](depth=0).chosen(np.arange(5))
    lost = spectrum(network, network.point(network.start) * float("nan"))
    assert np.isnan(lost.eigenvalues).all() and np.isnan([lost.trace, lost.trace_error]).all()
