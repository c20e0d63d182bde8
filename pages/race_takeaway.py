"""Take the race away: figures, animations, its data and code, and a place in another page."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import streamlit as st

from figures.theme import Mode
from pages import race_takeaway_data, race_takeaway_embed, race_takeaway_figure, race_takeaway_film

PARTS: Mapping[str, tuple[str, Callable[[], None]]] = {
    "figure": (":material/image: Figure", race_takeaway_figure.composed),
    "multiples": (":material/grid_view: Small multiples", race_takeaway_figure.multiples),
    "film": (":material/movie: Animation", race_takeaway_film.film),
    "data": (":material/data_object: Data and code", race_takeaway_data.data),
    "embed": (":material/share: Link and embed", race_takeaway_embed.embed),
}


@st.fragment
def section(mode: Mode) -> None:
    """One thing to take away at a time; the others cost nothing. The look is chosen here, whatever `mode` the page has."""
    part = st.segmented_control(
        "What to take away", list(PARTS), default="figure", required=True, format_func=lambda key: PARTS[key][0],
        key="take.part", persist_state="page", label_visibility="collapsed",
    )  # fmt: skip
    PARTS[part][1]()
