"""Every page and every opening race, light and dark, at phone, desk and projector width, in one picture.

    python -m tests.contact_sheet --out DIR

The single shots lie beside the sheet. This is for eyes: look at it after every change that can be seen.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont
from playwright.sync_api import Browser, sync_playwright

from experiments.presets import RACES
from tests.browser.chromium import FLAGS, MISSING, find
from tests.browser.server import serving
from tests.browser.visit import Visitor

WIDTHS = {360: 780, 1440: 900, 2560: 1440}
TALLEST = 4000  # of a whole page, in pixels of the shot
THUMB = 460  # width of a shot on the sheet
GAP, LABEL = 18, 26


@dataclass(frozen=True)
class View:
    """A page with what its link holds."""

    name: str
    path: str
    fields: tuple[tuple[str, str], ...] = ()


VIEWS = (
    *(View(f"race {key}", "", (("on", key),)) for key in RACES),
    View("race, one panel each", "", (("show.view", "each"),)),
    View("race, diverging", "", (("0.lr", "0.021"),)),
    View("network", "network"),
    View("runs", "runs"),
)


def shoot(browser: Browser, address: str, view: View, width: int, dark: bool) -> tuple[Image.Image, list[str]]:
    """The whole page after two seconds of playing, and what its console complained of."""
    context = browser.new_context(
        viewport={"width": width, "height": WIDTHS[width]}, color_scheme="dark" if dark else "light", has_touch=width < 800
    )
    try:
        visitor = Visitor(context.new_page(), address)
        visitor.open(view.path, **dict(view.fields))
        visitor.page.wait_for_timeout(2000)
        # The page scrolls inside an element, so the window is made as tall as its content.
        height = visitor.page.evaluate("() => document.querySelector('[data-testid=stMain]').scrollHeight")
        visitor.page.set_viewport_size({"width": width, "height": max(WIDTHS[width], min(int(height), TALLEST))})
        visitor.settle()
        visitor.page.wait_for_timeout(700)
        shot = Image.open(BytesIO(visitor.page.screenshot())).convert("RGB")
        wide = visitor.overflow()
        return shot, [*visitor.errors, *([f"{wide:.0f} px wider than the window"] if wide > 0 else [])]
    finally:
        context.close()


def sheet(shots: Sequence[tuple[str, Image.Image]], columns: int) -> Image.Image:
    """All shots as thumbnails with their names, row by row."""
    thumbs = [(name, shot.resize((THUMB, round(shot.height * THUMB / shot.width)), Image.Resampling.LANCZOS)) for name, shot in shots]
    rows = [thumbs[i : i + columns] for i in range(0, len(thumbs), columns)]
    heights = [max(min(t.height, 2 * THUMB) for _, t in row) + LABEL + GAP for row in rows]
    whole = Image.new("RGB", (GAP + columns * (THUMB + GAP), GAP + sum(heights)), "#808890")
    pen, font = ImageDraw.Draw(whole), ImageFont.load_default(16)
    top = GAP
    for row, height in zip(rows, heights):
        for column, (name, thumb) in enumerate(row):
            left = GAP + column * (THUMB + GAP)
            pen.text((left, top), name, fill="#ffffff", font=font)
            whole.paste(thumb.crop((0, 0, THUMB, min(thumb.height, 2 * THUMB))), (left, top + LABEL))
        top += height
    return whole


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
    shots: list[tuple[str, Image.Image]] = []
    troubles: list[str] = []
    with tempfile.TemporaryDirectory() as runs, serving(Path(runs)) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        for view in (v for v in VIEWS if asked.only in v.name):
            for dark in (False, True):
                for width in WIDTHS:
                    name = f"{view.name}, {'dark' if dark else 'light'}, {width}"
                    shot, found = shoot(browser, address, view, width, dark)
                    shot.save(asked.out / (name.replace(", ", "-").replace(" ", "_") + ".png"))
                    shots.append((name, shot))
                    troubles += [f"{name}: {trouble}" for trouble in found]
        browser.close()
    sheet(shots, 2 * len(WIDTHS)).save(asked.out / "contact_sheet.png", optimize=True)
    print(f"{len(shots)} shots in {asked.out / 'contact_sheet.png'}")
    print("\n".join(troubles) if troubles else "No page complained in its console, none was wider than its window.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
