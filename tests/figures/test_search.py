"""The search's figure shows the search."""

import numpy as np

from figures.search import SearchCurve, search_figure
from figures.theme import STYLES


def test_plotted_numbers_are_the_searchs() -> None:
    rates, losses = np.geomspace(1e-3, 1, 4), np.array([3.0, 0.5, 0.0, np.inf])
    figure = search_figure([SearchCurve("adam", "Adam", rates, losses, float(rates[1]))], "light")
    curve, best = figure.data
    np.testing.assert_array_equal(curve.x, rates)
    np.testing.assert_array_equal(curve.y, [3.0, 0.5, np.nan, np.nan])  # a log axis has no place for 0 and infinity
    assert (best.x[0], best.y[0]) == (rates[1], 0.5) and best.marker.color == STYLES["adam"].light
    assert figure.layout.xaxis.type == figure.layout.yaxis.type == "log"


def test_a_search_in_which_all_diverged_is_a_figure() -> None:
    rates = np.geomspace(1e-3, 1, 3)
    assert search_figure([SearchCurve("sgd", "SGD", rates, np.full(3, np.inf), 1e-3)], "dark").data
