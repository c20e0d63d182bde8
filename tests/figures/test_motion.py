"""Animations opened again: their frames, their times, their colours; and what they show when."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageSequence

from figures.print import LOOKS, MOTION_MIME, Look, Plate, animate, animating, can_write_mp4
from figures.print.animate import NO_MP4, PAUSE, exact_colours
from figures.theme import styles
from tests.figures.plates import DIVERGING, METHODS, plate

SMALL = replace(LOOKS["motion"], width=301, height=241, font=7.0)
FRAMES, FPS = 5, 10.0


@pytest.fixture(scope="module", params=["rosenbrock", "parabola"])
def shown(request: pytest.FixtureRequest) -> Plate:
    return plate(request.param, METHODS[:2], steps=8, cells=20)


def opened(data: bytes) -> Any:
    return Image.open(BytesIO(data))


@pytest.mark.parametrize("format", ["gif", "webp"])
def test_loops_have_the_frames_and_times_asked_for(shown: Plate, format: Any) -> None:
    image = opened(animate(shown, SMALL, format, FRAMES / FPS, FPS))
    assert image.size == (301, 241) and image.n_frames == FRAMES and image.info["loop"] == 0
    assert Image.MIME[image.format] == MOTION_MIME[format]
    ends = []
    for frame in ImageSequence.Iterator(image):
        frame.load()
        ends.append(frame.info["duration"])
    assert ends == [100] * (FRAMES - 1) + [round(1000 * PAUSE)]


@pytest.mark.slow
def test_a_gif_keeps_every_runs_colour_and_what_moves_moves(shown: Plate) -> None:
    frames = [
        np.asarray(f.convert("RGB")) for f in ImageSequence.Iterator(opened(animate(shown, SMALL, "gif", FRAMES / FPS, FPS)))
    ]
    for style in styles([path.key for path in shown.paths]):
        colour = [int(style.light[i : i + 2], 16) for i in (1, 3, 5)]
        assert all((frame == colour).all(axis=-1).sum() > 10 for frame in frames)
    assert all((a != b).any() for a, b in pairwise(frames))
    assert all((frame[0, 0] == [255, 255, 255]).all() for frame in frames)
    assert set(exact_colours(shown, SMALL)) >= {style.light for style in styles([path.key for path in shown.paths])}


@pytest.mark.slow
def test_reports_grow_to_one_and_the_last_has_the_bytes(shown: Plate) -> None:
    reports = list(animating(shown, SMALL, "gif", FRAMES / FPS, FPS))
    assert [r.fraction for r in reports] == sorted(r.fraction for r in reports) and reports[-1].fraction == 1
    assert [r.data is not None for r in reports] == [False] * FRAMES + [True]
    assert reports[-1].data == animate(shown, SMALL, "gif", FRAMES / FPS, FPS), "the same race gives the same bytes"


def test_one_that_is_given_up_holds_up_nobody(shown: Plate) -> None:
    given_up: Iterator[Any] = animating(shown, SMALL, "gif", 10, 10)
    next(given_up)
    assert animate(shown, SMALL, "gif", 2 / FPS, FPS)


def test_divergence_is_told_only_at_the_end() -> None:
    """The last frame has the legend of the still figure, the frames before it do not give the ending away."""
    gone = plate("rosenbrock", DIVERGING, steps=8, cells=20)
    look = replace(SMALL, width=800, height=600)
    frames = [np.asarray(f.convert("RGB")) for f in ImageSequence.Iterator(opened(animate(gone, look, "gif", 0.3, FPS)))]
    right = [(frame[:, 560:] != 255).any(axis=-1).sum() for frame in frames]
    assert abs(right[0] - right[1]) < 60 < right[2] - right[1], "only the number of the step changes before the end"


@pytest.mark.slow
@pytest.mark.skipif(not can_write_mp4(), reason=NO_MP4)
def test_an_mp4_has_even_sides_and_ends_on_the_pause(shown: Plate, tmp_path: Path) -> None:
    from imageio_ffmpeg import read_frames

    file = tmp_path / "race.mp4"
    file.write_bytes(animate(shown, SMALL, "mp4", FRAMES / FPS, FPS))
    reader = read_frames(str(file))
    told = next(reader)
    assert (told["size"], told["fps"], told["codec"]) == ((302, 242), FPS, "h264")
    assert len(list(reader)) == FRAMES + round(PAUSE * FPS)


def test_what_cannot_be_animated_is_said(shown: Plate, monkeypatch: pytest.MonkeyPatch) -> None:
    for seconds in (0.1, 1000):
        with pytest.raises(ValueError, match="2 to 600 frames"):
            animate(shown, Look(200), "gif", seconds, 10)
    monkeypatch.setattr(sys.modules[animate.__module__], "can_write_mp4", lambda: False)
    with pytest.raises(ValueError, match="imageio-ffmpeg"):
        animate(shown, SMALL, "mp4")
