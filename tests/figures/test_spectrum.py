"""The axis of a spectrum: true eigenvalues as labels, and enough of them, whatever there is to show."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from figures.spectrum import FEWEST, EndSpectrum, spectrum_figure

WITHIN = 1e-3


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=9, unique=True))
def test_enough_labels_are_in_sight_and_each_stands_at_its_eigenvalue(found: list[float]) -> None:
    values = np.sort(found)
    if values[-1] - values[0] < WITHIN:
        values[-1] = values[0] + max(WITHIN, abs(values[0]) * 1e-3)
    axis = spectrum_figure([EndSpectrum("sgd", "SGD", values)], "light", WITHIN).layout.yaxis
    places = WITHIN * np.sinh(np.asarray(axis.tickvals))
    np.testing.assert_allclose([float(text) for text in axis.ticktext], places, rtol=1e-4, atol=1e-9)
    assert np.count_nonzero((values[0] <= places) & (places <= values[-1])) + 1 >= FEWEST and len(places) < 120


def test_no_eigenvalue_at_all_is_no_error() -> None:
    assert not spectrum_figure([EndSpectrum("sgd", "SGD", np.full(3, np.nan))], "light").data


def test_a_wide_spectrum_is_labelled_by_powers_of_ten_and_zero() -> None:
    axis = spectrum_figure([EndSpectrum("sgd", "SGD", np.array([-0.02, 0.0, 12.0]))], "light", WITHIN).layout.yaxis
    assert {"10", "1", "0.1", "0.01", "0", "-0.01"} <= set(axis.ticktext) and "2" not in axis.ticktext
