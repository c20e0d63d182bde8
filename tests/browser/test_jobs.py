"""A job from the page: started, watched, cancelled, resumed from its checkpoint, deleted; and one opened when it is done."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from experiments.jobs import LocalBackend, State
from tests.browser.visit import Visitor

MINUTE = 60_000


def start(one: Visitor, steps: int) -> None:
    """Ask for a training of SGD, momentum and RMSProp over so many steps."""
    one.open("runs").number("Steps", str(steps))
    one.settle()
    one.page.get_by_role("combobox", name="Optimizers").focus()
    for _ in range(3):  # each takes the last one away
        one.page.keyboard.press("Backspace")
        one.settle()
    one.page.keyboard.press("Escape")
    one.page.get_by_role("button", name="Start", exact=True).click()


def reads(one: Visitor, state: str) -> None:
    """Wait until the opened run's heading says so."""
    expect(one.page.get_by_role("heading", name=re.compile(f": {state}"))).to_be_visible(timeout=MINUTE)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_start_cancel_resume_delete(visitor: Callable[..., Visitor], runs: Path) -> None:
    one = visitor(still=True)
    start(one, 100_000)  # long enough to be still running, however fast the machine
    reads(one, "running")
    expect(one.page.get_by_text(re.compile(r"Step [1-9][\d,]* of 100,000")).first).to_be_visible(timeout=MINUTE)
    one.page.get_by_role("button", name="Cancel").click()
    reads(one, "cancelled")
    backend = LocalBackend(runs)
    (stopped,) = backend.list()
    assert stopped.state is State.CANCELLED and 0 < stopped.step < 100_000
    assert [choice.key for choice in backend.experiment(stopped.id).optimizers] == ["sgd", "momentum", "rmsprop"]

    one.page.get_by_role("button", name="Resume").click()
    reads(one, "running")
    one.wait_for(lambda: backend.status(stopped.id).step > stopped.step, "steps beyond the checkpoint", 60)
    kinds = [event["kind"] for event in backend.events(stopped.id)[0]]
    assert kinds.count("started") == 1 and kinds.count("resumed") == 1
    one.page.get_by_role("button", name="Cancel").click()
    reads(one, "cancelled")

    one.page.get_by_role("button", name="Delete").click()
    one.page.get_by_role("button", name="Delete for good").click()
    expect(one.page.get_by_text("No runs yet")).to_be_visible(timeout=MINUTE)
    assert not backend.list()


@pytest.mark.timeout(300)
@pytest.mark.slow
def test_a_finished_run_opens(visitor: Callable[..., Visitor], runs: Path) -> None:
    one = visitor(still=True)
    start(one, 40)
    reads(one, "done")
    expect(one.page.get_by_test_id("stDataFrame")).to_have_count(2, timeout=MINUTE)  # the runs, and what this one found
    expect(one.page.locator(".stPlotlyChart").first).to_be_visible(timeout=MINUTE)
    (done,) = LocalBackend(runs).list()
    assert done.fraction == 1 and (LocalBackend(runs).folder(done.id) / "result.npz").exists()
    LocalBackend(runs).delete(done.id)
