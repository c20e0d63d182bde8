"""Tuning: what it shows is what single runs give, nobody spends more than the budget, and theory's best is found."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from experiments import Experiment
from experiments.presets import RAVINE
from experiments.spec import Choice, ExperimentError, calls_spent, run_entrant, start_of
from experiments.sweeps.axis import with_value
from experiments.tune import Search, starts_of, tune, tuned
from experiments.tuning import Tuning
from optimizers import OPTIMIZERS

pytestmark = pytest.mark.usefixtures("shapes_unchecked")
NOISE = Choice("noise", {"sigma": 0.5})


def of(key: str, *names: str, **more: Any) -> Tuning:
    experiment = replace(RAVINE, optimizers=(Choice(key),), steps=12)
    return Tuning(experiment, (names or ("lr",),), **{"runs": 40, **more})


@pytest.mark.parametrize("key", list(OPTIMIZERS))
def test_every_loss_is_that_of_a_single_run_and_the_budget_holds(key: str) -> None:
    tuning = of(key, *list(OPTIMIZERS[key].ranges)[:2], starts=2)
    search = tune(tuning)
    landscape: Any = tuning.experiment.seen_landscape()
    runs = calls = 0
    for place in range(len(search.settings)):
        alone = tuning.experiment
        for name, value in zip(search.names, search.settings[place]):
            alone = with_value(alone, 0, name, float(value))
        if place % 9 == 0 or key == "newton_cg":  # its calls differ from run to run
            for start, loss in zip(starts_of(tuning, landscape), search.losses[place]):
                trajectory = run_entrant(replace(alone, start=tuple(map(float, start))), landscape)
                there = trajectory.finite[-1] and np.isfinite(trajectory.loss[-1])
                np.testing.assert_allclose(loss, trajectory.loss[-1] if there else np.inf, rtol=1e-6, atol=1e-300)
                spent = int(calls_spent(trajectory.calls, 2)[-1])
                calls += spent
        runs += 2
    assert search.runs == runs and (search.calls == calls or key != "newton_cg")
    assert search.calls % spent == 0 or key == "newton_cg"
    assert search.calls <= tuning.budget == 480
    assert 0.6 * (480 // max(spent, 12)) <= search.runs <= 40


@pytest.mark.parametrize("key", ["sgd", "newton", "momentum"])
def test_a_method_that_asks_more_makes_fewer_runs_on_calls_and_as_many_on_runs(key: str) -> None:
    cost = {"newton": 3}.get(key, 1)  # a Hessian counts one for each column, a gradient one
    assert tune(of(key)).runs in range(38 // cost - 3, 40 // cost + 1)
    assert tune(of(key, unit="runs")).runs in range(36, 41)


def test_gradient_descents_best_rate_is_theorys() -> None:
    """From a start with equal parts along both axes the best rate after many steps is 2 / (λ_min + λ_max)."""
    experiment = Experiment(Choice("ravine", {"condition": 10.0, "angle": 0.0}), (Choice("sgd"),), start=(1.0, 1.0), steps=100)
    search = tune(Tuning(experiment, (("lr",),)))
    assert abs(search.value("lr") / (2 / 11) - 1) < 0.03
    assert np.isinf(search.scores[np.argmax(search.settings)]) or search.scores[np.argmax(search.settings)] > 1e10
    low, high = search.span("lr")
    assert low < search.value("lr") < high < 0.2, "beyond the limit nothing is as good"


def test_momentums_best_pair_is_theorys() -> None:
    """Polyak: lr = (2 / (√L + √μ))², momentum = ((√L - √μ) / (√L + √μ))²."""
    experiment = Experiment(
        Choice("ravine", {"condition": 10.0, "angle": 0.0}), (Choice("momentum"),), start=(1.0, 1.0), steps=400
    )
    search = tune(Tuning(experiment, (("lr", "momentum"),), runs=3000))
    root = 10**0.5
    rate, ball = (2 / (root + 1)) ** 2, ((root - 1) / (root + 1)) ** 2
    near = np.abs(search.settings - [rate, ball]) < [0.1 * rate, 0.1]
    assert (search.scores[near.all(1)] < 1e-60).any() and search.scores[search.best] <= search.scores[near.all(1)].min()


def test_the_range_is_widened_where_the_best_is_at_its_border_and_the_border_is_told() -> None:
    experiment = Experiment(Choice("ravine", {"condition": 1.0}), (Choice("sgd", {"lr": 1e-4}),), start=(1.0, 1.0), steps=3)
    flat = replace(experiment, modifiers=(Choice("scaled", {"x": 100.0, "y": 100.0}),), start=(1.0, 1.0))
    search = tune(Tuning(flat, (("lr",),)))
    top = OPTIMIZERS["sgd"].ranges["lr"].control[1]
    assert search.settings.max() > 2 * top and (search.settings[search.rounds == 1] <= top).all()
    assert search.border("lr") in ("", "largest") and search.value("lr") > top
    clear = tune(of("sgd"))
    assert clear.border("lr") == "" and clear.settings.max() == top
    small = Search(
        ("lr",), np.array([[1.0], [2.0]]), np.array([[1.0], [2.0]]), np.array([0, 1]), 2, 2, 3.0, np.array([[0, 9.0]])
    )
    assert small.border("lr") == "smallest"
    assert replace(small, bounds=np.array([[1.0, 9.0]])).border("lr") == "", "no smaller one is allowed"
    large = replace(small, losses=small.losses[::-1])
    assert large.border("lr") == "largest" and replace(large, bounds=np.array([[0.0, 2.0]])).border("lr") == ""


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(list(OPTIMIZERS)), st.data())
def test_no_value_is_ever_out_of_range(key: str, data: Any) -> None:
    names = data.draw(st.lists(st.sampled_from(list(OPTIMIZERS[key].ranges)), min_size=1, max_size=2, unique=True))
    search = tune(replace(of(key, *names, runs=64), experiment=replace(RAVINE, optimizers=(Choice(key),), steps=2)))
    for name, column in zip(names, search.settings.T):
        allowed = OPTIMIZERS[key].ranges[name]
        assert all(allowed.holds(float(value)) for value in column)
    assert len(np.unique(search.settings[1:], axis=0)) == len(search.settings) - 1, "nothing is tried twice"
    assert (np.diff(search.rounds) >= 0).all() and (search.rounds[0], search.rounds[1]) == (0, 1)


def test_starts_and_seeds_are_counted_and_scores_are_their_mean() -> None:
    experiment = replace(RAVINE, optimizers=(Choice("sgd", {"lr": 0.01}),), steps=20, modifiers=(NOISE,), seed=5)
    tuning = Tuning(experiment, (("lr",),), runs=90, starts=3, seeds=2)
    search = tune(tuning)
    assert search.runs == 6 * len(search.settings) <= 90 and search.losses.shape[1] == 6
    points = starts_of(tuning, experiment.make_landscape())
    assert tuple(points[0]) == experiment.start and len(np.unique(points, axis=0)) == 3
    domain = np.array(experiment.make_landscape().domain)  # type: ignore[attr-defined]
    assert (np.abs(points - points[0]) <= 0.1 * (domain[:, 1] - domain[:, 0])).all()
    place = search.best
    singles = [
        run_entrant(
            replace(with_value(experiment, 0, "lr", search.value("lr")), start=tuple(map(float, start)), seed=seed),
            experiment.seen_landscape(),
        ).loss[-1]
        for seed in (5, 6)
        for start in points
    ]
    np.testing.assert_allclose(search.losses[place], singles, rtol=1e-9)
    assert search.scores[place] == pytest.approx(np.mean(singles)) and len(set(singles)) == 6
    again = tune(tuning)
    assert np.array_equal(again.losses, search.losses) and np.array_equal(again.settings, search.settings)


def test_a_budget_of_calls_for_each_run_is_kept() -> None:
    experiment = Experiment(Choice("rosenbrock"), (Choice("newton"),), steps=9, budget="calls")
    search = tune(Tuning(experiment, (("lr",),)))
    alone = replace(experiment, optimizers=(Choice("newton", {"lr": search.value("lr")}),), steps=3, budget="steps")
    assert search.scores.min() == pytest.approx(run_entrant(alone, alone.make_landscape()).loss[-1], rel=1e-9)
    assert search.calls == 9 * search.runs <= 900


def test_tuned_experiments_have_the_best_settings_and_nothing_else_changed() -> None:
    wrapped = Choice("sgd", {"lr": 0.01}, (Choice("clip", {"norm": 1.0}),))
    experiment = replace(RAVINE, optimizers=(wrapped, Choice("adam")), steps=10)
    tuning = Tuning(experiment, (("lr", "clip.norm"), ("beta1",)), runs=60)
    searches = [tune(tuning, i) for i in range(2)]
    best = tuned(tuning, searches)
    for i, search in enumerate(searches):
        loss = run_entrant(best, best.seen_landscape(), i).loss[-1]
        assert loss == pytest.approx(search.scores.min(), rel=1e-9)
    assert best.optimizers[1].parameters["lr"] == 0.001 and best.optimizers[0].wrappers[0].key == "clip"
    assert replace(best, optimizers=experiment.optimizers) == experiment


def test_as_good_are_those_that_keep_the_way_down() -> None:
    losses = np.array([[10.0], [1.0], [1.08], [1.1], [np.inf]])
    search = Search(("lr",), np.arange(5.0)[:, None], losses, np.arange(5), 5, 5, 10.0, np.array([[0.0, 9.0]]))
    assert search.good.tolist() == [False, True, True, False, False] and search.span("lr") == (1.0, 2.0)


@pytest.mark.parametrize(
    ("key", "name", "scale"),
    [("adam", "eps", "log"), ("adam", "beta1", "linear"), ("sgd", "lr", "log"), ("lion", "weight_decay", "linear")],
)
def test_tiny_numbers_are_searched_on_a_log_scale(key: str, name: str, scale: str) -> None:
    stretch = of(key, name).stretch(0, name)
    assert stretch.scale == scale
    low, high = stretch.control
    assert low < OPTIMIZERS[key]().hyperparameters[name] < high or scale == "linear"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"searched": (("lr", "lr"),)}, "different"), ({"searched": (("beta9",),)}, "no 'beta9'"), ({"searched": ()}, "every"),
        ({"runs": 7}, "runs"), ({"unit": "seconds"}, "unit"), ({"starts": 0}, "starts"),
        ({"starts": 9, "seeds": 9}, "more than"),
        ({"searched": ((),)}, "one or two"),
    ],
)  # fmt: skip
def test_what_cannot_be_searched_is_refused(change: dict[str, Any], said: str) -> None:
    with pytest.raises(ExperimentError, match=said):
        replace(of("sgd"), **change)


def test_sizes_that_would_not_fit_are_refused_with_what_would() -> None:
    with pytest.raises(ExperimentError, match="1000 runs would"):
        Tuning(replace(RAVINE, steps=2000), (("lr",),) * len(RAVINE.optimizers), runs=4000)
    with pytest.raises(ExperimentError, match="too few to search"):
        tune(of("momentum", "lr", "momentum", runs=8, starts=4))


def test_json_and_arrays_come_back() -> None:
    tuning = of("adam", "lr", "eps", seeds=2, unit="runs")
    again = Tuning.from_json(tuning.as_json())
    assert again == tuning and again.key == tuning.key != replace(tuning, runs=41).key
    search = tune(tuning)
    back = Search.from_arrays(search.names, search.as_arrays())
    assert (back.best, back.runs, back.calls, back.loss) == (search.best, search.runs, search.calls, search.loss)
    for wrong in ({"runs": 3}, {"searched": "lr"}, {"version": 9}, {"more": 1}):
        with pytest.raises(ExperimentError):
            Tuning.from_json(tuning.as_json() | wrong)


def test_the_starts_loss_is_what_the_way_down_is_counted_from() -> None:
    tuning = of("sgd")
    landscape: Any = tuning.experiment.make_landscape()
    assert tune(tuning).loss == landscape.loss(np.array(start_of(tuning.experiment, landscape)))
