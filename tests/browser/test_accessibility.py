"""axe-core finds nothing, on any page, in either theme."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.visit import Visitor

PAGES = ("", "network", "runs")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing(visitor: Callable[..., Visitor], path: str, dark: bool) -> None:
    one = visitor(dark=dark, still=True).open(path)
    one.page.wait_for_timeout(500)
    found = Axe().run(one.page).response["violations"]
    said = [f"{v['id']}: {n['target']} {n['html'][:200]} {n['failureSummary']}" for v in found for n in v["nodes"]]
    assert not said, "\n".join(said)
