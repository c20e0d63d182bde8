"""Ticks are round numbers within their axis, written as what they are."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from figures.print.scales import axis_ticks, plain, share


@given(st.floats(-12, 11), st.floats(0.05, 20), st.integers(2, 12))
def test_a_log_axis_has_ticks_at_round_numbers_within_it(first: float, decades: float, count: int) -> None:
    low, high = 10.0**first, 10.0 ** (first + decades)
    found = axis_ticks(low, high, "log", count)
    values = np.array([v for v, _ in found])
    assert 1 <= len(found) <= count + 2
    assert (np.diff(values) > 0).all() and values[0] >= low * (1 - 1e-8) and values[-1] <= high * (1 + 1e-8)
    if decades >= 2.5:
        powers = np.log10(values)
        np.testing.assert_allclose(powers, np.round(powers), atol=1e-9)
        for value, label in found:
            assert plain(label) == f"10{np.log10(value):.0f}"


@pytest.mark.parametrize(("low", "high", "count", "powers"), [(1e-3, 1e3, 7, range(-3, 4)), (1e-6, 1e6, 5, range(-6, 7, 3))])
def test_where_there_is_no_room_for_all_powers_every_second_or_third_stands(
    low: float, high: float, count: int, powers: range
) -> None:
    found = axis_ticks(low, high, "log", count)
    np.testing.assert_allclose(np.log10([v for v, _ in found]), list(powers))


def test_shares_are_those_of_the_axis() -> None:
    np.testing.assert_allclose(share(np.array([1.0, 10.0, 100.0]), 1.0, 100.0, "log"), [0, 0.5, 1])
    np.testing.assert_allclose(share(np.array([1.0, 50.5, 100.0]), 1.0, 100.0, "linear"), [0, 0.5, 1])
