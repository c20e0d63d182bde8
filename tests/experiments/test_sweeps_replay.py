"""A recorded step is the loop's, to the bit, for every rule that can be recorded; and what cannot be is left to the loop."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from experiments.spec import Choice, Experiment
from experiments.sweeps.batch import batch_of
from experiments.sweeps.power import ANEW, Power
from experiments.sweeps.recording import Recorded, Tape, replayed
from experiments.sweeps.replay import Loop, Recording, Walker, _recording
from landscapes import SURFACES
from optimizers import OPTIMIZERS

pytestmark = pytest.mark.usefixtures("shapes_unchecked")

RECORDED = (
    "sgd", "momentum", "momentum_annealed", "nesterov", "adagrad", "adadelta", "rmsprop", "rmsprop_article", "adam",
    "adam_article", "amsgrad", "adamw", "nadam", "radam", "lion",
)  # fmt: skip
STEPS = 12


def batch(key: str, surface: str = "rosenbrock", modifiers: tuple[Choice, ...] = (), wrappers: tuple[Choice, ...] = ()) -> Any:
    experiment = Experiment(Choice(surface), (Choice(key, wrappers=wrappers),), modifiers=modifiers, seed=4)
    return batch_of(experiment, {"lr": np.geomspace(1e-4, 0.2, 9)})


def assert_same(recording: Recording, walked: Any) -> None:
    for (step, ours, loss), (their_step, theirs, their_loss) in zip(
        recording.visits(STEPS), Loop(walked).visits(STEPS), strict=True
    ):
        assert step == their_step
        np.testing.assert_array_equal(ours, theirs)
        np.testing.assert_array_equal(loss(), their_loss())


@pytest.mark.parametrize("key", RECORDED)
def test_a_recorded_rule_walks_as_the_loop_does(key: str) -> None:
    with np.errstate(all="ignore"):
        for surface in ("rosenbrock", "ravine"):
            walked = batch(key, surface)
            recording = Recording(walked)
            assert_same(recording, walked)
            assert_same(recording, walked)  # it begins anew


def path(walker: Walker, leave: dict[int, np.ndarray]) -> list[tuple[np.ndarray, np.ndarray]]:
    found = []
    for step, theta, loss in walker.visits(STEPS):
        found.append((theta.copy(), loss().copy()))
        if step in leave:
            walker.keep(leave[step])
    return found


@pytest.mark.parametrize("key", [*RECORDED, "newton", "lbfgs", "newton_cg", "nsgd_l2", "insgd"])
def test_runs_that_are_left_behind_change_nothing_for_the_others(key: str) -> None:
    noise = (Choice("noise", {"sigma": 0.1}),) * (key in RECORDED)
    walked = batch(key, "ravine", noise)
    first, second = np.arange(9) % 4 > 0, np.arange(6) % 3 > 0
    left = np.arange(9)[first][second]
    with np.errstate(all="ignore"):
        for make in (Loop, Recording) if key in RECORDED else (Loop,):
            whole = path(make(walked), {})
            fewer = path(make(walked), {3: first, 7: second})
            assert [len(theta) for theta, _ in fewer] == [9] * 4 + [6] * 4 + [4] * 5
            for (theta, loss), (ours, our_loss) in zip(whole[8:], fewer[8:], strict=True):
                np.testing.assert_allclose(ours, theta[left], rtol=0 if key in RECORDED else 1e-12)
                np.testing.assert_allclose(our_loss, loss[left], rtol=0 if key in RECORDED else 1e-12)


def test_powers_go_up_by_products_and_stay_within_rounding() -> None:
    base = np.concatenate([np.linspace(0.0, 1.0, 40), [0.9, 0.999, 0.999999]])
    power, worst = Power(base), 0.0
    for exponent in range(1, 500):
        exact, ours = base**exponent, power(base, exponent)
        if exponent <= ANEW or exponent % ANEW == 0:
            np.testing.assert_array_equal(ours, exact)
        there = exact > 1e-300
        worst = max(worst, float((abs(ours - exact)[there] / exact[there]).max()))
    assert 0 < worst < ANEW * 2.0**-53 * 1.5
    for exponent in (3, 100):
        np.testing.assert_array_equal(power(base, exponent), base**exponent, "a walk that begins anew, or elsewhere")


@pytest.mark.parametrize("surface", SURFACES)
def test_formulas_are_recorded_or_left_to_the_loop(surface: str) -> None:
    """Reddi's walk is projected in every step, and the tip of Ackley's cone needs a mask."""
    turned = (Choice("rotated"),) * (SURFACES[surface]().dim > 1)
    for modifiers in ((), (*turned, Choice("noise"))):
        walked = batch("momentum", surface, modifiers)
        with np.errstate(all="ignore"):
            recording = _recording(walked)
            assert (recording is None) == (surface in ("reddi", "ackley"))
            if recording is not None:
                assert_same(recording, walked)


def test_noise_is_drawn_anew_in_every_step_of_a_recording() -> None:
    walked = batch("adam", "ravine", (Choice("rotated"), Choice("noise", {"sigma": 2.0}), Choice("noise")))
    recording = _recording(walked)
    assert recording is not None
    assert_same(recording, walked)


def test_what_asks_for_more_or_branches_is_not_recorded() -> None:
    with np.errstate(all="ignore"):
        for key in OPTIMIZERS:
            if OPTIMIZERS[key]().disabled_because(SURFACES["ravine"]()) is None:
                assert (_recording(batch(key, "ravine")) is not None) == (key in RECORDED)
        assert _recording(batch("sgd", "reddi")) is None
        assert _recording(batch("sgd", wrappers=(Choice("schedule"),))) is None
        assert _recording(batch("sgd", wrappers=(Choice("weight_decay"),))) is not None


def test_a_recording_that_would_be_another_walk_is_not_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a rule that looks at the step's number where no recording sees it."""
    step = OPTIMIZERS["adam"].update

    def hidden(self: Any, oracle: Any, state: Any) -> Any:
        delta, after = step(self, oracle, state)
        return (delta if isinstance(state[2], Recorded) or state[2] < 2 else 2 * delta), after

    monkeypatch.setattr(OPTIMIZERS["adam"], "update", hidden)
    assert _recording(batch("adam")) is None


def test_values_keep_to_their_own_buffers() -> None:
    """Two results of one another's old values, one of them in its own place."""
    a, b, out = np.array([1.0, 2.0]), np.array([10.0, 20.0]), np.empty(2)
    tape = Tape()
    x, y = Recorded(tape, a), Recorded(tape, b)
    total, product = x + y, (x * y) * (x * y)
    play = replayed(tape, [(x, a), (y, b)], [(total, a), (product, b), (x - y, out)], [])
    assert play() == ()
    assert a.tolist() == [11.0, 22.0]
    assert b.tolist() == [100.0, 1600.0]
    assert out.tolist() == [-9.0, -18.0]
    play()
    assert a.tolist() == [111.0, 1622.0]
    assert out.tolist() == [11.0 - 100.0, 22.0 - 1600.0]


def test_numbers_are_arguments_and_come_back() -> None:
    tape = Tape()
    t, a = Recorded(tape, 3), np.array([2.0, 4.0])
    x = Recorded(tape, a)
    following = t + 1
    play = replayed(tape, [(t, "t"), (x, a)], [(x * (1 - 0.5**following), a)], [following])
    assert play(0) == (1,)
    assert a.tolist() == [1.0, 2.0]
    assert play(1) == (2,)
    assert a.tolist() == [0.75, 1.5]


def test_a_recorded_value_is_not_looked_at() -> None:
    x = Recorded(Tape(), np.ones(3))
    for look in (bool, float, int, len, iter, np.asarray, lambda v: v[0], lambda v: v == 1 or 2, np.sqrt, lambda v: v + "a"):
        with pytest.raises(TypeError):
            look(x)
