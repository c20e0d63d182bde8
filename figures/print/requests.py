"""What the drawing processes can be asked: files of figures and of animations. Both are `experiments.requests.Request`s.

A figure is asked for by its race, which is run again here: the same numbers as on the page, from a question that is short
enough to be its own key. matplotlib is loaded in the child only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np

from experiments import Experiment, slices
from experiments.frames import Arrays
from experiments.race import Entrant, enter, height_map
from experiments.requests import Answer, Cancelled, Report, Request
from experiments.slice_choice import spec_of
from experiments.spec import SLICE, Choice
from figures.caption import alt_text, caption
from figures.multiples_caption import multiples_alt, multiples_caption
from figures.print.animate import animating
from figures.print.exhibit import Exhibit
from figures.print.explored import Explored
from figures.print.look import Look
from figures.print.of_race import map_of, paths_of, plate_of
from figures.print.plate import Multiples, Plate
from figures.print.render import render
from figures.print.sliced import Sliced
from figures.print.wanted import Wanted, Window

# A film of ten seconds, or an exploration or a slice that is computed again, never stands before a figure.
DRAWING, FILMING, EXPLORING, SLICING = "drawing", "filming", "exploring", "slicing"
MOST_PIXELS = 250e6  # of all frames of a film: it is in memory as a whole
Asked = Callable[[], bool]


@dataclass(frozen=True)
class Drawing:
    """A file, and what it shows in words."""

    data: bytes
    caption: str
    alt: str

    @property
    def pixels(self) -> tuple[int, int]:
        """Width and height of a PNG, as its header says."""
        return int.from_bytes(self.data[16:20], "big"), int.from_bytes(self.data[20:24], "big")


def draw(arguments: Mapping[str, Any], report: Report, cancelled: Asked) -> Answer:
    """{"wanted": JSON, "format": "png", "scale": 2} -> a Drawing; wanted is of a `Wanted`, an `Explored` or a `Sliced`."""
    look, plate, words = _asked(arguments["wanted"], cancelled)
    return words, _file(render(plate, look, arguments["format"], arguments.get("scale", 1)))


def film(arguments: Mapping[str, Any], report: Report, cancelled: Asked) -> Answer:
    """{"wanted": JSON, "format": "gif", "seconds": 5, "fps": 20} -> a Drawing; reports which fraction of it is made."""
    wanted = Wanted.from_json(arguments["wanted"])
    plate, words = _plate(wanted, cancelled)
    if isinstance(plate, Multiples):
        raise ValueError("small multiples stand still")
    count, most = round(arguments["seconds"] * arguments["fps"]), int(MOST_PIXELS / _pixels(wanted.look))
    if count > most:
        raise ValueError(f"at this size an animation has {most} frames at most, not {count}: fewer seconds, or fewer in each")
    data = None
    for made in animating(plate, wanted.look, arguments["format"], arguments["seconds"], arguments["fps"]):
        if cancelled():
            raise Cancelled
        report({"fraction": made.fraction}, {})
        data = made.data
    assert data is not None
    return words, _file(data)


def _pixels(look: Look) -> float:
    """How many a frame has; where the height is open, as many as in a square."""
    return look.points(look.width) * look.points(look.height or look.width) * (look.dpi / 72) ** 2


def _file(data: bytes) -> Arrays:
    return {"file": np.frombuffer(data, np.uint8)}


def drawing_from(meta: Mapping[str, Any], arrays: Arrays) -> Drawing:
    """The answer of `draw` or `film` as a record."""
    return Drawing(arrays["file"].tobytes(), meta["caption"], meta["alt"])


def _asked(data: Mapping[str, Any], cancelled: Asked) -> tuple[Look, Plate | Multiples | Exhibit, dict[str, str]]:
    """The look of what is wanted, a figure of a race, an exploration or a slice, and what of it is drawn and said."""
    if "view" in data:
        from figures.print import slicing

        slice = Sliced.from_json(data)
        look, made = slice.look, slicing.told(slice, cancelled)
    elif "tab" in data:
        from figures.print import exploring

        exploration = Explored.from_json(data)
        look, made = exploration.look, exploring.told(exploration, cancelled)
    else:
        race = Wanted.from_json(data)
        return race.look, *_plate(race, cancelled)
    return look, made.exhibit, {"caption": made.caption, "alt": made.alt}


def _plate(wanted: Wanted, cancelled: Asked) -> tuple[Plate | Multiples, dict[str, str]]:
    """What is drawn, and its caption and alternative text."""
    race, labels, window = wanted.experiment, wanted.labels, wanted.window
    landscape = _landscape(_alone(race))
    heights = _heights(_alone(race), window)
    if not wanted.rates:
        entries = [_entry(race.solo(i), cancelled) for i in range(len(labels))]
        said = caption(race, landscape, entries, labels, window=window, note=wanted.note)
        plate = plate_of(
            race, landscape, entries, labels, heights,
            title=wanted.title, window=window, annotation=wanted.annotation, note=wanted.note,
        )  # fmt: skip
        words = {"caption": said, "alt": alt_text(race, landscape, entries, labels, window)}
        return replace(plate, link=wanted.link), words
    rows = [_row(race, i, rates) for i, rates in enumerate(wanted.rates)]
    table = [[_entry(row.solo(i), cancelled) for i in range(len(row.optimizers))] for row in rows]
    said = multiples_caption(rows, landscape, table, labels, window=window, note=wanted.note)
    multiples = Multiples(
        wanted.title,
        map_of(landscape, heights, window),
        [paths_of(row, entries, [label] * len(entries)) for row, entries, label in zip(rows, table, labels)],
        labels if wanted.named else (),
        wanted.columns,
        wanted.annotation,
        wanted.note,
        said,
        wanted.link,
    )
    return multiples, {"caption": said, "alt": multiples_alt(rows, landscape, table, labels, window)}


def _row(race: Experiment, index: int, rates: tuple[float, ...]) -> Experiment:
    return replace(race, optimizers=tuple(race.optimizers[index].with_parameters(lr=rate) for rate in rates))


def _alone(race: Experiment) -> Experiment:
    """The race without all that does not change its landscape."""
    return replace(race, optimizers=(Choice("sgd"),), start=None, steps=0, seed=0, batch_size=None, budget="steps")


@lru_cache(maxsize=8)
def _landscape(alone: Experiment) -> Any:
    return alone.make_landscape()


@lru_cache(maxsize=16)
def _heights(alone: Experiment, window: Window | None) -> np.ndarray:
    """Fine enough for print, except on a slice, where each place is a pass over its data."""
    landscape = _landscape(alone)
    spec = None if alone.training is None else spec_of(alone.landscape, alone.training)
    if spec is not None:
        from experiments.slice_surface import heights

        return heights(spec, None if window is None else tuple((float(low), float(high)) for low, high in window))
    if alone.landscape.key != SLICE:
        return height_map(landscape, window or landscape.domain, 320 if landscape.dim == 2 else 2001)
    stored = slices.stored(alone.training) if alone.training and window is None else None
    if stored is not None and alone.landscape.parameters.get("samples") is None:
        return np.asarray(stored.heights, np.float32)
    return height_map(landscape, window or landscape.domain, 81)


def _entry(solo: Experiment, cancelled: Asked) -> Entrant | str:
    """One run, or the sentence that says why it cannot be."""
    if cancelled():
        raise Cancelled
    return _entered(solo)


@lru_cache(maxsize=256)
def _entered(solo: Experiment) -> Entrant | str:
    landscape = _landscape(_alone(solo))
    reason = solo.optimizer(0).disabled_because(landscape)
    if reason:
        return reason
    return enter(solo, landscape if solo.batch_size is None else landscape.on_batches(solo.batch_size))


REQUESTS: Mapping[str, Request] = {
    "draw": Request(DRAWING, "figures.print.requests:draw", drawing_from, needs="figures.print.compose"),
    "draw_exploration": Request(EXPLORING, "figures.print.requests:draw", drawing_from, needs="figures.print.exploring"),
    "draw_slice": Request(SLICING, "figures.print.requests:draw", drawing_from, needs="figures.print.slicing"),
    "film": Request(FILMING, "figures.print.requests:film", drawing_from, needs="figures.print.compose"),
}
