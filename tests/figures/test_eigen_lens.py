"""The eigen-lens shows a run's own numbers: on a ravine its two parabolas, factor by factor."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from experiments.loop import run
from experiments.why.explain import Why, explain
from experiments.why.modes import modes
from figures import theme
from figures.eigen_lens import lens_figure, modes_figure
from landscapes import SURFACES
from optimizers import OPTIMIZERS

pytestmark = pytest.mark.usefixtures("shapes_unchecked")

RAVINE = SURFACES["ravine"](condition=100.0, angle=30.0)


def looked(key: str, surface: Any, start: tuple[float, ...], step: int, steps: int = 12, **numbers: float) -> Why:
    return explain(OPTIMIZERS[key](**numbers), surface, start, steps, step)


def arrows(figure: go.Figure) -> list[Any]:
    return [t for t in figure.data if t.mode == "lines+markers"]


def headings(figure: go.Figure) -> str:
    return " | ".join(note.text for note in figure.layout.annotations)


@pytest.mark.parametrize("step", [0, 1, 6])
def test_the_arrows_are_the_steps_of_the_two_parabolas(step: int) -> None:
    lr = 0.0192
    figure = lens_figure(looked("sgd", RAVINE, (1.0, -0.4), step, lr=lr), "sgd", "SGD", "light")
    path = run(OPTIMIZERS["sgd"](lr=lr), RAVINE, (1.0, -0.4), 12)
    values, heights = [], 0.0
    for arrow, lam in zip(arrows(figure), (100.0, 1.0), strict=True):
        x, y = arrow.x[1], arrow.y[1]
        assert y == pytest.approx(-x * x / lr + lam * x * x / 2, rel=1e-9)  # its slope is -x / lr
        values.append(x)
        heights += y
    assert np.hypot(*values) == pytest.approx(np.linalg.norm(path.theta[step + 1] - path.theta[step]), rel=1e-9)
    assert heights == pytest.approx(path.loss[step + 1] - path.loss[step], rel=1e-9)
    assert "Steepest, along (0.866, 0.5): λ = 100" in headings(figure)
    assert "1 − ηλ = −0.92: bounces, hardly shrinks" in headings(figure)
    assert "1 − ηλ = 0.9808: crawls" in headings(figure)


def test_the_slope_is_the_gradient_and_the_line_the_minimum() -> None:
    why = looked("momentum", RAVINE, (1.0, -0.4), 3, lr=0.005)
    figure = lens_figure(why, "momentum", "Momentum", "dark")
    tangents = [t for t in figure.data if t.line.dash == "dot"]
    for tangent, slope in zip(tangents, why.lens.gradient[::-1], strict=True):
        assert tangent.y[1] / tangent.x[1] == pytest.approx(slope)
    lines = [t for t in figure.data if t.line.dash == "dash"]
    for line, error, slope, lam in zip(lines, why.lens.error[::-1], why.lens.gradient[::-1], (100.0, 1.0), strict=True):
        assert line.x[0] == line.x[1] == pytest.approx(-error) == pytest.approx(-slope / lam)
    assert "this step: error × " in headings(figure)
    assert "1 − ηλ" not in headings(figure)


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_a_step_that_diverges_is_red_and_a_stable_one_green(mode: theme.Mode) -> None:
    parabola = SURFACES["parabola"](curvature=1.0)
    for lr, said, zone in ((2.5, "bounces and grows", 2), (1.95, "bounces, hardly shrinks", 1), (0.5, "shrinks", 0)):
        figure = lens_figure(looked("sgd", parabola, (2.0,), 2, lr=lr), "sgd", "SGD", mode)
        _, verdict = figure.layout.annotations
        assert verdict.text.endswith(f": {said}")
        assert verdict.font.color == theme.GROUNDS[mode].zones[zone]
        assert len(arrows(figure)) == 1


def test_where_nothing_is_known_nothing_is_said() -> None:
    saddle = lens_figure(looked("adam", SURFACES["saddle"](), (1.0, 0.1), 2), "adam", "Adam", "light")
    assert "Curves down, along (0, 1): λ = −2" in headings(saddle)
    assert "no minimum is declared" in headings(saddle)
    assert not [t for t in saddle.data if t.line.dash == "dash"]
    flown = looked("sgd", RAVINE, (1.0, 0.3), 300, steps=300, lr=1.0)
    assert not np.isfinite(flown.place).all()
    assert lens_figure(flown, "sgd", "SGD", "light").layout.annotations
    assert modes(SURFACES["saddle"](), run(OPTIMIZERS["sgd"](), SURFACES["saddle"](), (1.0, 0.1), 3)) is None


def test_a_runs_modes_are_the_powers_of_its_factors() -> None:
    lr, steps = 0.0192, 40
    found = modes(RAVINE, run(OPTIMIZERS["sgd"](lr=lr), RAVINE, (1.0, -0.4), steps))
    assert found is not None
    assert found.constant
    factors = 1 - lr * np.array([1.0, 100.0])
    np.testing.assert_allclose(found.eigenvalues, [1.0, 100.0])
    np.testing.assert_allclose(found.error, found.error[0] * factors ** np.arange(steps + 1)[:, None], rtol=1e-9)
    figure = modes_figure(found, "sgd", "SGD", "light", list(factors))
    steep, theory, flat, crawl = figure.data
    np.testing.assert_allclose(steep.y, abs(found.error[:, 1]))
    np.testing.assert_allclose(theory.y, steep.y, rtol=1e-9)
    np.testing.assert_allclose(crawl.y, flat.y, rtol=1e-9)
    filled = np.asarray(steep.marker.color) != theme.GROUNDS["light"].paper
    np.testing.assert_array_equal(filled, found.error[:, 1] > 0)
    assert (filled[1:] != filled[:-1]).all()
    assert len(set(flat.marker.color)) == 1
    assert figure.layout.yaxis.type == "log"


def test_modes_are_those_of_the_minimum_that_is_nearest_to_the_end() -> None:
    himmelblau = SURFACES["himmelblau"]()
    for minimum in himmelblau.minima:
        path = run(OPTIMIZERS["sgd"](lr=0.01), himmelblau, np.array(minimum) + 0.05, 30)
        found = modes(himmelblau, path)
        assert found is not None
        assert not found.constant
        np.testing.assert_array_equal(found.minimum, minimum)
        np.testing.assert_allclose(np.linalg.norm(found.error, axis=1), np.linalg.norm(path.theta - minimum, axis=1))
        np.testing.assert_allclose(found.error[0] @ found.eigenvectors.T, [0.05, 0.05], rtol=1e-9)
    crossed = run(OPTIMIZERS["momentum"](lr=0.01), himmelblau, (2.0, -3.0), 200)
    away = np.linalg.norm(crossed.theta[[0, -1], None] - np.array(himmelblau.minima), axis=-1)
    assert away[0].argmin() != away[1].argmin()
    found = modes(himmelblau, crossed)
    assert found is not None
    np.testing.assert_array_equal(found.minimum, himmelblau.minima[away[1].argmin()])


def test_rounding_does_not_set_the_axis() -> None:
    """With lr λ = 1 the first step lands on the floor, but for rounding."""
    path = run(OPTIMIZERS["momentum"](lr=0.01), SURFACES["ravine"](condition=100.0, angle=90.0), (-1.3, 0.8), 30)
    found = modes(SURFACES["ravine"](condition=100.0, angle=90.0), path)
    assert found is not None
    figure = modes_figure(found, "momentum", "Momentum", "light")
    smallest = np.nanmin(abs(np.where(found.error == 0, np.nan, found.error)))
    assert smallest < 1e-15
    assert figure.layout.yaxis.range[0] > np.log10(smallest)
    assert (np.asarray(figure.data[0].y) == abs(found.error[:, 1]))[found.error[:, 1] != 0].all()
