"""The gallery: its page is what stands in its pictures, which are small, and whose links hold their trainings and slices."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from PIL import Image

from benchmarks.gallery import slices as drawn_slices
from benchmarks.gallery.__main__ import APP, FOLDER, PAGE, page, store
from benchmarks.gallery.maps import Panel, maps
from benchmarks.gallery.picture import Picture
from benchmarks.gallery.pictures import PICTURES
from benchmarks.gallery.sheet import LOOK, in_rows
from experiments import Experiment, link
from experiments.grids import link as slice_link
from experiments.grids import slice_through
from experiments.grids.compute import ready
from experiments.grids.shown_slice import ShownSlice
from experiments.grids.spec import SliceSpec
from experiments.presets import DIGITS, TRAININGS
from experiments.spec import Choice
from figures import theme
from landscapes import SURFACES
from landscapes.directions import DIRECTIONS

LARGEST = 150 * 1024


def test_the_page_is_what_stands_in_the_pictures() -> None:
    assert PAGE.read_text(encoding="utf-8") == page()
    assert {path.stem for path in FOLDER.glob("*.png")} == set(PICTURES)


def _opened(address: str) -> tuple[Experiment, ShownSlice | None]:
    """The training that the network page takes from a link, and the slice, with nothing left out."""
    place = urlsplit(address)
    fields = dict(parse_qsl(place.query, keep_blank_values=True, strict_parsing=True))
    sliced = {name.removeprefix("show.slice."): text for name, text in fields.items() if name.startswith("show.slice.")}
    own = {name: text for name, text in fields.items() if not name.startswith("show.")}
    experiment, complaints = link.decode(own, TRAININGS)
    assert place.path == "network" and not complaints and link.encode(experiment) == own
    if not sliced:
        return experiment, None
    shown, complaints = slice_link.decode(sliced, experiment)
    assert not complaints and len(own) + len(sliced) == len(fields)
    return experiment, shown


@pytest.mark.parametrize("name", PICTURES)
def test_pictures_are_small_and_open_their_training(name: str) -> None:
    path = FOLDER / f"{name}.png"
    assert path.stat().st_size <= LARGEST
    with Image.open(path) as image:
        assert image.width == round(LOOK.points(LOOK.width) / 72 * LOOK.dpi) and all(image.info[k] for k in ("Title", "Alt"))
        assert _opened(image.info["Source"])[1] is None


def _slices(name: str) -> list[dict[str, Any]]:
    with Image.open(FOLDER / f"{name}.png") as image:
        found: list[dict[str, Any]] = json.loads(image.info["Slices"])
    return found


@pytest.mark.parametrize("name", PICTURES)
def test_links_open_the_very_slices_that_were_drawn(name: str) -> None:
    """The file holds each slice as it was drawn, and a link, made of that; only a line between trainings has none."""
    slices = _slices(name)
    assert (len(slices) > 0) == (name != "barrier") and len({one["name"] for one in slices}) == len(slices)
    text = PAGE.read_text(encoding="utf-8")
    for one in slices:
        experiment, shown = _opened(one["link"])
        assert shown is not None and shown.spec == SliceSpec.from_json(one["slice"]) and shown.spec.training == experiment
        assert f"[open the slice “{one['name']}”]({APP}{one['link']})" in text


def test_slices_are_written_with_links_to_their_own_trainings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.gallery.__main__.FOLDER", tmp_path)
    views = {f"{steps} steps": drawn_slices.view(replace(DIGITS, steps=steps), side=13, seed=steps) for steps in (7, 9)}
    with Image.open(store("two", Picture("Two", "", "", Image.new("P", (2, 2)), DIGITS, views))) as image:
        found = json.loads(image.info["Slices"])
    for (title, shown), one in zip(views.items(), found, strict=True):
        assert shown.spec.directions == Choice("random", {"seed": shown.spec.training.steps})
        assert one["name"] == title and SliceSpec.from_json(one["slice"]) == shown.spec
        assert _opened(one["link"]) == (shown.spec.training, shown)


@pytest.fixture
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cells are kept elsewhere than the developer's."""
    monkeypatch.setenv("RAVINE_RESULTS", str(tmp_path))


@pytest.mark.usefixtures("results")
def test_what_is_drawn_is_what_the_app_computes_of_the_link() -> None:
    shown = drawn_slices.view(DIGITS, optimizer=3, side=13, window=((-0.5, 0.5), (-0.25, 1.0)), shown="test_accuracy", seed=5)
    _, read = _opened(drawn_slices.address(DIGITS, shown))
    assert read is not None and read == shown
    drawn, asked = drawn_slices.grid(shown), ready(read.spec).grid
    assert drawn.complete and drawn.shape == (13, 13) and list(drawn.values) == ["test_loss", "test_accuracy"]
    np.testing.assert_array_equal(drawn.span.directions, asked.span.directions)
    np.testing.assert_array_equal(drawn.x, asked.x)
    np.testing.assert_array_equal(drawn.y, asked.y)


def test_maps_show_the_colours_of_their_values_in_one_range() -> None:
    bowl = SURFACES["bowl"]()
    grids = [
        slice_through(bowl, DIRECTIONS["given"](), given=np.eye(2), window=[(-r, r)] * 2, cells=41).grid for r in (1.0, 2.0)
    ]
    image = np.asarray(maps([Panel("near", "", grids[0]), Panel("far", "", grids[1])], log=False).convert("RGB")).astype(float)
    _, boxes = in_rows(2)
    ramp = np.array([to_rgb(colour) for colour in theme.GROUNDS["light"].heights]) * 255
    highest = max(float(grid.values["loss"].max()) for grid in grids)
    for grid, box in zip(grids, boxes):
        for row, column in ((20, 20), (38, 37), (9, 30), (21, 3)):
            x, y = box.left + column / 40 * box.width, box.bottom - row / 40 * box.height
            seen = image[round(y / 72 * LOOK.dpi), round(x / 72 * LOOK.dpi)]
            place = grid.values["loss"][row, column] / highest * (len(ramp) - 1)
            wanted = [np.interp(place, np.arange(len(ramp)), ramp[:, i]) for i in range(3)]
            assert np.abs(seen - wanted).max() <= 8, (grid.x[-1], row, column, seen, wanted)


@pytest.mark.slow
@pytest.mark.usefixtures("results")
def test_a_picture_can_be_made_again() -> None:
    made = PICTURES["paths-digits"]()
    with Image.open(FOLDER / "paths-digits.png") as image:
        assert (image.info["Description"], image.info["Title"]) == (made.caption, made.title)
        assert [one["slice"] for one in json.loads(image.info["Slices"])] == [s.spec.as_json() for s in made.slices.values()]
        difference = np.abs(np.asarray(image.convert("RGB")).astype(int) - np.asarray(made.image.convert("RGB")))
    assert difference.mean() < 0.5
