"""The stage's geometry, clock, outbox and pens, tested where they run: under Node, which Playwright brings along."""

import shutil
import subprocess
from pathlib import Path

import pytest

TESTS = Path(__file__).with_name("stage.test.mjs")


def node() -> str | None:
    try:
        from playwright._impl._driver import compute_driver_executable
    except ImportError:
        return shutil.which("node")
    return str(compute_driver_executable()[0])


def test_stage_modules() -> None:
    runner = node()
    if runner is None:
        pytest.skip("neither Playwright nor Node is installed: pip install -r requirements-dev.txt")
    done = subprocess.run(
        [runner, "--test", "--test-reporter=tap", str(TESTS)], capture_output=True, text=True, timeout=100, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "# pass 0" not in done.stdout and "# fail 0" in done.stdout
