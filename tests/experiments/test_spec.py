"""The experiment as data: JSON there and back, hostile JSON, and a key that every field changes."""

from __future__ import annotations

import copy
import json
import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from experiments import Experiment, execute, run
from experiments.link import decode, encode
from experiments.spec import MOST_OPTIMIZERS, MOST_STEPS, Choice, ExperimentError, calls_spent
from landscapes import SURFACES
from optimizers import OPTIMIZERS, WRAPPERS
from tests.strategies import hyperparameters, point_of, value_in

VALID: dict[str, Any] = {
    "version": 1,
    "landscape": {"key": "ravine", "condition": 50.0, "angle": 10.0},
    "optimizers": [{"key": "sgd", "lr": 0.01}, {"key": "adam", "lr": 0.02, "beta1": 0.8}],
    "start": [0.5, -0.25],
    "steps": 20,
    "seed": 3,
    "batch_size": None,
}
TRAINING = {"version": 1, "landscape": {"key": "digits_mlp"}, "optimizers": [{"key": "sgd"}], "batch_size": 32}
SLICE = {"version": 1, "landscape": {"key": "slice"}, "optimizers": [{"key": "adam"}], "training": TRAINING}


@st.composite
def experiments(draw: st.DrawFn) -> dict[str, Any]:
    """What an Experiment is made of; made outside, since beartype looks at random items of lists."""
    key = draw(st.sampled_from(tuple(SURFACES)))
    family = SURFACES[key]
    given_ = draw(st.fixed_dictionaries({}, optional={name: value_in(allowed) for name, allowed in family.ranges.items()}))
    chosen = draw(st.lists(st.sampled_from(list(OPTIMIZERS)), min_size=1, max_size=3))
    return {
        "landscape": Choice(key, given_),
        "optimizers": tuple(Choice(o, draw(hyperparameters(o)) if draw(st.booleans()) else {}) for o in chosen),
        "start": draw(st.none() | point_of(family)),
        "steps": draw(st.integers(0, MOST_STEPS)),
        "seed": draw(st.integers(0, 2**31 - 1)),
    }


@given(experiments())
def test_json_there_and_back(made_of: dict[str, Any]) -> None:
    experiment = Experiment(**made_of)
    text = json.dumps(experiment.as_json())
    back = Experiment.from_json(json.loads(text))
    assert json.dumps(back.as_json()) == text
    assert back.key == experiment.key
    assert back.start == experiment.start
    for i in range(len(experiment.optimizers)):
        assert back.optimizer(i).hyperparameters == experiment.optimizer(i).hyperparameters


def test_a_slice_goes_there_and_back_with_its_training() -> None:
    slice_ = Experiment.from_json(SLICE)
    assert slice_.training is not None
    assert slice_.training.batch_size == 32
    back = Experiment.from_json(json.loads(json.dumps(slice_.as_json())))
    assert back.key == slice_.key
    assert back.training is not None
    assert back.training.key == slice_.training.key


def test_defaults_are_filled_in() -> None:
    bare = Experiment(Choice("ravine"), (Choice("sgd"),))
    data = bare.as_json()
    assert data["landscape"] == {"key": "ravine", "condition": 100.0, "angle": 0.0}
    assert data["optimizers"] == [{"key": "sgd", "lr": 0.01}]
    spelled = Experiment(Choice("ravine", {"condition": 100.0, "angle": 0.0}), (Choice("sgd", {"lr": 0.01}),))
    assert spelled.key == bare.key


def test_whole_numbers_and_floats_of_equal_value_are_the_same_experiment() -> None:
    ints = Experiment(Choice("ravine", {"condition": 50, "angle": 0}), (Choice("momentum", {"lr": 1, "momentum": 0}),))
    floats = Experiment(
        Choice("ravine", {"angle": 0.0, "condition": 50.0}), (Choice("momentum", {"momentum": 0.0, "lr": 1.0}),)
    )
    assert ints.key == floats.key


def changed_everywhere() -> list[tuple[str, Any]]:
    """The valid experiment with one thing changed, for every thing there is."""
    changes: list[tuple[str, Any]] = [
        ("landscape", {"key": "saddle"}),
        ("landscape", {"key": "ravine", "condition": np.nextafter(50.0, 51).item(), "angle": 10.0}),
        ("landscape", {"key": "ravine", "condition": 50.0, "angle": -10.0}),
        ("optimizers", VALID["optimizers"][:1]),
        ("optimizers", VALID["optimizers"][::-1]),
        ("start", None),
        ("start", [np.nextafter(0.5, 1).item(), -0.25]),
        ("start", [0.5, 0.25]),
        ("steps", 21),
        ("seed", 4),
    ]
    for name, value in Experiment.from_json(VALID).optimizer(1).hyperparameters.items():
        changes.append(("optimizers", [VALID["optimizers"][0], {"key": "adam", "lr": 0.02, "beta1": 0.8, name: value / 2}]))
    return changes


def test_every_field_changes_the_key() -> None:
    keys = [Experiment.from_json(VALID).key]
    keys += [Experiment.from_json({**VALID, field: value}).key for field, value in changed_everywhere()]
    trained = Experiment.from_json({**TRAINING, "batch_size": 32})
    keys += [trained.key, replace(trained, batch_size=33).key, replace(trained, batch_size=None).key]
    keys += [Experiment.from_json(SLICE).key]
    keys += [Experiment.from_json({**SLICE, "training": {**TRAINING, "seed": 9}}).key]
    keys += [Experiment.from_json({**SLICE, "landscape": {"key": "slice", "samples": 64}}).key]
    assert len(set(keys)) == len(keys)
    assert all(len(key) == 16 and set(key) <= set("0123456789abcdef") for key in keys)


def test_the_key_of_the_default_race_is_fixed() -> None:
    """Links, caches and files are named by it: it may change with VERSION only."""
    golden = Experiment(Choice("ravine"), (Choice("sgd"), Choice("adam")), steps=100)
    assert json.dumps(golden.as_json(), sort_keys=True) == (
        '{"batch_size": null, "landscape": {"angle": 0.0, "condition": 100.0, "key": "ravine"}, "optimizers": [{"key": "sgd", '
        '"lr": 0.01}, {"beta1": 0.9, "beta2": 0.999, "eps": 1e-08, "key": "adam", "lr": 0.001}], "seed": 0, "start": null, '
        '"steps": 100, "version": 1}'
    )


WRONG = [
    ({"version": 2}, "version must be 1"),
    ({"version": None}, "version"),
    ({"nonsense": 1}, "unknown field 'nonsense'; there are: batch_size"),
    ({"landscape": "ravine"}, "landscape must be an object"),
    ({"landscape": {"key": "nowhere"}}, "landscape: no 'nowhere' here; there are: ravine"),
    ({"landscape": {"key": "ravine", "slope": 1}}, "no parameter 'slope'; it has: condition, angle"),
    ({"landscape": {"key": "ravine", "condition": 0.5}}, r"ravine.condition must be a number in \[1, 1e\+12\], got 0.5"),
    ({"landscape": {"key": "ravine", "condition": "50"}}, "condition"),
    ({"landscape": {"key": "ravine", "condition": [50]}}, "condition"),
    ({"landscape": {"key": "ravine", "condition": []}}, "condition"),
    ({"landscape": {"key": "ravine", "condition": True}}, "condition"),
    ({"landscape": {"key": "ravine", "condition": None}}, "condition"),
    ({"landscape": {"key": "ravine", "condition": 10**400}}, "condition"),
    ({"landscape": {"key": "ravine", "condition": float("nan")}}, "condition"),
    ({"optimizers": []}, "1 to 64 optimizers, got 0"),
    ({"optimizers": [{"key": "sgd"}] * (MOST_OPTIMIZERS + 1)}, "1 to 64 optimizers, got 65"),
    ({"optimizers": {"key": "sgd"}}, "optimizers must be a list"),
    ({"optimizers": [{"key": "sgd"}, {"key": "sgdd"}]}, r"optimizers\[1\]: no 'sgdd' here"),
    ({"optimizers": [{"key": "sgd", "lr": -1}]}, r"optimizers\[0\]: sgd.lr must be a number in \(0, inf\), got -1"),
    ({"optimizers": [{"key": "sgd", "lr": [[1.0]]}]}, "lr"),
    ({"optimizers": [{"key": "sgd", "self": 1}]}, "no parameter 'self'"),
    ({"start": [1.0]}, "start must be 2 finite numbers"),
    ({"start": [1.0, float("inf")]}, "start"),
    ({"start": [1.0, 10**400]}, "start"),
    ({"start": [1.0, True]}, "start"),
    ({"start": "1,1"}, "start"),
    ({"steps": -1}, r"steps must be a whole number in \[0, 100000\], got -1"),
    ({"steps": 1e3}, "steps"),
    ({"steps": True}, "steps"),
    ({"steps": MOST_STEPS + 1}, "steps"),
    ({"seed": 2**31}, "seed"),
    ({"batch_size": 0}, "batch_size"),
    ({"landscape": {"key": "rosenbrock"}, "batch_size": 8}, "no data to draw"),
    ({"training": TRAINING}, '"training" belongs to the landscape "slice"'),
    ({"landscape": {"key": "slice"}}, '"training" belongs to the landscape "slice"'),
]


@pytest.mark.parametrize(("change", "message"), WRONG, ids=[str(change)[:60] for change, _ in WRONG])
def test_wrong_fields_are_named(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ExperimentError, match=message):
        Experiment.from_json({**VALID, **change})


@pytest.mark.parametrize("change", [{"landscape": {"key": "digits_mlp", "width": [32]}}, {"start": [0.0, 0.0]}])
def test_wrong_fields_of_networks_are_named(change: dict[str, Any]) -> None:
    with pytest.raises(ExperimentError):
        Experiment.from_json({**TRAINING, **change})


@pytest.mark.parametrize("samples", [0, "all", [64], 1.5, None, True])
def test_wrong_fields_of_slices_are_named(samples: Any) -> None:
    with pytest.raises(ExperimentError, match="samples"):
        Experiment.from_json({**SLICE, "landscape": {"key": "slice", "samples": samples}})


def test_a_slice_of_a_slice_of_a_slice_ends_with_an_error_not_the_interpreter() -> None:
    nested: Any = TRAINING
    for _ in range(20_000):
        nested = {**SLICE, "training": nested}
    with pytest.raises(ExperimentError):
        Experiment.from_json(nested)


scalars = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
    | st.sampled_from(["ravine", "slice", "digits_mlp", "sgd", 10**400, -0.0, 1e308])
)  # fmt: skip
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3), max_leaves=6
)


def places(data: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return [here, *(place for name, value in inner for place in places(value, (*here, name)))]


@settings(max_examples=300)
@given(st.sampled_from([VALID, TRAINING, SLICE]), anything, st.data())
def test_hostile_json_raises_only_experiment_errors(base: dict[str, Any], poison: Any, data: st.DataObject) -> None:
    """Any value anywhere in a good experiment. What gets through can be keyed, and gives the same key again."""
    hostile: Any = copy.deepcopy(base)
    where = data.draw(st.sampled_from(places(hostile)))
    if not where:
        hostile = poison
    else:
        inner = hostile
        for name in where[:-1]:
            inner = inner[name]
        inner[where[-1]] = poison
    try:
        experiment = Experiment.from_json(hostile)
    except ExperimentError as error:
        assert str(error)
        assert len(str(error)) < 500
    else:
        text = json.dumps(experiment.as_json(), allow_nan=False)
        assert Experiment.from_json(json.loads(text)).key == experiment.key


@given(anything)
def test_anything_at_all_raises_only_experiment_errors(data: Any) -> None:
    with pytest.raises(ExperimentError):
        Experiment.from_json(data)


def test_execute_runs_each_entrant_alone() -> None:
    experiment = Experiment.from_json(VALID)
    trajectories = execute(experiment)
    assert len(trajectories) == 2
    surface = SURFACES["ravine"](condition=50.0, angle=10.0)
    for i, optimizer in enumerate((OPTIMIZERS["sgd"](lr=0.01), OPTIMIZERS["adam"](lr=0.02, beta1=0.8))):
        expected = run(optimizer, surface, (0.5, -0.25), 20, seed=3)
        assert np.array_equal(trajectories[i].theta, expected.theta)
        (alone,) = execute(experiment.solo(i))
        assert np.array_equal(alone.theta, expected.theta)
    assert experiment.solo(0).key != experiment.solo(1).key != experiment.key
    ours = execute(replace(experiment, start=None))[0].theta[0]
    assert tuple(ours) == surface.start


def test_execute_says_why_a_method_cannot_run() -> None:
    with pytest.raises(ValueError, match="NSGD"):
        execute(Experiment(Choice("saddle"), (Choice("nsgd_l2"),), steps=3))


@pytest.mark.usefixtures("shapes_unchecked")
@pytest.mark.parametrize("key", OPTIMIZERS)
def test_every_pair_runs_or_says_why_not(key: str) -> None:
    for surface_key in SURFACES:
        experiment = Experiment(Choice(surface_key), (Choice(key),), steps=20)
        landscape = experiment.make_landscape()
        reason = experiment.optimizer(0).disabled_because(landscape)
        if reason:
            assert reason.endswith(".")
            with pytest.raises(ValueError):
                execute(experiment)
        else:
            (trajectory,) = execute(experiment)
            assert trajectory.theta.shape == (21, landscape.dim)
            assert trajectory.finite[0]
            assert np.ptp(trajectory.theta[trajectory.finite], axis=0).max() > 0


def test_equal_calls_cut_each_run_where_it_has_asked_for_them() -> None:
    choices = (Choice("sgd"), Choice("newton"))
    by_steps = Experiment(Choice("ravine"), choices, steps=30)
    by_calls = replace(by_steps, budget="calls")
    assert by_calls.key != by_steps.key and Experiment.from_json(by_calls.as_json()) == by_calls
    whole, cut = execute(by_steps), execute(by_calls)
    assert [t.steps for t in cut] == [30, 10]  # a Newton step asks for a gradient and a Hessian, which is two products
    for a, b in zip(whole, cut):
        np.testing.assert_array_equal(a.theta[: len(b.theta)], b.theta)
        assert calls_spent(b.calls, 2)[-1] <= 30 < calls_spent(a.first(b.steps + 1).calls, 2)[-1] or b.steps == 30


@pytest.mark.parametrize("key", WRAPPERS)
def test_a_wrapped_optimizer_is_data(key: str) -> None:
    wrapped = Choice("momentum", {"lr": 0.005}, (Choice(key), Choice("clip", {"norm": 0.5})))
    experiment = Experiment(Choice("ravine"), (wrapped, Choice("momentum", {"lr": 0.005})), steps=60)
    assert Experiment.from_json(json.loads(json.dumps(experiment.as_json()))) == experiment
    assert decode(encode(experiment)) == (experiment, [])
    assert experiment.optimizers[0].wrappers[0].parameters == dict(WRAPPERS[key].defaults)  # filled in
    (path, plain) = execute(experiment)
    assert not np.array_equal(path.theta, plain.theta)
    by_hand = WRAPPERS["clip"](WRAPPERS[key](OPTIMIZERS["momentum"](lr=0.005)), norm=0.5)
    landscape = experiment.make_landscape()
    np.testing.assert_array_equal(path.theta, run(by_hand, landscape, landscape.start, 60).theta)


@pytest.mark.parametrize(
    ("wrappers", "says"),
    [
        ([{"key": "clip", "norm": -1}], "clip.norm must be"),
        ([{"key": "clip", "size": 1}], "no parameter 'size'"),
        ([{"key": "crop"}], "no 'crop' here"),
        ([{"key": "schedule", "of": "beta1"}], "of must be"),
        ([{"key": "clip", "wrappers": []}], "without wrappers of their own"),
        ("clip", "list"),
        ([{"key": "clip"}] * 9, "at most"),
    ],
)
def test_wrong_wrappers_are_named(wrappers: Any, says: str) -> None:
    data = {**VALID, "optimizers": [{"key": "sgd", "lr": 0.1, "wrappers": wrappers}]}
    with pytest.raises(ExperimentError, match=re.escape(says)):
        Experiment.from_json(data)
