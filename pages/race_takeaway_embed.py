"""The race in another page or on a wall: links, an iframe, and presenter mode."""

from __future__ import annotations

from urllib.parse import urlencode

import streamlit as st

from experiments import Experiment, link
from pages import cached, race_view
from pages.embed import link_and_frame
from pages.race_controls import race

PARTS = {
    "title": "Title",
    "controls": "Controls",
    "charts": "Charts",
    "table": "Table",
    "sections": "Sections",
    "formula": "Formula",
}
INSTEAD = "take the interactive HTML under “Data and code”, which needs no server."
state = st.session_state


def link_of(experiment: Experiment, more: tuple[tuple[str, str], ...] = (), **shown: str) -> str:
    """The address of a race; `shown` becomes its `show.` fields, `more` are Streamlit's own."""
    fields = link.encode(experiment) | {f"show.{name}": text for name, text in shown.items() if text}
    return f"{(st.context.url or '').rstrip('/')}/?{urlencode([*fields.items(), *more], safe=',')}"


def embed() -> None:
    """A link, an iframe with parts hidden, and a link to presenter mode."""
    experiment = race.experiment
    title = race_view.title(cached.landscape_of(experiment), experiment)
    shown = {"view": state.view, "tied": ",".join(state.tied)}
    link_and_frame(
        "this race", link_of(experiment, **shown), INSTEAD, PARTS, title, "take",
        lambda own, hidden: link_of(experiment, own, **shown, hide=hidden),
    )  # fmt: skip
    st.markdown("**In a room**")
    st.caption("Presenter mode: large letters, the stage as tall as the window, keys, and no sidebar.")
    st.link_button("Open presenter mode", link_of(experiment, **shown, present="1"), icon=":material/present_to_all:")
