"""Every page, in either theme, from a desk to a phone: axe-core finds nothing, and nothing is wider than the window."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.visit import Visitor
from tests.some import some

PAGES = ("", "claims", "conformance", "network", "runs")
WIDTHS = (1440, 768, 360)


@pytest.mark.parametrize("dark", [pytest.param(False, marks=pytest.mark.slow), True], ids=["light", "dark"])
@pytest.mark.parametrize("path", some(PAGES, ("",)))
def test_axe_finds_nothing_and_all_fits(visitor: Callable[..., Visitor], path: str, dark: bool) -> None:
    one = visitor(dark=dark, still=True, touch=True).open(path)
    for width in WIDTHS:
        one.page.set_viewport_size({"width": width, "height": 800})
        one.page.wait_for_timeout(500)
        assert one.overflow() <= 0, f"wider than {width} px"
        if width != 768:
            found = Axe().run(one.page).response["violations"]
            said = [f"{v['id']}: {n['target']} {n['html'][:200]} {n['failureSummary']}" for v in found for n in v["nodes"]]
            assert not said, "\n".join([f"at {width} px:", *said])
