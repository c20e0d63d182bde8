"""Make the pictures of docs/gallery.md, and the page from what is written inside them.

    python -m benchmarks.gallery               # every picture, some minutes; MNIST is read from RAVINE_DATA
    python -m benchmarks.gallery NAME ...      # these pictures
    python -m benchmarks.gallery --page        # only the page, from the pictures that there are

A picture's words, the link of its training and its slices, each with its link, are in its file, so that a page can be made of
some new and some old ones. Trainings and cells are kept where the app keeps them: who has made a picture finds its slices done.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import torch
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from benchmarks.gallery.picture import Picture
from benchmarks.gallery.pictures import PICTURES
from benchmarks.gallery.slices import address

DOCS = Path(__file__).parents[2] / "docs"
FOLDER, PAGE = DOCS / "images" / "gallery", DOCS / "gallery.md"
APP = "http://localhost:8501/"
HEAD = f"""# Gallery

Slices of the loss of real networks on digits and MNIST. Every picture can be made again by the command under it; the numbers in
its caption were measured when it was. Links are below the address of the app (`streamlit run app.py` opens it at
`{APP}`). One opens the training that the picture is of. Where the app can show what is drawn, others open the
very slices; while their training is not there yet, the page says so, offers it, and opens the slice after it.
"""


def store(name: str, picture: Picture) -> Path:
    """Write a picture with its words inside."""
    slices = [
        {"name": title, "link": address(shown.spec.training, shown), "slice": shown.spec.as_json()}
        for title, shown in picture.slices.items()
    ]
    info = PngInfo()
    for key, text in (
        ("Title", picture.title),
        ("Alt", picture.alt),
        ("Description", picture.caption),
        ("Source", address(picture.training)),
        ("Slices", json.dumps(slices)),
    ):
        info.add_itxt(key, text, zip=key == "Slices")
    path = FOLDER / f"{name}.png"
    FOLDER.mkdir(parents=True, exist_ok=True)
    picture.image.save(path, pnginfo=info, optimize=True)
    return path


def page() -> str:
    """The page, every word of which is in the pictures."""
    parts = [HEAD]
    for name in PICTURES:
        with Image.open(FOLDER / f"{name}.png") as image:
            words = image.info
        links = [("train it", words["Source"])]
        slices = json.loads(words["Slices"])
        links += [(f"open the slice “{one['name']}”", one["link"]) for one in slices]
        said = " · ".join(f"[{text}]({APP}{link})" for text, link in links)
        parts.append(
            f"## {words['Title']}\n\n![{words['Alt']}](images/gallery/{name}.png)\n\n{words['Description']}\n\n"
            f"`python -m benchmarks.gallery {name}` · in the app: {said}\n"
        )
    return "\n".join(parts)


def main(arguments: Sequence[str]) -> None:
    unknown = [name for name in arguments if name not in PICTURES and name != "--page"]
    if unknown:
        raise SystemExit(f"usage: python -m benchmarks.gallery [--page | NAME ...], with NAME of: {', '.join(PICTURES)}")
    torch.set_num_threads(1)
    for name in [] if "--page" in arguments else arguments or PICTURES:
        began = time.monotonic()
        path = store(name, PICTURES[name]())
        print(f"{path.name}: {path.stat().st_size / 1024:.0f} kB, {time.monotonic() - began:.0f} s", file=sys.stderr)
    if all((FOLDER / f"{name}.png").exists() for name in PICTURES):
        PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
