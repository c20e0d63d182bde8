"""The map's places, plan and words, tested where they run: under Node, which Playwright brings along."""

import subprocess
from pathlib import Path

import pytest

from tests.figures.test_stage_js import node

TESTS = Path(__file__).with_name("map.test.mjs")


def test_map_modules() -> None:
    runner = node()
    if runner is None:
        pytest.skip("neither Playwright nor Node is installed: pip install -r requirements-dev.txt")
    done = subprocess.run(
        [runner, "--test", "--test-reporter=tap", str(TESTS)], capture_output=True, text=True, timeout=100, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "# pass 0" not in done.stdout and "# fail 0" in done.stdout
