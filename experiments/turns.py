"""Turns: several computations in one process, of which one works at a time, each for a moment."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

MOMENT = 0.02  # seconds


class Turns:
    """Who has the turn works; the others wait for it in a row. Safe to share between threads."""

    def __init__(self, moment: float = MOMENT) -> None:
        self._moment, self._lock = moment, threading.Lock()
        self._row: deque[threading.Event] = deque()  # the first has the turn
        self._since = 0.0

    def run(self, work: Callable[[], None]) -> None:
        """Do the work, which asks `pass_on` now and then. A new one comes next, before those that have had a turn."""
        mine = threading.Event()
        with self._lock:
            self._row.insert(1, mine) if self._row else self._begin(mine)
        mine.wait()
        try:
            work()
        finally:
            with self._lock:
                self._row.popleft()
                if self._row:
                    self._since = time.monotonic()
                    self._row[0].set()

    def pass_on(self) -> None:
        """Called by who has the turn: after its moment, let the next one work until the turn comes back."""
        if len(self._row) < 2 or time.monotonic() - self._since < self._moment:
            return
        with self._lock:
            mine = self._row.popleft()
            mine.clear()
            self._row.append(mine)
            self._since = time.monotonic()
            self._row[0].set()
        mine.wait()

    def _begin(self, mine: threading.Event) -> None:
        self._row.append(mine)
        self._since = time.monotonic()
        mine.set()
