"""Laws that every optimizer of the menu keeps, with settings and starts drawn by hypothesis."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from dataclasses import FrozenInstanceError
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from experiments import run
from experiments.loop import walk
from landscapes import NETWORKS, SURFACES
from landscapes.landscape import Draw
from landscapes.ranges import Positive, ranges_of
from landscapes.surfaces.expression import Expression
from landscapes.surfaces.surface import surface
from optimizers import OPTIMIZERS
from optimizers.optimizer import GRAD, HESSIAN, HVP, INPUTS, LOSS
from tests.cases import PAIRS, OnTorch
from tests.strategies import hyperparameters, point_of

KINDS = {"gradient": GRAD, "hessian": HESSIAN, "hvp": HVP, "loss": LOSS, "inputs": INPUTS}
few = settings(max_examples=5)


def close(path: np.ndarray, alone: np.ndarray, gap: float = 1e-9) -> bool:
    """Equal to a gap relative to the size of the path so far, or both NaN; beyond a million there is nothing to compare."""
    size = 1 + np.maximum.accumulate(abs(alone).max(-1, keepdims=True))
    agree = (abs(path - alone) <= gap * size) | (np.isnan(path) & np.isnan(alone)) | (size > 1e6) | np.isnan(size)
    return bool(agree.all())


@pytest.mark.parametrize(("key", "surface_key"), PAIRS)
@pytest.mark.usefixtures("shapes_unchecked")
@few
@given(data=st.data())
def test_many_runs_at_once_are_the_single_runs(key: str, surface_key: str, data: st.DataObject) -> None:
    """Exactly, save for matrix products, which BLAS does in another order for stacks."""
    surface = SURFACES[surface_key]()
    starts = data.draw(st.lists(point_of(surface), min_size=2, max_size=3))
    optimizer = OPTIMIZERS[key](**data.draw(hyperparameters(key)))
    products = bool((HESSIAN | HVP) & OPTIMIZERS[key].needs)
    steps = 6 if products else 25
    together = run(optimizer, surface, np.array(starts), steps)
    for i, start in enumerate(starts):
        alone = run(optimizer, surface, start, steps)
        if products:
            assert close(together.theta[:, i], alone.theta)
        else:
            assert np.array_equal(together.theta[:, i], alone.theta, equal_nan=True)
            assert np.array_equal(together.loss[:, i], alone.loss, equal_nan=True)
        assert np.array_equal(together.finite[:, i], alone.finite)


@pytest.mark.parametrize(("key", "surface_key"), PAIRS)
@pytest.mark.usefixtures("shapes_unchecked")
@few
@given(data=st.data())
def test_a_sweep_is_its_single_settings(key: str, surface_key: str, data: st.DataObject) -> None:
    """Every hyperparameter as a (*runs, 1) array at once. Powers of arrays may differ from those of numbers by a bit."""
    surface = SURFACES[surface_key]()
    given_ = data.draw(st.lists(hyperparameters(key), min_size=2, max_size=3))
    arrays = {name: np.array([[h[name]] for h in given_]) for name in given_[0]}
    together = run(OPTIMIZERS[key](**arrays), surface, surface.start, 6)
    assert together.theta.shape == (7, len(given_), 2)
    for i, single in enumerate(given_):
        assert close(together.theta[:, i], run(OPTIMIZERS[key](**single), surface, surface.start, 6).theta)


@pytest.mark.parametrize(("key", "surface_key"), PAIRS)
@pytest.mark.parametrize("shape", [(), (3,), (2, 3)])
def test_shapes_follow_the_runs(key: str, surface_key: str, shape: tuple[int, ...]) -> None:
    surface = SURFACES[surface_key]()
    starts = np.broadcast_to(np.array(surface.start), (*shape, 2))
    ranges = OPTIMIZERS[key]().ranges
    values = {name: OPTIMIZERS[key]().hyperparameters[name] for name in ranges}
    for given_ in (values, {name: np.full((*shape, 1), value) for name, value in values.items()}):
        optimizer = OPTIMIZERS[key](**given_)
        visits = list(walk(optimizer, surface, starts, 3))
        assert visits[-1].theta.shape == (*shape, 2)
        for visit in visits:
            limit = optimizer.stability_limit(visit.oracle, visit.state)
            assert np.shape(limit) == shape
            preconditioner = optimizer.preconditioner(visit.oracle, visit.state)
            assert preconditioner is None or np.broadcast_shapes(np.shape(preconditioner), (*shape, 2)) == (*shape, 2)


def snapshot(value: Any) -> Any:
    return copy.deepcopy(value)


def same(a: Any, b: Any) -> bool:
    if isinstance(a, (tuple, list)):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    return a is b is None or np.array_equal(a, b, equal_nan=True)


@pytest.mark.parametrize(("key", "surface_key"), PAIRS)
@pytest.mark.usefixtures("shapes_unchecked")
@few
@given(data=st.data())
def test_update_changes_nothing_that_it_was_given(key: str, surface_key: str, data: st.DataObject) -> None:
    surface = SURFACES[surface_key]()
    given_ = data.draw(hyperparameters(key))
    optimizer = OPTIMIZERS[key](**{name: np.array([[value]]) for name, value in given_.items()})
    with np.errstate(all="ignore"):  # as `run` does
        visits = list(walk(optimizer, surface, [data.draw(point_of(surface))], 3))
    for visit in visits:
        before = snapshot((visit.theta, visit.state, optimizer.hyperparameters))
        with np.errstate(all="ignore"):
            first = optimizer.update(surface.at(visit.theta, Draw(0, visit.step)), visit.state)
            optimizer.stability_limit(surface.at(visit.theta), visit.state)
            optimizer.preconditioner(surface.at(visit.theta), visit.state)
            again = optimizer.update(surface.at(visit.theta, Draw(0, visit.step)), visit.state)
        assert same(first, again)
        after = (visit.theta, visit.state, optimizer.hyperparameters)
        assert same(before[:2], after[:2])
        assert all(np.array_equal(before[2][name], after[2][name]) for name in before[2])


@pytest.mark.parametrize("key", OPTIMIZERS)
@few
@given(data=st.data())
def test_no_gradient_and_a_fresh_state_give_no_step(key: str, data: st.DataObject) -> None:
    """At the origin, where a ravine's gradient is exactly 0. (eps = 0 gives 0 / 0 there, in torch too.)"""
    ravine = SURFACES["ravine"](condition=data.draw(st.floats(1, 1000)), angle=data.draw(st.floats(-90, 90)))
    given_ = dict(data.draw(hyperparameters(key)))
    if "eps" in given_:
        given_["eps"] = max(given_["eps"], 1e-12)
    optimizer = OPTIMIZERS[key](**given_)
    for theta in (np.zeros(2), np.zeros((3, 2))):
        step, _state = optimizer.update(ravine.at(theta), optimizer.init(theta))
        assert np.array_equal(step, theta)


@surface(title="Bowl beside the origin", domain=((-2, 2), (-2, 2)), start=(1.0, 1.0), reference="1847")
def shifted_bowl(x: Expression, y: Expression) -> Expression:
    """Level at (0.5, -0.25), where weights are not zero."""
    return (x - 0.5) ** 2 + (y + 0.25) ** 2


@pytest.mark.parametrize("key", [key for key in OPTIMIZERS if OPTIMIZERS[key]().disabled_because(shifted_bowl()) is None])
def test_on_level_ground_only_weight_decay_moves(key: str) -> None:
    """By -lr weight_decay θ, whatever the rule divides gradients by: the one exception to the law above."""
    level = np.array([0.5, -0.25])
    decay = 0.1 if "weight_decay" in OPTIMIZERS[key].ranges else 0.0
    for rate in (0.0, decay):
        optimizer = OPTIMIZERS[key](lr=0.02, **({"weight_decay": rate} if decay else {}))
        step, _state = optimizer.update(shifted_bowl().at(level), optimizer.init(level))
        np.testing.assert_allclose(step, -0.02 * rate * level, rtol=1e-12, atol=0)


@pytest.mark.parametrize("key", OPTIMIZERS)
def test_needs_are_what_the_oracle_was_asked(key: str) -> None:
    asked = [
        {kind for kind, count in run(OPTIMIZERS[key](), SURFACES[s](), SURFACES[s]().start, 3).calls.items() if count[-1]}
        for o, s in PAIRS
        if o == key
    ]
    assert asked
    for kinds in asked:
        flags = LOSS & GRAD
        for kind in kinds:
            flags |= KINDS[kind]
        assert flags == OPTIMIZERS[key].needs


@pytest.mark.parametrize("key", OPTIMIZERS)
def test_each_kind_is_asked_once_a_step(key: str) -> None:
    """Equal counts are a fair axis, so no method may ask twice for what it has. A product with a new vector is a new one."""
    surface = SURFACES["ravine"]()
    for kind, counts in run(OPTIMIZERS[key](), surface, surface.start, 5).calls.items():
        assert kind == "hvp" or counts.tolist() == [0, 1, 2, 3, 4, 5]


ROTATION_EQUIVARIANT = {
    "sgd": True, "momentum": True, "momentum_annealed": True, "nesterov": True,
    "adagrad": False, "adadelta": False, "rmsprop": False, "rmsprop_article": False, "adam": False, "adam_article": False,
    "amsgrad": False, "adamw": False, "nadam": False, "radam": False, "lion": False,
    "newton": True, "newton_scalar": True, "newton_eigen": True, "newton_cg": True, "saddle_free_newton": True,
    "lbfgs": False,  # its first step is scaled by the gradient's l1 norm
    "nsgd_l2": True, "nsgd_l1": False, "insgd": True, "insgd_released": True,
}  # fmt: skip


@pytest.mark.parametrize("key", OPTIMIZERS)
@pytest.mark.parametrize("angle", [37.0, -12.0])
def test_turning_the_ravine_turns_the_path_or_does_not(key: str, angle: float) -> None:
    a = np.radians(angle)
    turn = np.array([[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]])
    start = np.array([1.0, 0.7])
    optimizer = OPTIMIZERS[key](lr=0.4 if HESSIAN in OPTIMIZERS[key].needs else {"adadelta": 1.0, "lbfgs": 0.5}.get(key, 0.005))
    straight = run(optimizer, SURFACES["ravine"](condition=20.0, angle=0.0), start, 40).theta
    turned = run(optimizer, SURFACES["ravine"](condition=20.0, angle=angle), turn @ start, 40).theta
    gap = abs(turned - straight @ turn.T).max()
    assert gap < 1e-7 if ROTATION_EQUIVARIANT[key] else gap > 1e-3


@pytest.mark.parametrize("key", OPTIMIZERS)
def test_mirroring_an_axis_mirrors_the_path(key: str) -> None:
    mirror = np.array([-1.0, 1.0])
    for surface_key in (s for o, s in PAIRS if o == key and s in ("ravine", "saddle", "rosenbrock")):
        surface = SURFACES[surface_key]() if surface_key != "rosenbrock" else SURFACES["saddle"]()
        if OPTIMIZERS[key]().disabled_because(surface):
            continue
        start = np.array([0.4, 0.3])
        plain, mirrored = (run(OPTIMIZERS[key](), surface, start * m, 30).theta for m in (np.ones(2), mirror))
        assert np.array_equal(mirrored, plain * mirror)


@surface(title="Scaled valley", domain=((-2, 2), (-1, 3)), start=(0.3, -0.8), reference="1960")
def scaled_valley(x: Expression, y: Expression, scale: Positive = 1.0) -> Expression:
    """Rosenbrock's valley times a number."""
    return scale * ((1 - x) ** 2 + 100 * (y - x**2) ** 2)


@pytest.mark.parametrize(
    ("key", "forgets"),
    [
        ("sgd", False), ("momentum", False), ("nesterov", False), ("newton", True), ("saddle_free_newton", True),
        ("rmsprop", True), ("adagrad", True), ("adam", True), ("amsgrad", True), ("adamw", True), ("nadam", True),
        ("radam", False),  # its first steps are not adaptive
        ("lion", True),
    ],
)  # fmt: skip
def test_who_forgets_the_scale_of_the_loss(key: str, forgets: bool) -> None:
    """Powers of two scale exactly, so what forgets them repeats to the bit."""
    absolute = {"eps": 0.0, "damping": 1e-30}  # what has the scale of a gradient or a curvature
    optimizer = OPTIMIZERS[key](**{name: absolute[name] for name in OPTIMIZERS[key].ranges if name in absolute})
    paths = [run(optimizer, scaled_valley(scale=scale), scaled_valley().start, 10).theta for scale in (1.0, 4.0, 2.0**-10)]
    assert np.allclose(paths[0], paths[1], rtol=1e-12) == np.allclose(paths[0], paths[2], rtol=1e-12) == forgets


@pytest.mark.parametrize("key", OPTIMIZERS)
def test_hyperparameters_are_validated_with_the_allowed_range(key: str) -> None:
    method = OPTIMIZERS[key]
    assert list(method.ranges) == list(method().hyperparameters)
    for name, allowed in method.ranges.items():
        low, high = allowed.control
        assert allowed.holds(method().hyperparameters[name])
        assert allowed.holds(low)
        assert allowed.holds(high)
        bad = [np.nan, np.inf, "fast", "0.5", None, True, np.array([[np.nan]])]
        bad += [allowed.low - 1] if np.isfinite(allowed.low) else []
        bad += [allowed.low] if allowed.open_low else []
        bad += [allowed.high] if allowed.open_high and np.isfinite(allowed.high) else []
        for value in bad:
            with pytest.raises(ValueError) as error:
                method(**{name: value})
            assert f"{key}.{name}" in str(error.value)
            assert str(allowed) in str(error.value)
    with pytest.raises(TypeError, match="it has: " + ", ".join(method.ranges)):
        method().with_hyperparameters(nonsense=1.0)
    with pytest.raises(FrozenInstanceError):
        method().lr = 1.0
    changed = method().with_hyperparameters(lr=0.25)
    assert changed.lr == 0.25
    assert changed.hyperparameters.keys() == method().hyperparameters.keys()


@pytest.mark.parametrize("key", OPTIMIZERS)
def test_an_array_that_is_not_one_value_per_run_is_refused(key: str) -> None:
    """(2,) would be taken for one rate per coordinate."""
    ravine = SURFACES["ravine"]()
    with pytest.raises(ValueError, match=r"lr must be a number or an array of shape \(\*runs, 1\), got shape \(2,\)"):
        run(OPTIMIZERS[key](lr=np.array([0.1, 0.2])), ravine, ravine.start, 3)


@pytest.mark.parametrize("key", OPTIMIZERS)
def test_what_the_page_prints(key: str) -> None:
    method = OPTIMIZERS[key]
    assert method.key == key
    assert method.title
    assert method.family
    assert r"\theta \leftarrow" in method.formula
    assert method.formula.count("{") == method.formula.count("}")
    assert "Reference" in (method.__doc__ or "")
    assert any(w.isdigit() and len(w) == 4 for w in (method.__doc__ or "").replace(",", " ").replace(".", " ").split()) or (
        "github.com" in (method.__doc__ or "")
    )
    assert ranges_of(method) == method.ranges


def leaves(state: Any) -> Iterator[Any]:
    """The arrays of a state; those kept in a tuple within it (the history of pairs) are its own affair."""
    for part in state if isinstance(state, tuple) else (state,):
        if part is not None and not isinstance(part, tuple):
            yield part


@pytest.mark.parametrize(("key", "surface_key"), PAIRS)
@pytest.mark.usefixtures("shapes_unchecked")
def test_inner_state_in_numbers(key: str, surface_key: str) -> None:
    """Named as in the docstring, one number per parameter, nothing of the state left out; alone, at once and on torch alike."""
    surface, optimizer = SURFACES[surface_key](), OPTIMIZERS[key](lr=1e-3)
    starts = np.array(surface.start) * [[1.0], [0.9], [0.7]]
    with np.errstate(all="raise"):
        optimizer.state_numbers(optimizer.init(starts))
    with np.errstate(all="ignore"):
        visits = list(walk(optimizer, surface, starts, 8))
        alone = [list(walk(optimizer, surface, start, 8)) for start in starts]
        tensors = list(walk(optimizer, OnTorch(surface), starts, 8))
        shown = [optimizer.state_numbers(visit.state) for visit in visits]
        assert [list(numbers) for numbers in shown[1:]] == [list(shown[1])] * 8
        for name in shown[1]:
            assert re.fullmatch("[A-Za-z ]{2,}", name) or name.rstrip(" 12") in (OPTIMIZERS[key].__doc__ or ""), name
        for k, (visit, numbers) in enumerate(zip(visits, shown)):
            assert all(np.broadcast_shapes(np.shape(value), (3, 2)) == (3, 2) for value in numbers.values())
            for leaf in leaves(visit.state):
                if np.shape(leaf)[-1:] == (2,):
                    for part in np.moveaxis(leaf, -2, 0) if np.ndim(leaf) == 3 else [leaf]:  # the terms of a residual form
                        assert any(np.array_equal(part, value) for value in numbers.values())
            theirs = optimizer.state_numbers(tensors[k].state)
            assert theirs.keys() == numbers.keys()
            for name, value in numbers.items():
                whole = np.broadcast_to(value, (3, 2))
                np.testing.assert_allclose(np.broadcast_to(np.asarray(theirs[name]), (3, 2)), whole, rtol=1e-7, atol=1e-12)
                for i in range(3):
                    single = optimizer.state_numbers(alone[i][k].state)[name]
                    np.testing.assert_allclose(np.broadcast_to(single, 2), whole[i], rtol=1e-7, atol=1e-12)
                assert k == 0 or np.isfinite(whole).all()


def numbers_in(state: Any) -> Iterator[Any]:
    """All arrays of a state, those within tuples too."""
    for part in state if isinstance(state, tuple) else (state,):
        if isinstance(part, tuple):
            yield from numbers_in(part)
        elif hasattr(part, "dtype"):
            yield part


@pytest.mark.parametrize("key", OPTIMIZERS)
def test_float32_stays_float32(key: str) -> None:
    """On a network, with numbers and with a sweep: a step or a state in float64 would double the memory and move to the CPU."""
    network = NETWORKS["digits_mlp"](width=2)
    optimizer = OPTIMIZERS[key]()
    sweep = {name: np.array([[value], [value]]) for name, value in optimizer.hyperparameters.items()}
    for given_, shape in (({}, (network.dim,)), (sweep, (2, network.dim))):
        visits = list(walk(optimizer.with_hyperparameters(**given_), network, network.start, 3))
        assert visits[-1].theta.dtype == torch.float32
        assert visits[-1].theta.shape == shape
        for leaf in numbers_in(visits[-1].state):
            assert leaf.dtype in (torch.float32, torch.bool)
        for value in optimizer.state_numbers(visits[-1].state).values():
            assert value.dtype == torch.float32


@pytest.mark.parametrize("key", [key for key in OPTIMIZERS if HESSIAN not in OPTIMIZERS[key].needs])
def test_memory_keeps_one_coordinate_of_all_runs_together(key: str) -> None:
    """Formulas read coordinates: after a few steps, points, steps and state have the layout of the start."""
    ravine, optimizer = SURFACES["ravine"](), OPTIMIZERS[key](lr=np.geomspace(1e-3, 1e-2, 50)[:, None])
    visit = list(walk(optimizer, ravine, ravine.start, 4))[-1]
    arrays = [visit.theta, optimizer.update(visit.oracle, visit.state)[0], *numbers_in(visit.state)]
    for array in arrays:
        assert array.shape != (50, 2) or array.strides == (8, 400)


def test_which_methods_keep_something() -> None:
    kept = {key for key in OPTIMIZERS if OPTIMIZERS[key]().init(np.zeros(2)) is not None}
    shown = {key for key in OPTIMIZERS if OPTIMIZERS[key]().state_numbers(OPTIMIZERS[key]().init(np.zeros(2)))}
    assert shown == kept


@pytest.mark.parametrize("key", OPTIMIZERS)
@pytest.mark.usefixtures("shapes_unchecked")
def test_the_effective_rate_is_what_the_step_was_multiplied_by(key: str) -> None:
    """Times the corrected average, the average or the gradient, whichever it has; and it is lr over the preconditioner."""
    ravine = SURFACES["ravine"](condition=30.0, angle=20.0)
    given = {"lr": 0.1, "weight_decay": 0.0, "beta2": 0.8}  # a short memory, so that mean squares fall again
    optimizer = OPTIMIZERS[key](**{name: value for name, value in given.items() if name in OPTIMIZERS[key].ranges})
    with np.errstate(all="ignore"):
        visits = list(walk(optimizer, ravine, ravine.start, 40))
    for now, after in pairwise(visits):
        numbers = optimizer.state_numbers(after.state)
        if "effective learning rate" not in numbers:
            assert key not in ADAPTIVE
            continue
        rate = numbers["effective learning rate"]
        np.testing.assert_allclose(rate, 0.1 / optimizer.preconditioner(now.oracle, now.state), rtol=1e-12)
        if key != "nadam":  # which mixes two averages
            driven = numbers.get("m̂", numbers.get("m", now.oracle.grad))
            np.testing.assert_allclose(after.theta - now.theta, -rate * driven, rtol=1e-9)


ADAPTIVE = {"adagrad", "rmsprop", "rmsprop_article", "adam", "adam_article", "amsgrad", "adamw", "nadam", "radam"}


def test_dense_methods_end_where_a_hessian_does() -> None:
    wide = NETWORKS["digits_mlp"](width=64)
    assert wide.dim > 3000
    for key in OPTIMIZERS:
        dense = HESSIAN in OPTIMIZERS[key].needs
        assert ("Newton-CG" in (OPTIMIZERS[key]().disabled_because(wide) or "")) == dense


def test_titles_are_told_apart() -> None:
    titles = [OPTIMIZERS[key].title for key in OPTIMIZERS]
    assert len(set(titles)) == len(titles)
