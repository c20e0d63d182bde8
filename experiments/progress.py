"""Progress bars for work in a terminal or a notebook: tqdm's where that is installed, else a line of text."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from time import monotonic
from typing import Any, TextIO

WIDTH = 24  # letters
PAUSE = 0.1  # seconds between two states of the line


@contextmanager
def bar(label: str, total: int, shown: bool = True) -> Iterator[Callable[[int], None]]:
    """A function to be told how many of `total` are done. Draws on the standard error stream, and nothing unless `shown`."""
    if not shown:
        yield lambda done: None
    elif find_spec("tqdm"):
        # tqdm.auto is a widget in notebooks that have widgets, and warns in those that do not
        tqdm: Any = import_module("tqdm.auto" if find_spec("ipywidgets") else "tqdm").tqdm
        with tqdm(total=total, desc=label) as drawn:
            yield lambda done: drawn.update(done - drawn.n)
    else:
        line = _Line(label, total, sys.stderr)
        try:
            yield line.told
        finally:
            line.end()


class _Line:
    """A line of text that is written over and over."""

    def __init__(self, label: str, total: int, stream: TextIO) -> None:
        self._label, self._total, self._stream = label, total, stream
        self._began, self._drawn, self._done = monotonic(), -PAUSE, 0

    def told(self, done: int) -> None:
        self._done = done
        if monotonic() - self._drawn >= PAUSE:
            self._draw()

    def end(self) -> None:
        self._draw()
        self._stream.write("\n")
        self._stream.flush()

    def _draw(self) -> None:
        self._drawn = monotonic()
        spent = self._drawn - self._began
        share = self._done / self._total if self._total else 1.0
        left = f", {spent / share - spent:.0f} s left" if 0 < share < 1 else ""
        full = round(share * WIDTH)
        line = (
            f"{self._label}: {share:4.0%} |{'█' * full}{' ' * (WIDTH - full)}| {self._done}/{self._total}, {spent:.1f} s{left}"
        )
        self._stream.write(f"\r{line:<{WIDTH + 60}}")
        self._stream.flush()
