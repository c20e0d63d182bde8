"""Wrappers: what all of them keep, and whole trajectories against torch."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Mapping
from dataclasses import FrozenInstanceError, replace
from importlib import import_module
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pytorch_optimizer
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.optim import lr_scheduler

import optimizers.wrappers
from experiments import run
from experiments.loop import walk
from landscapes import SURFACES
from landscapes.ranges import Options, Range
from optimizers import OPTIMIZERS, WRAPPERS
from optimizers.optimizer import GRAD, HESSIAN, HVP, INPUTS, LOSS, Optimizer
from optimizers.wrappers.schedule import SHAPES
from optimizers.wrappers.wrapper import Wrapper, hyperparameter_ranges, layers, present_value
from tests.cases import OnTorch

MENU = {key: WRAPPERS[key] for key in WRAPPERS}  # imported before hypothesis draws, as in tests.strategies
RULES = {
    "sgd": {"lr": 0.002},
    "momentum": {"lr": 0.001, "momentum": 0.8},
    "adam": {"lr": 0.02, "beta1": 0.8},
    "newton": {"lr": 0.1, "damping": 0.2, "fallback_lr": 0.003},
    "newton_cg": {"lr": 0.1, "fallback_lr": 0.003},
    "nsgd_l2": {"lr": 0.1, "momentum": 0.5},
}
CASES = [
    (key, rule, surface)
    for key in WRAPPERS
    for rule, surface in [*((rule, "rosenbrock") for rule in RULES), ("nsgd_l2", "ravine")]
    if WRAPPERS[key](OPTIMIZERS[rule]()).disabled_because(SURFACES[surface]()) is None
]
KINDS = {"gradient": GRAD, "hessian": HESSIAN, "hvp": HVP, "loss": LOSS, "inputs": INPUTS}
few = settings(max_examples=3)
unchecked = pytest.mark.usefixtures("shapes_unchecked")


def rule_of(key: str) -> Optimizer:
    made: Optimizer = OPTIMIZERS[key](**RULES[key])
    return made


def value_in(allowed: Range | Options) -> st.SearchStrategy[Any]:
    if isinstance(allowed, Options):
        return st.sampled_from(allowed.values)
    low, high = allowed.control
    if allowed.whole:
        return st.integers(int(low), 12)  # short, so that something happens within a test's steps
    return st.floats(low, high).filter(allowed.holds)


@st.composite
def wrapped(draw: st.DrawFn, key: str, inner: Optimizer) -> Wrapper:
    """A wrapper of this kind with parameters along all its controls."""
    ranges = dict(WRAPPERS[key](inner).ranges)
    words = {name: draw(value_in(allowed)) for name, allowed in ranges.items() if isinstance(allowed, Options)}
    if key == "change":
        ranges["value"] = hyperparameter_ranges(inner)[words["of"]]
    numbers = {name: draw(value_in(allowed)) for name, allowed in ranges.items() if isinstance(allowed, Range)}
    if words.get("shape") == "inverse_sqrt":
        numbers["factor"] = max(numbers["factor"], 0.01)
    made: Wrapper = WRAPPERS[key](inner, **words, **numbers)
    return made


@st.composite
def nests(draw: st.DrawFn, inner: Optimizer) -> Optimizer:
    for key in draw(st.lists(st.sampled_from([k for k in WRAPPERS if k != "weight_decay"]), min_size=2, max_size=4)):
        inner = draw(wrapped(key, inner))
    return inner


def close(path: np.ndarray, other: np.ndarray, gap: float = 1e-9) -> bool:
    size = 1 + np.maximum.accumulate(abs(other).max(-1, keepdims=True))
    agree = (abs(path - other) <= gap * size) | (np.isnan(path) & np.isnan(other)) | ~(size < 1e6)
    return bool(agree.all())


def same(a: Any, b: Any) -> bool:
    if isinstance(a, tuple):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    return a is b is None or np.array_equal(a, b, equal_nan=True)


# What every wrapper keeps.


@pytest.mark.parametrize(("key", "rule", "surface_key"), CASES)
@unchecked
@few
@given(data=st.data())
def test_many_runs_at_once_are_the_single_runs(key: str, rule: str, surface_key: str, data: st.DataObject) -> None:
    surface = SURFACES[surface_key]()
    optimizer = data.draw(wrapped(key, rule_of(rule)))
    starts = np.array(surface.start) * [[1.0], [0.3], [-4.0]]
    together = run(optimizer, surface, starts, 16)
    for i, start in enumerate(starts):
        alone = run(optimizer, surface, start, 16)
        exact = np.array_equal(together.theta[:, i], alone.theta, equal_nan=True)
        assert exact or ((HESSIAN | HVP) & optimizer.needs and close(together.theta[:, i], alone.theta))
        assert np.array_equal(together.finite[:, i], alone.finite)


@pytest.mark.parametrize(("key", "rule", "surface_key"), CASES)
@unchecked
@few
@given(data=st.data())
def test_a_sweep_of_all_hyperparameters_is_its_single_settings(
    key: str, rule: str, surface_key: str, data: st.DataObject
) -> None:
    surface = SURFACES[surface_key]()
    first = data.draw(wrapped(key, rule_of(rule)))
    numbers = first.hyperparameters
    other = {n: r.low + 2 if r.whole else v * 0.7 for (n, v), r in zip(numbers.items(), first.hyperparameter_ranges.values())}
    singles = [first, first.with_hyperparameters(**other)]
    sweep = first.with_hyperparameters(**{n: np.array([[float(o.hyperparameters[n])] for o in singles]) for n in numbers})
    for landscape in (surface, OnTorch(surface)):
        together = run(sweep, landscape, surface.start, 14)
        assert together.theta.shape == (15, 2, 2)
        for i, single in enumerate(singles):
            assert close(together.theta[:, i], run(single, surface, surface.start, 14).theta)


@pytest.mark.parametrize("rule", ["momentum", "adam"])
@unchecked
@settings(max_examples=30)
@given(data=st.data())
def test_nests_are_optimizers(rule: str, data: st.DataObject) -> None:
    """Any nest: a sweep of the whole is its single settings, in both libraries, and nothing that was given is changed."""
    surface = SURFACES["rosenbrock"]()
    nest: Any = data.draw(nests(rule_of(rule)))
    names = list(nest.hyperparameters)
    assert len(set(names)) == len(names) == len(nest.hyperparameter_ranges)
    path = run(nest, surface, surface.start, 14).theta
    array = np.array([[1.0], [1.0]])
    sweep = nest.with_hyperparameters(**{n: v * array for n, v in nest.hyperparameters.items()})
    for landscape in (surface, OnTorch(surface)):
        assert close(run(sweep, landscape, surface.start, 14).theta[:, 1], path)
    with np.errstate(all="ignore"):
        for visit in walk(nest, surface, surface.start, 3):
            before = copy.deepcopy(visit.state)
            once = nest.update(surface.at(visit.theta), visit.state)
            assert same(once, nest.update(surface.at(visit.theta), visit.state))
            assert same(before, visit.state)


@pytest.mark.parametrize(("key", "rule", "surface_key"), CASES)
@pytest.mark.parametrize("shape", [(), (3,), (2, 3)])
def test_shapes_follow_the_runs(key: str, rule: str, surface_key: str, shape: tuple[int, ...]) -> None:
    surface = SURFACES[surface_key]()
    plain = WRAPPERS[key](rule_of(rule))
    arrays = plain.with_hyperparameters(**{n: np.full((*shape, 1), float(v)) for n, v in plain.hyperparameters.items()})
    for optimizer in (plain, arrays):
        for visit in walk(optimizer, surface, np.broadcast_to(np.array(surface.start), (*shape, 2)), 2):
            assert visit.theta.shape == (*shape, 2)
            assert np.shape(optimizer.stability_limit(visit.oracle, visit.state)) == shape
            for value in (optimizer.preconditioner(visit.oracle, visit.state), *optimizer.state_numbers(visit.state).values()):
                assert value is None or np.broadcast_shapes(np.shape(value), (*shape, 2)) == (*shape, 2)


@pytest.mark.parametrize(("key", "rule", "surface_key"), CASES)
def test_needs_are_what_was_asked_and_once_a_step(key: str, rule: str, surface_key: str) -> None:
    optimizer = WRAPPERS[key](rule_of(rule))
    calls = run(optimizer, SURFACES[surface_key](), SURFACES[surface_key]().start, 6).calls
    asked = {kind for kind, counts in calls.items() if counts[-1]}
    assert {KINDS[kind] for kind in asked} == set(optimizer.needs)
    for kind, counts in calls.items():
        assert kind == "hvp" or counts.tolist() == list(range(7))


@pytest.mark.parametrize("key", WRAPPERS)
@pytest.mark.parametrize("rule", ["sgd", "momentum", "adam"])
def test_no_gradient_and_a_fresh_state_give_no_step(key: str, rule: str) -> None:
    t = run(WRAPPERS[key](rule_of(rule)), SURFACES["ravine"](), (0.0, 0.0), 12)
    assert (t.theta == 0).all()


@pytest.mark.parametrize("key", WRAPPERS)
def test_parameters_are_validated_with_the_allowed_range(key: str) -> None:
    made, method = WRAPPERS[key](rule_of("adam")), WRAPPERS[key]
    assert list(method.ranges) == list(method.defaults) == list(made.ranges) == list(made.own)
    assert made.own == method.defaults
    for name, allowed in made.ranges.items():
        assert allowed.holds(method.defaults[name])
        bad: list[Any] = [None, True, -1.0, np.array([[np.nan]])] if isinstance(allowed, Range) else ["nonsense", ""]
        for value in bad:
            with pytest.raises(ValueError) as error:
                method(rule_of("adam"), **{name: value})
            assert f"{key}.{name}" in str(error.value)
            assert str(made.ranges[name]) in str(error.value)
    with pytest.raises(TypeError, match=f"{key} wraps an optimizer, got str"):
        method("adam")
    with pytest.raises(TypeError, match="it has: lr, beta1"):
        made.with_hyperparameters(nonsense=1.0)
    with pytest.raises(FrozenInstanceError):
        made.inner = made


@pytest.mark.parametrize("key", WRAPPERS)
def test_an_array_that_is_not_one_value_per_run_is_refused(key: str) -> None:
    ravine = SURFACES["ravine"]()
    made = WRAPPERS[key](rule_of("sgd"))
    for name in made.hyperparameters:
        value = float(made.hyperparameters[name])
        with pytest.raises(ValueError, match=rf"{name} must be a number or an array of shape \(\*runs, 1\), got shape \(2,\)"):
            run(made.with_hyperparameters(**{name: np.array([value, value])}), ravine, ravine.start, 3)


@pytest.mark.parametrize("key", WRAPPERS)
def test_what_the_page_prints(key: str) -> None:
    method, inner = WRAPPERS[key], rule_of("adam")
    made = method(inner)
    assert method.key == key
    assert method.name
    assert method.__module__ == f"optimizers.wrappers.{key}"
    assert "Δθ = " in (method.__doc__ or "")
    assert "Reference: " in (method.__doc__ or "")
    assert made.title.startswith("Adam, ")
    assert inner.formula in made.formula
    assert made.formula != inner.formula
    assert made.formula.count("{") == made.formula.count("}")
    assert len(re.findall(r"\\left\b", made.formula)) == len(re.findall(r"\\right\b", made.formula))
    assert inner.limit in made.limit
    assert (made.family, made.needs) == (inner.family, inner.needs)


def test_menu_and_titles() -> None:
    folder = Path(optimizers.wrappers.__path__[0])
    modules = [import_module(f"optimizers.wrappers.{path.stem}") for path in sorted(folder.glob("*.py")) if path.stem[0] != "_"]
    defined = {
        v for m in modules for v in vars(m).values() if isinstance(v, type) and issubclass(v, Wrapper) and "key" in vars(v)
    }
    assert defined == set(MENU.values())
    assert len({w.name for w in MENU.values()}) == len({w(rule_of("sgd")).title for w in MENU.values()}) == len(MENU)
    nest = WRAPPERS["schedule"](WRAPPERS["clip"](OPTIMIZERS["adam"]()))
    assert nest.title == "Adam, clipped to 1, cosine"
    swept = replace(nest.inner, norm=np.array([[0.5], [2.0]]))
    assert swept.title == "Adam, clipped to 0.5 to 2"


def test_names_in_a_nest_do_not_clash_and_stay() -> None:
    nest = WRAPPERS["clip"](WRAPPERS["weight_decay"](WRAPPERS["clip"](OPTIMIZERS["adamw"](), norm=3.0)))
    assert list(nest.inner.hyperparameters.items()) == list(nest.hyperparameters.items())[:-1]
    assert list(nest.hyperparameters)[-3:] == ["clip.norm", "weight_decay.weight_decay", "clip2.norm"]
    changed = nest.with_hyperparameters(**{"clip.norm": 5.0, "lr": 0.5})
    assert (changed.inner.inner.norm, changed.norm, layers(changed)[0].lr) == (5.0, 1.0, 0.5)
    assert [(type(layer).__name__, getattr(layer, "own", None)) for layer in layers(nest)[1:]] == [
        ("Clip", {"norm": 3.0}), ("WeightDecay", {"weight_decay": 0.01}), ("Clip", {"norm": 1.0}),
    ]  # fmt: skip


# Against torch.


def torch_path(surface: Any, make: Callable[[Any], Any], steps: int, before: Any = None, after: Any = None) -> np.ndarray:
    """The path of a torch optimizer on our gradients; `before` and `after` each step something else may be done."""
    theta = torch.tensor(surface.start, dtype=torch.float64, requires_grad=True)
    theirs = make([theta])
    schedule = after(theirs) if after else None
    path = [theta.detach().numpy().copy()]
    for t in range(steps):
        theta.grad = torch.tensor(surface.gradient(theta.detach().numpy()))
        if before:
            before(theta, theirs, t)
        theirs.step()
        if schedule:
            schedule.step()
        path.append(theta.detach().numpy().copy())
    return np.array(path)


def gap(ours: Optimizer, surface: Any, reference: np.ndarray) -> float:
    path = run(ours, surface, surface.start, len(reference) - 1).theta
    assert np.linalg.norm(reference[-1] - reference[0]) > 1e-3
    size = np.maximum.accumulate(np.linalg.norm(reference, axis=-1))
    return float((np.linalg.norm(path - reference, axis=-1) / size).max())


TORCH: Mapping[str, Callable[..., Any]] = {
    "sgd": lambda p, **more: torch.optim.SGD(p, lr=0.002, **more),
    "momentum": lambda p, **more: torch.optim.SGD(p, lr=0.001, momentum=0.8, **more),
    "adam": lambda p, **more: torch.optim.Adam(p, lr=0.02, betas=(0.8, 0.999), **more),
}


@pytest.fixture(params=["rosenbrock", "ravine"])
def surface(request: pytest.FixtureRequest) -> Any:
    return SURFACES[request.param](**({"b": 20.0} if request.param == "rosenbrock" else {"angle": 25.0}))


@unchecked
@pytest.mark.parametrize("rule", TORCH)
def test_weight_decay_is_torchs(rule: str, surface: Any) -> None:
    ours = WRAPPERS["weight_decay"](rule_of(rule), weight_decay=0.3)
    assert gap(ours, surface, torch_path(surface, lambda p: TORCH[rule](p, weight_decay=0.3), 300)) < 1e-12


@unchecked
@pytest.mark.parametrize("outside", ["decay", "schedule", "none"])
def test_decoupled_weight_decay_is_adamw(outside: str, surface: Any) -> None:
    """Under a learning rate that moves, too, wherever the schedule stands."""
    decay, schedule = WRAPPERS["decoupled_weight_decay"], WRAPPERS["schedule"]
    ours = {
        "none": lambda o: decay(o, weight_decay=0.3),
        "decay": lambda o: decay(schedule(o, shape="step", steps=40, factor=0.6), weight_decay=0.3),
        "schedule": lambda o: schedule(decay(o, weight_decay=0.3), shape="step", steps=40, factor=0.6),
    }[outside](rule_of("adam"))
    scheduled = None if outside == "none" else lambda o: lr_scheduler.StepLR(o, 40, 0.6)
    reference = torch_path(
        surface, lambda p: torch.optim.AdamW(p, lr=0.02, betas=(0.8, 0.999), weight_decay=0.3), 300, after=scheduled
    )
    assert gap(ours, surface, reference) < 1e-12
    l2 = WRAPPERS["weight_decay"](rule_of("adam"), weight_decay=0.3)
    assert gap(l2, surface, reference) > 1e-3


@unchecked
@pytest.mark.parametrize("rule", TORCH)
@pytest.mark.parametrize(
    ("key", "given_", "clip"),
    [
        ("clip", {"norm": 0.7}, lambda theta: torch.nn.utils.clip_grad_norm_([theta], 0.7)),
        ("clip_value", {"value": 0.4}, lambda theta: torch.nn.utils.clip_grad_value_([theta], 0.4)),
    ],
)
def test_clipping_is_torchs(rule: str, key: str, given_: Any, clip: Any, surface: Any) -> None:
    reference = torch_path(surface, TORCH[rule], 300, before=lambda theta, o, t: clip(theta))
    assert gap(WRAPPERS[key](rule_of(rule), **given_), surface, reference) < 1e-12
    assert gap(rule_of(rule), surface, reference) > 1e-3


SCHEDULERS: Mapping[str, Callable[[Any, int, float], Any]] = {
    "cosine": lambda o, steps, f: lr_scheduler.CosineAnnealingLR(o, steps, eta_min=f * o.param_groups[0]["lr"]),
    "step": lr_scheduler.StepLR,
    "warm_up": lambda o, steps, f: lr_scheduler.LinearLR(o, start_factor=f, total_iters=steps),
    "constant": lambda o, steps, f: lr_scheduler.ConstantLR(o, factor=f, total_iters=steps),
    "one_cycle": lambda o, steps, f: lr_scheduler.OneCycleLR(
        o, o.param_groups[0]["lr"], total_steps=steps, div_factor=1 / f, cycle_momentum=False
    ),
    "inverse_sqrt": lambda o, steps, f: lr_scheduler.LambdaLR(o, lambda t: (1 + (1 / f**2 - 1) * t / steps) ** -0.5),
}


@unchecked
@pytest.mark.parametrize("rule", ["sgd", "adam"])
@pytest.mark.parametrize("shape", SHAPES)
def test_schedules_are_torchs(rule: str, shape: str, surface: Any) -> None:
    steps, factor = (61, 0.3)
    length = 60 if shape == "one_cycle" else 250  # torch refuses to go on
    ours = WRAPPERS["schedule"](rule_of(rule), shape=shape, steps=steps, factor=factor)
    reference = torch_path(surface, TORCH[rule], length, after=lambda o: SCHEDULERS[shape](o, steps, factor))
    assert gap(ours, surface, reference) < 1e-12
    assert gap(rule_of(rule), surface, reference) > 1e-3


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("steps", [1, 2, 3, 4, 7, 100])
def test_every_multiplier_of_a_schedule_is_torchs(shape: str, steps: int) -> None:
    """Also where there is hardly room for the shape."""
    ours = WRAPPERS["schedule"](OPTIMIZERS["sgd"](lr=1.0), shape=shape, steps=steps, factor=0.3)
    theirs = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    schedule = SCHEDULERS[shape](theirs, steps, 0.3)
    for t in range(steps if shape == "one_cycle" else 3 * steps):
        assert ours.value_at(t) == pytest.approx(theirs.param_groups[0]["lr"], rel=1e-12, abs=1e-15), t
        if shape != "one_cycle" or t < steps - 1:
            theirs.step()
            schedule.step()
    assert isinstance(ours.value_at(5), float)
    assert shape != "one_cycle" or ours.value_at(10 * steps) == pytest.approx(0.3e-4, rel=1e-12)


def test_a_schedule_may_end_at_nothing(surface: Any) -> None:
    ours = WRAPPERS["schedule"](OPTIMIZERS["sgd"](lr=0.002), steps=30, factor=0.0)
    t = run(ours, surface, surface.start, 31)
    assert np.array_equal(t.theta[30], t.theta[31])
    assert not np.array_equal(t.theta[29], t.theta[30])
    reference = torch_path(surface, TORCH["sgd"], 60, after=lambda o: lr_scheduler.CosineAnnealingLR(o, 30))
    assert gap(ours, surface, reference) < 1e-12


@unchecked
def test_any_hyperparameter_is_scheduled(surface: Any) -> None:
    """Momentum, one of Adam's averages, and a wrapper's own number."""

    def momentum(theta: Any, o: Any, t: int) -> None:
        o.param_groups[0]["momentum"] = 0.8 * 0.5 ** (t // 20)

    def beta2(theta: Any, o: Any, t: int) -> None:
        o.param_groups[0]["betas"] = (0.8, 0.999 * (0.9 + 0.1 * min(t / 25, 1)))

    def norm(theta: Any, o: Any, t: int) -> None:
        torch.nn.utils.clip_grad_norm_([theta], 0.7 * 0.5 ** (t // 20))

    schedule = WRAPPERS["schedule"]
    halved = {"shape": "step", "steps": 20, "factor": 0.5}
    for ours, reference in (
        (schedule(rule_of("momentum"), of="momentum", **halved), torch_path(surface, TORCH["momentum"], 200, momentum)),
        (
            schedule(rule_of("adam"), of="beta2", shape="warm_up", steps=25, factor=0.9),
            torch_path(surface, TORCH["adam"], 200, beta2),
        ),
        (
            schedule(WRAPPERS["clip"](rule_of("sgd"), norm=0.7), of="clip.norm", **halved),
            torch_path(surface, TORCH["sgd"], 200, norm),
        ),
    ):
        assert gap(ours, surface, reference) < 1e-12


def test_a_schedule_stays_in_the_range_of_its_hyperparameter() -> None:
    schedule = WRAPPERS["schedule"]
    with pytest.raises(ValueError, match=r"schedule.factor of 1.3 takes momentum out of \[0, 1\)"):
        schedule(rule_of("momentum"), of="momentum", factor=1.3)
    with pytest.raises(ValueError, match="takes momentum out of"):
        schedule(rule_of("momentum"), of="momentum", shape="step", factor=1.01)
    with pytest.raises(ValueError, match=r"must be in \(0, 1\] for inverse_sqrt"):
        schedule(rule_of("sgd"), shape="inverse_sqrt", factor=0.0)
    assert schedule(rule_of("momentum"), of="momentum", factor=1.1).value_at(100) == pytest.approx(0.88)
    growing = schedule(rule_of("sgd"), shape="step", factor=1.5, steps=1)
    with np.errstate(over="ignore"):
        assert growing.value_at(10_000) == np.inf
    with pytest.raises(ValueError, match=r"schedule\.of must be lr, momentum or initial"):
        schedule(OPTIMIZERS["momentum_annealed"](), of="anneal_steps")


@unchecked
def test_changes_in_mid_run_are_torchs_and_keep_the_buffers(surface: Any) -> None:
    def change(theta: Any, o: Any, t: int) -> None:
        group = o.param_groups[0]
        group["lr"] = 0.001 if t < 40 else 0.0005 if t < 90 else 0.002
        group["momentum"] = 0.8 if t < 60 else 0.3

    reference = torch_path(surface, TORCH["momentum"], 200, change)
    changes = ({"at": 40, "value": 0.0005}, {"at": 90, "value": 0.002}, {"of": "momentum", "at": 60, "value": 0.3})
    for order in permutations(changes):
        ours = rule_of("momentum")
        for given_ in order:
            ours = WRAPPERS["change"](ours, **given_)
        assert gap(ours, surface, reference) < 1e-12


def test_the_shown_hyperparameter_is_that_of_the_last_step() -> None:
    warming = WRAPPERS["schedule"](OPTIMIZERS["sgd"](lr=0.4), shape="warm_up", steps=8, factor=0.1)
    theta, bowl = np.array([1.0, -2.0]), SURFACES["bowl"]()
    state = warming.init(theta)
    for _ in range(12):
        delta, state = warming.update(bowl.at(theta), state)
        used = -delta / bowl.gradient(theta)
        np.testing.assert_allclose(warming.state_numbers(state)["lr"], used, rtol=1e-12)
        theta = theta + delta


@unchecked
def test_changes_and_schedules_mean_the_same_in_any_order(surface: Any) -> None:
    """The value set last, times all schedules; a wrapper between them does not matter."""

    def rate(t: int) -> float:
        return (0.02 if t < 30 else 0.008) * (0.2 + 0.8 * min(t / 20, 1)) * 0.5 ** (t // 50)

    def change(theta: Any, o: Any, t: int) -> None:
        torch.nn.utils.clip_grad_norm_([theta], 2.0)
        o.param_groups[0]["lr"] = rate(t)

    reference = torch_path(surface, TORCH["adam"], 150, change)
    wrap = (
        ("change", {"at": 30, "value": 0.008}), ("clip", {"norm": 2.0}),
        ("schedule", {"shape": "warm_up", "steps": 20, "factor": 0.2}),
        ("schedule", {"shape": "step", "steps": 50, "factor": 0.5}),
    )  # fmt: skip
    for order in permutations(wrap):
        ours = rule_of("adam")
        for key, given_ in order:
            ours = WRAPPERS[key](ours, **given_)
        assert gap(ours, surface, reference) < 1e-12
        visit = list(walk(ours, surface, surface.start, 31))[-1]
        assert present_value(ours, "lr", visit.state) == pytest.approx(rate(31), rel=1e-14)
        assert ours.state_numbers(visit.state)["lr"] == pytest.approx(rate(30), rel=1e-14)  # of the step that was taken


def test_a_change_is_swept_too() -> None:
    """Several times of change at once, and one of them around a change that another run has had already."""
    ravine = SURFACES["ravine"]()
    first = WRAPPERS["change"](rule_of("momentum"), at=10, value=0.002)
    together = run(WRAPPERS["change"](first, at=np.array([[5], [10], [20]]), value=0.004), ravine, ravine.start, 30).theta
    for i, at in enumerate((5, 10, 20)):
        alone = run(WRAPPERS["change"](first, at=at, value=0.004), ravine, ravine.start, 30).theta
        assert np.array_equal(together[:, i], alone)
    assert not np.array_equal(together[:, 0], together[:, 1])


@unchecked
@pytest.mark.parametrize("rule", TORCH)
@pytest.mark.parametrize(("k", "alpha"), [(5, 0.5), (4, 0.8)])
def test_lookahead_is_the_published_one(rule: str, k: int, alpha: float, surface: Any) -> None:
    ours = WRAPPERS["lookahead"](rule_of(rule), k=k, alpha=alpha)
    reference = torch_path(surface, lambda p: pytorch_optimizer.Lookahead(TORCH[rule](p), k=k, alpha=alpha), 300)
    assert gap(ours, surface, reference) < 1e-12
    for visit in walk(ours, surface, surface.start, 2 * k):
        slow = ours.slow_weights(visit.state)
        np.testing.assert_allclose(slow, reference[visit.step // k * k], rtol=1e-12)
        np.testing.assert_array_equal(ours.state_numbers(visit.state)["φ"], slow)
