"""Waiting for an answer: it comes, or it does not in time, or nobody wants it any more."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from streamlit.testing.v1 import AppTest

from experiments.worker import Workers
from pages.waiting import answer_of

SLEEPS = 60  # seconds, of the request that nobody waits for to its end


@pytest.fixture
def workers() -> Iterator[Workers]:
    made = Workers("tests.experiments.worker_table:REQUESTS")
    yield made
    made.close()


def test_it_is_the_answer(workers: Workers) -> None:
    assert answer_of(workers.submit("count", {"to": 3, "pause": 0.1}), 30)["reached"] == 2


def test_one_that_does_not_come_in_time_is_an_error(workers: Workers) -> None:
    with pytest.raises(TimeoutError):
        answer_of(workers.submit("deaf", {}), 0.2)


@pytest.mark.slow
def test_a_page_that_is_no_longer_wanted_stops_waiting(workers: Workers) -> None:
    """AppTest asks its script to stop when it runs out of patience, as Streamlit does when a visitor wants another page."""

    def page() -> None:
        import streamlit as st

        from pages.waiting import answer_of

        answer_of(st.session_state["call"], 60)

    app = AppTest.from_function(page)
    app.session_state["call"] = workers.submit("deaf", {})
    began = time.monotonic()
    with pytest.raises(RuntimeError, match="timed out"):
        app.run(timeout=1)
    assert time.monotonic() - began < SLEEPS / 3, "the page waited on: AppTest joins its script"
