"""What a visitor takes away: every file is downloaded as they would, opened, and held to the race on the stage."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect
from pypdf import PdfReader

from experiments import Experiment
from experiments.export import from_npz
from experiments.script import script
from tests.browser.visit import PATIENCE, Visitor

SECTION = "Take it away"
MakeVisitor = Callable[..., Visitor]


class Takeaway:
    """The open section of a visitor."""

    def __init__(self, one: Visitor, page: str = "", link: str = "", **fields: str) -> None:
        self.one = one
        one.go(link) if link else one.open(page, **fields)
        one.page.locator("summary", has_text=SECTION).click()
        self.box = one.page.locator("details", has=one.page.locator("summary", has_text=SECTION))
        expect(self.box.get_by_role("button", name="PNG 2×")).to_be_visible(timeout=PATIENCE)

    def part(self, name: str, shows: str) -> None:
        self.box.get_by_role("radio", name=name).click()
        expect(self.box.get_by_role("button", name=shows)).to_be_visible(timeout=PATIENCE)

    def file(self, name: str) -> tuple[str, bytes]:
        with self.one.page.expect_download(timeout=PATIENCE) as begun:
            self.box.get_by_role("button", name=name, exact=True).click()
        return begun.value.suggested_filename, Path(begun.value.path()).read_bytes()

    @property
    def words(self) -> str:
        return self.box.get_by_test_id("stCode").first.inner_text()

    @property
    def paths(self) -> Mapping[str, np.ndarray]:
        return self.one.scenes[-1].paths


@pytest.mark.slow
def test_every_figure_opens_and_is_of_this_race(visitor: MakeVisitor) -> None:
    section = Takeaway(visitor(still=True), on="rosenbrock", race="sgd,adam", steps="30")
    preview = section.box.get_by_test_id("stImage").locator("img")
    assert "Rosenbrock" in (preview.get_attribute("alt") or "")
    section.box.get_by_role("radio", name="Social card").click()
    expect(section.box.get_by_text("1200 × 630 px")).to_be_visible(timeout=PATIENCE)
    caption = section.words
    name, data = section.file("PNG 2×")
    with Image.open(io.BytesIO(data)) as image:
        assert (name, image.size) == ("ravine-rosenbrock-race-2x.png", (2400, 1260))
        assert " ".join(image.info["Description"].split()) == " ".join(caption.split())
        link = image.info["Source"]
    _, data = section.file("SVG")
    assert ElementTree.fromstring(data).attrib["viewBox"] == "0 0 900 472.5"  # points
    _, data = section.file("PDF")
    (page,) = PdfReader(io.BytesIO(data)).pages
    assert "Rosenbrock" in page.extract_text() and page.mediabox.width == 900
    expect(section.box.get_by_test_id("stAlert")).to_have_count(0)
    other = visitor(still=True).go(link)
    for key, path in section.paths.items():
        np.testing.assert_array_equal(other.scenes[-1].paths[key], path, err_msg="the link in the file opens the same race")


@pytest.mark.slow
def test_an_animation_is_made_while_one_watches(visitor: MakeVisitor) -> None:
    section = Takeaway(visitor(still=True), on="parabola", race="sgd", steps="12")
    section.part("Animation", "Make the animation")
    section.one.number("Seconds", "1")
    section.one.number("Frames a second", "10")
    section.box.get_by_role("button", name="Make the animation").click()
    button = section.box.get_by_role("button", name="GIF, ")
    expect(button).to_be_visible(timeout=PATIENCE)
    moving = section.box.locator('img[src^="data:image/gif"]')
    expect(moving).to_be_visible()
    _, data = section.file(button.inner_text().strip().splitlines()[-1])
    with Image.open(io.BytesIO(data)) as image:
        assert (image.format, image.size, getattr(image, "n_frames", 1)) == ("GIF", (800, 600), 10)


@pytest.mark.slow
def test_data_and_code_are_of_the_race_on_the_stage(visitor: MakeVisitor, tmp_path: Path) -> None:
    one = visitor(still=True)
    section = Takeaway(one, on="rosenbrock", race="sgd,adam", steps="30")
    section.part("Data and code", "Interactive HTML")
    _, data = section.file("NPZ")
    experiment, entries = from_npz(data)
    assert [c.key for c in experiment.optimizers] == list(section.paths)
    for entry, path in zip(entries, section.paths.values()):
        assert not isinstance(entry, str)
        np.testing.assert_array_equal(entry["theta"], path)
    _, data = section.file("CSV")
    rows = [line.split(",") for line in data.decode().splitlines() if line and not line.startswith("#")]
    place = rows[0].index("x")
    told = [[float(v) for v in row[place : place + 2]] for row in rows[1:]]
    np.testing.assert_array_equal(told, np.concatenate(list(section.paths.values())))
    assert section.file("Script")[1].decode() == script(experiment)
    assert Experiment.from_json(json.loads(section.file("JSON")[1])) == experiment
    name, data = section.file("Interactive HTML")
    (tmp_path / name).write_bytes(data)
    alone = one.page.context.new_page()
    asked: list[str] = []
    alone.on("request", lambda request: asked.append(urlsplit(request.url).scheme))
    alone.goto((tmp_path / name).as_uri())
    expect(alone.locator("canvas.runs")).to_be_visible(timeout=PATIENCE)
    state: dict[str, Any] = alone.locator("canvas.runs").evaluate("canvas => canvas.state()")
    assert [runner["last"] for runner in state["runners"]] == [path[-1].tolist() for path in section.paths.values()]
    assert set(asked) <= {"file", "data", "blob"}
    alone.close()


@pytest.mark.slow
def test_an_embedded_race_shows_the_stage_alone(visitor: MakeVisitor) -> None:
    section = Takeaway(visitor(still=True), on="saddle", race="sgd", steps="20")
    section.box.get_by_role("radio", name="Link and embed").click()
    link = section.box.get_by_role("link", name="See it alone")
    expect(link).to_be_visible(timeout=PATIENCE)
    other = visitor(still=True).go(link.get_attribute("href") or "")
    np.testing.assert_array_equal(other.scenes[-1].paths["sgd"], section.paths["sgd"])
    expect(other.page.locator('[data-testid="stSidebar"], summary, [data-testid="stDataFrame"]')).to_have_count(0)
