"""The network at a point of the slice: its numbers, and what it decides there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import streamlit as st

from experiments.grids.cells import Cells
from experiments.grids.look import Decisions, Fit, Look, Mistakes
from experiments.grids.shown_slice import ShownSlice
from figures.decisions import decisions_figure, fit_figure
from figures.theme import Mode
from pages import network_slices_controls, network_slices_view
from pages.network_slices_work import Standing

SIDE = 64  # pixels of an image


def fields(view: ShownSlice, at: tuple[float, ...], cells: Cells) -> None:
    """A number for each axis."""
    for axis, column in enumerate(st.columns([1, 1, 2])[: len(at)]):
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
    captions = [
        f"{_class(guess)}, true {label}" + ("" if np.isnan(sure) else f" ({sure:.0%})")
        for guess, label, sure in zip(found.guess, found.labels, found.probability)
    ]
    st.image([_pixels(image) for image in found.images], caption=captions, width=SIDE)
    more = "" if len(captions) == found.wrong else f"The first {len(captions)} of them. "
    st.caption(
        f"{more}Under each: what the network takes it for, what it is, and how probable the network finds its own answer."
    )


def _class(guess: int) -> str:
    return "nothing" if guess < 0 else f"taken for {guess}"


def _pixels(image: np.ndarray) -> np.ndarray:
    """`(channels, height, width)` as bytes, each pixel a block; numbers outside of [0, 1] are stretched to it."""
    low, high = min(float(image.min()), 0.0), max(float(image.max()), 1.0)
    colours = np.round(255 * (image - low) / (high - low)).astype(np.uint8).transpose(1, 2, 0)
    times = max(1, -(-SIDE // colours.shape[0]))
    block = colours.repeat(times, axis=0).repeat(times, axis=1)
    return np.asarray(block[:, :, 0] if block.shape[2] == 1 else block)
