"""The view in three dimensions: every height is the loss it stands for, and nothing is drawn where there is none."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments.spec import Choice
from figures import theme
from figures.heights3d import Heights, heights_of
from figures.print.legend import briefly, outcome
from figures.print.numbers import short
from figures.print.of_race import map_of, paths_of
from figures.print.plate import Map, Path
from figures.runs3d import LIFT, TOP
from figures.surface3d import MOST_NODES, surface3d_figure, surface3d_text
from landscapes import SURFACES
from tests.figures import plates

FLAT = [key for key in SURFACES if len(SURFACES[key]().coordinates) == 2]
SCALES = pytest.mark.parametrize("log", [False, True], ids=["linear", "log"])
SQUARE = ((0.0, 1.0), (0.0, 1.0))


def drawn(key: str) -> tuple[Map, list[Path]]:
    experiment, _, entries = plates.race(key)
    return plates.plate(key).map, paths_of(experiment, entries, plates.labels(experiment))


def traces(figure: go.Figure, **wanted: Any) -> list[Any]:
    sought = wanted.items()
    return [trace for trace in figure.data if sought <= {k: trace[k] for k in wanted if k in trace}.items()]


def heights_at(losses: np.ndarray, scale: Heights) -> np.ndarray:
    """Heights by the formula that the figure states, not by the code that draws them."""
    if not scale.log:
        return (losses - scale.lowest) / (scale.highest - scale.lowest)
    shift = (scale.highest - scale.lowest) / 100 - scale.lowest
    bottom, top = np.log(scale.lowest + shift), np.log(scale.highest + shift)
    return (np.log(losses + shift) - bottom) / (top - bottom)


@SCALES
@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("key", FLAT)
def test_surface_and_runs_stand_at_their_losses(key: str, log: bool) -> None:
    ground, paths = drawn(key)
    scale = heights_of(ground, paths, log)
    figure = surface3d_figure(ground, paths, "light", log)
    (surface,) = traces(figure, type="surface")
    finite = np.isfinite(surface.customdata)
    assert np.isin(surface.customdata[finite], ground.heights).all(), "hovers must say the map's own losses"
    np.testing.assert_allclose(surface.z[finite], heights_at(surface.customdata[finite].astype(float), scale), atol=1e-5)
    assert np.isnan(surface.z[~finite]).all()
    assert surface.z[finite].min() >= 0 and surface.z[finite].max() <= 1 < TOP
    low, high = np.array(ground.window).T
    for path in paths:
        inside = np.flatnonzero(np.isfinite(path.loss) & ((path.theta >= low) & (path.theta <= high)).all(axis=1))
        for points in traces(figure, mode="markers", name=path.label):
            np.testing.assert_array_equal(points.customdata[:, 0], inside)
            np.testing.assert_array_equal(points.customdata[:, 1], path.loss[inside])
            np.testing.assert_array_equal(np.column_stack([points.x, points.y]), path.theta[inside])
            np.testing.assert_allclose(points.z - LIFT, heights_at(path.loss[inside], scale), atol=1e-9)
        assert bool(len(path.theta)) == bool(traces(figure, mode="markers", name=path.label))


@SCALES
@pytest.mark.parametrize("mode", ["light", "dark"])
def test_runs_wear_the_colours_and_dashes_of_the_stage(mode: theme.Mode, log: bool) -> None:
    ground, paths = drawn("ravine")
    figure = surface3d_figure(ground, paths, mode, log)
    looks = theme.styles([path.key for path in paths])
    ran = [(path, look) for path, look in zip(paths, looks) if len(path.theta)]
    lines = traces(figure, mode="lines", showlegend=True)
    assert [(line.line.color, line.line.dash) for line in lines] == [(look.colour(mode), look.dash) for _, look in ran]
    assert all(path.label in line.name for line, (path, _) in zip(lines, ran))


@pytest.mark.parametrize("key", FLAT)
def test_the_axis_says_what_the_heights_are_and_its_ticks_are_losses(key: str) -> None:
    ground, paths = drawn(key)
    for log in (False, True):
        scale = heights_of(ground, paths, log)
        layout = surface3d_figure(ground, paths, "light", log).layout
        axis = layout.scene.zaxis
        notes = [note.text for note in layout.annotations]
        if log:
            shift = (scale.highest - scale.lowest) / 100 - scale.lowest
            sign, size = ("+", shift) if shift >= 0 else ("−", -shift)
            assert notes == [f"height: log(loss {sign} {short(size)})"] and axis.title.text == "loss, log"
        else:
            assert not notes and axis.title.text == "loss"
        assert len(set(axis.ticktext)) == len(axis.ticktext)
        losses = np.array([float(text.replace("−", "-")) for text in axis.ticktext])
        assert len(losses) >= 3
        np.testing.assert_allclose(axis.tickvals, heights_at(losses, scale), atol=5e-3)


@given(
    st.floats(-1e6, 1e6), st.floats(1e-3, 1e6), st.booleans(), st.lists(st.floats(0, 1), min_size=2, max_size=9, unique=True)
)
def test_heights_keep_order_and_can_be_read_back(lowest: float, span: float, log: bool, shares: list[float]) -> None:
    scale = Heights(lowest, lowest + span, log)
    losses = lowest + span * np.sort(shares)
    heights = scale.at(losses)
    assert (np.diff(heights) >= 0).all()
    np.testing.assert_allclose(scale.loss(heights), losses, atol=1e-9 * max(abs(lowest), span))
    np.testing.assert_allclose(scale.at(np.array([scale.lowest, scale.highest])), [0, 1], atol=1e-6)


@SCALES
def test_what_is_not_finite_is_a_gap(log: bool) -> None:
    x = np.linspace(0, 1, 31)
    losses = x[None] + x[:, None]
    losses[3, 4], losses[10, 20], losses[20, 20] = np.nan, np.inf, -np.inf
    ground = Map(losses, SQUARE, ("x", "y"), log)
    figure = surface3d_figure(ground, [], "light")
    (surface,) = traces(figure, type="surface")
    np.testing.assert_array_equal(np.isnan(surface.z), ~np.isfinite(losses))
    assert heights_of(ground, [], log) == Heights(0.0, 2.0, log)


@SCALES
def test_a_diverging_run_ends_at_the_edge_and_says_so(log: bool) -> None:
    experiment, landscape, entries = plates.race("ravine", (Choice("sgd", {"lr": 1.0}),), 400)
    ground = map_of(landscape, plates.plate("ravine").map.heights)
    (path,) = paths_of(experiment, entries, ["SGD"])
    assert not np.isfinite(path.theta[-1]).all()
    figure = surface3d_figure(ground, [path], "light", log)
    fate = path.fate(ground.window)
    (line,) = traces(figure, mode="lines", showlegend=True)
    assert f"left the map at step {fate.left}" in line.name and f"diverged at step {fate.diverged}" in line.name
    for trace in figure.data:
        for axis, (low, high) in zip("xyz", (*ground.window, (0.0, TOP))):
            values = np.asarray(trace[axis], dtype=float)
            shown = values[np.isfinite(values)]
            assert ((shown >= low - 1e-9) & (shown <= high + 1e-9)).all(), f"{trace.mode} beyond {axis}"
    (sign,) = [trace for trace in traces(figure, mode="text") if trace.name == "SGD"]
    assert sign.text[0].endswith("↗✕")
    edge = np.array([sign.x[0], sign.y[0]])
    assert np.isclose(edge, np.array(ground.window).T).any() or sign.z[0] > 1, "it ends where it left"
    assert f"diverged at step {fate.diverged}" in surface3d_text(ground, [path], "Ravine", log)


@SCALES
def test_between_two_steps_a_run_goes_straight_in_loss(log: bool) -> None:
    ground = Map(np.array([[0.0, 1.0], [1.0, 8.0]]), SQUARE, ("x", "y"), log)
    path = Path("sgd", "SGD", np.array([[0.9, 0.9], [0.1, 0.3]]), np.array([7.0, 0.5]))
    (line,) = traces(surface3d_figure(ground, [path], "light"), mode="lines", showlegend=True)
    end = int(np.flatnonzero(np.isnan(line.x))[0])
    share = (0.9 - line.x[:end]) / 0.8
    assert share[0] == 0 and np.isclose(share[-1], 1) and (np.diff(share) > 0).all()
    np.testing.assert_allclose(line.y[:end], 0.9 - 0.6 * share, atol=1e-12)
    losses = heights_of(ground, [path], log).loss(line.z[:end] - LIFT)
    np.testing.assert_allclose(losses, 7 - 6.5 * share, atol=1e-9)


@pytest.mark.parametrize("step", [0, 1, 7, 30])
def test_runs_are_drawn_up_to_the_step(step: int) -> None:
    ground, paths = drawn("ravine")
    figure = surface3d_figure(ground, paths[:1], "light", step=step)
    (points,) = traces(figure, mode="markers")
    np.testing.assert_array_equal(points.customdata[:, 0], np.arange(step + 1))
    (line,) = traces(figure, mode="lines", showlegend=True)
    (sign,) = [trace for trace in traces(figure, mode="text") if trace.name == paths[0].label]
    np.testing.assert_array_equal([sign.x[0], sign.y[0]], paths[0].theta[step])
    np.testing.assert_array_equal([line.x[-1], line.y[-1]], paths[0].theta[step])


@pytest.mark.parametrize("count", [40, 201, 202])
def test_a_fine_map_is_drawn_by_its_own_nodes(count: int) -> None:
    x = np.linspace(0, 1, count)
    losses = (x[None] - 0.3) ** 2 + x[:, None]
    (surface,) = traces(surface3d_figure(Map(losses, SQUARE, ("x", "y")), [], "light"), type="surface")
    assert max(surface.z.shape) <= MOST_NODES
    np.testing.assert_allclose(surface.customdata, (surface.x[None] - 0.3) ** 2 + surface.y[:, None], atol=1e-12)


def test_one_coordinate_is_refused() -> None:
    with pytest.raises(ValueError, match="one coordinate"):
        surface3d_figure(Map(np.array([1.0, 0.0, 1.0]), ((0.0, 1.0),), ("x",)), [], "light")


def test_what_is_no_loss_has_its_own_name_and_rows_their_own_steps() -> None:
    """Of a training not every step is recorded: a row's number is none of a step."""
    ground = Map(np.linspace(0, 1, 25).reshape(5, 5), SQUARE, ("a", "b"), name="accuracy")
    theta = np.array([[0.2, 0.2], [0.5, 0.5], [2.0, 0.5], [np.nan, np.nan]])
    path = Path("sgd", "SGD", theta, np.array([0.5, 0.4, 0.3, np.nan]), steps=np.array([0, 40, 80, 100]))
    figure, said = surface3d_figure(ground, [path], "light"), surface3d_text(ground, [path], "A slice")
    (surface,) = traces(figure, type="surface")
    assert surface.hovertemplate.startswith("accuracy ") and figure.layout.scene.zaxis.title.text == "accuracy"
    assert "accuracy from 0 to 1" in said and "left the map at step 80, diverged at step 100" in said
    points = next(trace for trace in figure.data if trace.hovertemplate and "step" in trace.hovertemplate)
    assert points.customdata[:, 0].tolist() == [0, 40]
    assert any("left the map at step 80" in (trace.name or "") for trace in figure.data)
    assert outcome(path, ground) == "left the map at step 80, diverged at step 100"
    assert briefly(path, ground)[0] == "diverged, step 100" and briefly(path_until(path, 3), ground)[1] == "left, step 80"


def path_until(path: Path, rows: int) -> Path:
    return replace(path, theta=path.theta[:rows], loss=path.loss[:rows])
