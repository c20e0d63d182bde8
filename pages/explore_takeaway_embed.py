"""An exploration in another page: links, and an iframe with parts of the page left out."""

from __future__ import annotations

from html import escape
from urllib.parse import urlsplit

import streamlit as st

from pages.explore_controls import HIDEABLE
from pages.explore_takeaway_asked import Taken, link_of
from pages.race_takeaway_embed import COLOURS, LOCAL

ONLY_HERE = (
    "This address is of your own computer, so the link opens there only. For readers elsewhere take a figure or the data: "
    "they need no server."
)


def embed(shown: Taken) -> None:
    """A link, and an iframe with parts hidden."""
    if urlsplit(st.context.url or "").hostname in LOCAL:
        st.info(ONLY_HERE, icon=":material/home:")
    st.markdown("**Link to this exploration**")
    st.code(link_of(shown.view), language=None, wrap_lines=True)
    st.markdown("**In a page of yours**")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        hidden = st.pills(
            "Hide", list(HIDEABLE), selection_mode="multi", default=list(HIDEABLE), format_func=HIDEABLE.get,
            key="explore.take.hide", persist_state="page", wrap=True,
        )  # fmt: skip
        colours = st.segmented_control(
            "Colours", list(COLOURS), default="", required=True, format_func=COLOURS.get, key="explore.take.colours",
            persist_state="page", wrap=True,
        )  # fmt: skip
        height = st.number_input("Height, px", 300, 3000, 760, 20, key="explore.take.tall", width=150, persist_state="page")
    own = (("embed", "true"), *([("embed_options", colours)] if colours else []))
    address = link_of(shown.view, own, hide=",".join(part for part in HIDEABLE if part in hidden))
    st.code(
        f'<iframe src="{escape(address)}" title="{escape(shown.title)}" loading="lazy" allowfullscreen\n'
        f'  style="width: 100%; height: {height}px; border: 0"></iframe>',
        language="html", wrap_lines=True,
    )  # fmt: skip
    st.link_button("See it alone", address, icon=":material/open_in_new:")
