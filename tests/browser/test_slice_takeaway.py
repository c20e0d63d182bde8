"""Slices taken away: from the network page as a figure, numbers and a link; from the race with all that the race has."""

from __future__ import annotations

import csv
import io
import json
import re
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

from experiments import Experiment, link
from experiments.export import from_npz
from experiments.grids.shown_slice import ShownSlice
from experiments.grids.spec import SliceSpec
from experiments.presets import DIGITS, RACES
from experiments.slice_choice import race_in
from experiments.slice_words import name as slice_name
from experiments.spec import SLICE, Choice
from tests.browser.test_takeaway import Takeaway
from tests.browser.visit import PATIENCE, Visitor

MakeVisitor = Callable[..., Visitor]
FIELDS: Mapping[str, Mapping[str, str]] = {
    "plane": {"kind": "principal", "cells": "33"},
    "compared": {"kind": "random", "cells": "33", "beside": "end:3"},
    "line": {"kind": "through", "axes": "first", "cells": "33"},
    "eigenvalues": {"kind": "random", "shown": "largest", "cells": "17", "samples": "60"},
}


def chosen(one: Visitor, part: str, shows: str) -> None:
    """A part of what the section of slices offers."""
    button = one.page.get_by_role("radio", name=re.compile(f"{part}$")).last
    expect(button).to_be_visible(timeout=2 * PATIENCE)
    button.click()
    expect(one.page.get_by_role("button", name=shows, exact=True)).to_be_visible(timeout=PATIENCE)


def file(one: Visitor, name: str) -> bytes:
    with one.page.expect_download(timeout=PATIENCE) as begun:
        one.page.get_by_role("button", name=name, exact=True).click()
    return Path(begun.value.path()).read_bytes()


def alone(one: Visitor, data: bytes, folder: Path) -> dict[str, Any]:
    """The state of the stage in a file of its own, which asks for nothing."""
    (folder / "page.html").write_bytes(data)
    page, asked = one.page.context.new_page(), []
    page.on("request", lambda request: asked.append(urlsplit(request.url).scheme))
    page.goto((folder / "page.html").as_uri())
    expect(page.locator("canvas.runs")).to_be_visible(timeout=PATIENCE)
    state: dict[str, Any] = page.locator("canvas.runs").evaluate("canvas => canvas.state()")
    assert set(asked) <= {"file", "data", "blob"}
    page.close()
    return state


@pytest.mark.slow
@pytest.mark.parametrize("kind", FIELDS)
def test_a_slice_on_show_is_taken_away(visitor: MakeVisitor, kind: str, tmp_path: Path) -> None:
    one = visitor(still=True).open("network", **{f"show.slice.{name}": text for name, text in FIELDS[kind].items()})
    chosen(one, "Figure", "PNG 2×")
    caption = one.page.get_by_test_id("stCode").first.inner_text()
    with Image.open(io.BytesIO(file(one, "PNG 2×"))) as image:
        assert " ".join(image.info["Description"].split()) == " ".join(caption.split())
        address, title = image.info["Source"], image.info["Title"]
    assert "Digits MLP" in title and "on Digits" in caption
    assert ElementTree.fromstring(file(one, "SVG")).tag.endswith("svg")
    (page,) = PdfReader(io.BytesIO(file(one, "PDF"))).pages
    assert title[:30] in page.extract_text()
    chosen(one, "Data and code", "NPZ")
    view = ShownSlice.from_json(json.loads(file(one, "JSON")))
    assert view.spec.directions.key == FIELDS[kind]["kind"]
    head, text = file(one, "CSV").decode().split("\n", 1)
    assert ShownSlice.from_json(json.loads(head.removeprefix("# "))) == view
    rows = list(csv.DictReader(io.StringIO(text)))
    with np.load(io.BytesIO(file(one, "NPZ")), allow_pickle=False) as found:
        arrays = dict(found)
    np.testing.assert_array_equal(
        [float(row[view.shown]) for row in rows],
        np.concatenate([arrays[f"{k}_value_{view.shown}"].ravel() for k in range(1 + bool(view.beside))]),
    )
    compile(file(one, "Script"), "script", "exec")
    if kind in ("plane", "eigenvalues"):
        state = alone(one, file(one, "Interactive HTML"), tmp_path)
        assert state["title"] in caption or state["title"].startswith("λ")
        ends = [runner["last"] for runner in state["runners"]]
        assert ends == [arrays[f"path_{n}_coordinates"][-1].tolist() for n in range(len(ends))]
        assert len(ends) == (6 if kind == "plane" else 0)
    one.page.get_by_role("radio", name=re.compile("Link$")).last.click()
    expect(one.page.get_by_test_id("stCode").last).to_have_text(address, timeout=PATIENCE)
    other = visitor(still=True).go(address)
    chosen(other, "Data and code", "NPZ")
    assert ShownSlice.from_json(json.loads(file(other, "JSON"))) == view, "the link in the file opens the same slice"
    expect(other.page.get_by_test_id("stAlertContentWarning")).to_have_count(0)


def whole(svg: str, title: str) -> None:
    """The stage's own picture has all of a long title, in lines that end before its edge."""
    root = ElementTree.fromstring(svg)
    wide = float(root.attrib["viewBox"].split()[2])
    bold = [text for text in root.iter("{http://www.w3.org/2000/svg}text") if text.get("font-weight") == "700" and text.text]
    size = max(float(text.attrib["font-size"]) for text in bold)
    lines = [text for text in bold if float(text.attrib["font-size"]) == size]
    assert " ".join(text.text or "" for text in lines) == title
    assert all(float(text.attrib["x"]) + float(text.attrib["textLength"]) <= wide for text in lines)


RACED = {
    "random": SliceSpec(DIGITS, 3, directions=Choice("random"), cells=(31, 31)),
    "line": SliceSpec(DIGITS, 0, directions=Choice("through"), axes="first", cells=(61, 1)),
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", RACED)
def test_a_race_in_a_slice_is_taken_away_as_that_slice(visitor: MakeVisitor, kind: str, tmp_path: Path) -> None:
    race = race_in(RACES[SLICE], RACED[kind])
    race = Experiment.from_json({**race.as_json(), "steps": 20})
    section = Takeaway(visitor(still=True), **link.encode(race))
    title = slice_name(RACED[kind])
    caption = " ".join(section.words.split())
    assert title in caption and "on Digits" in caption and "1,500 of 1,500 training samples" in caption
    for preset in ("Paper, one column", "Slide 16:9", "Social card", "Dark"):
        section.box.get_by_role("radio", name=preset).click()
        section.one.settle()
        with Image.open(io.BytesIO(section.file("PNG 1×")[1])) as image:
            assert image.info["Title"] == title and " ".join(image.info["Description"].split()) == caption
    section.part("Data and code", "Interactive HTML")
    found, entries = from_npz(section.file("NPZ")[1])
    assert found == race == Experiment.from_json(json.loads(section.file("JSON")[1]))
    head, text = section.file("CSV")[1].decode().split("\n", 1)
    assert Experiment.from_json(json.loads(head.removeprefix("# "))) == race
    place = text.splitlines()[0].split(",")
    told = [[float(v) for v in row.split(",")[2 : place.index("loss")]] for row in text.splitlines()[1:]]
    np.testing.assert_array_equal(told, np.concatenate(list(section.paths.values())))
    for entry, path in zip(entries, section.paths.values()):
        assert not isinstance(entry, str)
        np.testing.assert_array_equal(entry["theta"], path)
    assert "where its packages are" in section.file("Script")[1].decode()
    state = alone(section.one, section.file("Interactive HTML")[1], tmp_path)
    assert state["title"] == title
    assert [runner["last"] for runner in state["runners"]] == [path[-1].tolist() for path in section.paths.values()]
    section.one.page.get_by_role("button", name="Save", exact=True).click()
    with section.one.page.expect_download(timeout=PATIENCE) as begun:
        section.one.page.get_by_role("button", name="Save as SVG").click()
    whole(Path(begun.value.path()).read_text(), title)
    section.part("Animation", "Make the animation")
    section.one.number("Seconds", "1")
    section.one.number("Frames a second", "5")
    section.box.get_by_role("button", name="Make the animation").click()
    button = section.box.get_by_role("button", name="GIF, ")
    expect(button).to_be_visible(timeout=PATIENCE)
    with Image.open(io.BytesIO(section.file(button.inner_text().strip().splitlines()[-1])[1])) as film:
        assert (film.format, getattr(film, "n_frames", 1)) == ("GIF", 5)
