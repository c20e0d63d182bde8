"""Every diagnosis in a situation whose truth is known, its advice followed, and every number in it against the record."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from experiments.loop import run
from experiments.why import Finding, Why, explain, summarise
from experiments.why.recurrence import steps_to_tenth
from experiments.why.words import below, multiplied, number, went
from landscapes import SURFACES
from optimizers import OPTIMIZERS, WRAPPERS
from tests.cases import PAIRS
from tests.strategies import point_of

pytestmark = pytest.mark.usefixtures("shapes_unchecked")

RAVINE = SURFACES["ravine"](condition=100.0)
BELOW = re.compile(r"below (\d+(?:\.\d+)?(?:e-?\d+)?)", re.IGNORECASE)


def found(kind: str, why: Why) -> Finding:
    """The finding of a kind, which must be there."""
    kinds = {finding.kind: finding for finding in why.findings}
    assert kind in kinds, f"{kind} is not among {', '.join(kinds)}"
    return kinds[kind]


def advised(finding: Finding) -> float:
    """The number that the sentence says to stay below, as it is written."""
    match = BELOW.search(finding.sentence)
    assert match, finding.sentence
    return float(match.group(1))


# Situations


@pytest.mark.parametrize("key", ["sgd", "momentum", "nesterov", "nsgd_l2"])
def test_diverging_names_the_limit_and_staying_below_it_converges(key: str) -> None:
    limit = 0.02 * {"sgd": 1, "momentum": 1.9, "nesterov": 1.9 / 2.8, "nsgd_l2": 101.01}[key]
    why = explain(OPTIMIZERS[key](lr=1.2 * limit), RAVINE, (1.0, 1.0), 300, 60)
    finding = why.findings[0]
    assert finding.kind == "diverging"
    assert finding.numbers["limit"] == pytest.approx(limit, rel=1e-9)
    assert finding.numbers["ratio"] == pytest.approx(1.2, rel=1e-9)
    assert advised(finding) <= limit
    t = run(OPTIMIZERS[key](lr=0.999 * advised(finding)), RAVINE, (1.0, 1.0), 4000)
    assert abs(t.theta[-1, 0]) < 0.1
    growth = abs(np.diff(np.log(abs(run(OPTIMIZERS[key](lr=1.2 * limit), RAVINE, (1.0, 0.0), 300).theta[200:, 0]))))
    assert np.log(finding.numbers["factor"]) == pytest.approx(growth.mean(), rel=0.05)


@pytest.mark.parametrize(("key", "threshold"), [("sgd", 0.01), ("nsgd_l2", 1.0101), ("newton", 1.0), ("newton_eigen", 1.0)])
def test_bouncing_stops_below_the_named_learning_rate(key: str, threshold: float) -> None:
    why = explain(OPTIMIZERS[key](lr=1.7 * threshold), RAVINE, (1.0, 1.0), 40, 3)
    finding = why.findings[0]
    assert finding.kind == "bouncing"
    assert finding.numbers["threshold"] == pytest.approx(threshold, rel=1e-6)
    assert finding.numbers["ratio"] == pytest.approx(1.7, rel=1e-6)
    assert finding.numbers["kept"] == pytest.approx(0.7, rel=1e-6)
    assert "along x" in finding.sentence or key.startswith("newton")
    assert "stops bouncing" in finding.sentence
    for share, bounces in ((0.999, False), (1.01, True)):
        crossings = summarise(RAVINE, run(OPTIMIZERS[key](lr=share * advised(finding)), RAVINE, (1.0, 1.0), 40)).crossings
        assert bool(crossings) == bounces


@pytest.mark.parametrize(("key", "lr"), [("rmsprop", 0.3), ("rmsprop_article", 0.3), ("adagrad", 3.0)])
def test_an_adaptive_step_would_not_have_crossed_below_the_named_rate(key: str, lr: float) -> None:
    """From one and the same state: only the learning rate of this step is another."""
    parabola = SURFACES["parabola"]()
    for step in range(40):
        why = explain(OPTIMIZERS[key](lr=lr), parabola, (1.0,), 40, step)
        finding = why.findings[0]
        if finding.kind == "bouncing":
            break
    assert "would not have crossed" in finding.sentence
    assert why.preconditioner is not None
    floor, g = float(parabola.minima[0][0]), float(why.gradient[0])
    for share, crosses in ((0.999, False), (1.01, True)):
        after = why.place[0] - share * advised(finding) * g / why.preconditioner[0]
        assert ((after - floor) * (why.place[0] - floor) < 0) == crosses


@pytest.mark.parametrize("key", ["momentum", "nesterov"])
def test_momentum_that_carries_past_the_floor_does_not_below_the_named_one(key: str) -> None:
    """Card J7c: curvature 1, lr .1, momentum .9 swings past the minimum again and again."""
    flat = SURFACES["ravine"](condition=1.0)
    wheres = [explain(OPTIMIZERS[key](lr=0.1), flat, (1.0, 1e-3), 40, step).findings[0] for step in range(40)]
    carried = [finding for finding in wheres if finding.kind == "momentum"]
    assert carried
    assert {finding.numbers["momentum"] for finding in carried} == {0.9}
    calm = advised(carried[0])
    for momentum, passes in ((0.999 * calm, False), (0.9, True)):
        t = run(OPTIMIZERS[key](lr=0.1, momentum=momentum), flat, (1.0, 1e-3), 200)
        assert (t.theta[:, 0] < -1e-9).any() == passes


def test_memory_climbs_where_it_says_so() -> None:
    saddle = SURFACES["saddle"]()
    why = explain(OPTIMIZERS["momentum"](lr=0.01), saddle, (1.5, 1e-3), 40, 20)
    finding = found("momentum", why)
    assert finding.numbers["slope"] == pytest.approx(why.gradient[0])
    assert finding.numbers["moved"] == pytest.approx(why.delta[0])
    assert finding.numbers["slope"] * finding.numbers["moved"] > 0


def test_creeping_counts_the_steps_for_a_factor_ten() -> None:
    why = explain(OPTIMIZERS["sgd"](lr=0.0192), RAVINE, (0.8, 1.3), 300, 150)
    finding = why.findings[0]
    assert finding.kind == "creeping"
    assert "along y" in finding.sentence
    assert finding.numbers["share"] == pytest.approx(1.92, rel=1e-9)
    t = run(OPTIMIZERS["sgd"](lr=0.0192), RAVINE, (0.8, 1.3), 150 + round(finding.numbers["steps"]))
    assert t.theta[-1, 1] / t.theta[150, 1] == pytest.approx(0.1, rel=0.02)
    assert finding.numbers["limit"] == pytest.approx(0.02)
    assert "x allows lr 0.02 at most" in finding.sentence
    slow = explain(OPTIMIZERS["sgd"](lr=0.001), RAVINE, (0.01, 1.3), 300, 150).findings[0]
    assert slow.kind == "creeping"
    assert "There is room: lr is 0.001, its limit here 0.02" in slow.sentence


@pytest.mark.parametrize(("surface_key", "start"), [("two_layer_neuron", (0.05, 0.06)), ("saddle", (0.3, 0.002))])
def test_near_a_saddle_the_place_and_the_growth_are_the_surface_s(surface_key: str, start: tuple[float, float]) -> None:
    surface = SURFACES[surface_key]()
    why = explain(OPTIMIZERS["sgd"](lr=0.05), surface, start, 5, 0)
    finding = why.findings[0]
    assert finding.kind == "saddle"
    place = [value for name, value in finding.numbers.items() if name.startswith("saddle")]
    np.testing.assert_allclose(place, surface.saddles[0], atol=1e-12)
    assert finding.numbers["away"] == pytest.approx(np.hypot(*start))
    assert finding.numbers["curvature"] == pytest.approx(np.linalg.eigvalsh(surface.hessian(np.zeros(2)))[0], rel=1e-6)
    if surface_key == "saddle":  # its curvature -2 is the same everywhere: y grows by 1 + 2 lr a step
        t = run(OPTIMIZERS["sgd"](lr=0.05), surface, start, 24)
        assert finding.numbers["factor"] == pytest.approx(1.1, rel=1e-12)
        assert t.theta[-1, 1] / t.theta[0, 1] == pytest.approx(10 ** (24 / finding.numbers["steps"]), rel=1e-9)


def test_what_only_the_local_model_takes_for_a_saddle_is_none() -> None:
    """Rosenbrock has one stationary point, its minimum, though its Hessian is indefinite along the way."""
    rosenbrock, seen = SURFACES["rosenbrock"](), 0
    for step in range(0, 40, 3):
        why = explain(OPTIMIZERS["adam"](lr=0.1), rosenbrock, (-1.2, 1.0), 40, step)
        seen += why.lens.eigenvalues[0] < 0
        assert "saddle" not in {finding.kind for finding in why.findings}
    assert seen > 3


def test_lockstep_at_adams_first_step() -> None:
    finding = explain(OPTIMIZERS["adam"](lr=0.05), RAVINE, (0.8, -1.3), 10, 0).findings[0]
    assert finding.kind == "lockstep"
    assert finding.numbers["size"] == pytest.approx(0.05, rel=1e-6)
    assert finding.numbers["ratio"] == pytest.approx(1, rel=1e-6)
    assert (finding.numbers["slope x"], finding.numbers["slope y"]) == (80, -1.3)


def test_rmsprop_ends_in_a_two_cycle_as_large_as_its_learning_rate() -> None:
    """Card J10: the iterate ends at plus and minus lr/2."""
    bowl = SURFACES["ravine"](condition=1.0)
    sizes = []
    for lr in (0.01, 0.005):
        finding = explain(OPTIMIZERS["rmsprop_article"](lr=lr, decay=0.9), bowl, (1.0, 0.4), 900, 800).findings[0]
        assert finding.kind == "two-cycle"
        assert finding.numbers["ratio"] == pytest.approx(1, rel=0.02)
        sizes.append(finding.numbers["size"])
    assert sizes[0] == pytest.approx(2 * sizes[1], rel=0.02)


def test_converged_is_said_of_rounding_only_and_where_it_is_not_the_minimum() -> None:
    newton = OPTIMIZERS["newton"]()
    assert explain(newton, RAVINE, (1.0, 1.0), 5, 3).findings[0].kind == "converged"
    sgd = OPTIMIZERS["sgd"](lr=0.0192)
    assert "converged" not in {f.kind for f in explain(sgd, RAVINE, (1.0, 1.0), 1400, 1400).findings}
    assert explain(sgd, RAVINE, (1.0, 1.0), 2500, 2500).findings[0].kind == "converged"
    rastrigin = SURFACES["rastrigin"]()
    finding = explain(OPTIMIZERS["newton"](), rastrigin, (2.0, 1.05), 20, 20).findings[0]
    assert finding.kind == "converged"
    assert finding.numbers["distance"] > 1
    assert finding.numbers["loss"] > finding.numbers["bottom"] == 0


def test_close_to_a_minimum_that_is_not_the_lowest() -> None:
    rastrigin = SURFACES["rastrigin"]()
    finding = found("trapped", explain(OPTIMIZERS["sgd"](lr=1e-3), rastrigin, (2.05, 1.05), 20, 10))
    place = np.array([value for name, value in finding.numbers.items() if name.startswith("minimum")])
    np.testing.assert_allclose(rastrigin.gradient(place), 0, atol=1e-9)
    assert np.linalg.eigvalsh(rastrigin.hessian(place)).min() > 0
    assert finding.numbers["loss"] == pytest.approx(float(rastrigin.loss(place)))
    at_home = explain(OPTIMIZERS["sgd"](lr=1e-3), rastrigin, (0.05, 0.05), 20, 10)
    assert "trapped" not in {f.kind for f in at_home.findings}


def test_a_plateau_is_flatter_than_the_way_to_the_minimum() -> None:
    plateau = SURFACES["plateau"]()
    (x0, x1), (y0, y1) = plateau.domain
    corners = [np.array(corner) for corner in ((x0, y0), (x0, y1), (x1, y0), (x1, y1))]
    flattest = min(corners, key=lambda corner: float(np.linalg.norm(plateau.gradient(corner))))
    why = explain(OPTIMIZERS["sgd"](lr=0.1), plateau, flattest, 10, 0)
    finding = found("plateau", why)
    assert finding.numbers["gradient"] == why.grad_norm
    bottom = min(float(plateau.loss(np.array(m))) for m in plateau.minima)
    assert finding.numbers["mean"] == pytest.approx((why.loss - bottom) / why.distance, rel=1e-6)


@settings(max_examples=25)
@given(st.data())
def test_no_convex_surface_has_a_plateau(data: st.DataObject) -> None:
    """The slope of a convex function is never less than the mean slope to its minimum."""
    surface = SURFACES[data.draw(st.sampled_from(["ravine", "booth", "matyas", "bowl"]))]()
    start = data.draw(point_of(surface))
    why = explain(OPTIMIZERS["sgd"](lr=1e-3), surface, start, 1, 0)
    assert "plateau" not in {finding.kind for finding in why.findings}


def test_off_the_map_and_held_at_a_bound() -> None:
    finding = explain(OPTIMIZERS["sgd"](lr=0.1), SURFACES["saddle"](), (0.1, 0.1), 40, 30).findings[0]
    assert finding.kind == "outside"
    assert finding.numbers["end"] == 2
    assert finding.numbers["value"] == pytest.approx(0.1 * 1.2**30)
    assert "No minimum is declared" in finding.sentence
    reddi = SURFACES["reddi"]()
    why = next(w for w in (explain(OPTIMIZERS["momentum"](lr=0.5), reddi, (0.0,), 40, k) for k in range(40)) if w.delta == 0)
    assert why.findings[0].kind == "bound"
    assert why.findings[0].numbers == {"value": why.place[0], "slope": why.gradient[0]}


@pytest.mark.parametrize("key", ["newton", "newton_scalar", "newton_eigen", "newton_cg"])
def test_a_fall_back_is_told_and_is_the_step_taken(key: str) -> None:
    surface = SURFACES["two_layer_neuron"]()
    along = key in ("newton_scalar", "newton_cg")  # they look at the curvature along the gradient
    why = explain(OPTIMIZERS[key](fallback_lr=0.07), surface, (0.1, 0.1) if along else (-0.6, 0.75), 3, 0)
    finding = why.findings[0]
    assert finding.kind == "fallback"
    assert finding.numbers["fallback_lr"] == 0.07
    g, q = why.gradient, why.lens.eigenvectors[:, 0]
    assert why.delta @ q == pytest.approx(-0.07 * g @ q, rel=1e-9)
    curvature = g @ surface.hessian(why.place) @ g / (g @ g)
    expected = curvature if along else why.lens.eigenvalues[0]
    assert finding.numbers["curvature"] == pytest.approx(expected, rel=1e-9)
    convex = explain(OPTIMIZERS[key](), RAVINE, (1.0, 1.0), 3, 0)
    assert "fallback" not in {f.kind for f in convex.findings}


def test_clipping_is_told() -> None:
    clipped = WRAPPERS["clip"](OPTIMIZERS["sgd"](lr=0.001), norm=2.0)
    finding = found("clipped", explain(clipped, RAVINE, (1.0, 1.0), 3, 0))
    assert finding.numbers["gradient"] == pytest.approx(np.hypot(100, 1))
    assert finding.numbers["used"] == pytest.approx(2, rel=1e-6)
    assert "clipped" not in {f.kind for f in explain(clipped, RAVINE, (0.001, 1.0), 3, 0).findings}


def test_diverged_names_the_step_and_the_limit_at_the_start() -> None:
    t = run(OPTIMIZERS["sgd"](lr=1.0), RAVINE, (1.0, 0.0), 400)
    finding = explain(OPTIMIZERS["sgd"](lr=1.0), RAVINE, (1.0, 0.0), 400, 300).findings[0]
    assert finding.kind == "diverged"
    assert finding.numbers["step"] == int(t.last_finite) + 1
    assert finding.numbers["loss"] == t.loss[int(finding.numbers["last"])]
    assert finding.numbers["limit"] == pytest.approx(0.02)
    assert np.isfinite(run(OPTIMIZERS["sgd"](lr=0.999 * advised(finding)), RAVINE, (1.0, 0.0), 400).theta).all()
    lost = explain(OPTIMIZERS["adam"](), RAVINE, (np.nan, 0.0), 4, 2).findings[0]
    assert (lost.kind, lost.numbers["step"]) == ("diverged", 0)


def test_uphill_tells_what_the_local_model_promised() -> None:
    """Newton's second step on Rosenbrock: the model promises a descent that the surface does not keep."""
    why = explain(OPTIMIZERS["newton"](), SURFACES["rosenbrock"](), (-1.2, 1.0), 5, 1)
    finding = why.findings[0]
    assert finding.kind == "uphill"
    assert finding.numbers["promised"] == pytest.approx(why.model.loss, rel=1e-6)
    assert why.loss_after > 100 * why.loss > why.loss > why.model.loss


# Numbers


@given(st.floats(-1e12, 1e12), st.floats(1e-12, 1e12))
def test_numbers_are_written_to_three_digits_and_bounds_rounded_down(value: float, bound: float) -> None:
    assert float(number(value)) == pytest.approx(value, rel=5.1e-3, abs=1e-300)
    assert float(below(bound)) <= bound * (1 + 1e-11)
    assert float(below(bound)) == pytest.approx(bound, rel=1.1e-2)


def test_words_for_factors() -> None:
    assert [multiplied(factor) for factor in (0.981, -0.92, 0.5, 1.05, -2.0)] == [
        "takes 1.9 % off the error", "takes 8 % off the error", "multiplies the error by 0.5", "adds 5 % to the error",
        "multiplies the error by 2",
    ]  # fmt: skip


Expected = Callable[[Why], float]


def _steepest(why: Why) -> int:
    return len(why.delta) - 1


RECORDED: Mapping[tuple[str, str], Expected] = {  # where a number of a finding stands in the record
    ("converged", "gradient"): lambda w: w.grad_norm,
    ("converged", "step"): lambda w: float(abs(w.delta).max()),
    ("converged", "distance"): lambda w: w.distance,
    ("converged", "loss"): lambda w: w.loss,
    ("diverging", "lr"): lambda w: w.theory.lr,  # type: ignore[union-attr]
    ("bouncing", "lr"): lambda w: w.theory.lr,  # type: ignore[union-attr]
    ("bouncing", "threshold"): lambda w: w.theory.bounce_limits[_steepest(w)],  # type: ignore[union-attr]
    ("bouncing", "factor"): lambda w: abs(w.theory.factors[_steepest(w)]),  # type: ignore[union-attr]
    ("creeping", "limit"): lambda w: w.theory.limits.min(),  # type: ignore[union-attr]
    ("creeping", "lr"): lambda w: w.theory.lr,  # type: ignore[union-attr]
    ("saddle", "factor"): lambda w: abs(w.theory.factors[0]),  # type: ignore[union-attr]
    ("saddle", "steps"): lambda w: steps_to_tenth(w.theory.factors[0]),  # type: ignore[union-attr]
    ("lockstep", "size"): lambda w: float(abs(w.delta).max()),
    ("plateau", "gradient"): lambda w: w.grad_norm,
    ("plateau", "distance"): lambda w: w.distance,
    ("trapped", "distance"): lambda w: w.distance,
    ("outside", "loss"): lambda w: w.loss,
    ("outside", "loss after"): lambda w: w.loss_after,
    ("outside", "distance"): lambda w: w.distance,
    ("uphill", "loss"): lambda w: w.loss,
    ("uphill", "loss after"): lambda w: w.loss_after,
    ("uphill", "promised"): lambda w: w.model.promised,
    ("downhill", "loss"): lambda w: w.loss,
    ("downhill", "loss after"): lambda w: w.loss_after,
    ("downhill", "promised"): lambda w: w.model.promised,
    ("level", "loss"): lambda w: w.loss,
}
WRITTEN = re.compile(r"(?<![\w.])-?(?:\d+(?:\.\d+)?(?:e-?\d+)?|infinity)")


def check_numbers(why: Why) -> None:
    """What a sentence says is what the record holds: numbers of the finding, or the parts of a direction it names."""
    directions = [abs(why.lens.eigenvectors).ravel()] + ([abs(why.theory.directions).ravel()] if why.theory else [])
    for finding in why.findings:
        for name, value in finding.numbers.items():
            if (finding.kind, name) in RECORDED:
                assert value == pytest.approx(RECORDED[finding.kind, name](why), rel=1e-9, abs=1e-300, nan_ok=True), name
        values = np.array([*finding.numbers.values()])
        allowed = {number(v) for v in (*values, *abs(values))} | {below(float(v)) for v in abs(values)} | {"10"}
        if "factor" in finding.numbers:
            allowed |= {number(100 * abs(1 - finding.numbers["factor"]))}
        if "direction" in finding.sentence and finding.kind not in ("saddle", "trapped"):
            allowed |= {number(float(v)) for arrows in directions for v in (*arrows, *-arrows)}
        text = finding.sentence
        if finding.kind == "saddle":  # its direction is an eigenvector at the saddle, which the record does not hold
            text = re.sub(r"direction \([^)]*\)", "", text)
        assert {*WRITTEN.findall(text)} <= allowed, f"{finding.sentence} {dict(finding.numbers)}"


def explained_everywhere(optimizer: Any, surface: Any, steps: int) -> list[Why]:
    """At the first, the middle and the last step."""
    return [explain(optimizer, surface, surface.start, steps, step) for step in (0, steps // 2, steps)]


@pytest.mark.parametrize("key", OPTIMIZERS)
def test_every_method_has_a_true_sentence_everywhere(key: str) -> None:
    """On every telling surface, tame and flying: first, middle, last and diverged steps."""
    for surface_key in [s for o, s in PAIRS if o == key]:
        surface = SURFACES[surface_key]()
        for lr in (None, 1e-2, 1e3):
            optimizer = OPTIMIZERS[key]() if lr is None else OPTIMIZERS[key](lr=lr)
            for why in explained_everywhere(optimizer, surface, 24):
                assert why.sentence.endswith(".")
                check_numbers(why)


@pytest.mark.parametrize("surface_key", SURFACES)
def test_every_surface_has_true_sentences(surface_key: str) -> None:
    surface = SURFACES[surface_key]()
    for key, lr in (("sgd", 1e-2), ("momentum", 0.1), ("adam", 0.1), ("rmsprop", 0.05), ("newton", 1.0), ("sgd", 1e4)):
        for why in explained_everywhere(OPTIMIZERS[key](lr=lr), surface, 30):
            check_numbers(why)


@pytest.mark.parametrize("wrapper", WRAPPERS)
def test_every_wrapper_has_true_sentences(wrapper: str) -> None:
    for key in ("sgd", "adam", "newton"):
        for why in explained_everywhere(WRAPPERS[wrapper](OPTIMIZERS[key](lr=0.1)), SURFACES["rosenbrock"](), 20):
            check_numbers(why)


def test_losses_that_three_digits_do_not_tell_apart_are_told_by_their_difference() -> None:
    """On a plateau, and where the loss is exactly the same."""
    start = SURFACES["plateau"]().start
    why = explain(OPTIMIZERS["sgd"](lr=0.1), SURFACES["plateau"](), start, 3, 1)
    fall = why.loss - why.loss_after
    assert 0 < fall < 1e-3
    assert why.findings[-1].sentence.startswith(f"Downhill: the loss falls by {number(fall)} from {number(why.loss)}")
    assert went(1.0, 1.0) == "the loss stays at 1"
    assert went(1.0, 1.0 + 1e-6) == "the loss rises by 1e-6 from 1"


def test_a_gradient_that_points_against_the_loss_is_told() -> None:
    """Reddi's first loss pulls one way, the next two the other; noise and mini-batches do so now and then."""
    reddi = SURFACES["reddi"]()
    told = [explain(OPTIMIZERS["sgd"](lr=0.05), reddi, (0.0,), 9, step) for step in range(9)]
    for why in told:
        opposed = bool(why.seen @ why.gradient < 0)
        assert ("against that of the whole loss" in why.findings[-1].sentence) == opposed
    assert {bool(why.seen @ why.gradient < 0) for why in told} == {True, False}
