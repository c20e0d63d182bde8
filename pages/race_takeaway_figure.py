"""The race as a figure: composed of map, losses and eigenvalues, or as small multiples over learning rates."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from pages import cached, race_view
from pages.race_controls import race
from pages.race_takeaway_look import PANELS, PRESETS, choose, preset_of
from pages.race_takeaway_offer import downloads, preview, wanted, words

AROUND = {0.1: "÷ 10", 1 / 3: "÷ 3", 1.0: "× 1", 3.0: "× 3", 10.0: "× 10"}
NARROW = ("column", "card")  # three panels side by side can be read, five cannot
MOST_RATES = 8
Rates = tuple[list[tuple[float, ...]], tuple[str, ...], bool]


def composed() -> None:
    """Map, losses and eigenvalues on one sheet."""
    landscape = cached.landscape_of(race.experiment)
    preset = preset_of("figure", PRESETS, "page")
    above = st.container()
    with st.container(horizontal=True):
        chosen = choose("figure", preset, race_view.title(landscape, race.experiment), landscape.domain, panels=PANELS)
        drawn = preview(above, lambda: wanted(landscape, chosen))
        if drawn:
            downloads(*drawn, name="race")
    if drawn:
        words(drawn[1])


def multiples() -> None:
    """A panel for each optimizer at each of some learning rates."""
    landscape = cached.landscape_of(race.experiment)
    if landscape.dim != 2:
        st.info("Small multiples are of maps: this landscape has one coordinate.", icon=":material/info:")
        return
    preset = preset_of("multiples", PRESETS, "page")
    try:
        rates, columns, named = _rates(preset)
    except ValueError as error:
        st.error(str(error), icon=":material/error:")
        return
    above = st.container()
    with st.container(horizontal=True):
        chosen = choose("multiples", preset, race_view.title(landscape, race.experiment), landscape.domain)
        drawn = preview(
            above, lambda: replace(wanted(landscape, chosen), rates=tuple(rates), columns=columns, named=named), tallest=1200
        )
        if drawn:
            downloads(*drawn, name="multiples")
    if drawn:
        words(drawn[1])


def _rates(preset: str) -> Rates:
    """The learning rates of each entrant's panels, names over the columns, and whether rows have names beside them.

    Rates around an entrant's own are rounded to three digits. Raises ValueError with a sentence for a field that is wrong.
    """
    own = [choice.parameters["lr"] for choice in race.experiment.optimizers]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        how = st.segmented_control(
            "Learning rates", ["own", "same"], default="own", required=True, key="take.multiples.how", persist_state="page",
            format_func={"own": "Around each one's own", "same": "The same for all"}.get, wrap=True,
        )  # fmt: skip
        if how == "own":
            usual = list(AROUND)[1:4] if preset in NARROW else list(AROUND)
            picked = st.pills(
                "Times", list(AROUND), selection_mode="multi", format_func=AROUND.get, key=f"take.multiples.factors.{preset}",
                default=usual, persist_state="page", wrap=True,
            )  # fmt: skip
            factors = [factor for factor in AROUND if factor in picked]
            if not factors:
                raise ValueError("Choose one factor at least.")
            rows = [tuple(lr if f == 1 else float(f"{lr * f:.3g}") for f in factors) for lr in own]
            return rows, tuple(f"lr {AROUND[f]}" for f in factors), False
        typed = st.text_input("Rates", "0.001, 0.01, 0.1", key="take.multiples.rates", persist_state="page")
    try:
        same = tuple(float(part) for part in typed.split(",") if part.strip())
    except ValueError:
        same = ()
    if not 1 <= len(same) <= MOST_RATES:
        raise ValueError(f"Learning rates are 1 to {MOST_RATES} numbers, with commas between them.")
    return [same] * len(own), tuple(f"lr {rate:g}" for rate in same), True
