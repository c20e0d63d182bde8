"""A race along a curve: one parameter, from the link to the stage and back."""

import csv
import io
import json

import numpy as np
import pytest

from experiments import Experiment
from experiments.presets import RACES
from landscapes import SURFACES
from pages import cached, race_view
from tests.pages.scenes import opened, scene

CURVES = [key for key in RACES if key in SURFACES and SURFACES[key]().dim == 1]


@pytest.mark.parametrize("key", CURVES)
def test_a_curve_opens_with_its_losses_and_runs(key: str) -> None:
    app = opened(on=key)
    assert not app.exception
    shown, surface = scene(app), SURFACES[key]()
    assert shown["dim"] == 1 and len(shown["start"]) == len(shown["home"]) == 1
    ((low, high),) = shown["map"]["domain"]
    x = np.linspace(low, high, *shown["map"]["shape"])
    np.testing.assert_allclose(shown["map"]["values"], surface.loss(x[:, None]), rtol=1e-6, atol=1e-6)
    for runner in shown["runners"]:
        np.testing.assert_allclose(runner["loss"], surface.loss(runner["path"]), rtol=1e-12, atol=1e-300)
        assert runner["disabled"] or runner["slope"]["length"] == runner["curvature"]["length"] == len(runner["path"])


@pytest.mark.parametrize("key", CURVES)
def test_slope_and_curvature_are_the_derivatives_of_the_loss_on_show(key: str) -> None:
    experiment = RACES[key]
    landscape, entries, _ = cached.race(experiment)
    for runner in race_view.runners(experiment, landscape, entries):
        if runner.disabled:
            continue
        assert runner.slope is not None and runner.curvature is not None
        h = 1e-5
        ahead, behind = (np.asarray(landscape.loss(runner.path + d)) for d in (h, -h))
        smooth = np.isfinite(runner.slope) & (abs(runner.curvature) < 1e3)
        np.testing.assert_allclose(((ahead - behind) / (2 * h))[smooth], runner.slope[smooth], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("key", ["ravine", *CURVES])
def test_every_row_of_the_table_is_as_long_as_its_head(key: str) -> None:
    experiment = RACES[key]
    landscape, entries, _ = cached.race(experiment)
    head, text = race_view.csv(experiment, landscape, entries).decode().split("\n", 1)
    assert Experiment.from_json(json.loads(head.removeprefix("# "))) == experiment
    rows = list(csv.DictReader(io.StringIO(text), restkey="more", restval="missing"))
    assert rows and not any("more" in row or "missing" in row.values() for row in rows)
    assert [float(rows[0][name]) for name in landscape.coordinates] == list(entries[0].trajectory.theta[0])  # type: ignore[union-attr]
