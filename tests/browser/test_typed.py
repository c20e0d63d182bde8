"""A visitor types a surface, asks why a run does what it does there, and changes it in mid-run."""

from collections.abc import Callable

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.browser.test_links import in_address
from tests.browser.visit import Visitor

MakeVisitor = Callable[..., Visitor]
FORMULA = "x^2 + 3*y^2 + sin(2x)*y"


@pytest.mark.slow
def test_a_typed_surface_is_raced_and_a_wrong_one_says_where(visitor: MakeVisitor) -> None:
    one = visitor(still=True).open(on="typed", race="sgd", steps="40")
    field = one.page.get_by_role("textbox", name="f(x, y) or f(x) =")
    before = one.state()["title"]
    field.fill("x^2 + foo(y)")
    field.press("Enter")
    caret = one.page.get_by_test_id("stCode")
    expect(caret).to_contain_text("foo")
    said = caret.inner_text().splitlines()
    assert said[1].index("^") == said[0].index("foo")
    expect(one.page.get_by_test_id("stAlert").first).to_contain_text("foo")
    assert one.state()["title"] == before  # what was there stays

    field.fill(FORMULA)
    field.press("Enter")
    expect(one.page.get_by_test_id("stCode")).to_have_count(0)
    one.wait_for(lambda: one.state()["title"] == f"f = {FORMULA}", "the typed surface")
    one.settle()
    path = one.scenes[-1].paths["sgd"]
    lr = in_address(one).optimizers[0].parameters["lr"]
    x, y = path[0]
    slope = np.array([2 * x + 2 * np.cos(2 * x) * y, 6 * y + np.sin(2 * x)])
    np.testing.assert_allclose(path[1], path[0] - lr * slope, rtol=1e-12)
    assert in_address(one).landscape.parameters["formula"] == FORMULA
    assert not one.errors


@pytest.mark.slow
def test_a_run_is_explained_where_it_stands_and_changed_from_there_on(visitor: MakeVisitor) -> None:
    one = visitor(still=True).open(on="ravine", race="sgd,adam", steps="60")
    before = one.scenes[-1].paths
    one.page.get_by_test_id("stButtonGroup").get_by_text("SGD", exact=True).click()
    words = one.page.get_by_test_id("stMarkdownContainer")
    expect(words.filter(has_text="SGD, step 60.").first).to_be_visible()
    one.settle()
    for _ in range(3):
        one.page.get_by_role("button", name="step back").click()
    expect(words.filter(has_text="SGD, step 57.").first).to_be_visible()
    one.page.get_by_role("button", name="Change it from step 57 on").click()
    one.page.get_by_label("New value").fill("0.001")
    one.page.get_by_label("New value").press("Enter")
    one.page.get_by_role("button", name="Change", exact=True).click()
    one.settle()
    (change,) = in_address(one).optimizers[0].wrappers
    assert (change.key, change.parameters["at"], change.parameters["value"]) == ("change", 57, 0.001)
    after = one.scenes[-1].paths
    np.testing.assert_array_equal(after["sgd"][:58], before["sgd"][:58])
    assert not np.array_equal(after["sgd"][58:], before["sgd"][58:])
    np.testing.assert_array_equal(after["adam"], before["adam"])
    assert not one.errors
