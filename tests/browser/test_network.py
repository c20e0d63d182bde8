"""The network page in a browser: trained, watched while it goes, stopped, and what there is then is on the stage."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.visit import Visitor

MINUTE = 60_000
FIELDS = {
    "on": "mlp",
    "on.data": "moons",
    "on.samples": "1000",
    "on.width": "64",  # slow enough to be stopped
    "steps": "2000",
    "batch": "20",
    "race": "sgd,adam",
}


@pytest.mark.slow
def test_a_training_is_watched_and_stopped(visitor: Callable[..., Visitor]) -> None:
    one = visitor(still=True).open("network", **FIELDS)
    expect(one.page.get_by_text(re.compile("This is Digits MLP on Digits, 120 steps"))).to_be_visible(timeout=MINUTE)
    one.page.get_by_role("button", name="Train", exact=True).click()
    expect(one.page.get_by_text(re.compile(r"Step [1-9][\d,]* of 2000")).first).to_be_visible(timeout=MINUTE)
    expect(one.page.get_by_test_id("stVegaLiteChart")).to_have_count(3, timeout=MINUTE)  # training and test loss, accuracy
    before = len(one.scenes)
    one.page.get_by_role("button", name="Stop and keep what there is").click()
    one.wait_for(lambda: len(one.scenes) > before and set(one.scenes[-1].paths) == {"sgd", "adam"}, "the paths so far")
    one.settle()
    steps = {len(path) - 1 for path in one.scenes[-1].paths.values()}
    assert len(steps) == 1 and 0 < steps.pop() < 2000
    expect(one.page.get_by_role("button", name="Stop and keep what there is")).to_have_count(0)
    assert one.overflow() <= 0


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_who_comes_later_watches_the_same_training(visitor: Callable[..., Visitor]) -> None:
    """A reload forgets who pressed Train; the training goes on, and the button says so. Who leaves does not end it."""
    fields = FIELDS | {"seed": "7", "on.width": "128", "batch": "200"}  # still slower
    first = visitor(still=True).open("network", **fields)
    first.page.get_by_role("button", name="Train", exact=True).click()
    expect(first.page.get_by_text(re.compile(r"Step [1-9][\d,]* of 2000")).first).to_be_visible(timeout=MINUTE)
    later = visitor(still=True).open("network", **fields)
    expect(later.page.get_by_role("button", name="Train", exact=True)).to_have_count(0)
    later.page.get_by_role("button", name="Watch it train").click()
    expect(later.page.get_by_text(re.compile(r"Step [1-9][\d,]* of 2000")).first).to_be_visible(timeout=MINUTE)
    later.page.get_by_role("button", name="Stop and keep what there is").click()
    expect(later.page.get_by_text("The training was stopped before there was anything to show.")).to_be_visible(timeout=MINUTE)
    expect(first.page.get_by_role("button", name="Stop and keep what there is")).to_have_count(0, timeout=3 * MINUTE)
    expect(first.page.get_by_text(re.compile("This is Digits MLP|Stopped after"))).to_have_count(0, timeout=MINUTE)
