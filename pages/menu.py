"""The pages there are, in the order of the menu."""

from time import sleep

import streamlit as st
from streamlit.navigation.page import Page

HEAD_START = 0.7  # seconds


def stage_first() -> None:
    """Let a new visitor's browser draw the stage before it hears of the charts: it loads 4 MB of scripts for them, and while it
    compiles those it draws nothing."""
    if "seen" not in st.session_state:
        st.session_state["seen"] = True
        sleep(HEAD_START)


def navigation() -> Page:
    """The menu; returns the page that was asked for."""
    # The icon is a file of ours: a page's own would be fetched from another host by every visitor.
    st.set_page_config(page_title="Ravine", page_icon="static/icon.png", layout="wide")
    st.session_state["menu"] = True
    return st.navigation(
        [
            st.Page(
                "pages/race.py",
                title="Race",
                icon=":material/sports_score:",
                default=True,
                help="Optimizers side by side on a loss surface: drag the start and the learning rates, and watch.",
            ),
            st.Page(
                "pages/explore.py",
                title="Explore",
                icon=":material/grid_on:",
                url_path="explore",
                help="Thousands of runs at once: maps of hyperparameters, basins of attraction, clouds of noisy runs.",
            ),
            st.Page(
                "pages/network.py",
                title="Network",
                icon=":material/hub:",
                url_path="network",
                help="The same optimizers train a network on real data, seen on a slice of its true loss.",
            ),
            st.Page(
                "pages/claims.py",
                title="Claims",
                icon=":material/fact_check:",
                url_path="claims",
                help="What is said about optimizers, whether it holds, and the race and the numbers that show it.",
            ),
            st.Page(
                "pages/conformance.py",
                title="Conformance",
                icon=":material/rule:",
                url_path="conformance",
                help="Whether a slice is what it is named: the checks, run here, and what published libraries gave.",
            ),
            st.Page(
                "pages/runs.py",
                title="Runs",
                icon=":material/work_history:",
                url_path="runs",
                help="Long training runs as jobs on this machine's GPU or CPU: start, watch, cancel, open.",
            ),
        ],
        position="hidden" if st.context.is_embedded else "top",
    )


def require() -> None:
    """Start over through app.py if the page was run without it.

    Until st.navigation was called once in a process, Streamlit takes a folder named pages/ for its old kind of app, and runs a
    page alone for the first visitor who opens its address.
    """
    if "menu" not in st.session_state:
        navigation()
        st.rerun()
