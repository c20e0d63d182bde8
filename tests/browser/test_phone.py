"""A phone: 360 pixels wide, touched instead of clicked."""

from collections.abc import Callable

import pytest

from tests.browser.visit import Visitor


@pytest.mark.parametrize("path", ["", "network", "runs"])
@pytest.mark.parametrize("width", [360, 768])
def test_nothing_is_wider_than_the_window(visitor: Callable[..., Visitor], path: str, width: int) -> None:
    one = visitor(width=width, height=780, touch=True).open(path)
    one.page.wait_for_timeout(500)
    assert one.overflow() <= 0
