"""With the app's settings a session runs one script at a time.

Two at once share widgets and triggers, and the end of the older one takes away what the visitor did at the beginning of the
newer one (https://github.com/streamlit/streamlit/issues/7206).
"""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.server import serving

SCRIPT = """
import threading
import time

import streamlit as st

st.button("Again")
scripts = [thread for thread in threading.enumerate() if thread.name == "ScriptRunner.scriptThread"]
st.write(f"run {st.session_state.setdefault('run', 0)}: {len(scripts)} at once")
st.session_state["run"] += 1
time.sleep(2)
st.write("done")
"""


@pytest.mark.slow
def test_a_click_during_a_run_waits_for_it(browser: Browser, tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT, encoding="utf-8")
    with serving(tmp_path, script=script) as address:
        page = browser.new_page()
        page.goto(address)
        page.get_by_text("run 0: 1 at once").wait_for()
        page.get_by_role("button", name="Again").click()
        said = page.get_by_text("run 1:")
        said.wait_for()
        assert said.inner_text() == "run 1: 1 at once"
        page.close()
