"""Maps of slices: every cell once, coarse first, kept on disk, gone on with; and the numbers beside them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from experiments.grids import Grid, GridStore, automatic_window, blank, fill, key_of, shared_range, trust
from experiments.grids.fill import filled
from landscapes import SURFACES
from landscapes.directions import DIRECTIONS, Line, Plane
from landscapes.directions.kind import Place
from landscapes.grids import Evaluator, evaluator
from landscapes.grids.evaluator import Tick, no_tick
from landscapes.networks.grids.facts import chance_level, facts, identity, rounding
from landscapes.networks.network import Network

FLAT = Plane(np.array([0.3, -0.4]), np.array([[1.0, 2.0], [0.5, -1.0]]))
Formula = Callable[[np.ndarray], np.ndarray]


class Counting(Evaluator):
    """A formula of the coordinates that counts how often each cell is asked for."""

    asked = ("loss", "accuracy")

    def __init__(self, together: int = 5, value: Formula = lambda c: c[:, 0] + 10 * c[:, -1]) -> None:
        self.together, self.value = together, value
        self.seen: list[tuple[float, ...]] = []

    def __call__(self, coordinates: np.ndarray, tick: Tick = no_tick) -> dict[str, np.ndarray]:
        tick()
        self.seen += [tuple(c) for c in coordinates]
        return {"loss": self.value(coordinates), "accuracy": 0 * coordinates[:, 0]}


def small(criterion: Any = nn.functional.cross_entropy, norm: bool = False) -> Network:
    torch.manual_seed(0)
    layers = [nn.Linear(6, 5), *([nn.BatchNorm1d(5)] if norm else []), nn.Tanh(), nn.Linear(5, 3)]
    return Network.of(nn.Sequential(*layers), criterion, (torch.randn(30, 6), torch.arange(30) % 3), name="small")


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 60), st.integers(1, 60), st.integers(1, 50))
def test_every_cell_is_computed_once_and_stands_where_it_belongs(nx: int, ny: int, together: int) -> None:
    x, y = np.linspace(-1, 2, nx), np.linspace(-3, -1, ny)
    counting = Counting(together)
    steps = list(fill(blank(FLAT, x, y), counting))
    whole = steps[-1]
    assert whole.complete and len(counting.seen) == len(set(counting.seen)) == nx * ny
    np.testing.assert_array_equal(whole.values["loss"], x[None] + 10 * y[:, None])
    shares = [grid.share for grid in steps]
    assert shares == sorted(shares)
    for grid in steps:
        assert np.isnan(grid.values["loss"][~grid.done]).all()
        coarse = grid.coarse()
        wanted = coarse.x[None] + 10 * np.asarray(coarse.y)[:, None]
        np.testing.assert_array_equal(coarse.values["loss"][coarse.done], wanted[coarse.done])
    if max(whole.strides) > 1:
        first = next(grid for grid in steps if grid.coarse() is not grid or grid.complete).coarse()
        assert first.complete and first.x[0] == x[0] and first.x[-1] == x[-1] and first.y[-1] == y[-1]
        assert min(n for n in first.shape if n > 1) >= 12


def test_a_line_is_one_row() -> None:
    line = Line(FLAT.origin, FLAT.directions[:1])
    grid = filled(blank(line, np.linspace(0, 1, 30)), Counting(value=lambda c: c[:, 0] ** 2))
    assert grid.shape == (1, 30) and grid.y is None
    np.testing.assert_array_equal(grid.values["loss"][0], grid.x**2)


def test_nan_infinite_zero_and_negative_cells_are_data() -> None:
    """What the landscape has is what a cell has; done says that it was computed, not the value."""
    strange = np.array([np.nan, np.inf, -np.inf, 0.0, -5.0, -1.0])
    counting = Counting(value=lambda c: strange[c[:, 0].astype(int)])
    grid = filled(blank(FLAT, np.arange(6.0), np.arange(3.0)), counting)
    np.testing.assert_array_equal(grid.values["loss"], np.tile(strange, (3, 1)))
    assert grid.complete
    list(fill(grid, counting))
    assert len(counting.seen) == 18
    assert shared_range([grid], "loss") == (-5.0, 0.0)


def stopping_after(calls: int) -> Callable[[float], None]:
    left = [calls]

    def heard(share: float) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise KeyboardInterrupt

    return heard


def test_a_stopped_grid_goes_on_where_it_was(tmp_path: Path) -> None:
    store, counting = GridStore(tmp_path), Counting()
    grid = blank(FLAT, np.linspace(0, 1, 31), np.linspace(0, 1, 27), ("loss", "accuracy"))
    key = key_of(grid, "formula")
    with pytest.raises(KeyboardInterrupt):
        for _ in store.filled(key, grid, counting, stopping_after(3)):
            pass
    part = store.load(key)
    assert part is not None and 0 < part.share < 1
    *_, whole = store.filled(key, grid, counting)
    assert whole.complete and len(counting.seen) == len(set(counting.seen)) == 31 * 27
    again = Counting()
    *_, kept = store.filled(key, grid, again)
    assert not again.seen
    np.testing.assert_array_equal(kept.values["loss"], whole.values["loss"])
    assert list(tmp_path.iterdir()) == [store.path(key)]


def test_a_file_is_the_grid(tmp_path: Path) -> None:
    plane = replace(FLAT, made="two given directions", labels=("d1", "d2"), explained=np.array([0.5, 0.25]))
    grid = filled(blank(plane, np.arange(4.0), np.arange(3.0), ("loss",), {"samples": 30}), Counting())
    file = BytesIO()
    grid.save(file)
    file.seek(0)
    read = Grid.load(file)
    for name in ("origin", "directions", "explained", "made", "labels"):
        assert np.array_equal(getattr(read.span, name), getattr(grid.span, name)), name
    assert np.array_equal(read.values["loss"], grid.values["loss"]) and read.facts == grid.facts
    assert isinstance(read.span, Plane)
    for broken in (b"", b"nonsense", file.getvalue()[:200]):
        with pytest.raises(ValueError, match="not a grid"):
            Grid.load(BytesIO(broken))
    store = GridStore(tmp_path)
    store.path("x").write_bytes(b"nonsense")
    assert store.load("x") is None and store.load("y") is None


def test_a_key_names_exactly_one_content() -> None:
    grid = blank(FLAT, np.arange(3.0), np.arange(2.0), ("loss",), {"samples": 3})
    others = [
        blank(FLAT, np.arange(4.0), np.arange(2.0), ("loss",), {"samples": 3}),
        blank(FLAT, np.arange(3.0), np.arange(3.0), ("loss",), {"samples": 3}),
        blank(replace(FLAT, origin=FLAT.origin + 1e-12), np.arange(3.0), np.arange(2.0), ("loss",), {"samples": 3}),
        blank(replace(FLAT, directions=2 * FLAT.directions), np.arange(3.0), np.arange(2.0), ("loss",), {"samples": 3}),
        blank(FLAT, np.arange(3.0), np.arange(2.0), ("loss", "accuracy"), {"samples": 3}),
        blank(FLAT, np.arange(3.0), np.arange(2.0), ("loss",), {"samples": 4}),
    ]
    keys = {key_of(grid, "a"), key_of(grid, "b"), *(key_of(other, "a") for other in others)}
    assert len(keys) == 8 and key_of(filled(grid, Counting()), "a") == key_of(grid, "a")


def test_cells_are_taken_over_into_a_finer_grid() -> None:
    coarse = filled(blank(FLAT, np.linspace(-1, 1, 11), np.linspace(0, 1, 6)), Counting())
    fine = blank(FLAT, np.linspace(-1, 1, 21), np.linspace(0, 2, 21)).with_cells_of(coarse)
    assert fine.done.sum() == 11 * 6
    counting = Counting()
    whole = filled(fine, counting)
    assert len(counting.seen) == 21 * 21 - 66
    np.testing.assert_allclose(whole.values["loss"], whole.x[None] + 10 * np.asarray(whole.y)[:, None], atol=1e-12)
    with pytest.raises(ValueError, match="same span"):
        fine.with_cells_of(replace(coarse, facts={"samples": 1}))


def test_what_is_no_grid_is_refused() -> None:
    for x, y, quantities, reason in (
        ([0, 0], [0], ("loss",), "each larger"),
        ([0, np.nan], [0], ("loss",), "finite"),
        ([0, 1], None, ("loss",), "as many axes"),
        ([0, 1], [0], ("height",), "no quantity"),
    ):
        with pytest.raises(ValueError, match=reason):
            blank(FLAT, x, y, quantities)
    with pytest.raises(ValueError, match="nothing here evaluates"):
        list(fill(blank(FLAT, [0.0], [0.0], ("spread",)), Counting()))


def test_windows() -> None:
    """On a bowl whose height is known: five times the centre's loss, or the height asked for; with paths, around them."""
    bowl = SURFACES["bowl"]()
    plane = Plane(np.array([1.0, 0.0]), np.array([[0.0, 2.0], [0.1, 0.0]]))
    evaluate = evaluator(bowl, plane)
    curve = bowl.hessian(np.zeros(2))
    centre = float(evaluate(np.zeros((1, 2)))["loss"][0])
    for height, chance in ((5 * centre, None), (100.0, 100.0), (5 * centre, 1.5 * centre)):
        for (low, high), direction in zip(automatic_window(plane, evaluate, chance=chance), plane.directions):
            reach = np.sqrt(2 * (height - centre) / (direction @ curve @ direction))
            assert low == -high and reach <= high <= 1.03 * reach
    path = np.array([[1.0, 0.0], [1.0, 4.0], [np.nan, 0.0]])
    assert automatic_window(plane, evaluate, [path]) == [(pytest.approx(-0.6), pytest.approx(2.6)), (-1.0, 1.0)]
    still = Counting(value=lambda c: 0 * c[:, 0])
    assert automatic_window(plane, still) == [(-1.0, 1.0)] * 2
    cliff = Counting(value=lambda c: np.where(np.abs(c).max(axis=1) > 3e-5, np.nan, 1.0))
    for low, high in automatic_window(plane, cliff):
        assert 3e-5 <= high < 3.1e-5 and low == -high


def test_one_range_of_colours_for_all_maps() -> None:
    low = filled(blank(FLAT, np.arange(3.0), np.arange(2.0)), Counting())
    high = filled(blank(FLAT, np.arange(3.0) + 50, np.arange(2.0)), Counting())
    assert shared_range([low, high], "loss") == (0.0, 62.0)
    assert shared_range([blank(FLAT, [0.0], [0.0])], "loss") is None and shared_range([low], "largest") is None


def test_chance_levels() -> None:
    assert chance_level(small()) == pytest.approx(np.log(3))
    assert chance_level(small(lambda z, y: ((z - nn.functional.one_hot(y, 3)) ** 2).mean())) == pytest.approx(2 / 9)
    values = torch.randn(30, 2)
    regression = Network.of(nn.Linear(6, 2), nn.functional.mse_loss, (torch.randn(30, 6), values))
    assert chance_level(regression) == pytest.approx(float(values.var(dim=0, correction=0).mean()))
    lone = Network.of(nn.Linear(6, 2), lambda module: module.weight.square().sum())
    assert chance_level(lone) is None


def test_an_identity_is_of_everything_that_the_loss_depends_on() -> None:
    net = small(norm=True)
    moved = small(norm=True)
    with torch.no_grad():
        moved.module.get_buffer("1.running_mean").add_(1)
    module, cross_entropy = net.module.requires_grad_(True), nn.functional.cross_entropy
    other, weights = (Network.of(module, cross_entropy, (net.inputs + by, net.targets), name="small") for by in (1, 0))
    assert identity(net) == identity(small(norm=True)) == identity(weights)
    found = {identity(n) for n in (net, moved, other, net.with_statistics("recomputed"), net.chosen(np.arange(5)), small())}
    assert len(found) == 6


def test_trust_has_the_numbers_it_names() -> None:
    net = small()
    rng = np.random.default_rng(0)
    path = np.array(net.start) + np.cumsum(0.1 * rng.normal(size=(8, net.dim)), axis=0)
    place = Place.of(net, path[-1], paths=(path, np.vstack([path[:2], np.full(net.dim, np.nan)])))
    plane = DIRECTIONS["principal"]().plane(place)
    found = trust(place, plane, {**facts(net), "of": 90})
    for kept, points in zip(found.paths, place.paths):
        np.testing.assert_allclose(kept.off_plane[:2], plane.distance(points[:2]))
        true = [float(net.loss(net.point(point))) for point in points[:2]]
        shown = [float(net.loss(net.point(plane.points(plane.coordinates(point))))) for point in points[:2]]
        np.testing.assert_allclose(kept.true_loss[:2], true, rtol=1e-5)
        np.testing.assert_allclose(kept.plane_loss[:2], shown, rtol=1e-5)
        assert kept.largest_gap >= abs(true[0] - shown[0]) - 1e-6
    assert np.isnan(found.paths[1].true_loss[2]) and np.isnan(found.paths[1].plane_loss[2])
    assert found.captured == pytest.approx(float(plane.explained[:2].sum())) and found.angle == pytest.approx(90)
    theta = net.point(plane.origin)
    each = nn.functional.cross_entropy(net.evaluate.outputs(theta, net.inputs), net.targets, reduction="none").detach().numpy()
    assert found.sample_error == pytest.approx(each.std(ddof=1) / 30**0.5, rel=1e-4)
    assert found.subset_error == pytest.approx(found.sample_error * (2 / 3) ** 0.5) and found.loss == pytest.approx(each.mean())
    assert found.seeds is None and len(found.cannot) == 3 and "30 of 90" in " ".join(found.cannot)
    assert trust(place, plane, facts(net)).subset_error == 0


def test_other_seeds_are_other_planes_of_the_same_kind() -> None:
    place = Place.of(small(norm=True))
    kind = DIRECTIONS["random"](seed=3)
    found = trust(place, kind.plane(place), facts(place.landscape), kind=kind, seeds=3)
    assert found.seeds is not None and found.seeds.seeds == (3, 4, 5) and found.seeds.loss.shape == (3, 9, 9)
    lone = evaluator(place.landscape, DIRECTIONS["random"](seed=4).plane(place))(np.array([[-1.0, -1.0]]))["loss"][0]
    assert found.seeds.loss[1, 0, 0] == pytest.approx(lone, rel=1e-6)
    np.testing.assert_allclose(found.seeds.deviation, found.seeds.loss.std(axis=0, ddof=1))
    np.testing.assert_allclose(found.seeds.loss[:, 4, 4], found.loss, rtol=1e-5)
    assert "Batch normalisation" in found.cannot[-1] and np.isnan(found.captured)


def test_a_surface_has_what_trust_it_can() -> None:
    place = Place.of(SURFACES["rosenbrock"](), given=np.array([[1.0, 0.0], [1.0, 1.0]]))
    found = trust(place, DIRECTIONS["given"]().plane(place))
    assert found.angle == pytest.approx(45) and np.isnan(found.sample_error) and "45.0°" in " ".join(found.cannot)


def test_rounding_is_float32s() -> None:
    net = small()
    plane = DIRECTIONS["random"]().plane(Place.of(net))
    cells = np.random.default_rng(1).normal(size=(5, 2))
    assert 0 < rounding(net, plane, cells) < 1e-5
    assert rounding(net.to(torch.float64), plane, cells) < 1e-13


def test_progress_is_heard_within_long_calls() -> None:
    class Slow(Counting):
        def __call__(self, coordinates: np.ndarray, tick: Tick = no_tick) -> dict[str, np.ndarray]:
            for _ in range(3):
                tick()
            return super().__call__(coordinates)

    heard: list[float] = []
    steps: Iterator[Grid] = fill(blank(FLAT, np.arange(4.0), np.arange(4.0)), Slow(together=16), heard.append)
    assert len(list(steps)) == 1 and heard == [0.0] * 4 + [1.0]
