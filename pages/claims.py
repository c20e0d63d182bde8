"""What is said about optimizers, whether it holds, and the numbers that decide, each with the race that shows it."""

from __future__ import annotations

import streamlit as st

from experiments import link
from experiments.claims import CLAIMS, Claim, Measured
from experiments.claims.claim import Verdict
from pages import menu

COLOURS: dict[Verdict, str] = {"true": "green", "true, with a limit": "green", "partly": "orange", "false here": "red"}
INTRODUCTION = (
    "Sentences one reads about optimizers, each put to the test on a surface where the answer can be checked. The numbers are "
    "measured by this app when the page is made; the races behind them open with one click, to be moved and changed."
)
menu.require()


@st.cache_resource(show_spinner=False)
def measured(key: str) -> tuple[Measured, ...]:
    return CLAIMS[key].measured


def show(claim: Claim) -> None:
    with st.container(border=True):
        st.header(claim.title, anchor=claim.key)
        st.markdown(f"“{claim.claim}”")
        st.badge(claim.verdict.capitalize(), color=COLOURS[claim.verdict])  # type: ignore[arg-type]
        st.markdown(claim.reason)
        st.markdown("\n".join(f"- {m.what}: **{m.value:.4g}**" for m in measured(claim.key)))
        for name, race in claim.races.items():
            st.page_link(
                "pages/race.py", label=f"Race it: {name}", icon=":material/sports_score:", query_params=link.encode(race)
            )
        st.caption(claim.source)


st.title("Claims", anchor=False)
st.markdown(INTRODUCTION)
for each in CLAIMS.values():
    show(each)
