"""What all visitors share of slices: the processes that compute them and what is said beside them."""

from __future__ import annotations

import streamlit as st

from experiments.grids.requests import TABLE
from experiments.worker import Workers


@st.cache_resource(show_spinner=False)
def workers() -> Workers:
    """Maps coarse to fine in one process, what is said beside them in another; answers are kept for all, up to 64 MiB."""
    return Workers(TABLE)
