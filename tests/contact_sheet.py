"""Every page and every opening race, light and dark, at phone, desk and projector width, in one picture.

    python -m tests.contact_sheet --out DIR

The single shots lie beside the sheet. This is for eyes: look at it after every change that can be seen.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import product
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont
from playwright.sync_api import BrowserContext, expect, sync_playwright

from experiments.presets import RACES
from tests.browser.chromium import FLAGS, MISSING, find
from tests.browser.server import serving
from tests.browser.visit import Visitor

WIDTHS = {360: 780, 1440: 900, 2560: 1440}
TALLEST = 4000  # of a whole page, in pixels of the shot
TALL = 520  # height of a shot on the sheet
GAP, LABEL = 18, 26
WAIT = 120_000  # milliseconds
DRAWN = ("", "network")  # pages that always have a canvas
WORKING = re.compile("^(Cancel|Stop)$")  # the button beside what is still being computed


@dataclass(frozen=True)
class View:
    """A page with what its link holds; `clicks` are texts on it that are clicked, one after the other."""

    name: str
    path: str
    fields: tuple[tuple[str, str], ...] = ()
    clicks: tuple[str, ...] = ()


VIEWS = (
    *(View(f"race {key}", "", (("on", key),)) for key in RACES),
    View("race in a random plane", "", (("on", "slice"), ("on.directions", "random"), ("race", "adam,newton,rmsprop"))),
    View("race along a line", "", (("on", "slice"), ("on.directions", "through"), ("on.axes", "first"), ("race", "adam"))),
    View("race, one panel each", "", (("show.view", "each"),)),
    View("race, diverging", "", (("0.lr", "0.021"),)),
    View("race, explained", "", (("show.why", "0"), ("show.step", "12"))),
    View("race, explained curve", "", (("on", "reddi"), ("show.why", "3"))),
    View(
        "race, single samples",
        "",
        (("on", "linear_neuron"), ("race", "nsgd_l2"), ("0.lr", "1"), ("0.eps", "0"), ("batch", "1")),
    ),
    View("race, figure", "", (), ("Take it away",)),
    View("race, small multiples", "", (), ("Take it away", "Small multiples")),
    View("race, data and code", "", (), ("Take it away", "Data and code")),
    View("race, link and embed", "", (), ("Take it away", "Link and embed")),
    View("race, in three dimensions", "", (("on", "himmelblau"),), ("In three dimensions",)),
    View("race, presented", "", (("show.present", "1"),)),
    View("race, embedded", "", (("embed", "true"), ("show.hide", "title,controls,charts,table,sections,formula"))),
    View("explore, map", "explore"),
    View("explore, line", "explore", (("show.tab", "line"),)),
    View("explore, basins", "explore", (("on", "himmelblau"), ("show.tab", "basins"))),
    View("explore, networks", "explore", (("show.tab", "networks"),)),
    View("explore, figure", "explore", (), ("Take it away",)),
    View("explore, cloud", "explore", (("show.tab", "cloud"),)),
    View("explore, tune", "explore", (("show.tab", "tune"),)),
    View("claims", "claims"),
    View("conformance", "conformance"),
    View("network", "network"),
    View("network, finished trainings", "network", (), ("Finished trainings",)),
    View("network, a slice", "network", (("show.slice.kind", "random"), ("show.slice.at", "0.3,0.2"))),
    View("network, two slices", "network", (("show.slice.kind", "random"), ("show.slice.beside", "end:3"))),
    View("network, a line", "network", (("show.slice.kind", "through"), ("show.slice.axes", "first"))),
    View("runs", "runs"),
)


def shoot(context: BrowserContext, address: str, view: View) -> tuple[Image.Image, list[str]]:
    """The whole page, stopped a second into playing, and what its console complained of."""
    visitor = Visitor(context.new_page(), address)
    try:
        visitor.open(view.path, **dict(view.fields))
        for text in view.clicks:
            visitor.page.get_by_text(text, exact=True).first.click()
            visitor.page.wait_for_timeout(1500)
            visitor.settle()
        if view.path in DRAWN:
            expect(visitor.page.locator("canvas.runs, canvas.cells").first).to_be_visible(timeout=WAIT)
        expect(visitor.page.get_by_test_id("stSkeleton")).to_have_count(0, timeout=WAIT)
        expect(visitor.page.get_by_role("button", name=WORKING)).to_have_count(0, timeout=WAIT)
        size = visitor.page.viewport_size
        assert size is not None
        # The page scrolls inside an element, so the window is made as tall as its content.
        height = visitor.page.evaluate("() => document.querySelector('[data-testid=stMain]').scrollHeight")
        visitor.page.set_viewport_size({"width": size["width"], "height": max(size["height"], min(int(height), TALLEST))})
        visitor.page.wait_for_timeout(1000)
        for playing in visitor.page.get_by_role("button", name="Pause", exact=True).all():
            playing.click()  # a stage that redraws itself by software in every frame may never hold still for a shot
        shot = Image.open(BytesIO(visitor.page.screenshot())).convert("RGB")
        wide = visitor.overflow()
        return shot, [*visitor.errors, *([f"{wide:.0f} px wider than the window"] if wide > 0 else [])]
    finally:
        visitor.page.close()


def sheet(rows: Sequence[Sequence[tuple[str, Image.Image]]]) -> Image.Image:
    """The shots as thumbnails of one height with their names; a tall one shows its upper part."""
    whole = [[(name, thumbnail(shot)) for name, shot in row] for row in rows]
    width = max(sum(thumb.width + GAP for _, thumb in row) for row in whole) + GAP
    page = Image.new("RGB", (width, GAP + len(whole) * (TALL + LABEL + GAP)), "#808890")
    pen, font = ImageDraw.Draw(page), ImageFont.load_default(15)
    for index, row in enumerate(whole):
        left, top = GAP, GAP + index * (TALL + LABEL + GAP)
        for name, thumb in row:
            pen.text((left, top), name, fill="#ffffff", font=font)
            page.paste(thumb, (left, top + LABEL))
            left += thumb.width + GAP
    return page


def thumbnail(shot: Image.Image) -> Image.Image:
    upper = shot.crop((0, 0, shot.width, min(shot.height, max(WIDTHS[shot.width] * 2, 1500))))
    return upper.resize((round(upper.width * TALL / upper.height), TALL), Image.Resampling.LANCZOS)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="folder for the sheet and the single shots")
    parser.add_argument("--only", default="", help="only views whose name contains this")
    asked = parser.parse_args(arguments)
    path = find()
    if path is None:
        print(MISSING, file=sys.stderr)
        return 1
    asked.out.mkdir(parents=True, exist_ok=True)
    troubles: list[str] = []
    with tempfile.TemporaryDirectory() as runs, serving(Path(runs)) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        rows: dict[str, list[tuple[str, Image.Image]]] = {view.name: [] for view in VIEWS if asked.only in view.name}
        for scheme, width in product(("light", "dark"), WIDTHS):
            context = browser.new_context(
                viewport={"width": width, "height": WIDTHS[width]},
                color_scheme=scheme,  # type: ignore[arg-type]
                has_touch=width < 800,
            )
            for view in (view for view in VIEWS if view.name in rows):
                name = f"{view.name}, {scheme}, {width}"
                shot, found = shoot(context, address, view)
                shot.save(asked.out / (name.replace(", ", "-").replace(" ", "_") + ".png"))
                rows[view.name].append((name, shot))
                troubles += [f"{name}: {trouble}" for trouble in found]
            context.close()
        browser.close()
    sheet(list(rows.values())).save(asked.out / "contact_sheet.png", optimize=True)
    print(f"{sum(map(len, rows.values()))} shots in {asked.out / 'contact_sheet.png'}")
    print("\n".join(troubles) if troubles else "No page complained in its console, none was wider than its window.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
