"""A race in a specified slice as a visitor has it: opened by link, dragged, let go, on a desk and on a phone."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from experiments import execute, link
from experiments.grids.spec import SliceSpec
from experiments.presets import DIGITS, RACES
from experiments.slice_choice import race_in
from experiments.spec import SLICE, Choice
from tests.browser.test_links import in_address
from tests.browser.visit import Visitor

MakeVisitor = Callable[..., Visitor]


@pytest.mark.slow
@pytest.mark.parametrize("axes", ["both", "first"])
def test_a_drag_runs_on_a_subset_and_a_drop_on_all(visitor: MakeVisitor, axes: str) -> None:
    two = replace(RACES[SLICE], optimizers=RACES[SLICE].optimizers[:2], steps=30)
    spec = SliceSpec(DIGITS, 3, directions=Choice("eigenvectors"), axes=axes, cells=(41, 41) if axes == "both" else (81, 1))
    asked = race_in(two, spec)
    one = visitor(still=True).open(**link.encode(asked))
    assert in_address(one) == asked and not one.errors
    mouse, (x, y) = one.page.mouse, one.handle()
    mouse.move(x, y)
    mouse.down()
    mouse.move(x + 60, y + 20, steps=4)
    one.wait_for(lambda: "while you drag" in one.scenes[-1].header["note"], "a race on a subset while it is dragged")
    mouse.up()
    one.wait_for(lambda: in_address(one).start is not None, "the new start in the address")
    dropped = in_address(one)
    assert dropped.landscape == asked.landscape and dropped.start != asked.start
    expected = {choice.key: run.theta for choice, run in zip(dropped.optimizers, execute(dropped))}
    one.wait_for(
        lambda: all(np.array_equal(one.scenes[-1].paths[key], path) for key, path in expected.items()),
        "the paths on all samples",
    )
    assert "1,500 of 1,500 training samples" in one.scenes[-1].header["note"] and not one.errors


@pytest.mark.slow
def test_it_fits_a_phone(visitor: MakeVisitor) -> None:
    spec = SliceSpec(DIGITS, 3, directions=Choice("through"))
    one = visitor(still=True, width=360, height=740).open(**link.encode(race_in(RACES[SLICE], spec)), **{"show.open": "three"})
    assert one.overflow() <= 0 and not one.errors
