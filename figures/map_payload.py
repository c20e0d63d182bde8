"""A map as the one blob that the canvas in the browser reads; its form is that of `figures.payload`.

Codes and numbers, which are most of the bytes, are left out where the browser has them already.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from figures.cell_map import CellMap, Field, MapPanel
from figures.payload import Arrays
from figures.theme import FONT, GROUNDS

VERSION = 1


def map_payload(picture: CellMap, have: str = "", seq: int = 0, key: str = "", connected: bool = True) -> bytes:
    """The blob for the browser. `have` is the key of the map that it shows, `seq` the last event that Python saw."""
    arrays, sent = Arrays(), have != picture.key
    film = picture.film
    header = {
        "version": VERSION,
        "id": key,
        "seq": seq,
        "connected": connected,
        "of": picture.of,
        "key": picture.key,
        "title": picture.title,
        "note": picture.note,
        "x": asdict(picture.x),
        "y": picture.y and asdict(picture.y),
        "shape": list(picture.shape),
        "stride": picture.stride,
        "equal": picture.equal,
        "choosable": picture.choosable,
        "chosen": None if picture.chosen is None else list(picture.chosen),
        "panels": [_panel(panel, arrays, sent) for panel in picture.panels],
        "fields": [_field(one, arrays, sent) for one in picture.fields],
        "palette": {mode: list(colours) for mode, colours in picture.palette.items()},
        "bar": picture.bar and asdict(picture.bar),
        "patches": [asdict(patch) for patch in picture.patches],
        "film": film
        and {
            "steps": arrays.place(film.steps, "<i4"),
            "codeOf": arrays.place(film.code_of, "u1"),
            "speed": float(film.speed),
        },
        "grounds": {mode: asdict(ground) for mode, ground in GROUNDS.items()},
        "font": FONT,
    }
    return arrays.behind(header)


def _panel(panel: MapPanel, arrays: Arrays, sent: bool) -> dict[str, Any]:
    dtype = "u1" if panel.codes.dtype == np.uint8 else "<u2"
    return {
        "label": panel.label,
        "note": panel.note,
        "codes": arrays.place(panel.codes, dtype) if sent else None,
        "lines": [
            {
                "label": line.label,
                "look": line.look,
                "text": line.text,
                "xs": arrays.place(line.xs),
                "ys": arrays.place(line.ys),
            }
            for line in panel.lines
        ],
        "marks": [asdict(mark) for mark in panel.marks],
    }


def _field(one: Field, arrays: Arrays, sent: bool) -> dict[str, Any]:
    values = one.values if not one.words else one.values.astype(np.uint8)
    kind = {"u1": "u1", "i4": "<i4", "i1": "<i4"}.get(values.dtype.str[1:], "<f8")
    return {"name": one.name, "words": list(one.words), "kind": kind, "values": arrays.place(values, kind) if sent else None}
