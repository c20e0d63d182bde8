"""How a figure to take away looks: a preset, and below it everything that can be said otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from figures.components.stage import window
from figures.print import LOOKS, Look
from figures.print.look import POINTS

PRESETS = {
    "column": ":material/article: Paper, one column",
    "page": ":material/menu_book: Paper, two columns",
    "slide": ":material/slideshow: Slide 16:9",
    "card": ":material/wysiwyg: Social card",
    "dark": ":material/dark_mode: Dark",
}
BIGGEST = {"mm": 420.0, "px": 4096.0}  # a sheet of A2 is 420 mm wide
SMALLEST = {"mm": 20.0, "px": 100.0}
PANELS = {"loss": "Loss", "eigenvalues": "Eigenvalues"}
NONE: Mapping[str, str] = {}


@dataclass(frozen=True)
class Chosen:
    """A look and its words. `title` is empty where the visitor leaves it to the app; `zoomed`: show what the stage shows."""

    preset: str
    look: dict[str, Any]
    title: str
    annotation: str
    zoomed: bool

    def made(self) -> Look:
        """Raises ValueError for a look that cannot be."""
        return Look(**self.look)


def preset_of(part: str, presets: Mapping[str, str], first: str) -> str:
    """Which of the presets."""
    chosen: str = st.segmented_control(
        "Made for", list(presets), default=first, required=True, format_func=presets.get, key=f"take.{part}.preset",
        persist_state="page", label_visibility="collapsed",
    )  # fmt: skip
    return chosen


def choose(
    part: str, key: str, title: str, home: Any = None, *, start: Look | None = None, panels: Mapping[str, str] = NONE
) -> Chosen:
    """Fields for all of a look, in a popover, that begin as the preset `key`, or `start`, has them.

    `title` is what the figure is called when nothing is typed, `home` the domain of a landscape that the stage may show a part
    of; `panels` are those that may stand beside the map. Without `start` a height may be left open, and sizes may be in mm.
    """
    begin, kept = start or LOOKS[key], {"persist_state": "page"}
    name = f"take.{part}.{key}"
    with st.popover("Size, words, ground", icon=":material/tune:"):
        unit: str = "px" if start else st.segmented_control(
            "Size in", list(POINTS), default=begin.unit, required=True, key=f"{name}.unit", **kept
        )  # fmt: skip
        scale = POINTS[begin.unit] / POINTS[unit]
        limits = {"min_value": SMALLEST[unit], "max_value": BIGGEST[unit], "step": 1.0, "format": "%g"}
        left, middle, right = st.columns(3)
        width = left.number_input("Width", value=_round(begin.width * scale), key=f"{name}.width.{unit}", **limits, **kept)
        tall = None if begin.height is None else _round(begin.height * scale)
        height = middle.number_input(
            "Height", value=tall, key=f"{name}.height.{unit}", placeholder="as needed", **limits, **kept
        )
        font = right.number_input(
            "Letters, pt", 7.0, 72.0, float(round(begin.font, 1)), 0.5, "%g", key=f"{name}.font", **kept,
            help="Made smaller where there is no room for them, never below what can be read.",
        )  # fmt: skip
        typed = st.text_input("Title", placeholder=title, key=f"{name}.title", max_chars=200, **kept)
        annotation = st.text_input(
            "Annotation", placeholder="a line under the title", key=f"{name}.note", max_chars=400, **kept
        )
        with st.container(horizontal=True):
            titled = st.toggle("Show the title", value=begin.title, key=f"{name}.titled", **kept)
            letters = bool(panels) and st.toggle("Letters A, B, C", value=begin.letters, key=f"{name}.letters", **kept)
        also = list(PANELS) if panels else []
        if panels:
            shown = [panel for panel in begin.panels if panel in panels]
            also = st.pills(
                "Beside the map", list(panels), selection_mode="multi", default=shown, format_func=panels.get,
                key=f"{name}.panels", **kept,
            )  # fmt: skip
        with st.container(horizontal=True, vertical_alignment="center"):
            mode = st.segmented_control(
                "Ground", ["light", "dark"], default=begin.mode, required=True, format_func=str.capitalize, key=f"{name}.mode",
                label_visibility="collapsed", **kept,
            )  # fmt: skip
            clear = start is None and st.toggle("Transparent ground", key=f"{name}.clear", **kept)
        zoomed = (
            home is not None
            and window("stage", tuple(home)) != tuple(home)
            and st.toggle("The map as zoomed on the stage", value=True, key=f"{name}.zoomed", **kept)
        )
    said = {
        "width": width,
        "height": height,
        "unit": unit,
        "font": font,
        "dpi": 96.0 if unit == "px" else 300.0,
        "mode": mode,
        "transparent": clear,
        "title": titled,
        "letters": letters,
        "panels": ("map", *(panel for panel in panels if panel in also)),
    }
    return Chosen(key, said, typed.strip() or title, annotation.strip(), zoomed)


def _round(size: float) -> float:
    return float(round(size))
