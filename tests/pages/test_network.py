"""The network page without a browser: a first picture at once, and a training in the real worker."""

import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from experiments import slices
from experiments.presets import DIGITS
from experiments.training_result import TrainingResult
from figures.losses import losses_figure
from pages import network_view
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


def recorded() -> TrainingResult:
    """The shipped training."""
    result = slices.stored(DIGITS)
    assert result is not None
    return result


def test_the_stage_counts_the_steps_that_were_recorded() -> None:
    sparse = replace(recorded(), steps=3 * recorded().steps)
    shown = network_view.scene(sparse, sparse.heights, sparse.domain, "key")
    assert all(runner.steps is not None and runner.steps[-1] == 360 for runner in shown.runners)


def test_a_training_that_was_stopped_says_where_and_long_times_are_written_out() -> None:
    result = recorded()
    assert "Stopped" not in network_view.trust(result)
    longer = replace(result, experiment=replace(DIGITS, steps=320), seconds=np.full(len(result.seconds), 1529.6))
    assert network_view.trust(longer).startswith("Stopped after 120 of 320 steps.")
    assert network_view.rows(longer)[0]["Time in updates"] == "1,530 s"


def test_of_paths_that_stay_nothing_is_said() -> None:
    assert network_view.went_far(recorded()) == ""


def test_who_diverged_is_said_and_from_when_on() -> None:
    result = recorded()
    finite = result.finite.copy()
    finite[2, 50:] = False
    said = network_view.went_far(replace(result, finite=finite, steps=2 * result.steps))
    assert said == f"{result.titles[2]} diverged: from step 100 on its weights are not finite."


def test_losses_above_their_axes_are_named_as_the_chart_opens() -> None:
    result = recorded()
    loss = result.loss.copy()
    loss[1, 40] = 1e9
    high = replace(result, loss=loss)
    top = losses_figure(network_view.curves(high, "loss"), "light").layout.yaxis.range[1]
    assert loss[1, 40] > 10**top > loss[0].max()
    said = network_view.went_far(high)
    assert f"Above the axes of the losses: {result.titles[1]}." in said and result.titles[0] not in said


def test_paths_that_another_dwarfs_on_the_plane_are_named() -> None:
    result = recorded()
    coordinates = result.coordinates.copy()
    coordinates[3] *= 1e6
    said = network_view.went_far(replace(result, coordinates=coordinates))
    small = [title for i, title in enumerate(result.titles) if i != 3]
    assert f"longest path: {', '.join(small)}." in said and result.titles[3] not in said


def test_shares_of_the_plane_are_none_below_nothing() -> None:
    result = recorded()
    said = network_view.trust(replace(result, explained=np.array([1 + 1e-7, 1e-9, *result.explained[2:]])))
    assert "the other 0.0% is off the plane" in said and "-0.0%" not in said


def test_it_trains_in_the_worker_and_shows_what_came(results: Path) -> None:
    fields = {"on": "digits_mlp", "on.width": "2", "steps": "6", "race": "sgd,adam", "batch": "100"}
    app = opened(PAGE, **fields)
    assert not app.exception and "press Train" in app.info[0].value
    next(b for b in app.button if b.label == "Train").click().run()
    assert not app.exception
    if any("Stop" in b.label for b in app.button):  # else it is done before the page is
        assert "takes its place when it is done" in app.info[0].value and "press Train" not in app.info[0].value
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
