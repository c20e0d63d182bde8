"""Sweeps against theory on quadratics: the rate is what a long run shows, and fates part where theory says."""

from __future__ import annotations

import numpy as np
import pytest

from experiments import Experiment, execute
from experiments.spec import Choice
from experiments.sweeps.axis import Axis, axis
from experiments.sweeps.compute import compute
from experiments.sweeps.result import Fate
from experiments.sweeps.sweep import Sweep, cell, line_sweep
from experiments.sweeps.theory import BY_EIGENVALUE, STEADY, theory_of
from landscapes import SURFACES
from optimizers import OPTIMIZERS

pytestmark = pytest.mark.usefixtures("shapes_unchecked")

QUADRATICS = ("ravine", "bowl", "booth", "parabola", "linear_neuron")
STEEP = {"ravine": {"condition": 60.0, "angle": 25.0}}


def swept(surface: str, rule: Choice, second: str | None = None, cells: int = 16, steps: int = 240) -> Sweep:
    """Learning rates from a hundredth of the rule's limit to ten times it."""
    experiment = Experiment(Choice(surface, STEEP.get(surface, {})), (rule,), steps=steps)
    landscape = experiment.make_landscape()
    theta = landscape.point(landscape.start)
    optimizer = experiment.optimizer(0)
    limit = float(optimizer.stability_limit(landscape.at(theta), optimizer.init(theta)))
    lr = Axis("lr", 0.01 * limit, 10 * limit, cells, "log")
    return Sweep(experiment, lr, None if second is None else axis(experiment, second, cells))


ABLE = [
    (key, surface)
    for surface in QUADRATICS
    for key in STEADY + BY_EIGENVALUE
    if OPTIMIZERS[key]().disabled_because(SURFACES[surface]()) is None
]


@pytest.mark.parametrize(("key", "surface"), ABLE)
def test_fates_part_within_a_cell_of_theory(key: str, surface: str) -> None:
    second = "momentum" if "momentum" in OPTIMIZERS[key].ranges else "start0"
    sweep = swept(surface, Choice(key), second)
    result, theory = list(compute(sweep))[-1], theory_of(sweep)
    assert theory.reasons == ("",)
    diverged, unstable = result.fate[0] == Fate.DIVERGED, theory.rate[0] > 1 + 1e-12
    around = np.pad(unstable, 1, mode="edge")
    rows, columns = diverged.shape
    near = np.stack([around[i : i + rows, j : j + columns] for i in range(3) for j in range(3)])
    clear = near.all(0) | ~near.any(0)
    assert np.array_equal(diverged[clear], unstable[clear])
    assert diverged.any()
    assert not diverged.all()


DECAYS = [(), (Choice("weight_decay", {"weight_decay": 3.0}),), (Choice("decoupled_weight_decay", {"weight_decay": 2.0}),)]
DECAYING = [(key, w) for key in STEADY + BY_EIGENVALUE for w in DECAYS if not (w and key.startswith(("nsgd", "insgd")))]


@pytest.mark.parametrize(("key", "wrappers"), DECAYING)
def test_the_rate_is_what_a_long_run_shows(key: str, wrappers: tuple[Choice, ...]) -> None:
    """On a ravine about the origin, so that decay pulls to the minimum."""
    sweep = swept("ravine", Choice(key, wrappers=wrappers), cells=7, steps=140)
    rates = theory_of(sweep).rate[0, 0]
    told = 0
    for column, rate in enumerate(rates):
        path = execute(cell(sweep, 0, 0, column))[0].theta
        if rate < 1e-3 or abs(rate - 1) < 1e-3:
            continue
        size = np.abs(path).max(-1)
        first, last = (60, 120) if rate < 1 else (20, 40)
        window = [size[k : k + 20].max() for k in (first, last)]
        if min(window) > 1e-290 and max(window) < 1e290:
            told += 1
            assert (window[1] / window[0]) ** (1 / (last - first)) == pytest.approx(rate, rel=0.02)
    assert told >= 4


def test_the_border_is_the_limit_that_the_optimizer_says() -> None:
    sweep = swept("ravine", Choice("momentum"), "momentum")
    (border,) = theory_of(sweep).borders
    assert border is not None
    np.testing.assert_allclose(border[:, 0], 2 * (1 + sweep.y.values) / 60, rtol=1e-9)
    np.testing.assert_array_equal(border[:, 1], sweep.y.values)
    experiment = sweep.experiment
    turned = theory_of(Sweep(experiment, Axis("on.condition", 2, 200, 9, "log"), Axis("lr", 1e-3, 1, 9, "log")))
    np.testing.assert_allclose(turned.borders[0][:, 1], 2 * 1.9 / turned.borders[0][:, 0], rtol=1e-9)
    assert theory_of(Sweep(experiment, axis(experiment, "momentum", 9))).borders == (None,)


@pytest.mark.parametrize(("key", "second"), [("sgd", None), ("momentum", "momentum"), ("nesterov", "momentum")])
def test_the_best_in_closed_form_is_where_the_rates_are_smallest(key: str, second: str | None) -> None:
    sweep = swept("ravine", Choice(key), second, cells=61)
    theory = theory_of(sweep)
    best = theory.bests[0]
    assert best is not None and best.exact
    assert best.rate <= np.nanmin(theory.rate) + 1e-12
    assert best.rate == pytest.approx(np.nanmin(theory.rate), rel=0.03)
    assert best.x == pytest.approx(sweep.x.values[best.column], rel=0.25)
    if second is not None:
        assert best.y == pytest.approx(sweep.y.values[best.row], abs=0.1)
    at = Sweep(sweep.experiment, Axis("lr", best.x, best.x, 1), None if best.y is None else Axis(second, best.y, best.y, 1))
    assert theory_of(at).rate[0, 0, 0] == pytest.approx(best.rate, rel=1e-6)


def test_where_there_is_no_theory_it_says_so() -> None:
    def reason(surface: str, rule: Choice, **more: object) -> str:
        experiment = Experiment(Choice(surface), (rule,), steps=5, **more)
        theory = theory_of(Sweep(experiment, axis(experiment, "lr", 2)))
        assert np.isnan(theory.rate).all() == (theory.reasons != ("",)) == (theory.bests == (None,))
        return theory.reasons[0]

    assert "no quadratic" in reason("rosenbrock", Choice("sgd"))
    assert "no quadratic" in reason("reddi", Choice("sgd"))
    assert "mini-batch" in reason("linear_neuron", Choice("sgd"), batch_size=1)
    assert "at every step" in reason("ravine", Choice("adam"))
    assert "schedule" in reason("ravine", Choice("sgd", wrappers=(Choice("schedule"),)))
    assert "no input" in reason("saddle", Choice("nsgd_l2"))
    assert reason("ravine", Choice("sgd"), modifiers=(Choice("noise"), Choice("rotated"), Choice("scaled"))) == ""
    assert reason("typed", Choice("sgd")) != ""


def test_theory_of_seeds_and_starts_is_the_same_in_every_row() -> None:
    noisy = Experiment(Choice("ravine"), (Choice("momentum"),), steps=3, modifiers=(Choice("noise"),))
    rates = theory_of(line_sweep(noisy, axis(noisy, "lr", 5), seeds=3)).rate[0]
    assert np.array_equal(rates, np.broadcast_to(rates[0], (3, 5)))
    assert theory_of(Sweep(noisy, axis(noisy, "start0", 4), axis(noisy, "start1", 3))).rate.shape == (1, 3, 4)
