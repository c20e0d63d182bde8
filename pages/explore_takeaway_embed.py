"""An exploration in another page: links, and an iframe with parts of the page left out."""

from __future__ import annotations

from pages.embed import link_and_frame
from pages.explore_controls import HIDEABLE
from pages.explore_takeaway_asked import Taken, link_of

INSTEAD = "take a figure or the data: they need no server."


def embed(shown: Taken) -> None:
    """A link, and an iframe with parts hidden."""
    link_and_frame(
        "this exploration", link_of(shown.view), INSTEAD, HIDEABLE, shown.title, "explore.take",
        lambda own, hidden: link_of(shown.view, own, hide=hidden),
    )  # fmt: skip
