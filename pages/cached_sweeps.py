"""What all visitors share of sweeps: the process that computes them, and what theory says of each."""

from __future__ import annotations

import streamlit as st

from experiments.sweeps import network_requests
from experiments.sweeps.requests import TABLE
from experiments.sweeps.sweep import Sweep
from experiments.sweeps.theory import Theory, theory_of
from experiments.worker import Workers


@st.cache_resource(show_spinner=False)
def workers() -> Workers:
    """Sweeps and clouds, coarse to fine; answers are kept for all visitors, up to 64 MiB of them."""
    return Workers(TABLE)


@st.cache_resource(show_spinner=False)
def network_workers() -> Workers:
    """Maps of trainings, row by row."""
    return Workers(network_requests.TABLE)


@st.cache_resource(max_entries=32, show_spinner=False)
def _theory(key: str, _sweep: Sweep) -> Theory:
    return theory_of(_sweep)


def theory(sweep: Sweep) -> Theory:
    """What theory says of a sweep: a tenth of a second for each optimizer at the most."""
    return _theory(sweep.key, sweep)
