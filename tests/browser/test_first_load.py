"""What a visitor sees before touching anything: six optimizers under way on every opening landscape."""

from collections.abc import Callable

import numpy as np
import pytest

from experiments import execute
from experiments.presets import RACES, SIX
from tests.browser.visit import Visitor
from tests.some import some

MakeVisitor = Callable[..., Visitor]


@pytest.mark.parametrize("key", some(list(RACES)[:5], ("ravine",)))  # the others open by the same way: see tests/pages
def test_six_move_without_a_click(visitor: MakeVisitor, key: str) -> None:
    """The ravine by the address alone, the others by the shortest link. What moves is the experiment to the last bit."""
    one = visitor().open() if key == "ravine" else visitor().open(on=key)
    one.wait_for(lambda: one.scenes, "a scene on the stage")
    assert one.scenes[-1].header["autoplay"] is True
    assert [runner["key"] for runner in one.scenes[-1].header["runners"]] == list(SIX)
    paths = one.scenes[-1].paths
    able = [runner["key"] for runner in one.scenes[-1].header["runners"] if runner["disabled"] is None]
    assert len(able) >= (5 if key == "saddle" else 6)  # the bare saddle has no inputs, so NSGD says why it does not run
    for name in able:
        path = paths[name][np.isfinite(paths[name]).all(axis=1)]
        assert len(path) > 1 and len(np.unique(path, axis=0)) > 1, f"{name} stands still"
        assert np.isfinite(path[:2]).all()
        (trajectory,) = execute(RACES[key].solo(SIX.index(name)))
        np.testing.assert_array_equal(paths[name], trajectory.theta)
    starts = {tuple(paths[name][0]) for name in able}
    assert len(starts) == 1
    assert len({paths[name].tobytes() for name in able}) == len(able), "two methods drew the same path"
    drawn = one.pixels()
    one.wait_for(lambda: one.state()["time"] > 2, "time going on")
    assert one.state()["playing"]
    for runner in one.state()["runners"]:
        assert (runner["key"] not in able) or runner["head"] != runner["first"], f"{runner['key']} is still at the start"
    one.wait_for(lambda: one.pixels() != drawn, "another picture")
