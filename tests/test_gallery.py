"""The gallery: its page is what stands in its pictures, which are small, and whose links hold their trainings."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from PIL import Image

from benchmarks.gallery.__main__ import FOLDER, PAGE, page
from benchmarks.gallery.maps import Panel, maps
from benchmarks.gallery.pictures import PICTURES
from benchmarks.gallery.sheet import LOOK, NAMES, in_a_row
from experiments import link
from experiments.grids import slice_through
from experiments.presets import TRAININGS
from figures import theme
from landscapes import SURFACES
from landscapes.directions import DIRECTIONS

LARGEST = 150 * 1024


def test_the_page_is_what_stands_in_the_pictures() -> None:
    assert PAGE.read_text(encoding="utf-8") == page()
    assert {path.stem for path in FOLDER.glob("*.png")} == set(PICTURES)


@pytest.mark.parametrize("name", PICTURES)
def test_pictures_are_small_and_open_their_training(name: str) -> None:
    path = FOLDER / f"{name}.png"
    assert path.stat().st_size <= LARGEST
    with Image.open(path) as image:
        assert image.width == round(LOOK.points(LOOK.width) / 72 * LOOK.dpi) and all(image.info[k] for k in ("Title", "Alt"))
        address = urlsplit(image.info["Source"])
    assert address.path == "network"
    experiment, complaints = link.decode(dict(parse_qsl(address.query)), TRAININGS)
    assert not complaints and link.encode(experiment) == dict(parse_qsl(address.query))


def test_maps_show_the_colours_of_their_values_in_one_range() -> None:
    bowl = SURFACES["bowl"]()
    grids = [
        slice_through(bowl, DIRECTIONS["given"](), given=np.eye(2), window=[(-r, r)] * 2, cells=41).grid for r in (1.0, 2.0)
    ]
    image = np.asarray(maps([Panel("near", "", grids[0]), Panel("far", "", grids[1])], log=False).convert("RGB")).astype(float)
    _, boxes = in_a_row(2, bar=True, ratio=1.0, foot=NAMES)
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
def test_a_picture_can_be_made_again() -> None:
    made = PICTURES["paths-digits"]()
    with Image.open(FOLDER / "paths-digits.png") as image:
        assert (image.info["Description"], image.info["Title"]) == (made.caption, made.title)
        difference = np.abs(np.asarray(image.convert("RGB")).astype(int) - np.asarray(made.image.convert("RGB")))
    assert difference.mean() < 0.5
