"""The typeface, and how much room words take.

Source Sans Pro, the face of the app, comes as a package of fonts; what it lacks is taken from matplotlib's own DejaVu Sans, so
that a figure is the same on every machine, whatever fonts it has.
"""

from __future__ import annotations

from functools import cache, lru_cache
from importlib.resources import files

from matplotlib.font_manager import FontProperties, fontManager
from matplotlib.textpath import text_to_path

FAMILY = ["Source Sans Pro", "DejaVu Sans"]
REGULAR, STRONG = 400, 700


@cache
def _register() -> None:
    for weight in ("Regular", "Bold"):
        fontManager.addfont(str(files("font_source_sans_pro") / "files" / f"SourceSansPro-{weight}.ttf"))


@lru_cache(maxsize=256)
def font(size: float, weight: int = REGULAR) -> FontProperties:
    """The typeface in a size in points. Shared: never set anything on it."""
    _register()
    return FontProperties(family=FAMILY, size=size, weight=weight)


@lru_cache(maxsize=4096)
def width(text: str, size: float, weight: int = REGULAR) -> float:
    """How wide a line of text is, in points."""
    return float(text_to_path.get_text_width_height_descent(text, font(size, weight), False)[0])


def wrapped(text: str, size: float, room: float, weight: int = REGULAR) -> list[str]:
    """The text in lines that are no wider than `room` points; a word that is wider alone is cut with an ellipsis."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and width(longer, size, weight) <= room:
            lines[-1] = longer
        else:
            lines.append(cut(word, size, room, weight))
    return lines


def cut(text: str, size: float, room: float, weight: int = REGULAR) -> str:
    """The text, its end replaced by an ellipsis where it is wider than `room` points."""
    if width(text, size, weight) <= room:
        return text
    while text and width(text + "…", size, weight) > room:
        text = text[:-1]
    return text.rstrip() + "…"
