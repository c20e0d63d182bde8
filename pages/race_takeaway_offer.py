"""A figure on offer: its preview, its files, and its words. What draws is a process of its own, shared by all visitors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

import streamlit as st

from experiments.worker import RequestError, WorkerError
from figures.components.stage import window
from figures.print import MIME, Look
from figures.print.explored import Explored
from figures.print.requests import Drawing
from figures.print.sliced import Sliced
from figures.print.wanted import Wanted
from pages import cached, race_tuning, race_view
from pages.race_controls import race
from pages.race_takeaway_embed import link_of
from pages.race_takeaway_look import Chosen
from pages.waiting import answer_of

W = TypeVar("W", Wanted, Explored, Sliced)
REQUESTS: Mapping[type, str] = {Wanted: "draw", Explored: "draw_exploration", Sliced: "draw_slice"}
LONGEST = 60.0  # seconds
SHARP = 1400  # pixels across of a preview
MOST_PIXELS = 120e6
FILES = (("PNG 1×", "png", 1), ("PNG 2×", "png", 2), ("PNG 3×", "png", 3), ("SVG", "svg", 1), ("PDF", "pdf", 1))
FAILURES = (RequestError, WorkerError, ValueError, TimeoutError)


def wanted(landscape: Any, chosen: Chosen) -> Wanted:
    """The race in the session as a figure with this look. Raises ValueError for a look that cannot be."""
    experiment, home = race.experiment, tuple(landscape.domain)
    note = race_tuning.noted(cached.race(experiment)[2], experiment)
    return Wanted(
        experiment,
        tuple(race_view.labels(experiment)),
        chosen.made(),
        chosen.title,
        chosen.annotation,
        f"{note[:1].upper()}{note[1:]}",
        link_of(experiment),
        window("stage", home) if chosen.zoomed else None,
    )


def preview(place: Any, make: Callable[[], W], tallest: int = 640) -> tuple[W, Drawing] | None:
    """The figure drawn and shown in `place`, at most `tallest` CSS pixels high; or None and there a sentence that says what is
    wrong."""
    try:
        asked = make()
        with place, st.spinner("Drawing ..."):
            seen = ask(cached.drawers(), replace(asked, look=_on_screen(asked.look)), "png")
    except FAILURES as error:
        place.error(sentence(error), icon=":material/error:")
        return None
    across, high = seen.pixels
    look = asked.look
    natural = 1.6 * look.points(look.width) / 0.75  # CSS pixels: what is small in print is shown larger than it will be
    with place.container(border=True, horizontal_alignment="center", gap="small"):
        with st.container(width=int(min(across, natural, tallest * across / high))):
            st.image(seen.data, width="stretch", alt=seen.alt)
        height = look.width * high / across if look.height is None else look.height
        st.caption(f"{look.width:g} × {height:.0f} {look.unit}", width="content")
    return asked, seen


def downloads(asked: Wanted | Explored | Sliced, seen: Drawing, name: str) -> None:
    """A button for each kind of file; it is drawn when it is asked for."""
    drawers, look = cached.drawers(), asked.look
    across, high = (side / _on_screen(look).dpi * look.dpi for side in seen.pixels)
    for label, format, scale in FILES:
        large = format == "png" and across * high * scale**2 > MOST_PIXELS
        told = {"png": f"{across * scale:,.0f} pixels across", "svg": "Lines and letters as outlines", "pdf": "Text stays text"}
        st.download_button(
            label,
            lambda format=format, scale=scale: ask(drawers, asked, format, scale).data,
            f"ravine-{asked.experiment.landscape.key}-{name}{f'-{scale}x' if format == 'png' else ''}.{format}",
            MIME[format],
            key=f"take.{name}.{format}{scale}",
            help=f"More than {MOST_PIXELS / 1e6:.0f} million pixels: too large" if large else told[format],
            on_click="ignore",
            type="primary" if (format, scale) == ("png", 2) else "secondary",
            disabled=large,
        )


def words(seen: Drawing) -> None:
    """Caption and alternative text, ready to copy."""
    left, right = st.columns([2, 1])
    left.caption("Caption. Formulas are LaTeX between dollars.")
    left.code(seen.caption, language=None, wrap_lines=True, height=210)
    right.caption("Alt text, for who cannot see the figure.")
    right.code(seen.alt, language=None, wrap_lines=True)


def ask(drawers: Any, asked: Wanted | Explored | Sliced, format: str, scale: int = 1) -> Drawing:
    """A figure's file. Raises what a worker's call does."""
    question = {"wanted": asked.as_json(), "format": format, "scale": scale}
    answer: Drawing = answer_of(drawers.submit(REQUESTS[type(asked)], question), LONGEST)
    return answer


def sentence(error: BaseException) -> str:
    """What went wrong, for a visitor."""
    if isinstance(error, TimeoutError):
        return "This took too long: others may be waiting for their figures too. Change something to ask again."
    text = str(error)
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."


def _on_screen(look: Look) -> Look:
    """The same picture with no more pixels than a screen shows."""
    return replace(look, dpi=min(look.dpi, SHARP / (look.points(look.width) / 72)))
