"""What travels to the view in three dimensions, and the modules that turn it there."""

from __future__ import annotations

import json
import subprocess
from base64 import b64decode
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from figures.components.plotly_view import vendored
from figures.surface3d import surface3d_figure
from tests.figures.test_stage_js import node
from tests.figures.test_surface3d import drawn

MODULES = Path(__file__).with_name("plotly_view.test.mjs")


def view() -> None:
    from figures.components.plotly_view import plotly_view
    from figures.surface3d import surface3d_figure
    from tests.figures.test_surface3d import drawn

    plotly_view(surface3d_figure(*drawn("rosenbrock"), "light"), key="here", height=400, revision="r", text="A surface")


def array(sent: dict[str, Any]) -> np.ndarray:
    """What Plotly packs numbers into."""
    values = np.frombuffer(b64decode(sent["bdata"]), sent["dtype"])
    return values.reshape([int(side) for side in sent["shape"].split(",")]) if "shape" in sent else values


def test_every_array_arrives_to_the_last_bit() -> None:
    app = AppTest.from_function(view).run()
    assert not app.exception
    sent = json.loads(app.get("bidi_component")[0].proto.json)
    assert (sent["id"], sent["revision"], sent["text"]) == ("here", "r", "A surface")
    assert sent["script"].startswith("plotly-")
    there = json.loads(sent["figure"])
    figure = surface3d_figure(*drawn("rosenbrock"), "light")
    assert len(there["data"]) == len(figure.data)
    arrays = 0
    for trace, other in zip(figure.data, there["data"]):
        for name in ("x", "y", "z", "customdata"):
            values = trace.to_plotly_json().get(name)
            if isinstance(values, np.ndarray) and values.size:
                arrays += 1
                np.testing.assert_array_equal(array(other[name]), values)
    assert arrays >= 12
    assert there["layout"]["scene"]["zaxis"]["ticktext"] == list(figure.layout.scene.zaxis.ticktext)


def test_plotlys_script_is_made_once_from_the_package(tmp_path: Path) -> None:
    name = vendored(tmp_path / "vendor")
    (file,) = (tmp_path / "vendor").iterdir()
    assert file.name == name and file.stat().st_size > 10**6 and "plotly.js" in file.read_text(encoding="utf-8")[:200]
    made = file.stat().st_mtime_ns
    assert vendored(tmp_path / "vendor") == name and file.stat().st_mtime_ns == made


def test_modules() -> None:
    runner = node()
    if runner is None:
        pytest.skip("neither Playwright nor Node is installed: pip install -r requirements-dev.txt")
    done = subprocess.run(
        [runner, "--test", "--test-reporter=tap", str(MODULES)], capture_output=True, text=True, timeout=100, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "# pass 0" not in done.stdout and "# fail 0" in done.stdout
