"""The search's figures show the search."""

from dataclasses import replace
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from experiments.presets import RAVINE
from experiments.tune import Search, tune
from experiments.tuning import Tuning
from figures.search import DIVERGED, ZERO, Searched, ends_of, kinds_of, search_figure
from figures.search_caption import borders, caption, result, sharpness, terms
from figures.search_map import edges_of, search_map
from figures.theme import STYLES


def search_of(values: Any, losses: Any, rounds: Any = None) -> Search:
    values = np.asarray(values, dtype=float).reshape(len(losses), -1)
    names = ("lr", "momentum")[: values.shape[1]]
    rounds = np.arange(len(losses)) > 0 if rounds is None else np.asarray(rounds)
    bounds = np.array([[0.0, np.inf]] * len(names))
    return Search(names, values, np.asarray(losses, dtype=float)[:, None], rounds.astype(int), len(losses), 40, 2.0, bounds)


def one(search: Search) -> Searched:
    return Searched("adam", "Adam", search, ("log", "linear")[: len(search.names)])


def test_plotted_numbers_are_the_searchs_and_what_has_no_place_is_at_the_edge() -> None:
    rates, losses = np.array([0.1, 1e-3, 1e-2, 1, 10]), np.array([0.5, 3.0, 0.25, np.inf, 0.0])
    figure = search_figure([one(search_of(rates, losses))], "light")
    curve, lost, zero, own, best = figure.data
    np.testing.assert_array_equal(curve.x, np.sort(rates))
    np.testing.assert_array_equal(curve.y, [3.0, 0.25, 0.5, np.nan, np.nan])  # a log axis has no place for 0 and infinity
    assert (own.x[0], own.y[0], best.x[0]) == (0.1, 0.5, 10) and best.yaxis == "y2" and curve.line.color == STYLES["adam"].light
    assert (list(lost.x), list(zero.x)) == ([1], [10]) and lost.yaxis == zero.yaxis == "y2"
    assert lost.y[0] > 0.9 and zero.y[0] < 0.1
    assert figure.layout.xaxis.type == figure.layout.yaxis.type == "log"


def test_losses_below_0_are_on_a_linear_axis_and_nothing_is_lost() -> None:
    losses = np.array([1.0, -3.0, 0.0, 2.0])
    figure = search_figure([one(search_of(np.geomspace(1e-3, 1, 4), losses))], "dark")
    np.testing.assert_array_equal(figure.data[0].y, losses)
    assert figure.layout.yaxis.type == "linear" and figure.layout.yaxis.range[0] < -3


def test_the_chart_is_not_squeezed_by_what_went_far_up() -> None:
    low, high = ends_of(np.array([1e-3, 1.0, 1e200, np.inf]), 2.0, log=True)
    assert (low, 10**high) == (-3, pytest.approx(20))
    assert kinds_of(np.array([0.0, np.inf, 1.0]), True).tolist() == [ZERO, DIVERGED, ""]


@pytest.mark.parametrize("losses", [np.full(3, np.inf), np.zeros(3)])
def test_a_search_in_which_all_came_to_one_end_is_a_figure(losses: np.ndarray) -> None:
    assert search_figure([one(search_of(np.geomspace(1e-3, 1, 3), losses))], "dark").data
    assert search_map(one(search_of(np.ones((3, 2)) * [[1], [2], [3]], losses)), "dark").data


def test_cells_of_the_map_are_the_settings_of_each_grid() -> None:
    tuning = Tuning(replace(RAVINE, optimizers=RAVINE.optimizers[1:2], steps=30), (("lr", "momentum"),))
    search = tune(tuning)
    figure = search_map(Searched("momentum", "Momentum", search, ("log", "linear")), "light")
    found: dict[tuple[float, float], float] = {}
    maps = [trace for trace in figure.data if isinstance(trace, go.Heatmap)]
    for trace in maps:
        assert (len(trace.x), len(trace.y)) == (trace.z.shape[1] + 1, trace.z.shape[0] + 1)
        for row, column in zip(*np.nonzero(~np.isnan(trace.customdata))):
            inside = (trace.x[column] < search.settings[:, 0]) & (search.settings[:, 0] < trace.x[column + 1])
            inside &= (trace.y[row] < search.settings[:, 1]) & (search.settings[:, 1] < trace.y[row + 1])
            told = trace.customdata[row, column]
            place = int(np.flatnonzero(inside & (search.scores == told))[0])
            found[tuple(search.settings[place])] = told
            if trace.coloraxis:
                assert trace.z[row, column] == pytest.approx(np.log10(told))
    assert len(found) == len(search.settings) - 1, "all but the one that was set before, which is a circle"
    star = next(trace for trace in figure.data if trace.name == "best setting")
    assert (star.x[0], star.y[0]) == (search.value("lr"), search.value("momentum"))
    assert any(trace.name == DIVERGED for trace in figure.data) == np.isinf(search.scores).any() is not False


def test_edges_lie_halfway_on_the_scale() -> None:
    np.testing.assert_allclose(edges_of(np.array([1.0, 100.0]), "log"), [0.1, 10, 1000])
    np.testing.assert_allclose(edges_of(np.array([1.0, 2.0, 4.0]), "linear"), [0.5, 1.5, 3, 5])
    assert len(edges_of(np.array([3.0]), "log")) == 2


def test_words_are_of_the_search() -> None:
    tuning = Tuning(replace(RAVINE, optimizers=RAVINE.optimizers[:2], steps=30), (("lr",), ("lr", "momentum")), starts=2)
    searches = [tune(tuning, i) for i in range(2)]
    said = caption(tuning, searches, ["SGD", "Momentum"])
    assert "3,000 oracle calls" in said and "2 starts" in said and f"momentum {searches[1].value('momentum'):.4g}" in said
    assert f"{searches[0].calls:,} oracle calls" in result(searches[0]) and "100 runs of 30 steps" in terms(
        100, "runs", 30, 1, 1
    )
    edge = search_of([1.0, 2.0, 3.0], [3.0, 2.0, 1.0])
    assert borders(edge) == ["the largest lr tried was the best"] and borders(search_of([2.0, 1.0, 3.0], [1.0, 2.0, 2.0])) == []
    assert sharpness(edge) == "1 of 3: lr 3 alone"
    assert "every setting diverged" in result(search_of([1.0, 2.0], [np.inf, np.inf]))
