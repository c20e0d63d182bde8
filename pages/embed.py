"""A view of the app in a page of somebody else's: its link, and an iframe that leaves parts of the page out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape
from urllib.parse import urlsplit

import streamlit as st

COLOURS = {"": "Reader's own", "light_theme": "Light", "dark_theme": "Dark"}
LOCAL = ("localhost", "127.0.0.1", "::1")
Fields = tuple[tuple[str, str], ...]


def link_and_frame(
    what: str, link: str, instead: str, parts: Mapping[str, str], title: str, key: str, address: Callable[[Fields, str], str]
) -> None:
    """The `link` to `what`, and the iframe's text with some of `parts` hidden, for which `address` takes Streamlit's own
    fields and the hidden parts. `instead` says what serves readers elsewhere while this server is the visitor's computer.
    """
    copyable_link(what, link, instead)
    st.markdown("**In a page of yours**")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        hidden = st.pills(
            "Hide", list(parts), selection_mode="multi", default=list(parts), format_func=parts.get, key=f"{key}.hide",
            persist_state="page", wrap=True,
        )  # fmt: skip
        colours = st.segmented_control(
            "Colours", list(COLOURS), default="", required=True, format_func=COLOURS.get, key=f"{key}.colours",
            persist_state="page", wrap=True,
        )  # fmt: skip
        height = st.number_input("Height, px", 300, 3000, 760, 20, key=f"{key}.tall", width=150, persist_state="page")
    own = (("embed", "true"), *([("embed_options", colours)] if colours else []))
    framed = address(own, ",".join(part for part in parts if part in hidden))
    st.code(
        f'<iframe src="{escape(framed)}" title="{escape(title)}" loading="lazy" allowfullscreen\n'
        f'  style="width: 100%; height: {height}px; border: 0"></iframe>',
        language="html", wrap_lines=True,
    )  # fmt: skip
    st.link_button("See it alone", framed, icon=":material/open_in_new:")


def copyable_link(what: str, link: str, instead: str) -> None:
    """The `link` to `what`; `instead` is as above."""
    if urlsplit(st.context.url or "").hostname in LOCAL:
        said = f"This address is of your own computer, so the link opens there only. For readers elsewhere {instead}"
        st.info(said, icon=":material/home:")
    st.markdown(f"**Link to {what}**")
    st.code(link, language=None, wrap_lines=True)
