"""Captions and alternative texts: every number in them is the records'."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from experiments.race import Entrant
from figures.caption import alt_text, caption
from figures.fate import fate
from figures.print.numbers import short
from landscapes import SURFACES
from tests.figures.plates import DIVERGING, LINK, labels, race


@pytest.mark.parametrize("key", SURFACES)
def test_a_caption_names_everything_that_was_run(key: str) -> None:
    experiment, landscape, entries = race(key)
    names = labels(experiment)
    text = caption(experiment, landscape, entries, names, link=LINK, note="From 3 samples.")
    assert landscape.name in text and f"{experiment.steps} steps" in text and f"seed {experiment.seed}" in text
    assert "From 3 samples." in text and "..  " not in text and text.endswith(LINK) and text.count("$") % 2 == 0
    for label, choice, entry in zip(names, experiment.optimizers, entries):
        said = re.search(rf"{re.escape(label)} \((.*?)\) (.*?)\. (?=[A-Z]|$)", text)
        assert said is not None, f"{label} is not in {text}"
        assert all(f"{name} {value:.6g}" in said[1] for name, value in choice.parameters.items())
        if isinstance(entry, str):
            assert "could not run" in said[2]
            continue
        gone = fate(entry.trajectory.theta, landscape.domain)
        assert ("left the map" in said[2]) == (gone.left is not None)
        assert ("diverged" in said[2]) == (gone.diverged is not None)
        assert gone.diverged is not None or f"loss {entry.ending.loss:.3g}" in said[2]
        with np.errstate(over="ignore"):
            nearest = min((np.linalg.norm(entry.ending.place - np.array(m)) for m in landscape.minima), default=np.inf)
        assert "reached the minimum" not in said[2] or nearest < 1e-2 * np.ptp(np.array(landscape.domain))


@pytest.mark.parametrize("key", SURFACES)
def test_an_alternative_text_is_short_and_names_the_lowest(key: str) -> None:
    experiment, landscape, entries = race(key)
    names = labels(experiment)
    text = alt_text(experiment, landscape, entries, names)
    ran = [(label, entry) for label, entry in zip(names, entries) if isinstance(entry, Entrant)]
    lowest = min(ran, key=lambda pair: pair[1].ending.loss)
    assert f"{lowest[0]} ends" in text and landscape.name in text and len(text) < 400 and "$" not in text
    assert text.startswith("Curve" if len(landscape.coordinates) == 1 else "Contour map")


def test_divergence_is_said_with_its_step() -> None:
    experiment, landscape, entries = race("rosenbrock", DIVERGING)
    assert isinstance(entries[0], Entrant)
    gone = fate(entries[0].trajectory.theta, landscape.domain)
    theta = entries[0].trajectory.theta
    assert gone.diverged == int(np.flatnonzero(~np.isfinite(theta).all(axis=1))[0])
    text = caption(experiment, landscape, entries, labels(experiment))
    assert f"left the map at step {gone.left} and diverged at step {gone.diverged}" in text
    assert "SGD 1 diverged." in alt_text(experiment, landscape, entries, labels(experiment))


def test_a_caption_follows_its_window_and_its_budget() -> None:
    experiment, landscape, entries = race("bowl")
    narrow = [(-1e-9, 1e-9)] * 2
    assert "left the map at step 0" in caption(experiment, landscape, entries, labels(experiment), window=narrow)
    by_calls = replace(experiment, budget="calls")
    assert f"until {experiment.steps} oracle calls are spent" in caption(by_calls, landscape, entries, labels(experiment))


def test_fates_in_words() -> None:
    path = np.array([[0.0], [2.0], [np.nan]])
    met = fate(path, [(-1.0, 1.0)])
    assert (met.left, met.diverged) == (1, 2)
    assert met.words(np.array([1.0, 4.25, np.nan])) == "left the map at step 1 at loss 4.25, diverged at step 2"
    assert fate(path[:1], [(-1.0, 1.0)]).words() == "" == fate(path[:0], [(-1.0, 1.0)]).words()
    assert short(4.25) == "4.25"
