"""Figures that are asked for: the question is JSON, the answer is the race itself, in a file and in words."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image

from experiments import Experiment
from experiments.presets import RACES
from experiments.race import enter, height_map
from experiments.requests import Cancelled
from experiments.spec import SLICE, Choice
from figures.caption import alt_text, became, caption
from figures.print import LOOKS, Look, plate_of, render
from figures.print.requests import MOST_PIXELS, REQUESTS, Drawing
from figures.print.wanted import Wanted
from tests.figures.plates import LINK, labels, race

SMALL = Look(420, 300, "px", 8, 96, panels=("map",))
RATES = ((1e-5, 1e-3),) * 4


def wanted(key: str = "rosenbrock", **more: Any) -> Wanted:
    experiment, _, _ = race(key)
    return Wanted(experiment, tuple(labels(experiment)), SMALL, "A race", link=LINK, **more)


def answer(
    name: str,
    asked: Wanted,
    reports: list[Mapping[str, Any]] | None = None,
    cancelled: Callable[[], bool] = lambda: False,
    **more: Any,
) -> Drawing:
    """What the child would answer, to the question as it crosses the pipe."""
    question = json.loads(json.dumps({"wanted": asked.as_json(), **more}))
    told = reports if reports is not None else []
    drawing: Drawing = REQUESTS[name].decode(
        *REQUESTS[name].answer(question, lambda meta, arrays: told.append(meta), cancelled)
    )
    return drawing


@pytest.mark.parametrize("name", LOOKS)
def test_a_question_survives_json(name: str) -> None:
    every = wanted(rates=RATES, columns=("a", "b"), named=True, window=((-1.0, 1.0), (0.0, 0.5)), note="n")
    for one in (replace(asked, look=LOOKS[name]) for asked in (wanted(), every)):
        assert Wanted.from_json(json.loads(json.dumps(one.as_json()))) == one


@pytest.mark.parametrize("key", ["rosenbrock", "parabola"])
def test_a_figure_is_the_race(key: str) -> None:
    experiment, landscape, entries = race(key)
    drawing = answer("draw", wanted(key), format="png", scale=2)
    with Image.open(BytesIO(drawing.data)) as image:
        assert image.size == drawing.pixels == (840, 600)
        assert image.info["Description"] == drawing.caption == caption(experiment, landscape, entries, labels(experiment))
        assert image.info["Source"] == LINK and LINK not in drawing.caption
    assert drawing.alt == alt_text(experiment, landscape, entries, labels(experiment))


def test_a_window_is_what_is_shown_and_told() -> None:
    experiment, landscape, entries = race("rosenbrock")
    window = ((-0.5, 0.5), (-0.5, 0.5))
    whole, part = (answer("draw", wanted(window=w), format="png") for w in (None, window))
    assert part.caption == caption(experiment, landscape, entries, labels(experiment), window=window) != whole.caption
    plate = plate_of(
        experiment, landscape, entries, labels(experiment), height_map(landscape, window, 320),
        title="A race", window=window, link=LINK,
    )  # fmt: skip
    assert part.data == render(replace(plate, caption=part.caption), SMALL, "png")


@pytest.mark.slow
def test_small_multiples_run_each_optimizer_at_each_rate_and_tell_the_lowest() -> None:
    experiment, landscape, _ = race("rosenbrock")
    tall = Look(420, None, "px", 8, 96)
    drawing = answer("draw", replace(wanted(rates=RATES, columns=("lr 1e-5", "lr 0.001"), named=True), look=tall), format="png")
    rows, ends = drawing.caption.split(". "), []
    for index, label in enumerate(labels(experiment)):
        (told,) = [row for row in rows if row.startswith(label)]
        for rate in RATES[index]:
            solo = replace(experiment, optimizers=(experiment.optimizers[index].with_parameters(lr=rate),))
            reason = solo.optimizer(0).disabled_because(landscape)
            entry = reason or enter(solo, landscape)
            ends += [] if isinstance(entry, str) else [(entry.ending.loss, label, rate)]
            said = became(entry, landscape)
            assert f"lr {rate:g} {said.split('. ')[0]}" in told
        assert all(
            f"{name} {value:.6g}" in told for name, value in experiment.optimizers[index].parameters.items() if name != "lr"
        )
    assert "four optimizers by 2 learning rates" in drawing.alt
    lowest = min(ends, key=lambda end: end[0])
    assert f"{lowest[1]} at lr {lowest[2]:.3g} ends lowest, at loss {lowest[0]:.3g}" in drawing.alt
    assert ("could not run" in drawing.alt) == any(isinstance(entry, str) for entry in race("rosenbrock")[2])


def test_a_slice_is_raced_on_its_own_data() -> None:
    opening = RACES[SLICE]
    experiment = replace(opening, optimizers=(Choice("sgd", {"lr": 2.0}),), steps=4)
    landscape = experiment.make_landscape()
    one = Wanted(experiment, ("SGD",), SMALL, "A slice", note="Of all digits")
    said = caption(experiment, landscape, [enter(experiment, landscape)], ["SGD"], note="Of all digits")
    assert answer("draw", one, format="png").caption == said


def test_a_film_tells_how_far_it_is_and_can_be_left() -> None:
    reports: list[Mapping[str, Any]] = []
    drawing = answer("film", wanted(), reports, format="gif", seconds=0.5, fps=10)
    with Image.open(BytesIO(drawing.data)) as image:
        assert (image.format, image.size, getattr(image, "n_frames", 1)) == ("GIF", (420, 300), 5)
    fractions = [report["fraction"] for report in reports]
    assert fractions[-1] == 1.0 and len(fractions) >= 5 and np.all(np.diff(fractions) > 0)
    for most in (0, 2):
        reports.clear()
        with pytest.raises(Cancelled):
            answer("film", wanted(), reports, lambda most=most: len(reports) >= most, format="gif", seconds=0.5, fps=10)
        assert len(reports) == most


def test_what_cannot_be_drawn_is_said() -> None:
    frames = int(MOST_PIXELS / (420 * 300))
    with pytest.raises(ValueError, match=f"{frames} frames at most"):
        answer("film", wanted(), format="gif", seconds=(frames + 10) / 10, fps=10)
    with pytest.raises(ValueError, match="stand still"):
        answer("film", wanted(rates=RATES), format="gif", seconds=1, fps=10)
    with pytest.raises(ValueError, match="two coordinates"):
        answer("draw", wanted("parabola", rates=RATES), format="png")
    with pytest.raises(ValueError, match="4 entrants with 1 names"):
        replace(wanted(), labels=("one",))
    broken = wanted().as_json()
    broken["look"]["font"] = 1.0
    with pytest.raises(ValueError, match="font"):
        Wanted.from_json(broken)


def test_the_same_question_is_the_same_file() -> None:
    one = Experiment(Choice("ravine"), (Choice("sgd"),), steps=3)
    asked = Wanted(one, ("SGD",), SMALL, "Twice")
    assert answer("draw", asked, format="svg").data == answer("draw", asked, format="svg").data
