"""What a visitor takes away from the Explore page: every file of every section is downloaded as they would, and opened."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect
from pypdf import PdfReader

from figures.print.explored import READERS
from tests.browser.test_takeaway import Takeaway
from tests.browser.visit import PATIENCE, Visitor

MakeVisitor = Callable[..., Visitor]
FIELDS: Mapping[str, Mapping[str, str]] = {
    "map": {"show.axes": "lr,0.001,0.1,12,log;momentum,0.0,0.9,9,linear", "show.cell": "0,5,4"},
    "line": {"show.axes": "lr,0.001,0.1,12,log", "show.seeds": "3", "mod": "noise:sigma=1.0"},
    "basins": {"on": "himmelblau", "show.cells": "24"},
    "cloud": {"show.runs": "40", "mod": "noise:sigma=1.0"},
    "tune": {"show.runs": "30"},
    "networks": {},
}
HAS_SCRIPT = ("map", "line", "basins", "tune")


def test_there_are_fields_for_every_section() -> None:
    assert set(FIELDS) == set(READERS)


@pytest.mark.slow
@pytest.mark.parametrize("tab", FIELDS)
def test_every_file_of_a_section_opens_and_is_of_what_is_explored(visitor: MakeVisitor, tab: str) -> None:
    section = Takeaway(visitor(still=True), "explore", **{"show.tab": tab, "steps": "25", **FIELDS[tab]})
    section.box.get_by_role("radio", name="Social card").click()
    expect(section.box.get_by_text("1200 × 630 px")).to_be_visible(timeout=PATIENCE)
    caption = section.words
    name, data = section.file("PNG 2×")
    with Image.open(io.BytesIO(data)) as image:
        assert image.size == (2400, 1260) and name.endswith(f"-{tab}-2x.png")
        assert " ".join(image.info["Description"].split()) == " ".join(caption.split())
        link = image.info["Source"]
    _, data = section.file("SVG")
    assert ElementTree.fromstring(data).attrib["viewBox"] == "0 0 900 472.5"  # points
    _, data = section.file("PDF")
    (page,) = PdfReader(io.BytesIO(data)).pages
    assert page.extract_text() and page.mediabox.width == 900
    section.part("Data and code", "NPZ")
    asked = READERS[tab](json.loads(section.file("JSON")[1]))
    head, text = section.file("CSV")[1].decode().split("\n", 1)
    assert READERS[tab](json.loads(head.removeprefix("# "))) == asked and len(list(csv.reader(io.StringIO(text)))) > 20
    with np.load(io.BytesIO(section.file("NPZ")[1]), allow_pickle=False) as file:
        assert READERS[tab](json.loads(str(file["asked"]))) == asked
    if tab in HAS_SCRIPT:
        compile(section.file("Script")[1], "script", "exec")
    expect(section.box.get_by_test_id("stAlert")).to_have_count(0)
    other = Takeaway(visitor(still=True), link=link)
    other.part("Data and code", "NPZ")
    assert READERS[tab](json.loads(other.file("JSON")[1])) == asked, "the link in the file opens the same exploration"


@pytest.mark.slow
def test_an_embedded_map_shows_itself_and_its_run_alone(visitor: MakeVisitor) -> None:
    section = Takeaway(visitor(still=True), "explore", **FIELDS["map"])
    section.box.get_by_role("radio", name="Link and embed").click()
    link = section.box.get_by_role("link", name="See it alone")
    expect(link).to_be_visible(timeout=PATIENCE)
    other = visitor(still=True).go(link.get_attribute("href") or "")
    other.wait_for(lambda: other.page.locator("canvas.cells").count() and other.scenes, "the map and its run")
    np.testing.assert_array_equal(other.scenes[-1].paths["momentum"], section.paths["momentum"])
    hidden = other.page.locator('[data-testid="stSidebar"], summary, [data-testid="stDataFrame"], [data-testid="stSelectbox"]')
    assert not any(hidden.nth(i).is_visible() for i in range(hidden.count()))
