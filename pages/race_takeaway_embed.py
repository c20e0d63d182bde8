"""The race in another page or on a wall: links, an iframe, and presenter mode."""

from __future__ import annotations

from html import escape
from urllib.parse import urlencode, urlsplit

import streamlit as st

from experiments import Experiment, link
from pages import cached, race_view
from pages.race_controls import race

PARTS = {
    "title": "Title",
    "controls": "Controls",
    "charts": "Charts",
    "table": "Table",
    "sections": "Sections",
    "formula": "Formula",
}
COLOURS = {"": "Reader's own", "light_theme": "Light", "dark_theme": "Dark"}
LOCAL = ("localhost", "127.0.0.1", "::1")
ONLY_HERE = (
    "This address is of your own computer, so the link opens there only. For readers elsewhere take the interactive HTML under "
    "“Data and code”, which needs no server."
)
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
    if urlsplit(st.context.url or "").hostname in LOCAL:
        st.info(ONLY_HERE, icon=":material/home:")
    st.markdown("**Link to this race**")
    st.code(link_of(experiment, **shown), language=None, wrap_lines=True)
    st.markdown("**In a page of yours**")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        hidden = st.pills(
            "Hide", list(PARTS), selection_mode="multi", default=list(PARTS), format_func=PARTS.get, key="take.hide",
            persist_state="page", wrap=True,
        )  # fmt: skip
        colours = st.segmented_control(
            "Colours", list(COLOURS), default="", required=True, format_func=COLOURS.get, key="take.colours",
            persist_state="page", wrap=True,
        )  # fmt: skip
        height = st.number_input("Height, px", 300, 3000, 760, 20, key="take.tall", width=150, persist_state="page")
    own = [("embed", "true"), *([("embed_options", colours)] if colours else [])]
    address = link_of(experiment, tuple(own), **shown, hide=",".join(part for part in PARTS if part in hidden))
    st.code(
        f'<iframe src="{escape(address)}" title="{escape(title)}" loading="lazy" allowfullscreen\n'
        f'  style="width: 100%; height: {height}px; border: 0"></iframe>',
        language="html", wrap_lines=True,
    )  # fmt: skip
    st.link_button("See it alone", address, icon=":material/open_in_new:")
    st.markdown("**In a room**")
    st.caption("Presenter mode: large letters, the stage as tall as the window, keys, and no sidebar.")
    st.link_button("Open presenter mode", link_of(experiment, **shown, present="1"), icon=":material/present_to_all:")
