"""A plate in motion: GIF, animated WebP or MP4. The ground is drawn once, the runs in every frame."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from figures.print.look import Look
from figures.print.plate import Plate
from figures.print.render import settings
from figures.theme import GROUNDS, styles

if TYPE_CHECKING:
    from PIL.Image import Image

MotionFormat = Literal["gif", "webp", "mp4"]
MOTION_MIME = {"gif": "image/gif", "webp": "image/webp", "mp4": "video/mp4"}
PAUSE = 1.2  # seconds that the finished paths stand before they start again: the stage's
MOST_FRAMES = 600
NO_MP4 = "MP4 needs the extra imageio-ffmpeg: pip install imageio-ffmpeg. GIF and WebP need nothing more."


@dataclass(frozen=True)
class Progress:
    """How much of an animation is made, from 0 to 1; its bytes with the last report."""

    fraction: float
    data: bytes | None = None


def can_write_mp4() -> bool:
    return importlib.util.find_spec("imageio_ffmpeg") is not None


def animate(plate: Plate, look: Look, format: MotionFormat, seconds: float = 5.0, fps: float = 20.0) -> bytes:
    """The whole race in `seconds`, then a pause with what became of everybody, and again; see `animating`."""
    *_, last = animating(plate, look, format, seconds, fps)
    assert last.data is not None
    return last.data


def animating(plate: Plate, look: Look, format: MotionFormat, seconds: float = 5.0, fps: float = 20.0) -> Iterator[Progress]:
    """Make the animation, with a report after each frame.

    Frame k of n stands at step k / (n - 1) of the longest run; between two steps a run is on the line between them. Every
    colour of a run is exact in a GIF too. The size is the look's in pixels; an MP4 has even numbers of them, and gets a line
    of the ground's colour where it needs one. Nothing is transparent. Raises ValueError for more than `MOST_FRAMES` frames or
    less than two, and for MP4 where imageio-ffmpeg is not installed.
    """
    count = round(seconds * fps)
    if not 2 <= count <= MOST_FRAMES:
        raise ValueError(f"an animation has 2 to {MOST_FRAMES} frames, {seconds:g} s at {fps:g} a second are {count}")
    if format == "mp4" and not can_write_mp4():
        raise ValueError(NO_MP4)
    frames: list[np.ndarray] = []
    for frame in _frames(plate, replace(look, transparent=False), count):
        frames.append(frame)
        yield Progress(0.8 * len(frames) / (count + 1))
    frames = [*frames[1:], frames[0]]
    if format == "mp4":
        yield Progress(1.0, _mp4(frames, fps))
        return
    yield Progress(1.0, _gif(frames, fps, exact_colours(plate, look)) if format == "gif" else _webp(frames, fps))


def exact_colours(plate: Plate, look: Look) -> list[str]:
    """The colours that mean something, as the theme has them."""
    ground = GROUNDS[look.mode]
    runs = [style.colour(look.mode) for style in styles([path.key for path in plate.paths])]
    return list(dict.fromkeys([*runs, ground.paper, ground.ink, ground.halo, ground.minimum]))


def _frames(plate: Plate, look: Look, count: int) -> Iterator[np.ndarray]:
    """Pictures `(height, width, 3)` in uint8: the finished one, then `count` - 1 frames from the start to just before it.

    matplotlib's settings are taken for one frame at a time, so that an animation that is given up holds up nobody.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    from figures.print.compose import Composed, compose

    def prepared(outcome: bool) -> tuple[Composed, Any]:
        composed = compose(plate, look, outcome=outcome)
        figure = composed.sheet.figure
        width, height = (round(inches * look.dpi) for inches in figure.get_size_inches())
        figure.set_dpi(look.dpi)
        figure.set_size_inches((width + 1e-6) / look.dpi, (height + 1e-6) / look.dpi)
        return composed, FigureCanvasAgg(figure)

    def shot(canvas: Any) -> np.ndarray:
        return np.asarray(canvas.buffer_rgba())[..., :3].copy()

    with settings():
        composed, canvas = prepared(outcome=True)
        composed.runs()
        composed.moment(composed.steps)
        canvas.draw()
        last = shot(canvas)
    yield last
    with settings():
        composed, canvas = prepared(outcome=False)
        canvas.draw()
        empty = canvas.copy_from_bbox(composed.sheet.figure.bbox)
    for k in range(count - 1):
        time = composed.steps * k / (count - 1)
        with settings():
            canvas.restore_region(empty)
            moving = [*((composed.axes, artist) for artist in composed.runs(time)), *composed.moment(time)]
            for axes, artist in sorted(moving, key=lambda pair: pair[1].get_zorder()):
                axes.draw_artist(artist)
            for _, artist in moving:
                artist.remove()
            frame = shot(canvas)
        yield frame


def _gif(frames: Sequence[np.ndarray], fps: float, exact: Sequence[str]) -> bytes:
    from figures.print.palette import TRANSPARENT, shared_palette

    images = shared_palette(frames, exact)
    return _looping(images, fps, format="GIF", optimize=True, transparency=TRANSPARENT, disposal=1)


def _webp(frames: Sequence[np.ndarray], fps: float) -> bytes:
    from PIL.Image import fromarray

    return _looping([fromarray(frame) for frame in frames], fps, format="WEBP", quality=82, method=1)


def _looping(images: Sequence[Image], fps: float, **how: Any) -> bytes:
    ends = np.round(np.arange(1, len(images)) / fps * 100).astype(int) * 10  # GIF counts in hundredths of a second
    durations = [*np.diff(ends, prepend=0).tolist(), round(PAUSE * 1000)]
    file = BytesIO()
    images[0].save(file, save_all=True, append_images=images[1:], duration=durations, loop=0, **how)
    return file.getvalue()


def _mp4(frames: Sequence[np.ndarray], fps: float) -> bytes:
    from imageio_ffmpeg import write_frames

    height, width = frames[0].shape[:2]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "race.mp4"
        writer = write_frames(
            str(path), (width + width % 2, height + height % 2), fps=fps, quality=8, macro_block_size=2,
            output_params=["-movflags", "+faststart", "-fflags", "+bitexact", "-flags:v", "+bitexact"],
        )  # fmt: skip
        writer.send(None)
        for frame in [*frames, *[frames[-1]] * round(PAUSE * fps)]:
            writer.send(np.pad(frame, [(0, height % 2), (0, width % 2), (0, 0)], mode="edge"))
        writer.close()
        return path.read_bytes()
