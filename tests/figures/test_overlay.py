"""What the stage draws of an explained run is what the run did."""

from dataclasses import replace

import numpy as np
import pytest

from experiments.why.overlay import overlay
from figures.overlay import overlay_of
from figures.scene import Arrow
from landscapes import SURFACES
from optimizers import OPTIMIZERS


def arrows(key: str, **parameters: float) -> dict[str, Arrow]:
    ravine = SURFACES["ravine"]()
    made = overlay_of(overlay(OPTIMIZERS[key](**parameters), ravine, ravine.start, 20))
    assert made.gradient is not None and made.gradient.shape == (21, 2)
    return {arrow.name: arrow for arrow in made.arrows}


def test_momentum_is_what_heavy_ball_adds_to_the_gradient_step() -> None:
    """Polyak 1964: the step less -lr g is beta times the step before."""
    ravine = SURFACES["ravine"]()
    run = overlay(OPTIMIZERS["momentum"](lr=0.01), ravine, ravine.start, 20)
    (momentum,) = overlay_of(run).arrows
    np.testing.assert_allclose(momentum.values[1:], 0.9 * run.step[:-1], rtol=1e-9, atol=1e-15)
    assert not momentum.values[0].any()


def test_a_method_without_memory_has_no_arrow_out_of_rounding() -> None:
    assert arrows("sgd", lr=0.013) == {}
    assert arrows("newton") == {}


def test_what_the_rule_saw_is_drawn_against_it_where_it_is_not_the_gradient() -> None:
    ravine = SURFACES["ravine"]()
    run = overlay(OPTIMIZERS["sgd"](), ravine, ravine.start, 3)
    (seen,) = overlay_of(replace(run, seen=run.gradient / 2)).arrows
    assert seen.name == "−gradient seen"
    np.testing.assert_array_equal(seen.values, -run.gradient / 2)


def test_only_a_method_with_a_preconditioner_has_one() -> None:
    ravine = SURFACES["ravine"]()
    for key, has in (("sgd", False), ("adam", True)):
        run = overlay(OPTIMIZERS[key](lr=0.01), ravine, ravine.start, 5)
        metric = overlay_of(run).preconditioner
        assert (metric is not None) == has
    assert metric is run.preconditioner


def test_one_parameter_has_no_overlay() -> None:
    parabola = SURFACES["parabola"]()
    with pytest.raises(ValueError, match="2 parameters, got 1"):
        overlay_of(overlay(OPTIMIZERS["sgd"](), parabola, parabola.start, 3))
