"""The app on a free loopback port and real Chromium in front of it, once for all browser tests.

Without a browser they are skipped with the reason; where CI is set, a missing browser is a failure.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.chromium import FLAGS, MISSING, find
from tests.browser.server import serving
from tests.browser.visit import Visitor



def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All browser tests on one worker: they share one server and one browser."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.xdist_group("browser"))


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a running app whose runs are kept in a folder of their own."""
    with serving(tmp_path_factory.mktemp("runs")) as address:
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


@pytest.fixture
def visitor(app: str, browser: Browser) -> Iterator[Callable[..., Visitor]]:
    """Makes visitors, each with cookies, storage and a window of their own: `visitor(width=360, dark=True)`.

    When the test ends, none of them may have seen an error in the console.
    """
    visitors: list[Visitor] = []

    def make(width: int = 1440, height: int = 900, dark: bool = False, touch: bool = False, **more: object) -> Visitor:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            has_touch=touch,
            **more,
        )
        visitors.append(Visitor(context.new_page(), app))
        return visitors[-1]

    yield make
    errors = [error for one in visitors for error in one.errors]
    for one in visitors:
        one.page.context.close()
    assert not errors


