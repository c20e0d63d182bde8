"""The conformance page opens with the shipped numbers, runs the checks when it is asked to, and shows what published libraries
gave, all from records."""

from __future__ import annotations

import html
import re
import time
from dataclasses import replace
from datetime import UTC, datetime

import numpy
import pytest
import torch
from streamlit.testing.v1 import AppTest

from experiments.conformance import Published, by_check, published, versions
from figures.print.numbers import short
from landscapes.networks.conformance import CHECKS
from landscapes.networks.outcome import Outcome
from pages import conformance_view as view
from tests.pages.scenes import opened


def tables(app: AppTest) -> list[list[list[str]]]:
    """The texts of every cell of every table of the page, by row."""
    pages = [element.proto.body for element in app.get("html")]
    return [rows(table) for page in pages for table in re.findall(r"<table.*?</table>", page)]


def rows(table: str) -> list[list[str]]:
    found = (re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in re.findall(r"<tr>(.*?)</tr>", table))
    return [[html.unescape(re.sub(r"<[^>]*>", " ", cell)).strip() for cell in row] for row in found]


def test_it_opens_with_the_shipped_result() -> None:
    app, run = opened("pages/conformance.py"), published()
    assert not app.exception
    own, libraries = tables(app)
    for check, row in zip(run.checks, own[1:], strict=True):
        outcome = run.ours.outcomes[check.key]
        assert check.title in row[0] and check.why[1:] in row[0] and outcome.measured is not None
        assert row[2] == short(outcome.measured) and row[3].removeprefix("≤ ") == outcome.expected.removeprefix("<= ")
        assert row[4] == view.MARKS[outcome.passed] + " " + view.WORDS[outcome.passed]
    assert [cell.split()[-1] for cell in libraries[0][2:]] == [library.version for library in run.others]
    for check, row in zip(run.checks, libraries[1:-1], strict=True):
        for library, cell in zip((run.ours, *run.others), row[1:], strict=True):
            assert cell.startswith(view.MARKS[library.outcomes[check.key].passed])
    text = "\n".join(element.value for element in (*app.markdown, *app.caption))
    assert f"{run.day.day} {run.day:%B %Y}" in text and all(f"{name} {v}" in text for name, v in run.versions.items())
    assert all(library.name in text and library.version in text for library in run.missing)


@pytest.mark.slow
@pytest.mark.slow
def test_a_visitor_runs_the_checks() -> None:
    app = opened("pages/conformance.py")
    app.button[0].click().run()
    deadline = time.monotonic() + 60
    while "conformance.call" in app.session_state and time.monotonic() < deadline:
        time.sleep(0.2)
        app.run()
    assert not app.exception and not app.warning
    outcomes, made_with, _ = app.session_state["conformance.found"]
    assert list(outcomes) == list(CHECKS) and made_with == versions()
    assert any("Run here on" in m.value and f"{len(CHECKS)} of {len(CHECKS)} passed" in m.value for m in app.markdown)
    assert [row[2] for row in tables(app)[0][1:]] == [short(outcome.measured) for outcome in outcomes.values()]


def test_a_run_with_another_verdict_is_shown_and_said() -> None:
    app, run = opened("pages/conformance.py"), published()
    first = run.checks[0]
    bad = replace(run.ours.outcomes[first.key], passed=False, measured=0.25)
    when = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
    app.session_state["conformance.found"] = {**run.ours.outcomes, first.key: bad}, {"torch": "0.1"}, when
    app.run()
    assert tables(app)[0][1][2:] == ["0.25", "≤ 0.0001", "✗ failed"] and first.title in app.warning[0].value
    said = next(m.value for m in app.markdown if "Run here on" in m.value)
    assert (
        "2 January 2026 at 03:04 UTC" in said and "torch 0.1" in said and f"{len(run.checks) - 1} of {len(run.checks)}" in said
    )


def test_what_is_to_come_and_what_failed_are_told_apart() -> None:
    run = published()
    first, second = run.checks[:2]
    raised = Outcome(first.key, False, None, "no exception", "ValueError: <b>")
    table = rows(view.own_table(run.checks, {first.key: raised}, running=True))
    assert table[1][1:] == ["ValueError: <b>", "", "no exception", "✗ failed"] and table[2][-1] == "to come"
    bad = replace(run.ours, outcomes={**run.ours.outcomes, second.key: replace(run.ours.outcomes[second.key], passed=False)})
    assert view.differences(run.ours.outcomes, bad.outcomes) == [second.key]
    assert view.differences(run.ours.outcomes, run.ours.outcomes) == []
    told = view.failures(Published(run.day, run.versions, run.checks, (bad, *run.libraries[1:])))
    failed = sum(outcome.passed is False for library in (bad, *run.others) for outcome in library.outcomes.values())
    assert told.count("; allowed ") == failed and f"{second.title}: {run.ours.outcomes[second.key].sentence}" in told
    assert (bad.passed, bad.offered) == (len(run.checks) - 1, len(run.checks))


def test_records_have_the_words_and_versions_of_the_checks() -> None:
    run = published()
    assert [(check.key, check.title, check.why) for check in run.checks] == [(k, c.title, c.why) for k, c in CHECKS.items()]
    assert versions() | {"torch": torch.__version__, "NumPy": numpy.__version__} == versions() and set(versions()) == set(
        run.versions
    )
    data = {"check": "centre", "passed": True, "measured": 0.5, "expected": "<= 1", "sentence": "a: b: 0.5"}
    assert by_check([data])["centre"].what == "a: b" and Outcome(**{**data, "measured": None}).what == ""
