"""The race as an animation that plays anywhere."""

from __future__ import annotations

from base64 import b64encode
from html import escape
from typing import Any

import streamlit as st

from figures.print import LOOKS, MOTION_MIME, can_write_mp4
from figures.print.animate import NO_MP4
from figures.print.requests import Drawing
from figures.print.wanted import Wanted
from pages import cached, race_view
from pages.race_controls import race
from pages.race_takeaway_look import NONE, PANELS, choose, preset_of
from pages.race_takeaway_offer import FAILURES, preview, sentence, wanted, words

SIZES = {
    "motion": ":material/crop_3_2: 800 × 600",
    "card": ":material/wysiwyg: Social card",
    "slide": ":material/slideshow: Slide 16:9",
    "dark": ":material/dark_mode: Dark",
}
LONGEST = 300.0  # seconds
WEBM = "WebM: choose Save at the top of the stage; your browser records what it plays."
state = st.session_state


def film() -> None:
    """How it looks and how long it takes, a still of it, and the button that makes it."""
    landscape = cached.landscape_of(race.experiment)
    key = preset_of("film", SIZES, "motion")
    formats = ["gif", "webp", *(["mp4"] if can_write_mp4() else [])]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        format = st.segmented_control(
            "File", formats, default="gif", required=True, key="take.film.format", persist_state="page",
            format_func={"gif": "GIF", "webp": "WebP", "mp4": "MP4"}.get,
        )  # fmt: skip
        seconds = st.number_input(
            "Seconds", 1.0, 15.0, 5.0, 0.5, "%g", key="take.film.seconds", width=150, persist_state="page",
            help="The whole race takes so long; then it stands for a moment and begins again.",
        )  # fmt: skip
        fps = st.number_input("Frames a second", 5, 30, 20, 5, key="take.film.fps", width=150, persist_state="page")
    st.caption(WEBM if can_write_mp4() else f"{WEBM} {NO_MP4}")
    above = st.container()
    with st.container(horizontal=True):
        named = race_view.title(landscape, race.experiment)
        several = len(LOOKS[key].panels) > 1
        chosen = choose("film", key, named, landscape.domain, start=LOOKS[key], panels=PANELS if several else NONE)
        drawn = _shown(above, lambda: wanted(landscape, chosen), format, seconds, fps)
    if drawn:
        words(drawn)


def _shown(place: Any, make: Any, format: str, seconds: float, fps: int) -> Drawing | None:
    """The film where it is made, else a still of it; the button that makes it or hands it over."""
    try:
        asked: Wanted = make()
    except ValueError as error:
        place.error(sentence(error), icon=":material/error:")
        return None
    question = {"wanted": asked.as_json(), "format": format, "seconds": seconds, "fps": fps}
    made, button = state.get("take.film"), st.empty()
    if (made is None or made[0] != question) and button.button("Make the animation", type="primary", icon=":material/movie:"):
        made = _make(place, question)
    if made is None or made[0] != question:
        still = preview(place, lambda: asked)
        return still[1] if still else None
    state["take.film"] = made
    _play(place, made[1], format, int(asked.look.width))
    button.download_button(
        f"{format.upper() if format != 'webp' else 'WebP'}, {len(made[1].data) / 1e6:.1f} MB", made[1].data,
        f"ravine-{race.experiment.landscape.key}.{format}", MOTION_MIME[format], key="take.film.file", on_click="ignore",
        type="primary", icon=":material/download:",
    )  # fmt: skip
    return made[1]


def _make(place: Any, question: dict[str, Any]) -> tuple[dict[str, Any], Drawing] | None:
    """Ask for the film and show how much of it there is; who turns away cancels it."""
    bar = place.progress(0.0, "Drawing the frames ...")
    call = cached.drawers().submit("film", question)
    try:
        for report in call.updates():
            bar.progress(min(report.meta["fraction"], 1.0), "Drawing the frames ...")
        return question, call.result(timeout=LONGEST)
    except FAILURES as error:
        place.error(sentence(error), icon=":material/error:")
        return None
    finally:
        if not call.done:
            call.cancel()
        bar.empty()


def _play(place: Any, made: Drawing, format: str, across: int) -> None:
    with place.container(border=True, horizontal_alignment="center"), st.container(width=across):
        if format == "mp4":
            st.video(made.data, "video/mp4", loop=True, autoplay=True, muted=True)
        else:  # as it is: st.image would take all frames but one out of a WebP, and out of a large GIF
            source = f"data:{MOTION_MIME[format]};base64,{b64encode(made.data).decode()}"
            st.html(f'<img src="{source}" alt="{escape(made.alt)}" style="width: 100%; display: block">')
