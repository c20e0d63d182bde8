"""The app on a free loopback port and real Chromium in front of it, once for all browser tests.

Without a browser they are skipped with the reason; where CI is set, a missing browser is a failure.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from tests.browser.chromium import FLAGS, MISSING, find
from tests.browser.server import serving
from tests.browser.visit import Visitor

VISITORS = pytest.StashKey[list[Visitor]]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Beside a failure, what its pages say, instead of all that is on them."""
    report = yield
    if report.failed and (visitors := item.stash.get(VISITORS, [])):
        told = re.sub(r"E +Aria snapshot:\n(E .*\n)*", "", str(report.longrepr))
        report.longrepr = "\n\n".join([told, *(one.shown() for one in visitors)])
    return report


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whole files on one of two workers: what shares a worker shares one server and one browser."""
    here = [item for item in items if Path(__file__).parent in item.path.parents]
    files = sorted({item.path for item in here})
    for item in here:
        item.add_marker(pytest.mark.browser)
        item.add_marker(pytest.mark.xdist_group(f"browser{files.index(item.path) % 2}"))


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the app under test keeps its runs."""
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="session")
def app(runs: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running app, which knows no results but those that it ships."""
    with serving(runs, {"RAVINE_RESULTS": str(tmp_path_factory.mktemp("results"))}) as address:
        yield address


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = find()
    if path is None:
        if os.environ.get("CI"):
            pytest.fail(MISSING)
        pytest.skip(MISSING)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def contexts(browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Browser contexts by their settings, kept for the session: the second page in one has the app's scripts in its cache.

    A page is a visitor with a session of their own, also beside another page in the same context.
    """
    kept: dict[tuple[tuple[str, object], ...], BrowserContext] = {}

    def context(width: int, height: int, **settings: object) -> BrowserContext:
        key = (("width", width), ("height", height), *sorted(settings.items()))
        if key not in kept:
            kept[key] = browser.new_context(viewport={"width": width, "height": height}, **settings)  # type: ignore[arg-type]
        return kept[key]

    yield context
    for one in kept.values():
        one.close()


@pytest.fixture
def visitor(
    app: str, contexts: Callable[..., BrowserContext], request: pytest.FixtureRequest
) -> Iterator[Callable[..., Visitor]]:
    """Makes visitors: `visitor(width=360, dark=True, still=True)`, the last for one who wants no motion.

    When the test ends, none of them may have seen an error in the console.
    """
    visitors = request.node.stash[VISITORS] = []

    def make(width: int = 1440, height: int = 900, dark: bool = False, touch: bool = False, still: bool = False) -> Visitor:
        context = contexts(
            width,
            height,
            color_scheme="dark" if dark else "light",
            has_touch=touch,
            reduced_motion="reduce" if still else "no-preference",
        )
        visitors.append(Visitor(context.new_page(), app))
        return visitors[-1]

    yield make
    errors = [error for one in visitors for error in one.errors]
    for one in visitors:
        one.page.close()
    assert not errors
