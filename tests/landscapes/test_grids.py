"""Every fast way through many points of a plane is the plain loop, which is the network's own loss and accuracy."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from landscapes import SURFACES
from landscapes.directions import DIRECTIONS, Line, Plane
from landscapes.directions.kind import Place
from landscapes.grids import QUANTITIES, curvature_evaluator, evaluator
from landscapes.grids.evaluator import Direct, Evaluator
from landscapes.grids.quantities import LOSSES
from landscapes.networks.grids import headed, in_place, stacked, steps
from landscapes.networks.grids.plain import Plain
from landscapes.networks.grids.samples import Judge
from landscapes.networks.network import Network
from tests.some import some

WAYS: dict[str, type[Any]] = {"stacked": stacked.Stacked, "headed": headed.Headed, "in place": in_place.InPlace}


class Branch(nn.Module):
    """A convolution whose normalisation can be folded, one that is read twice, one whose normalisation is called twice."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.read_twice, self.other = (nn.Conv2d(2, 2, 3, padding=1, bias=i > 0) for i in range(3))
        self.norm, self.after, self.called_twice = (nn.BatchNorm2d(2) for _ in range(3))

    def forward(self, x: Tensor) -> Tensor:
        y = self.read_twice(x)
        return torch.relu(self.norm(self.conv(x)) + self.after(y) + y) + self.called_twice(self.other(x)) + self.called_twice(x)


class Choosy(nn.Module):
    """Its graph depends on its values, so that it cannot be read under symbols."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(36, 4)

    def forward(self, x: Tensor) -> Tensor:
        z = self.layer(x.flatten(1))
        return z if float(z.abs().sum()) > 0 else z * 2


def mlp() -> list[nn.Module]:
    return [nn.Flatten(), nn.Linear(36, 7), nn.ReLU(), nn.Linear(7, 5), nn.Tanh(), nn.Linear(5, 4)]


MODULES: dict[str, tuple[Callable[[], list[nn.Module]], set[str]]] = {  # with the ways that serve them
    "mlp": (mlp, {"stacked", "in place"}),
    "linear": (lambda: [nn.Flatten(), nn.Linear(36, 4, bias=False)], {"stacked", "in place"}),
    "normed": (
        lambda: [nn.Flatten(), nn.Linear(36, 6), nn.BatchNorm1d(6), nn.Sigmoid(), nn.Dropout(0.5), nn.Linear(6, 4)],
        {"stacked", "in place"},
    ),
    "convolutions": (
        lambda: [
            nn.Conv2d(1, 3, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(3, 4, 2), nn.BatchNorm2d(4, affine=False),
            nn.GELU(), nn.Sequential(nn.AvgPool2d(1), nn.AvgPool2d(2), nn.Flatten()), nn.Linear(4, 4),
        ],
        {"stacked", "headed", "in place"},
    ),
    "large maps": (
        lambda: [
            nn.Conv2d(1, 3, 3, padding=1), nn.LeakyReLU(0.1), nn.Conv2d(3, 2, 2, bias=False), nn.BatchNorm2d(2), nn.Tanh(),
            nn.MaxPool2d(2), nn.Flatten(), nn.Linear(8, 4),
        ],
        {"headed", "in place"},
    ),
    "residual": (
        lambda: [nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), Branch(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2, 4)],
        {"in place"},
    ),
    "bent": (
        lambda: [nn.Conv2d(1, 2, 3), nn.GELU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(8, 4)],
        {"stacked", "headed", "in place"},
    ),
    "unreadable": (lambda: [Choosy()], {"in place"}),
}  # fmt: skip
CRITERIA: dict[str, Callable[..., Tensor]] = {
    "cross-entropy": nn.functional.cross_entropy,
    "squares": lambda z, y: ((z - nn.functional.one_hot(y, 4)) ** 2).mean(),
    "weighted": nn.CrossEntropyLoss(weight=torch.tensor([1.0, 5.0, 0.5, 2.0], dtype=torch.float64)),
}


def network(name: str, criterion: str = "cross-entropy", statistics: Any = "frozen", part: int | None = None) -> Network:
    """Float64, so that a wrong term cannot hide in rounding; normalisations with statistics and gains of their own."""
    torch.manual_seed(3)
    module = nn.Sequential(*MODULES[name][0]()).double()
    for layer in module.modules():
        if isinstance(layer, (nn.BatchNorm1d, nn.BatchNorm2d)):
            layer.running_mean, layer.running_var = (
                torch.randn_like(layer.running_mean),
                torch.rand_like(layer.running_var) + 0.5,
            )
            if layer.affine:
                nn.init.normal_(layer.weight)
                nn.init.normal_(layer.bias)
    inputs, labels = torch.randn(61, 1, 6, 6, dtype=torch.float64), torch.randint(0, 4, (61,))
    sets = (inputs[:40], labels[:40]), (inputs[40:], labels[40:])
    return Network.of(module, CRITERIA[criterion], *sets, name=name, statistics=statistics, part=part)


def plane(net: Network, seed: int = 0) -> Plane:
    made: Plane = DIRECTIONS["random"](vectors="kept", seed=seed).plane(Place.of(net))
    return made


CELLS = np.random.default_rng(2).normal(size=(7, 2))


def held(ours: Any, theirs: Any, tolerance: float = 1e-9) -> None:
    for name in theirs:
        assert ours[name].dtype == np.float64 and ours[name].shape == (len(CELLS),)
        np.testing.assert_allclose(ours[name], theirs[name], rtol=tolerance, atol=tolerance, err_msg=name)


@pytest.mark.parametrize("criterion", CRITERIA)
@pytest.mark.parametrize("part", [17, pytest.param(None, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", some(MODULES, list(MODULES)[:4]))
def test_every_way_is_the_plain_loop(name: str, part: int | None, criterion: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """All quantities; chunks of points and blocks of samples that come out uneven. A criterion that weighs classes is no mean
    over samples, so it must see the network's own parts."""
    for sizes in (in_place.IMAGES, in_place.ROWS):
        monkeypatch.setitem(sizes, "cpu", (9,))
    monkeypatch.setitem(stacked.CHUNK_BYTES, "cpu", 2**14)
    monkeypatch.setitem(stacked.BLOCK_BYTES, "cpu", 2**10)
    monkeypatch.setattr(stacked, "FEWEST", 9)
    net = network(name, criterion, part=part)
    span = plane(net)
    asked = tuple(q for q in LOSSES if q != "spread" or criterion != "weighted")
    plain = Plain(net, span, asked)(CELLS)
    np.testing.assert_allclose(plain["loss"], net.loss(net.point(span.points(CELLS))).numpy(), rtol=1e-12)
    before = deepcopy(net.module.state_dict())
    for key, way in WAYS.items():
        if key in MODULES[name][1]:
            held(way(net, span, asked)(CELLS), plain)
            for quantity in asked:
                held(way(net, span, (quantity,))(CELLS), {quantity: plain[quantity]})
        else:
            with pytest.raises(ValueError, match=r"cannot be evaluated|no head"):
                way(net, span, asked)
    assert all(torch.equal(value, before[key]) for key, value in net.module.state_dict().items())


@pytest.mark.parametrize(
    ("name", "folds"), [("residual", 2), ("large maps", 1), ("convolutions", 1), ("mlp", 0), ("unreadable", 0)]
)
def test_normalisations_are_folded_where_they_can_be(name: str, folds: int) -> None:
    net = network(name)
    way = in_place.InPlace(net, plane(net))
    way(CELLS[:1])
    assert len(way._written.folds) == folds


@pytest.mark.parametrize("name", ["normed", "convolutions", "residual"])
def test_recomputed_statistics_are_the_networks(name: str) -> None:
    net = network(name, statistics="recomputed", part=20)
    span = plane(net)
    plain = Plain(net, span, LOSSES)(CELLS)
    held(in_place.InPlace(net, span, LOSSES)(CELLS), plain)
    assert type(evaluator(net, span, LOSSES)) is in_place.InPlace
    frozen = evaluator(network(name), span, LOSSES)(CELLS)
    assert np.abs(frozen["loss"] - plain["loss"]).max() > 1e-3


@pytest.mark.parametrize("name", MODULES)
def test_the_planner_takes_the_fastest_way_that_serves(name: str) -> None:
    net = network(name)
    found = evaluator(net, plane(net))
    assert type(found) is WAYS[next(key for key in WAYS if key in MODULES[name][1])]


@pytest.mark.parametrize("key", WAYS)
def test_float32_is_within_its_rounding(key: str) -> None:
    net = network("convolutions")
    span = plane(net)
    exact = Plain(net, span, LOSSES)(CELLS)
    held(WAYS[key](net.to(torch.float32), span, LOSSES)(CELLS), exact, tolerance=1e-5)


@pytest.mark.parametrize("key", WAYS)
def test_lines_and_no_points(key: str) -> None:
    net = network("convolutions")
    span = plane(net)
    line = Line(span.origin, span.directions[:1])
    t = np.linspace(-1, 1, 5)[:, None]
    ours = WAYS[key](net, line, ("loss",))(t)["loss"]
    np.testing.assert_allclose(ours, Plain(net, span)(np.hstack([t, 0 * t]))["loss"], rtol=1e-10)
    assert WAYS[key](net, span, ("loss", "accuracy"))(np.zeros((0, 2)))["accuracy"].shape == (0,)


@pytest.mark.parametrize("key", [*WAYS, "plain"])
def test_far_points_are_data_and_ties_are_the_first_class(key: str) -> None:
    net = network("convolutions").to(torch.float32)
    span = plane(net)
    way = Plain if key == "plain" else WAYS[key]
    c = np.array([[0.1, 0.2], [1e30, 0.0], [np.nan, 0.0], [0.3, 0.1]])
    found = way(net, span, ("loss", "accuracy", "test_accuracy"))(c)
    for name, values in found.items():
        assert np.isfinite(values[[0, 3]]).all(), name
        assert not np.isfinite(values[[1, 2]]).any(), name
    nothing = Plane(np.zeros(net.dim), span.directions)
    labels = net.targets.numpy()
    assert way(net, nothing, ("accuracy",))(np.zeros((1, 2)))["accuracy"][0] == pytest.approx((labels == 0).mean())


@pytest.mark.parametrize("key", [*WAYS, "plain"])
def test_evaluations_can_be_stopped_and_go_on(key: str) -> None:
    class Stop(Exception):
        pass

    net = network("convolutions")
    span = plane(net)
    made = (Plain if key == "plain" else WAYS[key])(net, span)
    calls = 0

    def tick() -> None:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise Stop

    whole = made(CELLS)
    many = np.tile(CELLS, (400, 1))
    with pytest.raises(Stop):
        made(many, tick)
    np.testing.assert_array_equal(made(CELLS)["loss"], whole["loss"])


def test_a_spread_is_the_deviation_of_the_samples_own_losses() -> None:
    net = network("mlp")
    theta = net.point(net.start)
    each = nn.functional.cross_entropy(net.evaluate.outputs(theta, net.inputs), net.targets, reduction="none")
    found = Plain(net, plane(net), ("spread",))(np.zeros((1, 2)))["spread"][0]
    assert found == pytest.approx(float(each.std()))
    looped = Judge(lambda z, y: nn.functional.cross_entropy(z, y) if bool(y.sum() >= 0) else z.sum(), False, True)
    outputs = torch.randn(6, 4, dtype=torch.float64)
    labels = torch.tensor([0, 1, 2, 3, 0, 1])
    torch.testing.assert_close(looped.each(outputs, labels), nn.functional.cross_entropy(outputs, labels, reduction="none"))
    with pytest.raises(ValueError, match="not a mean over samples"):
        Judge(CRITERIA["weighted"], False, True).each(outputs, labels)


def test_what_is_not_there_is_refused() -> None:
    net = network("mlp")
    span = plane(net)
    lone = Network.of(
        nn.Sequential(*MODULES["mlp"][0]()).double(),
        lambda z, y: ((z - y) ** 2).mean(),
        (net.inputs, torch.randn(40, 4, dtype=torch.float64)),
    )
    for landscape, asked, reason in (
        (lone, ("test_loss",), "no test samples"),
        (lone, ("accuracy",), "no classes"),
        (net, ("height",), "quantities are"),
        (net, (), "quantities are"),
        (SURFACES["ravine"](), ("accuracy",), "nothing else"),
    ):
        with pytest.raises(ValueError, match=reason):
            evaluator(
                landscape, span if (landscape is not net and landscape.dim > 2) or landscape is net else flat_plane(), asked
            )
    with pytest.raises(ValueError, match="2 parameters"):
        evaluator(net, flat_plane())
    assert evaluator(lone, span, ("loss", "spread"))(CELLS)["spread"].min() > 0


def flat_plane() -> Plane:
    return Plane(np.array([0.3, -0.4]), np.array([[1.0, 2.0], [0.5, -1.0]]))


def test_a_surface_is_evaluated_directly() -> None:
    surface = SURFACES["rosenbrock"]()
    found = evaluator(surface, flat_plane())
    assert isinstance(found, Direct)
    np.testing.assert_array_equal(found(CELLS)["loss"], surface.loss(flat_plane().points(CELLS)))


@pytest.mark.parametrize("where", ["mlp", "rosenbrock"])
def test_curvature_is_the_ends_of_the_dense_spectrum(where: str) -> None:
    """The whole Hessian's, not its part in the plane; within the residual that comes with it."""
    landscape: Any = network("mlp") if where == "mlp" else SURFACES[where]()
    span = plane(landscape) if where == "mlp" else flat_plane()
    found = curvature_evaluator(landscape, span, tolerance=1e-8)(CELLS[:2])
    assert set(found) <= set(QUANTITIES)
    for i, point in enumerate(span.points(CELLS[:2])):
        values = np.linalg.eigvalsh(np.asarray(landscape.hessian(landscape.point(point))))
        size = np.abs(values).max()
        assert abs(found["largest"][i] - values[-1]) <= found["residual"][i] + 1e-12 * size
        assert abs(found["smallest"][i] - values[0]) <= found["residual"][i] + 1e-12 * size
        assert found["residual"][i] <= 1e-7 * size


def test_curvature_where_there_is_none_is_nan() -> None:
    net = network("mlp")
    found = curvature_evaluator(net, plane(net))(np.array([[np.nan, 0.0], [0.0, 0.0]]))
    assert np.isnan(found["largest"][0]) and np.isfinite(found["largest"][1])


def test_dense_matrices_stand_for_small_convolutions_only() -> None:
    assert steps.MOST_WASTE < 9 and isinstance(evaluator(network("convolutions"), plane(network("convolutions"))), Evaluator)
