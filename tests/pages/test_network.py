"""The network page without a browser: a first picture at once, and a training in the real worker."""

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from experiments import slices
from experiments.presets import DIGITS
from tests.pages.scenes import APP, opened, scene

PAGE = "pages/network.py"


def test_it_opens_on_the_shipped_training() -> None:
    app = opened(PAGE)
    assert not app.exception and not app.warning and not app.info
    shown, result = scene(app), slices.stored(DIGITS)
    assert result is not None
    assert not shown["live"]
    for i, runner in enumerate(shown["runners"]):
        np.testing.assert_array_equal(runner["path"], result.coordinates[i].astype(np.float64))
        np.testing.assert_array_equal(runner["loss"], result.loss[i].astype(np.float64))
        assert runner["loss"][-1] < 0.6 * runner["loss"][0]
    np.testing.assert_array_equal(shown["map"]["values"], result.heights.astype(np.float32))
    said = " ".join(caption.value for caption in app.caption)
    assert f"{result.explained[:2].sum():.1%} of the paths' variance" in said
    assert f"All {result.eigenvalues.shape[1]} eigenvalues" in said
    table = app.dataframe[0].value
    assert list(table["Optimizer"]) == list(result.titles)
    assert table["Test loss"].iloc[0] == f"{result.test_loss[0, -1]:.4g}"
    assert table["λmax"].iloc[0] == f"{result.eigenvalues[0, -1]:.4g}"


def test_it_trains_in_the_worker_and_shows_what_came(results: Path) -> None:
    fields = {"on": "digits_mlp", "on.width": "2", "steps": "6", "race": "sgd,adam", "batch": "100"}
    app = opened(PAGE, **fields)
    assert not app.exception and "press Train" in app.info[0].value
    next(b for b in app.button if b.label == "Train").click().run()
    assert not app.exception
    end = time.monotonic() + 90
    while any("Stop" in b.label for b in app.button) and time.monotonic() < end:
        time.sleep(0.3)
        app.run()
    assert not app.exception and not app.error and not app.info
    runners = scene(app)["runners"]
    assert [r["key"] for r in runners] == ["sgd", "adam"]
    assert all(len(r["path"]) == 7 and np.isfinite(r["path"]).all() for r in runners)
    assert (results / f"{app.session_state['network'].key}.npz").exists()


def test_a_wrong_field_is_named() -> None:
    app = opened(PAGE, **{"on.width": "1e9", "on.activation": "<b>", "batch": "0", "steps": "7"})
    assert not app.exception
    assert [w.value.split("=")[0] for w in app.warning] == ["on.width", "on.activation", "batch"]


@pytest.mark.slow
def test_the_first_picture_needs_no_torch() -> None:
    code = (
        "import sys; from streamlit.testing.v1 import AppTest;"
        f"app = AppTest.from_file({APP!r}, default_timeout=60); app.switch_page({PAGE!r}).run();"
        "assert not app.exception, app.exception; sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, cwd=Path(APP).parent).returncode == 0
