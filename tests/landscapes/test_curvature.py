"""Eigenvalues along a path, and sharpness, on surfaces whose Hessians are known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from landscapes import SURFACES
from landscapes.curvature.eigenvalues import eigenvalues_along
from landscapes.curvature.sharpness import sam_sharpness
from tests.cases import SURFACE_CASES, SURFACE_IDS, case, some_points


@pytest.mark.parametrize(("key", "given_"), SURFACE_CASES, ids=SURFACE_IDS)
def test_eigenvalues_are_those_of_lapack(key: str, given_: dict[str, float]) -> None:
    surface = case(key, given_)
    theta = some_points(surface, (4, 50))
    expected = np.linalg.eigvalsh(surface.hessian(theta))
    np.testing.assert_allclose(eigenvalues_along(surface, theta), expected, rtol=1e-9, atol=1e-13 * abs(expected).max())


@given(st.floats(1, 1e6), st.floats(-180, 180))
def test_eigenvalues_of_a_ravine(condition: float, angle: float) -> None:
    values = eigenvalues_along(SURFACES["ravine"](condition=condition, angle=angle), np.zeros((3, 2)))
    np.testing.assert_allclose(values, [[1, condition]] * 3, rtol=1e-9, atol=1e-15 * condition)


def test_a_point_that_is_not_finite_has_no_eigenvalues() -> None:
    values = eigenvalues_along(SURFACES["rosenbrock"](), np.array([[0.0, 0.0], [np.nan, 1.0], [1.0, 1.0]]))
    assert np.isfinite(values[[0, 2]]).all()
    assert np.isnan(values[1]).all()


def test_sam_sharpness_on_a_bowl_is_exact() -> None:
    """On f = |w|^2 / 2 the rise over rho along the gradient is rho |w| + rho^2 / 2."""
    bowl = SURFACES["ravine"](condition=1.0)
    theta = np.array([[3.0, 4.0], [0.1, 0.0]])
    np.testing.assert_allclose(sam_sharpness(bowl, theta, rho=0.2), [0.2 * 5 + 0.02, 0.2 * 0.1 + 0.02], rtol=1e-12)
    assert np.isnan(sam_sharpness(bowl, np.zeros((1, 2)))).all()
    assert sam_sharpness(bowl, np.array([3.0, 4.0])).shape == ()


def test_sam_sharpness_in_a_ravine_looks_along_the_gradient() -> None:
    ravine = SURFACES["ravine"](condition=100.0)
    assert sam_sharpness(ravine, np.array([1e-3, 0.0]), rho=0.05) == pytest.approx(50 * (0.051**2 - 1e-6), rel=1e-10)
    assert sam_sharpness(ravine, np.array([0.0, 1.0]), rho=0.05) == pytest.approx(0.5 * (1.05**2 - 1), rel=1e-10)
