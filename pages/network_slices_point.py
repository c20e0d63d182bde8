"""The network at a point of the slice: its numbers, and what it decides there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import streamlit as st

from experiments.grids.cells import Cells
from experiments.grids.look import Decisions, Fit, Look, Mistakes
from experiments.grids.shown_slice import ShownSlice
from figures.decisions import decisions_figure, fit_figure
from figures.pixels import address, grey_or_colour
from figures.theme import Mode
from pages import network_slices_controls, network_slices_view
from pages.network_slices_work import Standing

SIDE = 64  # pixels of an image
ROW = "display: flex; flex-wrap: wrap; gap: 0.75rem"
FIGURE = f"margin: 0; width: {SIDE + 8}px; font-size: 0.8rem; line-height: 1.25; text-align: center"
SHARP = "image-rendering: pixelated"


def fields(view: ShownSlice, at: tuple[float, ...], cells: Cells) -> None:
    """A number for each axis."""
    for axis, column in enumerate(st.columns([1, 1, 0.6], vertical_alignment="bottom")[: len(at)]):
        with column:
            network_slices_controls.field(
                st.number_input, cells.labels[axis], f"at.{axis}", float(at[axis]),
                lambda v, axis=axis: replace(view, at=tuple(float(v) if i == axis else old for i, old in enumerate(at))),
                format="%.6g", step=float(np.diff(cells.window[axis])[0]) / 50,
            )  # fmt: skip


def show(now: Standing, mode: Mode) -> None:
    """What is known of the point."""
    if now.trouble:
        st.markdown(f":red[This point could not be looked at: {now.trouble}]")
    found: Look | None = now.result
    if found is None:
        st.caption("Looking ..." if now.running else "")
        return
    place = ", ".join(f"{v:.5g}" for v in found.at)
    numbers = " · ".join(f"{name.lower()} **{text}**" for name, text in network_slices_view.point_rows(dict(found.numbers)))
    st.markdown(f"At ({place}): {numbers}")
    picture = found.picture
    if isinstance(picture, Decisions):
        st.plotly_chart(decisions_figure(picture, mode), theme=None, key="network.slices.decisions")
        st.caption("The class that the network chooses for every input, paler where it is less sure; points are test samples.")
    elif isinstance(picture, Fit):
        st.plotly_chart(fit_figure(picture, mode), theme=None, key="network.slices.fit")
        st.caption("What the network predicts for every input; points are test samples.")
    elif isinstance(picture, Mistakes):
        images(picture)


def images(found: Mistakes) -> None:
    """Test images that the network gets wrong, with what it takes them for."""
    st.markdown(f"**{found.wrong:,} of {found.of:,}** test images are misclassified" + (":" if found.wrong else "."))
    if not found.wrong:
        return
    shown = zip(found.images, found.guess, found.labels, found.probability)
    st.html(f'<div style="{ROW}">{"".join(_figure(*one) for one in shown)}</div>')
    more = "" if len(found.images) == found.wrong else f"The first {len(found.images)} of them. "
    st.caption(
        f"{more}Under each what the network takes it for, what it is, and how probable the network finds its own answer."
    )


def _figure(image: np.ndarray, guess: int, label: int, sure: float) -> str:
    """An image with its words, as HTML."""
    words = f"{'nothing' if guess < 0 else guess}, true {label}"
    about = f'alt="A test image taken for {words}" width="{SIDE}" height="{SIDE}" style="{SHARP}"'
    probability = "" if np.isnan(sure) else f"<br>{sure:.0%}"
    picture = f'<img src="{address(grey_or_colour(image))}" {about}>'
    return f'<figure style="{FIGURE}">{picture}<figcaption>{words}{probability}</figcaption></figure>'
