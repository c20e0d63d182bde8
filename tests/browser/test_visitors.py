"""Two visitors at once, each with an experiment of their own."""

from collections.abc import Callable

import numpy as np
import pytest

from experiments import execute
from experiments.presets import RACES
from tests.browser.visit import Visitor


@pytest.mark.slow
def test_two_visitors_do_not_see_each_other(visitor: Callable[..., Visitor]) -> None:
    first, second = visitor(still=True), visitor(dark=True, still=True)
    first.open(on="ravine")
    second.open(on="rosenbrock")
    first.number("Start x", "0.5")
    first.wait_for(lambda: first.scenes[-1].header["start"][0] == 0.5, "the first visitor's new start")
    second.page.wait_for_timeout(500)
    rosenbrock = execute(RACES["rosenbrock"])
    for choice, t in zip(RACES["rosenbrock"].optimizers, rosenbrock):
        np.testing.assert_array_equal(second.scenes[-1].paths[choice.key], t.theta)
    assert second.scenes[-1].header["start"] == list(rosenbrock[0].theta[0])
