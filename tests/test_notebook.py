"""Every block of docs/notebook.md runs, in its order, and gives what it says; without a progress bar's library too."""

from __future__ import annotations

import importlib.util
import io
import re
import sys
from pathlib import Path
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest
import torch

from experiments import run
from experiments.grids import report, slice_through
from experiments.progress import bar
from figures.slice_map import slice_figure
from landscapes import SURFACES
from landscapes.directions import DIRECTIONS, line_along
from optimizers import OPTIMIZERS

BLOCKS = re.findall(r"```python\n(.*?)```", (Path(__file__).parents[1] / "docs" / "notebook.md").read_text("utf-8"), re.DOTALL)


@pytest.mark.slow
def test_the_documented_blocks_run(capsys: pytest.CaptureFixture[str]) -> None:
    threads, scope = torch.get_num_threads(), dict[str, Any]()
    try:
        for block in BLOCKS:
            exec(compile(block, "notebook.md", "exec"), scope)
    finally:
        torch.set_num_threads(threads)
    said = capsys.readouterr()
    assert "the paths' variance in the plane" in said.out and "It shows 2 of" in said.out
    assert all(title in said.err for title in ("SGD", "Adam", "cells"))
    network, runs, view = scope["network"], scope["runs"], scope["view"]
    _of_ones_own(scope)
    assert all(one.loss[-1] < 0.5 * one.loss[0] for one in runs.values())
    for grid in (view.grid, scope["around"].grid, scope["steepest"].grid, scope["line"].grid):
        assert grid.complete
        middle = grid.span.points(grid.coordinates[0, 3])
        assert grid.values["loss"][0, 3] == pytest.approx(float(network.loss(network.point(middle))), rel=1e-5)
    assert scope["line"].grid.values["test_loss"].shape == (1, 61) and scope["steepest"].grid.shape == (15, 21)
    ends = [float(network.loss(network.point(runs[key].theta[-1]))) for key in ("sgd", "adam")]
    line = scope["line"].grid
    np.testing.assert_allclose(np.interp([0, 1], line.x, line.values["loss"][0]), ends, rtol=0.02)
    assert scope["surface"].start == (0.8, -0.6)
    drawn = scope["figure"].data
    np.testing.assert_array_equal(drawn[0].customdata, view.grid.values["loss"])
    shown = {
        trace.name: np.stack([trace.x, trace.y], axis=-1)
        for trace in drawn
        if getattr(trace, "mode", "") == "lines" and trace.name
    }
    assert set(shown) == set(runs)
    np.testing.assert_allclose(shown["adam"], view.grid.span.coordinates(runs["adam"].theta))


def _of_ones_own(scope: dict[str, Any]) -> None:
    """The module with two heads: the loss of its slice is that of the module itself, in the mode that it trains in."""
    module, mine, plane, criterion = scope["TwoHeads"](), scope["mine"], scope["plane"], scope["criterion"]
    assert mine.samples == 400 and scope["own"].loss[-1] < 0.5 * scope["own"].loss[0] and plane.grid.complete
    torch.nn.utils.vector_to_parameters(mine.point(plane.grid.span.points(plane.grid.coordinates[3, 11])), module.parameters())
    inputs, digits = scope["as_tensors"][0]
    losses = [
        float(criterion(module(x), (y, x.mean(dim=(1, 2, 3)))).detach()) for x, y in zip(inputs.split(100), digits.split(100))
    ]
    assert plane.grid.values["loss"][3, 11] == pytest.approx(np.mean(losses), rel=1e-4)
    assert scope["own_figure"].layout.title.text.startswith("Around the end")


def test_any_landscape_has_slices(tmp_path: Path) -> None:
    bowl = SURFACES["bowl"]()
    view = slice_through(bowl, DIRECTIONS["given"](), at=(0.5, 0.0), given=np.eye(2), window=[(-1, 1), (-2, 2)], cells=(9, 7))
    np.testing.assert_allclose(view.grid.values["loss"], bowl.loss(view.grid.span.points(view.grid.coordinates)))
    assert view.chance is None and view.window == ((-1, 1), (-2, 2))
    surface = view.surface()
    t = run(OPTIMIZERS["sgd"](lr=0.1), surface, surface.start, steps=20)
    np.testing.assert_allclose(t.loss, bowl.loss(view.grid.span.points(t.theta)))
    assert surface.start == pytest.approx((-0.7, 1.2))
    with pytest.raises(ValueError, match="networks only"):
        slice_through(bowl, line_along(np.zeros(2), np.ones(2)), keep=tmp_path)
    text = report(view.trust())
    assert (
        "two given directions" in text and "angle between the axes: 90.00°" in text and "samples" not in text.split("\n\n")[0]
    )


def test_a_figure_shows_what_is_not_finite_as_nothing() -> None:
    bowl = SURFACES["bowl"]()
    view = slice_through(bowl, DIRECTIONS["given"](), given=np.eye(2), window=[(-1, 1), (-1, 1)], cells=5)
    view.grid.values["loss"][1, 2] = np.inf
    heat = slice_figure(view.grid).data[0]
    assert np.isnan(heat.z[1, 2]) and np.isnan(heat.customdata[1, 2]) and np.isfinite(heat.z).sum() == 24
    flat = np.sort(heat.z[np.isfinite(heat.z)])
    assert (flat[0], flat[-1]) == (0, 1)
    line = slice_through(bowl, line_along(np.zeros(2), np.ones(2)), window=[(-2, 2)], cells=5)
    figure = slice_figure(line.grid, log=False, mode="dark")
    assert isinstance(figure, go.Figure) and figure.layout.yaxis.type is None
    np.testing.assert_array_equal(figure.data[0].y, line.grid.values["loss"][0])


@pytest.mark.parametrize("library", ["none", "tqdm"])
def test_a_bar_tells_how_much_is_done(library: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if library == "tqdm":
        pytest.importorskip("tqdm")
    found = importlib.util.find_spec
    monkeypatch.setattr("experiments.progress.find_spec", lambda name: found(name) if library == name else None)
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    with bar("cells", 40) as told:
        told(10)
        told(40)
    last = re.split(r"[\r\n]+", stream.getvalue().strip())[-1]
    assert last.startswith("cells: 100%") and "40/40" in last
    stream.truncate(0)
    with bar("cells", 40, shown=False) as told:
        told(40)
    assert not stream.getvalue().strip("\0")
    with pytest.raises(KeyError), bar("cells", 4) as told:
        told(1)
        raise KeyError
