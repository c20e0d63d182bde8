"""Waiting for a worker's answer while a page is made, without making the visitor wait for what they no longer want."""

from __future__ import annotations

import time
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from experiments.worker import Call

PAUSE = 0.05  # seconds


def answer_of(call: Call, timeout: float) -> Any:
    """The answer. Raises what `Call.result` does.

    Where the visitor does something meanwhile, Streamlit ends this run of the page here, and begins the next; the answer is
    kept by the worker. A callback is waited through: what it changes would be lost.
    """
    end = time.monotonic() + timeout
    while True:
        try:
            return call.result(timeout=max(0.0, min(PAUSE, end - time.monotonic())))
        except TimeoutError:
            if time.monotonic() >= end:
                raise
        context = get_script_run_ctx(suppress_warning=True)
        if context is not None and context.has_script_started:
            _ = "waiting" in st.session_state  # where Streamlit looks whether another run has been asked for
