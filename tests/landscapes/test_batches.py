"""Mini-batches of the samples that a surface is made of."""

from __future__ import annotations

import copy
import pickle
from itertools import combinations
from typing import Any

import numpy as np
import pytest

from experiments import run
from landscapes import MODIFIERS, SURFACES
from landscapes.batches import OnBatch
from landscapes.landscape import Draw
from landscapes.surfaces.neurons import INPUTS, NOISE, TEACHER
from optimizers import OPTIMIZERS
from tests.cases import SURFACE_CASES, OnTorch, case, some_points
from tests.landscapes.changed import matrix_of
from tests.linear_neuron import LinearNeuron

unchecked = pytest.mark.usefixtures("shapes_unchecked")
SAMPLED = [(key, given) for key, given in SURFACE_CASES if case(key, given).samples]
X = np.array(INPUTS)
GOLDEN = [[6, 0, 7, 9], [4, 1, 8, 5], [2, 7, 3, 0]]


@pytest.fixture(params=SAMPLED, ids=str)
def surface(request: pytest.FixtureRequest) -> Any:
    return case(*request.param)


class SampledNeuron(LinearNeuron):
    """A linear neuron of the tests' own, whose samples can be chosen."""

    @property
    def samples(self) -> int:
        return len(self.x)

    def chosen(self, indices: np.ndarray) -> LinearNeuron:
        return LinearNeuron(self.x[indices], self.y[indices])


# Which samples.


@pytest.mark.parametrize(("samples", "size"), [(4, 1), (4, 2), (4, 3), (4, 4), (10, 3), (7, 2)])
def test_every_epoch_shows_every_sample_once_save_what_is_left_over(samples: int, size: int) -> None:
    batches = OnBatch(SampledNeuron(np.ones((samples, 2)), np.ones(samples)), size)
    per_epoch = samples // size
    orders = []
    for epoch in range(6):
        shown = [batches.indices(Draw(3, epoch * per_epoch + i)) for i in range(per_epoch)]
        assert all(len(batch) == size for batch in shown)
        whole = np.concatenate(shown)
        assert len(set(whole.tolist())) == per_epoch * size and set(whole.tolist()) <= set(range(samples))
        orders.append(tuple(whole.tolist()))
    assert len(set(orders)) > 1
    assert np.array_equal(batches.indices(Draw(3, 5)), batches.indices(Draw(3, 5)))


def test_every_order_is_as_likely_as_another() -> None:
    batches = OnBatch(SampledNeuron(np.ones((3, 2)), np.ones(3)), 3)
    counts: dict[tuple[int, ...], int] = {}
    for epoch in range(1200):
        order = tuple(batches.indices(Draw(0, epoch)).tolist())
        counts[order] = counts.get(order, 0) + 1
    assert len(counts) == 6
    assert sum((n - 200) ** 2 / 200 for n in counts.values()) < 20.5  # chi square, 5 degrees of freedom: 0.1 %


def test_the_batches_of_a_seed_stay_what_they_are() -> None:
    """Links and files of earlier versions must give the same walks."""
    batches = OnBatch(SampledNeuron(np.ones((10, 2)), np.ones(10)), 4)
    assert [batches.indices(Draw(1, step)).tolist() for step in range(3)] == GOLDEN
    assert batches.indices(Draw(2, 0)).tolist() != GOLDEN[0]


# What they give.


def test_samples_average_to_the_whole(surface: Any) -> None:
    theta = some_points(surface, (6,))
    parts = [surface.chosen([i]) for i in range(surface.samples)]
    everything = surface.chosen(range(surface.samples))
    pairs = [surface.chosen(pair) for pair in combinations(range(surface.samples), 2)] or parts
    for name in ("loss", "gradient", "hessian", "input_power"):
        whole = getattr(surface, name)(theta)
        scale = abs(whole).max()
        for landscapes in (parts, [everything], pairs):
            mean = sum(getattr(part, name)(theta) for part in landscapes) / len(landscapes)
            np.testing.assert_allclose(mean, whole, rtol=1e-11, atol=1e-12 * scale)
    np.testing.assert_allclose(everything.input_power(theta, "l1"), surface.input_power(theta, "l1"), rtol=1e-12)
    np.testing.assert_allclose(everything.hvp(theta, theta), surface.hvp(theta, theta), rtol=1e-10, atol=1e-10)
    assert everything.name == surface.name and everything.blocks == surface.blocks
    assert everything.input_reason is None and (everything.divided == surface.divided).all()


def test_a_sample_is_half_its_squared_error(surface: Any) -> None:
    """Loss and gradient of each sample from its error and the error's slope, and the lines on which the error is 0."""
    theta = some_points(surface, (5,))
    rows, offsets = surface.sample_lines(theta)
    errors = (rows * theta[:, None]).sum(-1) - offsets
    scale = 1 + abs(offsets).max()
    for i in range(surface.samples):
        part = surface.chosen([i])
        np.testing.assert_allclose(part.loss(theta), errors[:, i] ** 2 / 2, rtol=1e-9, atol=1e-11 * scale**2)
        np.testing.assert_allclose(part.gradient(theta), errors[:, i, None] * rows[:, i], rtol=1e-9, atol=1e-11 * scale**2)
        for single in range(5):
            for one, many in zip(surface.sample_lines(theta[single]), (rows, offsets), strict=True):
                np.testing.assert_allclose(one, many[single], rtol=1e-13, atol=1e-13 * scale)


def test_lines_are_lines_where_the_neuron_is_linear(surface: Any) -> None:
    theta = some_points(surface, (5,))
    rows, offsets = surface.sample_lines(theta)
    constant = np.ptp(rows, axis=0).max() == 0
    assert surface.linear_samples == constant
    assert surface.linear_samples == (surface.family.key not in ("sigmoid_neuron", "two_layer_neuron"))
    if constant:
        np.testing.assert_allclose(offsets, offsets[:1] + 0 * offsets, atol=1e-11 * (1 + abs(rows).max()))
        np.testing.assert_allclose(rows[0], surface.input_vectors(theta)[0][0], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("scale", "noise"), [(1.0, 0.0), (2.5, 0.7)])
def test_the_linear_neurons_lines_by_hand(scale: float, noise: float) -> None:
    neuron = SURFACES["linear_neuron"](scale=scale, noise=noise)
    rows, offsets = neuron.sample_lines(np.array([0.3, 0.4]))
    np.testing.assert_allclose(rows, scale * X, rtol=1e-14)
    np.testing.assert_allclose(offsets, scale * (X @ TEACHER + noise * np.array(NOISE)), rtol=1e-12, atol=1e-13)


@unchecked
def test_one_sample_at_a_time_input_normalisation_is_kaczmarz() -> None:
    """With lr 1 and eps 0 each step is the projection on the line of the sample that is drawn (Kaczmarz 1937)."""
    neuron = SURFACES["linear_neuron"]()
    batches = neuron.on_batches(1)
    path = run(OPTIMIZERS["nsgd_l2"](lr=1.0, eps=0.0), batches, neuron.start, 12, seed=5).theta
    w = np.array(neuron.start)
    for step in range(12):
        (i,) = batches.indices(Draw(5, step))
        w = w + (X[i] @ TEACHER - X[i] @ w) / (X[i] @ X[i]) * X[i]
        np.testing.assert_allclose(path[step + 1], w, rtol=1e-12, atol=1e-12)
        assert X[i] @ path[step + 1] == pytest.approx(X[i] @ TEACHER, abs=1e-12)
    assert np.linalg.norm(path[-1] - TEACHER) < 0.1 * np.linalg.norm(path[0] - TEACHER)


def test_on_every_linear_neuron_such_a_step_ends_on_the_samples_line(surface: Any) -> None:
    if not surface.linear_samples:
        return
    rule, theta = OPTIMIZERS["nsgd_l2"](lr=1.0, eps=0.0), some_points(surface, (4,))
    for i in range(surface.samples):
        after = theta + rule.update(surface.chosen([i]).at(theta), rule.init(theta))[0]
        rows, offsets = surface.sample_lines(theta)
        np.testing.assert_allclose((rows[:, i] * after).sum(-1), offsets[:, i], atol=1e-11 * (1 + abs(rows[:, i]).max()))


def test_a_batch_is_normalised_by_its_own_mean_power() -> None:
    batches = SURFACES["linear_neuron"]().on_batches(2)
    theta, draw = np.array([0.5, 2.0]), Draw(1, 1)
    chosen = X[batches.indices(draw)]
    g = (chosen @ theta - chosen @ TEACHER) @ chosen / 2
    for key, power in (("nsgd_l2", (chosen**2).sum(1).mean()), ("nsgd_l1", abs(chosen).sum(1).mean())):
        rule = OPTIMIZERS[key](lr=0.5, eps=0.25)
        step, _ = rule.update(batches.at(theta, draw), rule.init(theta))
        np.testing.assert_allclose(step, -0.5 * g / (0.25 + power), rtol=1e-13)


def test_only_optimizers_see_batches(surface: Any) -> None:
    theta = some_points(surface, (3,))
    for size in range(1, surface.samples + 1):
        batches = surface.on_batches(size)
        for whole in (batches, batches.drawn(None)):
            assert np.array_equal(whole.loss(theta), surface.loss(theta))
            assert np.array_equal(whole.gradient(theta), surface.gradient(theta))
            assert np.array_equal(whole.hessian(theta), surface.hessian(theta))
            assert np.array_equal(whole.input_power(theta), surface.input_power(theta))
        seen = batches.drawn(Draw(2, 7))
        indices = batches.indices(Draw(2, 7))
        expected = sum(surface.chosen([i]).gradient(theta) for i in indices.tolist()) / size
        np.testing.assert_allclose(seen.gradient(theta), expected, rtol=1e-12, atol=1e-12)
        assert (batches.name, batches.start, batches.minima) == (surface.name, surface.start, surface.minima)
        assert batches.samples == surface.samples and batches.latex == surface.latex


@unchecked
@pytest.mark.parametrize("size", [1, 3])
def test_many_walks_at_once_are_the_single_walks(size: int) -> None:
    """Every run sees the same batches."""
    turned = MODIFIERS["rotated"](SURFACES["linear_neuron"](), angle=20.0)
    for landscape in (SURFACES["sigmoid_neuron"](), turned):
        starts = np.array(landscape.start) * [[1.0], [-0.5]]
        for key in ("momentum", "adam", "nsgd_l2"):
            optimizer = OPTIMIZERS[key](lr=0.05)
            together = run(optimizer, landscape.on_batches(size), starts, 10, seed=4).theta
            for i, start in enumerate(starts):
                assert np.array_equal(together[:, i], run(optimizer, landscape.on_batches(size), start, 10, seed=4).theta)


@pytest.mark.parametrize("size", [1, 2, 4])
def test_in_other_coordinates_batches_are_the_same(size: int) -> None:
    neuron, nest = SURFACES["linear_neuron"](), [("rotated", {"angle": 33.0}), ("scaled", {"x": 2.0, "y": 0.5})]
    changed, a = neuron, matrix_of(nest)
    for key, given in nest:
        changed = MODIFIERS[key](changed, **given)
    theta = some_points(changed, (4,))
    for step in range(4):
        draw = Draw(8, step)
        ours, theirs = changed.on_batches(size).drawn(draw), neuron.on_batches(size).drawn(draw)
        np.testing.assert_allclose(ours.loss(theta), theirs.loss(theta @ a.T), rtol=1e-11, atol=1e-12)
        np.testing.assert_allclose(ours.gradient(theta), theirs.gradient(theta @ a.T) @ a, rtol=1e-10, atol=1e-11)
        np.testing.assert_allclose(ours.hessian(theta), a.T @ theirs.hessian(theta @ a.T) @ a, rtol=1e-10, atol=1e-11)
        chosen = X[neuron.on_batches(size).indices(draw)] @ a
        np.testing.assert_allclose(ours.input_power(theta), (chosen**2).sum(1).mean() * np.ones((4, 2)), rtol=1e-12)
        np.testing.assert_allclose(ours.input_power(theta, "l1"), abs(chosen).sum(1).mean() * np.ones((4, 2)), rtol=1e-12)


def test_noise_comes_on_top() -> None:
    neuron, theta, draw = SURFACES["linear_neuron"](), np.array([[1.0, 2.0], [0.0, 3.0]]), Draw(1, 6)
    noisy = MODIFIERS["noise"](neuron, sigma=0.5)
    seen = noisy.on_batches(2).drawn(draw).gradient(theta)
    xi = noisy.drawn(draw).gradient(theta) - neuron.gradient(theta)
    np.testing.assert_allclose(seen, neuron.on_batches(2).drawn(draw).gradient(theta) + xi, rtol=1e-12)
    assert np.array_equal(noisy.on_batches(2).gradient(theta), neuron.gradient(theta))


def test_torch_tensors_get_the_same_batches() -> None:
    class Sampled(OnTorch):
        samples = 4

        def chosen(self, indices: Any) -> Any:
            return self.inner.chosen(indices)

    neuron = SURFACES["linear_neuron"]()
    seen: Any = OnBatch(Sampled(neuron), 3)
    theta = some_points(neuron, (3,))
    drawn = seen.drawn(Draw(1, 1))
    reference = neuron.on_batches(3).drawn(Draw(1, 1))
    np.testing.assert_allclose(drawn.gradient(seen.point(theta)).numpy(), reference.gradient(theta), rtol=1e-13)
    for ours, theirs in zip(drawn.input_vectors(seen.point(theta)), reference.input_vectors(theta), strict=True):
        assert np.array_equal(ours.numpy(), theirs)


# What is refused.


def test_sizes_that_cannot_be_drawn_say_why(surface: Any) -> None:
    count = surface.samples
    for bad in (0, -1, count + 1):
        with pytest.raises(ValueError, match=f"a batch has 1 to {count} samples here, got {bad}"):
            surface.on_batches(bad)
    assert surface.on_batches(count).on_batches(1).size == 1


def test_surfaces_without_samples_have_no_batches() -> None:
    for key in SURFACES:
        surface = SURFACES[key]()
        if surface.samples is None:
            for changed in (surface, MODIFIERS["noise"](surface), MODIFIERS["scaled"](surface)):
                assert changed.samples is None and not changed.linear_samples
                with pytest.raises(ValueError, match="has no data to draw mini-batches from"):
                    changed.on_batches(1)
    bare = {key for key in SURFACES if SURFACES[key]().samples is None and "neuron with the sample" in SURFACES[key].input_note}
    assert not bare  # what is called a neuron with samples can be learnt from them one at a time


def test_they_are_pickled_and_copied() -> None:
    batches = OnBatch(SampledNeuron(np.arange(8.0).reshape(4, 2), np.arange(4.0)), 2)
    theta = np.array([1.0, 2.0, 3.0])
    for again in (pickle.loads(pickle.dumps(batches)), copy.deepcopy(batches)):
        assert np.array_equal(again.drawn(Draw(1, 1)).gradient(theta), batches.drawn(Draw(1, 1)).gradient(theta))
    with pytest.raises(AttributeError):
        _ = batches.nonsense
